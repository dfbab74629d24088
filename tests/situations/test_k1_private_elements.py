"""K1: private elements of other makers, and of known ones in other blocks."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import load
from napari_medscan.frames import FrameCache

from ..corpus.oracle import corpus_dir
from .places import situation


@pytest.mark.parametrize(("name", "slices"), [("sq_0029", 1), ("sq29_series", 8), ("un_0029", 1)])
def test_a_private_sequence_of_another_maker_is_passed_over(name, slices):
    folder = situation(name)
    report = load(folder, cache=FrameCache())
    assert not report.unreadable
    (stack,) = report.stacks
    assert len(stack.array) == slices
    files = sorted(map(pydicom.dcmread, folder.iterdir()), key=lambda file: file.InstanceNumber)
    np.testing.assert_array_equal(stack.array[...], [file.pixel_array for file in files])


def renumbered(data: bytes, old: int, new: int) -> bytes:
    """Return a file with a block of group 0029 moved."""
    found = pydicom.dcmread(BytesIO(data))
    for element in list(found.group_dataset(0x0029)):
        number = element.tag.elem
        if number == old or number >> 8 == old:
            moved = new if number == old else new << 8 | number & 0xFF
            del found[element.tag]
            found.add_new((0x0029, moved), element.VR, element.value)
    buffer = BytesIO()
    found.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("block", [0x11, 0x42, 0xFF])
def test_a_mosaic_in_another_block_is_the_same_volume(tmp_path, block):
    case = corpus_dir() / "cases" / "mr-mosaic-axial"
    if not case.is_dir():
        pytest.skip(f"NOT TESTED: no corpus of real DICOM in {corpus_dir()}; set MEDSCAN_CORPUS")
    for path in case.iterdir():
        data = pydicom.dcmread(path)
        # Siemens' other creators are in the blocks after it.
        for number in (0x11, 0x12):
            for element in list(data.group_dataset(0x0029)):
                if element.tag.elem == number or element.tag.elem >> 8 == number:
                    del data[element.tag]
        buffer = BytesIO()
        data.save_as(buffer)
        (tmp_path / path.name).write_bytes(renumbered(buffer.getvalue(), 0x10, block))
    (expected,) = load(case, cache=FrameCache()).stacks
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    assert stack.array.shape == expected.array.shape == (2, 36, 64, 64)
    assert stack.geometry == expected.geometry
    assert stack.warnings == expected.warnings
    np.testing.assert_array_equal(stack.array[...], expected.array[...])
