"""Lengths and angles of known truth, in every plane of anisotropic and oblique series."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from napari_medscan.measure import MeasureError, angle, cobb_angle, length
from napari_medscan.measure.quantity import number_text

from ..export.series import opened

ROW_SPACING, COLUMN_SPACING, STEP = 0.5, 0.75, 2.0
"""Of `opened`: different in all directions."""


def orientations():
    """Return direction cosines of rows and columns: of the three planes, and of any."""
    matrices = [np.eye(3), Rotation.from_euler("x", 90, degrees=True).as_matrix()]
    matrices += list(Rotation.random(3, rng=np.random.default_rng(1)).as_matrix())
    return [tuple(np.round(matrix[:, :2].T.ravel(), 6)) for matrix in matrices]


def place(orientation, point):
    """Return where a voxel lies, by the definition of the attributes (PS3.3 C.7.6.2.1.1)."""
    row, column = np.array(orientation).reshape(2, 3)
    z, y, x = point
    along = row * COLUMN_SPACING * x + column * ROW_SPACING * y
    return along + np.cross(row, column) * STEP * z


POINTS = [(0, 0, 0), (0, 3, 0), (0, 0, 5), (0, 1.5, 2.5), (2, 0, 0), (2, 3, 5), (1, 0.25, 4.75)]


@pytest.mark.parametrize("orientation", orientations())
@pytest.mark.parametrize("backwards", [False, True])
def test_length_is_the_distance_in_the_patient(tmp_path, orientation, backwards):
    row, column = np.array(orientation).reshape(2, 3)
    step = np.cross(row, column) * STEP * (-1 if backwards else 1)
    stack = opened(tmp_path, orientation=orientation, step=step)
    for start in POINTS:
        for end in POINTS:
            true = np.linalg.norm(place(orientation, start) - place(orientation, end))
            found = length(stack, start, end)
            assert found.value == pytest.approx(true, abs=1e-4)
            assert (found.unit, found.note) == ("mm", "")


@pytest.mark.parametrize("orientation", orientations())
def test_angle_is_that_in_the_patient(tmp_path, orientation):
    stack = opened(tmp_path, orientation=orientation)
    vertex = (0, 1, 2)
    for start in POINTS:
        for end in POINTS:
            if vertex in (start, end):
                continue
            first, second = (
                place(orientation, point) - place(orientation, vertex) for point in (start, end)
            )
            cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
            true = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            assert angle(stack, start, vertex, end).value == pytest.approx(true, abs=0.01)


def test_cobb_angle_is_between_lines_whatever_their_direction(tmp_path):
    stack = opened(tmp_path)
    level = ((0, 0, 0), (0, 0, 5))
    # 1 mm down on 1 mm across.
    steep = ((0, 0, 0), (0, 2, 4 / 3))
    for first in (level, level[::-1]):
        for second in (steep, steep[::-1]):
            assert cobb_angle(stack, first, second).value == pytest.approx(45)
    assert str(cobb_angle(stack, level, steep)) == "45°"


def test_without_calibration_lengths_are_pixels(tmp_path):
    stack = opened(tmp_path, 1, PixelSpacing=None)
    assert str(length(stack, (0, 0, 0), (0, 3, 4))) == "5 px"


def test_length_at_the_detector_says_so(tmp_path):
    stack = opened(
        tmp_path,
        1,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.1",
        Modality="CR",
        PixelSpacing=None,
        ImagerPixelSpacing=[0.2, 0.2],
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
    )
    found = length(stack, (0, 0, 0), (0, 3, 4))
    assert found.value == pytest.approx(1)
    assert "detector" in found.note


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ImagePositionPatient": lambda i: [0, 0, (0, 1, 3.7)[i]]}, "uneven"),
        ({"ImagePositionPatient": lambda i: [0, i, 2 * i]}, "sheared"),
        ({"ImagePositionPatient": None}, "unknown"),
    ],
)
def test_across_slices_needs_their_distance(tmp_path, changes, reason):
    stack = opened(tmp_path, **changes)
    assert length(stack, (1, 0, 0), (1, 0, 4)).value == pytest.approx(3)
    with pytest.raises(MeasureError, match=reason):
        length(stack, (0, 0, 0), (1, 0, 0))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(25446.9, 4, "25447"), (9999.6, 4, "10000"), (0.018643, 4, "0.01864"), (62.96, 3, "63"),
     (1234.4, 3, "1234"), (-12345.6, 4, "-12346"), (0.0, 4, "0"), (float("inf"), 4, "inf")],
)  # fmt: skip
def test_numbers_have_few_digits_and_no_exponent(value, digits, text):
    assert number_text(value, digits) == text


def test_no_angle_without_lines(tmp_path):
    with pytest.raises(MeasureError, match="the same"):
        angle(opened(tmp_path), (0, 0, 0), (0, 0, 0), (0, 1, 1))
