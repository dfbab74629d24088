"""The MR brain phantom: oblique geometry, T1 contrast, header."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from napari_medscan.phantoms import write_mr_brain_oblique


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mr")
    write_mr_brain_oblique(folder, size=112)
    return [pydicom.dcmread(path) for path in sorted(folder.glob("IM*.dcm"))]


def axes(data):
    row_wise = np.array(data.ImageOrientationPatient[:3], float)
    column_wise = np.array(data.ImageOrientationPatient[3:], float)
    return row_wise, column_wise, np.cross(row_wise, column_wise)


def signal(series, *point):
    """Mean of 3 x 3 pixels around an LPS point in mm."""
    row_wise, column_wise, normal = axes(series[0])
    places = [np.array(d.ImagePositionPatient, float) for d in series]
    index = int(np.argmin([abs((np.array(point) - p) @ normal) for p in places]))
    offset = (np.array(point) - places[index]) / float(series[0].PixelSpacing[0])
    row, column = round(offset @ column_wise), round(offset @ row_wise)
    return series[index].pixel_array[row - 1 : row + 2, column - 1 : column + 2].mean()


def test_slices_are_tilted_15_degrees_about_x_and_8_about_z(series):
    row_wise, column_wise, normal = axes(series[0])
    assert row_wise @ column_wise == pytest.approx(0, abs=1e-5)
    assert np.degrees(np.arccos(normal[2])) == pytest.approx(15, abs=0.01)
    assert np.degrees(np.arctan2(row_wise[1], row_wise[0])) == pytest.approx(8, abs=0.01)


def test_slices_step_2_mm_down_along_their_normal(series):
    _, _, normal = axes(series[0])
    places = np.array([np.array(d.ImagePositionPatient, float) for d in series])
    np.testing.assert_allclose(np.diff(places, axis=0), np.tile(-2 * normal, (79, 1)), atol=1e-5)
    assert float(series[0].SpacingBetweenSlices) == 2


def test_contrast_is_that_of_t1(series):
    white = signal(series, 24, 30, 28)
    fluid = signal(series, 0, 22, -40)
    stem = signal(series, 0, 4, -40)
    eye = signal(series, 32, -78, -33)
    air = signal(series, 0, -118, 40)
    assert air < 40
    assert fluid < 0.5 * white
    assert eye < 0.5 * white
    assert stem > 0.7 * white


def test_face_is_in_front_and_cerebellum_behind(series):
    assert signal(series, 0, -118, -20) < 60  # air in front of the face
    assert signal(series, 20, 50, -42) > 250
    assert max(d.pixel_array.max() for d in series) < 4096


def test_header_has_no_rescaling_and_12_bits(series):
    first = series[0]
    assert first.SOPClassUID == pydicom.uid.MRImageStorage
    assert "RescaleSlope" not in first
    assert (first.BitsAllocated, first.BitsStored, first.HighBit) == (16, 12, 11)
    for keyword in ("ScanningSequence", "SequenceVariant", "EchoTime", "RepetitionTime"):
        assert first.get(keyword)
