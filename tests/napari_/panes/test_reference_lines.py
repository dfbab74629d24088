"""Scout lines and the mark of one place, of series side by side."""

from __future__ import annotations

import pytest

from napari_medscan.napari_.linking import patient_place
from napari_medscan.napari_.panes.canvas_plane import plane_on

from .test_three_planes import shift_click

SAGITTAL = {
    "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
    "ImagePositionPatient": lambda i: [0.5 * i, -1, 11],
    "PixelSpacing": [4, 0.75],
}


def dashed(pane):
    return [line for line in pane.lines.lines if line.is_dashed]


@pytest.mark.parametrize("same", [True, False])
def test_scout_line_is_drawn_for_crossing_slices_of_one_frame_of_reference(
    arrange, add, qtbot, same
):
    changes = {} if same else {"FrameOfReferenceUID": "1.2.3.77"}
    add("s", **SAGITTAL, **changes)
    add("a", 9)
    panes = arrange("Side by side")
    axial, sagittal = panes.panes
    assert len(dashed(axial)) == len(dashed(sagittal)) == same
    if same:
        (line,) = dashed(sagittal)
        assert line.color == axial.color
        heights = []
        for height in (6, 8):
            axial.viewer.dims.set_point(0, height)
            qtbot.wait(20)
            (line,) = dashed(sagittal)
            plane = plane_on(sagittal.viewer, sagittal.layer)
            x, y = line.segment[:2]
            heights.append((plane.corner + plane.right * x + plane.down * y)[2])
        assert heights == pytest.approx([6, 8], abs=1e-3)
    panes.close()


def test_scout_line_of_parallel_slices_is_none(arrange, add):
    add("a")
    add("b")
    panes = arrange("Side by side")
    assert dashed(panes.panes[0]) == dashed(panes.panes[1]) == []
    panes.close()


def test_shift_click_marks_the_place_in_panes_of_one_frame_of_reference(arrange, add, qtbot):
    add("s", **SAGITTAL)
    axial_layer = add("a", 9)
    panes = arrange("Side by side")
    axial, sagittal = panes.panes
    axial.viewer.dims.set_point(0, 4)
    qtbot.wait(20)
    shift_click(axial, axial_layer.data_to_world((2, 1, 4)))
    qtbot.wait(20)
    # The columns of axial slices are 0.75 mm apart, their rows 0.5 mm.
    plane = plane_on(sagittal.viewer, sagittal.layer)
    x, y, distance = plane.project((3.0, 0.5, 4.0))
    assert abs(distance) < 1e-3
    arms = [line for line in sagittal.lines.lines if not line.is_dashed]
    assert len(arms) == 4
    assert (arms[0].segment[0], arms[2].segment[1]) == pytest.approx((x, y), abs=0.01)
    assert patient_place(sagittal.viewer, sagittal.layer) is not None
    number = sagittal.viewer.dims.current_step[0]
    sagittal.viewer.dims.set_current_step(0, number + 1)
    qtbot.wait(20)
    assert [line for line in sagittal.lines.lines if not line.is_dashed] == []
    panes.close()


def test_lines_are_not_drawn_while_a_pane_is_maximized(arrange, add):
    add("s", **SAGITTAL)
    add("a", 9)
    panes = arrange("Side by side")
    assert panes.panes[0].lines.lines
    panes.maximize(panes.panes[0])
    assert panes.panes[0].lines.lines == ()
    panes.restore()
    assert panes.panes[0].lines.lines
    panes.close()
