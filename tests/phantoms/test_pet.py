"""The PET/CT phantom: one frame of reference, slopes per slice, SUV where it belongs."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from napari_medscan.phantoms import write_pet_ct
from napari_medscan.phantoms.organs import NODULE


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("petct")
    write_pet_ct(folder, size=96)
    return {
        name: [pydicom.dcmread(path) for path in sorted((folder / name).glob("IM*.dcm"))]
        for name in ("CT", "PT")
    }


def values(data):
    return data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)


def seconds(time):
    return int(time[:2]) * 3600 + int(time[2:4]) * 60 + int(time[4:6])


def suv_factor(data):
    tracer = data.RadiopharmaceuticalInformationSequence[0]
    waited = seconds(data.SeriesTime) - seconds(tracer.RadiopharmaceuticalStartTime)
    halves = waited / float(tracer.RadionuclideHalfLife)
    dose = float(tracer.RadionuclideTotalDose) * 2**-halves
    return float(data.PatientWeight) * 1000 / dose


def patch(series, point, reach):
    x, y, z = point
    data = min(series, key=lambda d: abs(d.ImagePositionPatient[2] - z))
    column = round((x - data.ImagePositionPatient[0]) / data.PixelSpacing[1])
    row = round((y - data.ImagePositionPatient[1]) / data.PixelSpacing[0])
    part = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
    return data, values(data)[part]


def suv(series, point, reach=1):
    data, part = patch(series, point, reach)
    return part * suv_factor(data)


def test_both_series_share_study_and_frame_of_reference(pair):
    files = [*pair["CT"], *pair["PT"]]
    assert len({d.FrameOfReferenceUID for d in files}) == 1
    assert len({d.StudyInstanceUID for d in files}) == 1
    assert len({d.SeriesInstanceUID for d in files}) == 2
    assert pair["PT"][0].pixel_array.shape == (128, 128)
    assert pair["PT"][0].PixelSpacing != pair["CT"][0].PixelSpacing


def test_every_pet_slice_has_a_slope_of_its_own(pair):
    slopes = [float(d.RescaleSlope) for d in pair["PT"]]
    assert len(set(slopes)) == len(slopes)
    assert all(float(d.RescaleIntercept) == 0 for d in pair["PT"])
    assert max(slopes) > 1.5 * min(slopes)


def test_uptake_is_high_where_fdg_goes(pair):
    assert suv(pair["PT"], (-85, 0, -125)).mean() == pytest.approx(2.4, abs=0.4)  # liver
    assert suv(pair["PT"], (65, 30, -210), 3).max() > 3  # kidney
    assert suv(pair["PT"], (48, -36, -54), 8).max() > 3  # heart
    assert suv(pair["PT"], (90, 10, 10)).mean() < 1  # lung


def test_nodule_is_hot_on_pet_and_dense_on_ct(pair):
    assert suv(pair["PT"], NODULE).max() > 5
    assert patch(pair["CT"], NODULE, 1)[1].mean() > -150
    away = (NODULE[0], NODULE[1] + 35, NODULE[2])
    assert patch(pair["CT"], away, 1)[1].mean() < -600


def test_pet_header_has_what_suv_needs(pair):
    for data in pair["PT"]:
        assert data.SOPClassUID == pydicom.uid.PositronEmissionTomographyImageStorage
        assert data.Units == "BQML"
        assert data.DecayCorrection == "START"
        assert {"ATTN", "DECY"} <= set(data.CorrectedImage)
        assert float(data.PatientWeight) == 75
        assert data.SeriesTime == data.AcquisitionTime
    assert [d.ImageIndex for d in pair["PT"]] == list(range(1, 91))
    assert np.all(pair["PT"][0].pixel_array <= 32767)


def test_nothing_of_the_ct_is_in_the_headers_of_the_pet(tmp_path):
    write_pet_ct(tmp_path, size=32, slices=1)
    (pet,) = (pydicom.dcmread(path) for path in (tmp_path / "PT").iterdir())
    assert "KVP" not in pet
    assert "WindowCenterWidthExplanation" not in pet
