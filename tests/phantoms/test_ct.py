"""The CT chest phantom: HU at known places, orientation, header."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID

from napari_medscan.phantoms import write_ct_chest

_SIZE = 96


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    write_ct_chest(folder, size=_SIZE)
    return [pydicom.dcmread(path) for path in sorted(folder.glob("IM*.dcm"))]


def hu_at(volume, x, y, z):
    """Median of 3 x 3 pixels of the slice nearest to an LPS point in mm."""
    data = min(volume, key=lambda d: abs(d.ImagePositionPatient[2] - z))
    column = round((x - data.ImagePositionPatient[0]) / data.PixelSpacing[1])
    row = round((y - data.ImagePositionPatient[1]) / data.PixelSpacing[0])
    patch = data.pixel_array[row - 1 : row + 2, column - 1 : column + 2]
    return float(np.median(patch)) * data.RescaleSlope + data.RescaleIntercept


@pytest.mark.parametrize(
    ("point", "low", "high"),
    [
        ((-170, -120, 0), -1024, -975),  # air
        ((-90, -50, 20), -900, -780),  # right lung
        ((105, 0, 30), -900, -780),  # left lung
        ((24, 33, 5), 20, 60),  # descending aorta
        ((30, -40, -45), 20, 70),  # heart
        ((-85, 0, -125), 40, 80),  # liver
        ((0, 47, -6), 60, 330),  # spine: spongy bone or disc
        ((0, -2, 80), -1024, -850),  # trachea
    ],
)
def test_hu_at_anatomical_points(volume, point, low, high):
    assert low < hu_at(volume, *point) < high


def test_liver_is_on_the_patients_right_which_is_the_left_of_the_image(volume):
    assert hu_at(volume, -80, 0, -85) > 0
    assert hu_at(volume, 110, -10, -70) < -600
    assert volume[0].ImageOrientationPatient == [1, 0, 0, 0, 1, 0]


def test_spine_is_posterior_and_heart_left_of_the_midline(volume):
    data = min(volume, key=lambda d: abs(d.ImagePositionPatient[2] + 45))
    hu = data.pixel_array.astype(float) - 1024
    middle = slice(_SIZE // 2 - 5, _SIZE // 2 + 5)
    dense = (hu[:, middle] > 150).sum(axis=1)
    assert dense[_SIZE // 2 :].sum() > 2 * dense[: _SIZE // 2].sum()
    row = int((-40 - data.ImagePositionPatient[1]) / data.PixelSpacing[0])
    heart = hu[row] > -150
    inner = slice(int(_SIZE * 0.2), int(_SIZE * 0.8))
    left, right = heart[_SIZE // 2 : inner.stop].sum(), heart[inner.start : _SIZE // 2].sum()
    assert left > right


def test_instance_numbers_run_from_head_to_feet(volume):
    heights = [d.ImagePositionPatient[2] for d in volume]
    assert [int(d.InstanceNumber) for d in volume] == list(range(1, 121))
    steps = {round(a - b, 6) for a, b in pairwise(heights)}
    assert steps == {2.5}


def test_header_is_what_a_reader_needs(volume):
    first = volume[0]
    assert first.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert first.SOPClassUID == pydicom.uid.CTImageStorage
    assert len({d.SOPInstanceUID for d in volume}) == len(volume)
    assert len({d.SeriesInstanceUID for d in volume}) == 1
    for uid in (first.SOPInstanceUID, first.SeriesInstanceUID, first.StudyInstanceUID):
        assert UID(uid).is_valid
        assert uid.startswith("2.25.")
    assert first.WindowCenter == [40, -600]
    assert first.WindowWidth == [400, 1500]
    assert first.WindowCenterWidthExplanation == ["MEDIASTINUM", "LUNG"]
    assert str(first.PatientName) == "PHANTOM^ALEX"
    assert max(d.pixel_array.max() for d in volume) < 4096


def test_few_slices_are_centerd_on_the_heart(tmp_path):
    write_ct_chest(tmp_path, size=32, slices=3)
    heights = [pydicom.dcmread(p).ImagePositionPatient[2] for p in sorted(tmp_path.iterdir())]
    assert heights == [1.25, -1.25, -3.75]
