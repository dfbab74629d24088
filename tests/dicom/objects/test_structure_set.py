"""Contours on the nearest slices, and the voxels within them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.even_odd import fill_even_odd

from ..making import ct, item, write
from .contoured import rtstruct
from .labeled import CORNER, DEPTH, SPACING, STEP, position, write_ct

CLOSED = "CLOSED_PLANAR"


def box(z, top=1.0, left=2.0, bottom=5.0, right=7.0):
    """Return a rectangle on a slice, by rows and columns of its edges."""
    corners = ((top, left), (top, right), (bottom, right), (bottom, left))
    return [position(z, row, column) for row, column in corners]


@pytest.fixture
def opened(tmp_path):
    def opened(rois, series=None, **changes):
        write_ct(tmp_path, **(series or {}))
        write(tmp_path / "rs.dcm", rtstruct(rois, **changes))
        report = load(tmp_path)
        (found,) = report.objects
        return report, found

    return opened


def test_structure_set_contours_lie_on_their_slices(opened):
    report, found = opened({"liver": [(CLOSED, box(1)), (CLOSED, box(3, right=9))]})
    drawn = found.draw(report.stacks)
    assert drawn.stack is report.stacks[0]
    first, second = drawn.contours[1]
    assert (first.slice, second.slice) == (1, 3)
    assert first.points == pytest.approx(np.array([(1, 2), (1, 7), (5, 7), (5, 2)]), abs=1e-3)
    assert second.points[1] == pytest.approx((1, 9), abs=1e-3)


@pytest.mark.parametrize(("off", "drawn_on"), [(0.4, 1), (-0.49, 1), (0.6, 2)])
def test_structure_set_contour_goes_to_the_nearest_slice(opened, off, drawn_on):
    """A6: positions of contours and slices are rounded by different programs."""
    contour = np.array(box(1)) + np.array((0, 0, off * STEP))
    report, found = opened({"liver": [(CLOSED, contour)]})
    (only,) = found.draw(report.stacks).contours[1]
    assert only.slice == drawn_on


def test_structure_set_contours_that_fit_no_slice_are_counted(opened):
    beyond, across = np.array(box(1)) + np.array((0, 0, 99)), np.array(box(1))
    across[0, 2] += STEP
    report, found = opened({"a": [(CLOSED, box(0)), (CLOSED, beyond), (CLOSED, across)]})
    drawn = found.draw(report.stacks)
    assert (len(drawn.contours[1]), drawn.misfits) == (1, {1: 2})


@pytest.mark.parametrize("step", [0.7, 1.1, 3.3, 0.98765])
def test_structure_set_contours_half_way_between_slices_lie_on_one_each(tmp_path, step):
    """Planning systems may count from the edges of slices; numbers are rounded for all that."""
    for z in range(30):
        at = {"ImagePositionPatient": [0, 0, round(step * z, 4)], "InstanceNumber": z + 1}
        write(tmp_path / f"{z}.dcm", ct(SOPInstanceUID=f"1.2.3.4.{z}", **at))
    corners = np.array([(0, 0), (3, 0), (3, 1.5), (0, 1.5)])
    heights = [step * (z + 0.5) for z in range(29)]
    boxes = [(CLOSED, np.column_stack((corners, [height] * 4))) for height in heights]
    write(tmp_path / "rs.dcm", rtstruct({"a": boxes}))
    report = load(tmp_path)
    (found,) = report.objects
    drawn = found.draw(report.stacks)
    assert [each.slice for each in drawn.contours[1]] == list(range(29))
    assert not drawn.misfits


@pytest.mark.parametrize("distance", [0.1, 0.25, 0.4, 0.5, 0.7, 1.0, 1.3])
@pytest.mark.parametrize("start", [0.0, 0.3])
def test_structure_set_contours_finer_than_slices_fill_what_the_nearest_encloses(
    opened, distance, start
):
    """Contours of a thin series on a thick one: together, by the even-odd rule, they are empty."""
    heights = np.arange(start, DEPTH - 0.9, distance)
    boxes = [box(z, top=1 - 0.1 * z, right=7 + 0.5 * z) for z in heights]
    hole = [(CLOSED, box(z + 0.02, 2, 3, 4, 5)) for z in heights]
    report, found = opened({"a": [*((CLOSED, each) for each in boxes), *hole]})
    drawn = found.draw(report.stacks)
    labels = np.asarray(found.labels(drawn, 1))
    for z in range(DEPTH):
        nearest = int(np.argmin(np.round(abs(heights - z), 6)))
        expected = np.zeros(labels.shape[1:], int)
        # Half-way to the next slice, it lies on the one below.
        if -0.499 < heights[nearest] - z < 0.501:
            top, right = 1 - 0.1 * heights[nearest], 7 + 0.5 * heights[nearest]
            expected[int(np.ceil(top)) : 5, 2 : int(np.ceil(right))] = 1
            expected[2:4, 3:5] = 0
        assert np.array_equal(labels[z], expected)
    kept = len(drawn.contours[1])
    assert kept + drawn.misfits.get(1, 0) == 2 * len(heights)


@pytest.mark.parametrize("what", ["StructureSetROISequence", "ROINumber"])
def test_structure_set_contours_of_a_region_that_is_not_described_are_shown(tmp_path, what):
    data = rtstruct({"a": [(CLOSED, box(1))], "b": [(CLOSED, box(2))]})
    if what == "ROINumber":
        del data.StructureSetROISequence[1]
    else:
        del data.StructureSetROISequence
        data.FrameOfReferenceUID = "1.2.3.3"
    write_ct(tmp_path)
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    assert [roi.name for roi in found.rois][1] == "ROI 2"
    drawn = found.draw(report.stacks)
    assert drawn.stack is report.stacks[0]
    assert [contour.slice for contour in drawn.contours[2]] == [2]


def test_structure_set_contours_that_are_not_complete_are_counted(tmp_path):
    data = rtstruct({"a": [(CLOSED, box(z)) for z in range(4)]})
    broken = data.ROIContourSequence[0].ContourSequence
    broken[1].ContourData = list(broken[1].ContourData)[:-1]
    del broken[2].ContourData
    write_ct(tmp_path)
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    drawn = found.draw(report.stacks)
    assert ([c.slice for c in drawn.contours[1]], drawn.misfits) == ([0, 3], {1: 2})


@pytest.mark.parametrize("what", ["item", "contour"])
def test_structure_set_contour_that_is_there_twice_is_one(tmp_path, what):
    data = rtstruct({"a": [(CLOSED, box(1))]})
    same = data.ROIContourSequence if what == "item" else data.ROIContourSequence[0].ContourSequence
    same.append(same[0])
    write_ct(tmp_path)
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    drawn = found.draw(report.stacks)
    assert (len(drawn.contours[1]), drawn.misfits) == (1, {})
    assert np.asarray(found.labels(drawn, 1)).sum() == 20
    assert len(found.read_contours()[1]) == 1


def test_structure_set_points_and_open_contours_are_told_apart(opened):
    line = box(2)[:2]
    report, found = opened(
        {"iso": [("POINT", [position(2, 3, 4)])], "wire": [("OPEN_PLANAR", line)]}
    )
    drawn = found.draw(report.stacks)
    assert drawn.points[1] == pytest.approx(np.array([(2, 3, 4)]), abs=1e-3)
    (wire,) = drawn.contours[2]
    assert not wire.is_closed


def test_structure_set_of_points_alone_lies_on_its_series(opened):
    report, found = opened({"iso": [("POINT", [position(2, 3, 4)])]})
    drawn = found.draw(report.stacks)
    assert drawn.stack is report.stacks[0]
    assert drawn.points[1] == pytest.approx(np.array([(2, 3, 4)]), abs=1e-3)


def test_structure_set_regions_have_names_colors_and_types_the_empty_ones_too(opened):
    """A7."""
    observed = [item(ReferencedROINumber=2, RTROIInterpretedType="PTV")]
    rois = {"liver": [(CLOSED, box(1))], "Doe target": []}
    changes = {"RTROIObservationsSequence": observed, "PatientName": "Doe^Jane"}
    _, found = opened(rois, **changes)
    liver, target = found.rois
    assert (liver.name, liver.color, liver.contours) == ("liver", (1, 0, 0.2), 1)
    assert (target.name, target.interpreted_type, target.contours) == ("target", "PTV", 0)
    assert found.summary == "2 regions (empty: target)"


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_structure_set_inner_contours_are_holes(opened, kind):
    """PS3.3 C.8.8.6.3."""
    report, found = opened({"wall": [(kind, box(1, 0, 1, 6, 9)), (kind, box(1, 2, 3, 4, 6))]})
    drawn = found.draw(report.stacks)
    area = np.asarray(found.labels(drawn, 1)).sum(axis=(1, 2))
    assert (drawn.misfits, area.tolist()) == ({}, [0, 6 * 8 - 2 * 3, 0, 0, 0])


def test_structure_set_region_of_another_frame_of_reference_is_not_drawn(tmp_path):
    """PS3.3 C.8.8.5: each region has a frame of reference of its own."""
    write_ct(tmp_path)
    data = rtstruct({"here": [(CLOSED, box(1))], "elsewhere": [(CLOSED, box(2))]})
    data.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.3.77"
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    here, elsewhere = report.objects
    assert here.key != elsewhere.key
    assert [roi.name for roi in here.rois] == ["here"]
    assert list(here.draw(report.stacks).contours) == [1]
    assert list(here.read_contours()) == [1]
    alone = elsewhere.draw(report.stacks)
    assert (alone.stack, list(alone.contours)) == (None, [2])


def test_structure_set_contours_of_one_region_in_two_items_are_kept(tmp_path):
    write_ct(tmp_path)
    data = rtstruct({"liver": [(CLOSED, box(1))], "": [(CLOSED, box(3))]})
    data.ROIContourSequence[1].ReferencedROINumber = 1
    del data.StructureSetROISequence[1]
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    assert found.rois[0].contours == 2
    assert [c.slice for c in found.draw(report.stacks).contours[1]] == [1, 3]


@pytest.mark.parametrize("number", [1, 5, None])
def test_structure_set_regions_of_one_number_or_none_are_told_apart(tmp_path, number):
    """By the even-odd rule, two regions in one would lose what they share."""
    write_ct(tmp_path)
    data = rtstruct({"a": [(CLOSED, box(1))], "b": [(CLOSED, box(1, right=9))], "c": []})
    for index in (0, 1):
        data.StructureSetROISequence[index].ROINumber = number
        data.ROIContourSequence[index].ReferencedROINumber = number
    observed = [item(ReferencedROINumber=number, RTROIInterpretedType=t) for t in ("PTV", "ORGAN")]
    data.RTROIObservationsSequence = observed
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    by_name = {roi.name: roi for roi in found.rois}
    assert {n: (r.contours, r.interpreted_type) for n, r in by_name.items()} == {
        "a": (1, "PTV"), "b": (1, "ORGAN"), "c": (0, ""),
    }  # fmt: skip
    drawn = found.draw(report.stacks)
    areas = [np.asarray(found.labels(drawn, by_name[name].number)).sum() for name in "abc"]
    assert areas == [4 * 5, 4 * 7, 0]
    assert not drawn.misfits


def test_structure_set_contours_without_a_number_are_regions_of_their_own(tmp_path):
    write_ct(tmp_path)
    data = rtstruct({"a": [(CLOSED, box(1))], "b": [(CLOSED, box(1, right=9))]})
    for drawn in data.ROIContourSequence:
        del drawn.ReferencedROINumber
    write(tmp_path / "rs.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    assert [roi.name for roi in found.rois] == ["a", "b", "ROI 3", "ROI 4"]
    drawn = found.draw(report.stacks)
    areas = [np.asarray(found.labels(drawn, number)).sum() for number in (3, 4)]
    assert areas == [4 * 5, 4 * 7]


def test_structure_set_of_another_frame_of_reference_stands_alone(opened):
    report, found = opened({"a": [(CLOSED, box(z)) for z in (1, 2, 4)]}, frame_of_reference="1.9")
    drawn = found.draw(report.stacks)
    assert drawn.stack is None
    assert [contour.slice for contour in drawn.contours[1]] == [0, 1, 3]
    assert drawn.geometry.translate[0] == pytest.approx(CORNER[2] + STEP)


def test_structure_set_holes_and_keyholes_are_not_inside(opened):
    """A7."""
    hole = box(1, 2.5, 3.5, 3.5, 5.5)
    outer = box(1)
    keyhole = [outer[0], hole[0], *hole[3:0:-1], hole[0], outer[0], *outer[1:]]
    report, found = opened({"hole": [(CLOSED, outer), (CLOSED, hole)], "key": [(CLOSED, keyhole)]})
    drawn = found.draw(report.stacks)
    expected = np.zeros((8, 12), bool)
    expected[1:5, 2:7] = True
    expected[3, 4:6] = False
    for number in (1, 2):
        mask = np.asarray(found.labels(drawn, number))
        assert np.array_equal(mask[1], expected)
        assert not mask[[0, 2, 3, 4]].any()


def test_structure_set_of_an_oblique_series_lies_on_its_pixels(opened):
    """E1: row and column spacing differ, and the plane is turned."""
    row, column = np.array([0.8, 0.6, 0]), np.array([0, 0, -1.0])
    corner = np.array(CORNER)
    series = {
        "ImageOrientationPatient": [*row, *column],
        "ImagePositionPatient": corner.tolist(),
        "InstanceNumber": 1,
    }
    contour = [corner + row * SPACING[1] * x + column * SPACING[0] * y for y, x in ((2, 3), (4, 9))]
    report, found = opened({"a": [("OPEN_PLANAR", contour)]}, series)
    (only,) = found.draw(report.stacks[:1]).contours[1]
    assert only.points == pytest.approx(np.array([(2, 3), (4, 9)]), abs=1e-3)


@pytest.mark.usefixtures("index_folder")
def test_structure_set_is_found_again_when_its_folder_is_opened_again(opened, tmp_path):
    _, found = opened({"liver": [(CLOSED, box(1))]})
    (again,) = load(tmp_path).objects
    assert (again.name, again.rois, again.files) == (found.name, found.rois, found.files)


def inside(points, row, column):
    """Return whether a point is inside by the crossing number, one edge after the other."""
    crossings = 0
    for (y0, x0), (y1, x1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if (y0 <= row) != (y1 <= row):
            crossings += x0 + (row - y0) * (x1 - x0) / (y1 - y0) < column
    return crossings % 2 == 1


@pytest.mark.parametrize("seed", range(20))
def test_fill_even_odd_agrees_with_the_crossing_number_of_every_pixel(seed):
    rng = np.random.default_rng(seed)
    contours = [rng.uniform(-2, 14, (rng.integers(3, 9), 2)) for _ in range(3)]
    expected = np.zeros((10, 12), bool)
    for points in contours:
        expected ^= [[inside(points, r, c) for c in range(12)] for r in range(10)]
    assert np.array_equal(fill_even_odd(contours, (10, 12)), expected)


def test_fill_even_odd_neighbors_share_no_pixel_and_leave_none_out():
    left, right = (np.array([(0, a), (0, b), (4, b), (4, a)], float) for a, b in ((0, 3), (3, 7)))
    one, other = fill_even_odd([left], (5, 8)), fill_even_odd([right], (5, 8))
    assert not (one & other).any()
    assert (one | other)[:4, :7].all()


def test_structure_set_depth_is_that_of_its_series(opened):
    report, found = opened({"liver": [(CLOSED, box(1))]})
    assert found.labels(found.draw(report.stacks), 1).shape == (DEPTH, 8, 12)
