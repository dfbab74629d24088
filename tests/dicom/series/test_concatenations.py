"""One multi-frame object in several files (PS3.3 C.7.6.16.2.2.4)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.frames import FrameCache

from ..making import ct, item, write
from ..segmentations import FRACTIONS, segmentation

AXIAL = [1, 0, 0, 0, 1, 0]
NO_PLANE = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
UID = "1.2.3.77"


def write_part(folder, number, heights, *, offset, total=2, spacing=0.5, **changes):
    """Write a part whose frames are full of 100 times the part plus the frame."""
    own = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])])
        if z is not None
        else item()
        for z in heights
    ]
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing, spacing])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=AXIAL)],
    )
    pixels = [np.full((4, 6), 100 * number + i, np.uint16).tobytes() for i in range(len(heights))]
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.1",
        "SOPInstanceUID": f"1.2.3.4.{number}",
        "Modality": "MR",
        "InstanceNumber": 3,
        "NumberOfFrames": len(heights),
        "ConcatenationUID": UID,
        "InConcatenationNumber": number,
        "InConcatenationTotalNumber": total,
        "ConcatenationFrameOffsetNumber": offset,
        "RescaleIntercept": None,
        "RescaleSlope": None,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": own,
        "PixelData": b"".join(pixels),
    }
    # Names run against the order of the parts.
    return write(folder / f"{9 - number}.dcm", ct(**{**NO_PLANE, **attributes, **changes}))


def values(folder):
    (stack,) = load(folder, cache=FrameCache()).stacks
    return stack, stack.read(errors="blank")[..., 0, 0].squeeze().tolist()


def test_parts_with_positions_are_one_volume(tmp_path):
    write_part(tmp_path, 1, [0, 2, 4], offset=0)
    write_part(tmp_path, 2, [6, 8], offset=3)
    stack, found = values(tmp_path)
    assert (stack.axes, found) == ("zyx", [100, 101, 102, 200, 201])
    assert stack.geometry.spacing[0] == 2
    assert stack.warnings == ()


@pytest.mark.parametrize("numbers", [(3, 3), (1, 2), (2, 1)])
@pytest.mark.parametrize("offsets", [(0, 3), (None, None)])
@pytest.mark.parametrize("modality", ["MR", "US"])
def test_parts_without_positions_follow_each_other(tmp_path, numbers, offsets, modality):
    for part, frames in ((1, 3), (2, 2)):
        write_part(
            tmp_path,
            part,
            [None] * frames,
            offset=offsets[part - 1],
            InstanceNumber=numbers[part - 1],
            Modality=modality,
        )
    stack, found = values(tmp_path)
    assert found == [100, 101, 102, 200, 201]
    assert stack.axes == ("zyx" if modality == "MR" else "tzyx")
    assert not any("file name" in warning for warning in stack.warnings)


def test_repeats_of_a_part_are_times_in_the_order_of_the_frames(tmp_path):
    write_part(tmp_path, 1, [0, 2, 0], offset=0, InstanceNumber=8)
    write_part(tmp_path, 2, [2], offset=3, InstanceNumber=7)
    stack, found = values(tmp_path)
    assert (stack.axes, found) == ("tzyx", [[100, 101], [102, 200]])


def test_a_missing_part_is_noted(tmp_path):
    write_part(tmp_path, 1, [0, 2, 4], offset=0, total=3)
    write_part(tmp_path, 3, [8, 10], offset=4, total=3)
    stack, _ = values(tmp_path)
    assert "This image was split into 3 files; 1 of them is missing" in stack.warnings


def test_objects_that_are_no_parts_stay_apart(tmp_path):
    write_part(tmp_path, 1, [None] * 2, offset=0, Modality="US")
    write_part(tmp_path, 2, [None] * 2, offset=2, Modality="US", ConcatenationUID="1.2.3.78")
    assert len(load(tmp_path, cache=FrameCache()).stacks) == 2


def test_a_segmentation_in_parts_is_one_stack_a_segment(tmp_path):
    for number, heights in ((1, {1: [0, 3]}), (2, {1: [9], 2: [0, 9]})):
        part = {"ConcatenationUID": UID, "InConcatenationNumber": number}
        data = segmentation(heights, SOPInstanceUID=f"1.2.3.{number}", **part, **FRACTIONS)
        write(tmp_path / f"{number}.dcm", data)
    one, two = load(tmp_path, cache=FrameCache()).stacks
    assert (one.array.shape[0], two.array.shape[0]) == (4, 4)
    assert [record.position[2] for record in one.slices] == [0, 3, 9]


def test_labels_in_parts_are_one_object(tmp_path):
    for number, heights in ((1, {1: [0, 3]}), (2, {1: [9], 2: [0, 9]})):
        part = {"ConcatenationUID": UID, "InConcatenationNumber": number}
        data = segmentation(heights, SOPInstanceUID=f"1.2.3.{number}", **part)
        write(tmp_path / f"{number}.dcm", data)
    (found,) = load(tmp_path, cache=FrameCache()).objects
    assert found.files == ("1.dcm", "2.dcm")
    assert found.place().shape == (4, 8, 8)
    assert Counter(ref.frame.segment for ref in found.frames) == {1: 3, 2: 2}


@pytest.mark.usefixtures("index_folder")
def test_parts_are_the_same_when_the_folder_is_opened_again(tmp_path):
    for part in (1, 2):
        write_part(
            tmp_path / "in",
            part,
            [None] * 2,
            offset=2 * part - 2,
            InstanceNumber=part,
            Modality="US",
        )
    assert values(tmp_path / "in")[1] == values(tmp_path / "in")[1] == [100, 101, 200, 201]
