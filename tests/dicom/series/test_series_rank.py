"""Which series is looked at first."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.series_rank import SeriesRank, by_rank, most_useful, rank_of

from ...studies import write_series
from ..making import ct, write

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
NO_PLACE = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
COLOR = {
    "PhotometricInterpretation": "RGB",
    "SamplesPerPixel": 3,
    "PlanarConfiguration": 0,
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelData": bytes(4 * 6 * 3),
}


def opened(folder, slices=1, **changes):
    write_series(folder, slices, **changes)
    (stack,) = load(folder).stacks
    return stack


@pytest.mark.parametrize(
    ("rank", "changes"),
    [
        (SeriesRank.PLACED, {}),
        (SeriesRank.PROJECTION, {"Modality": "DX", **NO_PLACE}),
        (SeriesRank.PROJECTION, {"Modality": "US", **NO_PLACE, **COLOR}),
        (SeriesRank.LOCALIZER, {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}),
        (SeriesRank.SCREENSHOT, {"SOPClassUID": CAPTURE, **NO_PLACE}),
        (SeriesRank.PLACED, {"SOPClassUID": CAPTURE}),
        (SeriesRank.SCREENSHOT, {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}),
        (SeriesRank.SCREENSHOT, {**NO_PLACE, **COLOR}),
        (SeriesRank.DERIVED, {"Modality": "RTDOSE"}),
    ],
)
def test_rank_of_series_by_kind(tmp_path, rank, changes):
    assert rank_of(opened(tmp_path, **changes)) is rank


def test_most_useful_axial_series_before_larger_scout(tmp_path):
    scout = opened(tmp_path / "a", 9, series=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    axial = opened(tmp_path / "b", 3, series=2)
    assert most_useful([scout, axial]) is axial
    assert most_useful([scout]) is scout


def test_most_useful_color_samples_do_not_count(tmp_path):
    color = opened(tmp_path / "a", 3, series=1, **COLOR)
    gray = opened(tmp_path / "b", 3, series=2)
    assert rank_of(color) is rank_of(gray)
    assert np.prod(color.array.shape) > np.prod(gray.array.shape)
    assert most_useful([color, gray]) is gray
    larger = opened(tmp_path / "c", 4, series=3, **COLOR)
    assert most_useful([larger, gray]) is larger


def test_by_rank_equal_series_stay_in_order(tmp_path):
    scout = opened(tmp_path / "a", series=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    two, three = (opened(tmp_path / str(n), series=n) for n in (2, 3))
    assert by_rank([scout, two, three]) == [two, three, scout]


@pytest.mark.parametrize("modality", ["OP", "MG"])
def test_most_useful_of_two_sides_is_the_right_one(tmp_path, modality):
    """It hangs on the left, where the first canvas is."""
    left, right = (
        opened(tmp_path / side, Modality=modality, ImageLaterality=side, **NO_PLACE)
        for side in "LR"
    )
    assert most_useful([left, right]) is right
    hand, other = (
        opened(tmp_path / f"DX{side}", Modality="DX", ImageLaterality=side, **NO_PLACE)
        for side in "LR"
    )
    assert most_useful([hand, other]) is hand


@pytest.mark.parametrize("modality", ["RTIMAGE", "DX", "MG"])
def test_images_that_are_no_volume_are_in_the_order_of_their_numbers(tmp_path, modality):
    numbers = np.random.default_rng(21).permutation(12).tolist()
    for file, number in enumerate(numbers):
        facts = {"Modality": modality, "InstanceNumber": number, **NO_PLACE}
        write(tmp_path / f"{file:02}", ct(SOPInstanceUID=f"1.2.{number}", **facts))
    write(tmp_path / "99", ct(SeriesNumber=4, SeriesInstanceUID="1.9", InstanceNumber=1))
    found = [stack.header.instance_number for stack in load(tmp_path).stacks if not stack.unit]
    assert found == sorted(numbers)
