"""Places of ACR-NEMA images: a series with retired attributes is that with the present ones."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.headers.retired_place import RETIRED_PLACE

from ..making import ct, part10

PRESENT = ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation")
RETIRED = ("ImagePosition", "ImageOrientation", "Location")
CORONAL = [1, 0, 0, 0, 0, -1]


def write(folder, names, present=(), count=4, encoding="explicit"):
    folder.mkdir()
    for number in (2, 0, 3, 1)[:count]:
        values = ([5, 2.5 * number, 40], CORONAL, 2.5 * number)
        place = dict.fromkeys(PRESENT) | {
            name: value for name, value in zip(names, values, strict=True) if name
        }
        data = ct(
            **place | dict(present), SOPInstanceUID=f"1.2.4.{number + 1}", InstanceNumber=1,
            PixelData=bytes([number]) * 48,
        )  # fmt: skip
        (folder / f"{number * 7 % 4}").write_bytes(part10(data, encoding))
    return load(folder).stacks


@pytest.mark.parametrize("encoding", ["explicit", "implicit", "big"])
@pytest.mark.parametrize("kept", [(0, 1, 2), (0, 1), (2,)])
def test_retired_attributes_of_place_are_those_that_replaced_them(tmp_path, encoding, kept):
    old, new = (
        [name if number in kept else "" for number, name in enumerate(names)]
        for names in (RETIRED, PRESENT)
    )
    (stack,) = write(tmp_path / "old", old, encoding=encoding)
    (right,) = write(tmp_path / "new", new, encoding=encoding)
    assert np.array_equal(np.asarray(stack.array), np.asarray(right.array))
    assert stack.geometry == right.geometry
    assert set(stack.warnings) - set(right.warnings) == {RETIRED_PLACE}


def test_present_attributes_of_place_go_first(tmp_path):
    present = {"ImagePositionPatient": [7, 8, 9], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    (stack,) = write(tmp_path / "a", RETIRED, present, count=1)
    assert stack.geometry.origin == (7, 8, 9)
    assert stack.warnings == ()
