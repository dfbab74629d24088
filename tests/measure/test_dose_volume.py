"""Dose-volume histograms, compared with what a pencil gives."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.measure import MeasureError, dose_volume_csv, dose_volumes

from ..dicom.making import write
from ..dicom.objects.contoured import rtstruct
from ..dicom.objects.dosed import SCALING, SPACING, STEP, rtdose
from ..dicom.objects.labeled import CORNER

SHAPE = (40, 60, 50)
"""Of the dose grid: planes, rows, columns."""
FIRST = np.add(CORNER, (0.3, 0.4, 0.6))
"""Of its first voxel, LPS, mm."""
CENTER = FIRST + np.array([SPACING[1] * 24.5, SPACING[0] * 29.5, STEP * 19.5])


@pytest.fixture
def opened(tmp_path):
    """Return what writes and loads structures and a dose, and gives both."""

    def open_(rois, dose, **changes):
        write(tmp_path / "rs.dcm", rtstruct(rois, **changes))
        write(tmp_path / "rd.dcm", rtdose(np.broadcast_to(dose, SHAPE).astype(np.uint16)))
        report = load(tmp_path)
        (structures,), (stack,) = report.objects, report.stacks
        return structures, stack

    return open_


def box(size, step=2.0, turn=None):
    """Return contours of a box of some size (x, y, z) about the center of the grid."""
    x, y = size[0] / 2, size[1] / 2
    corners = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    return stacked([(corners, z) for z in planes(size[2], step)], turn)


def sphere(radius, step=2.0):
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    circle = np.column_stack((np.cos(angles), np.sin(angles)))
    heights = planes(2 * radius, step)
    return stacked([(circle * np.sqrt(radius**2 - z**2), z) for z in heights])


def planes(extent, step):
    """Return heights of planes that are the middles of slabs of a whole extent."""
    count = round(extent / step)
    return (np.arange(count) - (count - 1) / 2) * step


def stacked(outlines, turn=None):
    turn = np.eye(3) if turn is None else turn
    return [
        ("CLOSED_PLANAR", np.column_stack((xy, np.full(len(xy), z))) @ turn.T + CENTER)
        for xy, z in outlines
    ]


def linear(slope):
    """Return stored doses that rise along z, and what gives the dose at heights from the center."""
    heights = (np.arange(SHAPE[0]) - 19.5) * STEP
    middle = 3000
    stored = np.round(middle + slope * heights / SCALING)[:, None, None]
    return stored, lambda z: middle * SCALING + slope * z


def test_uniform_dose_in_a_box_is_one_step(opened):
    structures, dose = opened({"box": box((20, 24, 16))}, 4000)
    (found,) = dose_volumes(structures, dose)
    assert found.volume == pytest.approx(20 * 24 * 16 / 1000, rel=1e-3)
    assert (found.minimum, found.mean, found.maximum) == pytest.approx((40, 40, 40), abs=1e-3)
    assert found.volume_at(39.9) == pytest.approx(found.volume)
    assert found.volume_at(40.1) == 0
    assert found.dose_at(0.95) == pytest.approx(40, abs=0.03)
    assert (found.unit, found.outside) == ("Gy", 0)


@pytest.mark.parametrize("step", [1.0, 4.0])
def test_linear_dose_in_a_box_falls_in_a_straight_line(opened, step):
    stored, dose_at = linear(0.5)
    structures, dose = opened({"box": box((20, 24, 32), step)}, stored)
    (found,) = dose_volumes(structures, dose)
    low, high = dose_at(-16), dose_at(16)
    assert (found.minimum, found.maximum) == pytest.approx((low, high), abs=0.25)
    assert found.mean == pytest.approx((low + high) / 2, abs=0.02)
    for share in (0.98, 0.95, 0.5, 0.02):
        assert found.dose_at(share) == pytest.approx(high - share * (high - low), abs=0.05)


def test_linear_dose_in_a_sphere_has_the_volume_of_its_caps(opened):
    radius = 20.0
    stored, dose_at = linear(0.5)
    structures, dose = opened({"sphere": sphere(radius, 1.0)}, stored)
    (found,) = dose_volumes(structures, dose)
    whole = 4 / 3 * np.pi * radius**3 / 1000
    assert found.volume == pytest.approx(whole, rel=2e-3)
    for z in (-15, -5, 0, 5, 10, 15):
        height = radius - z
        cap = np.pi * height**2 * (3 * radius - height) / 3 / 1000
        assert found.volume_at(dose_at(z)) == pytest.approx(cap, abs=0.005 * whole)


def test_box_with_a_hole_has_the_rest(opened):
    both = box((20, 20, 16)) + box((10, 10, 16))
    structures, dose = opened({"shell": both}, 1000)
    (found,) = dose_volumes(structures, dose)
    assert found.volume == pytest.approx((400 - 100) * 16 / 1000, rel=2e-3)


def test_contours_at_an_angle_have_the_same_histogram(opened):
    angle = np.radians(30)
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    stored, dose_at = linear(0.5)
    structures, dose = opened({"turned": box((20, 0.5, 24), 2.0, turn)}, stored)
    (found,) = dose_volumes(structures, dose)
    assert found.volume == pytest.approx(20 * 0.5 * 24 / 1000, rel=1e-2)
    reach = 12 * np.cos(angle)
    assert found.maximum == pytest.approx(dose_at(reach), abs=0.2)
    assert found.mean == pytest.approx(dose_at(0), abs=0.02)


def test_a_structure_beyond_the_grid_says_how_much_of_it(opened):
    size = SPACING[1] * SHAPE[2]
    half = [(kind, np.add(points, (size / 2, 0, 0))) for kind, points in box((20, 20, 16))]
    structures, dose = opened({"half": half}, 2000)
    (found,) = dose_volumes(structures, dose)
    assert found.outside == pytest.approx(0.5, abs=0.02)
    assert found.minimum == 0


def test_planes_that_are_missing_are_a_gap(opened):
    both = box((10, 10, 6)) + [(k, np.add(p, (0, 0, 30))) for k, p in box((10, 10, 6))]
    structures, dose = opened({"two": both, "flat": box((10, 10, 2))}, 2000)
    two, flat = dose_volumes(structures, dose)
    assert two.volume == pytest.approx(2 * 0.6, rel=2e-3)
    # One plane alone is as thick as the planes of others are far apart.
    assert flat.volume == pytest.approx(0.2, rel=2e-3)


def test_regions_are_chosen_and_those_without_contours_left_out(opened):
    rois = {"a": box((10, 10, 8)), "empty": [], "point": [("POINT", CENTER)], "b": box((6, 6, 8))}
    structures, dose = opened(rois, 2000)
    calls = []
    found = dose_volumes(structures, dose, progress=lambda *done: calls.append(done))
    assert [each.name for each in found] == ["a", "b"]
    assert calls == [(0, 2), (1, 2)]
    assert [each.name for each in dose_volumes(structures, dose, [4])] == ["b"]


def test_dose_of_another_frame_of_reference_is_refused(opened):
    structures, dose = opened({"a": box((10, 10, 8))}, 2000, frame_of_reference="1.9.9")
    with pytest.raises(MeasureError, match="frames of reference"):
        dose_volumes(structures, dose)


def test_dose_with_several_values_at_one_place_is_refused(opened, tmp_path):
    structures, _ = opened({"a": box((10, 10, 8))}, 2000)
    offsets = [STEP * (plane // 2) for plane in range(SHAPE[0])]
    twice = rtdose(np.full(SHAPE, 2000, np.uint16), GridFrameOffsetVector=offsets)
    write(tmp_path / "twice" / "rd.dcm", twice)
    (dose,) = load(tmp_path / "twice").stacks
    with pytest.raises(MeasureError, match="several values at one place"):
        dose_volumes(structures, dose)


def test_csv_has_figures_and_a_line_for_each_dose(opened):
    structures, dose = opened({"a": box((10, 10, 8)), "b": box((6, 6, 8))}, 2000)
    found = dose_volumes(structures, dose)
    rows = list(csv.reader(io.StringIO(dose_volume_csv(found, reference=20))))
    assert rows[0][:4] == ["Structure", "Volume (cm3)", "Min (Gy)", "Mean (Gy)"]
    assert [row[0] for row in rows[1:3]] == ["a", "b"]
    assert float(rows[1][1]) == pytest.approx(0.8, rel=1e-2)
    assert rows[4] == ["Dose (Gy)", "Dose (%)", "a (cm3)", "b (cm3)"]
    assert [float(cell) for cell in rows[5]] == pytest.approx([0, 0, 0.8, 0.288], rel=1e-2)
    assert float(rows[-1][2]) == 0
