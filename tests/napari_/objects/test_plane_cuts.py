"""Contours and isodose lines across the slices, and in panes."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Vectors
from qtpy.QtCore import QObject

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.cut_region import CutRegion
from napari_medscan.napari_.canvas_strokes import CanvasStrokes
from napari_medscan.napari_.isodose import isodose_layer, lines_at
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.plane_cuts import NAME, PlaneCuts
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object
from napari_medscan.napari_.panes.drawing_twins import DrawingTwins
from napari_medscan.napari_.panes.twin_layer import twin_of

from ...dicom.making import write
from ...dicom.objects.contoured import rtstruct
from ...dicom.objects.dosed import rtdose
from ...dicom.objects.labeled import position, write_ct

BOX = [position(1, row, column) for row, column in ((1, 2), (1, 7), (5, 7), (5, 2))]
ROIS = {"liver": [("CLOSED_PLANAR", BOX)], "iso": [("POINT", [position(2, 3, 4)])]}


def pane_on(layer):
    pane = ViewerModel()
    twin = twin_of(layer)
    pane.add_layer(twin)
    twin.visible = True
    return pane


@pytest.fixture
def opened(tmp_path, model, qapp):  # noqa: ARG001 - watches need Qt
    """Return a viewer with a CT and contours on it, a pane with the CT, and both their lines."""
    write(write_ct(tmp_path) / "rs.dcm", rtstruct(ROIS))
    report = load(tmp_path)
    for each in (*image_layers(report.stacks), *object_layers(report.objects, report.stacks)):
        model.add_layer(each)
    model.layers.selection.active = model.layers[0]
    pane = pane_on(model.layers[0])
    cuts = PlaneCuts(model, model), PlaneCuts(model, pane)
    yield model, pane, cuts
    for each in cuts:
        each.release()
    assert lines_in(model) is lines_in(pane) is None


def lines_in(viewer):
    """Return the ends of the lines that are drawn, napari's world, None without their layer."""
    found = [layer for layer in viewer.layers if isinstance(layer, Vectors)]
    if not found:
        return None
    (layer,) = found
    assert layer.name == NAME
    ends = np.stack((layer.data[:, 0], layer.data.sum(axis=1)), axis=1)
    return ends * layer.scale + layer.translate


def show(viewer, cuts, order, index):
    viewer.dims.order = order
    viewer.dims.point = viewer.layers[0].data_to_world(index)
    for each in cuts:
        each.follow()


def box_of(lines, layer):
    ends = [layer.world_to_data(end) for end in lines.reshape(-1, 3)]
    return np.array((np.min(ends, axis=0), np.max(ends, axis=0)))


def test_pane_shows_contours_on_their_slices(opened):
    model, pane, cuts = opened
    show(pane, cuts, (0, 1, 2), (1, 0, 0))
    assert box_of(lines_in(pane), model.layers[0]) == pytest.approx(
        np.array(((1, 1, 2), (1, 5, 7))), abs=1e-3
    )
    show(pane, cuts, (0, 1, 2), (2, 0, 0))
    assert len(lines_in(pane)) == 0


@pytest.mark.parametrize("in_pane", [True, False])
@pytest.mark.parametrize(
    ("order", "box"),
    [((1, 0, 2), ((0.5, 3, 2), (1.5, 3, 7))), ((2, 0, 1), ((0.5, 1, 3), (1.5, 5, 3)))],
)
def test_other_planes_show_the_outline_of_the_filled_region(opened, in_pane, order, box):
    model, pane, cuts = opened
    viewer = pane if in_pane else model
    steps, active = viewer.dims.nsteps, viewer.layers.selection.active
    show(viewer, cuts, order, (3, 3, 3))
    assert box_of(lines_in(viewer), model.layers[0]) == pytest.approx(np.array(box), abs=1e-3)
    (layer,) = [layer for layer in viewer.layers if isinstance(layer, Vectors)]
    assert np.allclose(layer.edge_color, (1, 0, 0.2, 1))
    # It changes neither the steps of the sliders nor what tools act on.
    assert (viewer.dims.nsteps, viewer.layers.selection.active) == (steps, active)
    show(viewer, cuts, order, (3, 0, 0))
    assert len(lines_in(viewer)) == 0


def test_main_canvas_has_no_second_lines_where_contours_draw_themselves(opened):
    model, _, cuts = opened
    show(model, cuts, (1, 0, 2), (1, 3, 3))
    assert lines_in(model) is not None
    show(model, cuts, (0, 1, 2), (1, 3, 3))
    assert lines_in(model) is None
    show(model, cuts, (1, 0, 2), (1, 3, 3))
    model.dims.ndisplay = 3
    cuts[0].follow()
    assert lines_in(model) is None


def test_cut_follows_the_eye_and_the_points_of_a_contour(opened):
    model, pane, cuts = opened
    show(pane, cuts, (1, 0, 2), (1, 3, 3))
    contours = model.layers["liver"]
    contours.data = [contours.data[0] + (0, 0, 1)]
    cuts[1].follow()
    assert box_of(lines_in(pane), model.layers[0])[:, 2] == pytest.approx([3, 8], abs=1e-3)
    contours.visible = False
    cuts[1].follow()
    assert lines_in(pane) is None


def test_cut_is_worked_out_once_for_a_plane(opened, monkeypatch):
    _, pane, cuts = opened
    asked = []
    lines = CutRegion.lines
    monkeypatch.setattr(CutRegion, "lines", lambda *args: asked.append(args) or lines(*args))
    show(pane, cuts, (1, 0, 2), (1, 3, 3))
    cuts[1].follow()
    assert len(asked) == 1


def test_cut_of_another_frame_of_reference_is_not_drawn(opened, tmp_path):
    model, _, _ = opened
    other = {"FrameOfReferenceUID": "1.2.3.99"}
    stacks = load(write_ct(tmp_path / "other", number=5, **other)).stacks
    pane = pane_on(image_layers(stacks)[0])
    cuts = PlaneCuts(model, pane)
    show(pane, [cuts], (1, 0, 2), (1, 3, 3))
    assert lines_in(pane) is None
    cuts.release()


def test_points_of_structures_are_seen_in_panes(opened):
    model, pane, _ = opened
    parent = QObject()
    twins = DrawingTwins(model, pane, parent)
    twins.follow()
    twin = pane.layers["iso"]
    assert np.allclose(twin.data_to_world(twin.data[0]), model.layers[0].data_to_world((2, 3, 4)))
    assert "liver" not in pane.layers
    twins.release()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_pane_shows_isodose_lines_of_its_plane(model, tmp_path, qapp, axis):  # noqa: ARG001
    z, y, x = np.ogrid[:6, :5, :7]
    values = (4000 - 90 * ((z - 2.4) ** 2 + (y - 2.1) ** 2 + (x - 3.2) ** 2)).astype(np.uint16)
    write(write_ct(tmp_path) / "dose.dcm", rtdose(values))
    for layer in image_layers(load(tmp_path).stacks):
        model.add_layer(layer)
    dose = next(layer for layer in model.layers if stack_of(layer).kind.measures == "dose")
    stack = stack_of(dose)
    lines = isodose_layer(stack, [36.0, 38.0])
    note_object(lines, ShownObject(None, stack, stack.geometry.orientation))
    model.add_layer(lines)
    pane = pane_on(model.layers[0])
    cuts = PlaneCuts(model, pane)
    pane.dims.order = (axis, *(each for each in range(3) if each != axis))
    pane.dims.point = dose.data_to_world((2.2, 2.2, 3.2))
    cuts.follow()
    plane = stack.read().take((2, 2, 3)[axis], axis=axis)
    expected = [line for level in (36, 38) for line in lines_at(plane, level)]
    ends = np.array([dose.world_to_data(end) for end in lines_in(pane).reshape(-1, 3)])
    starts = np.delete(ends[::2], axis, axis=1)
    assert np.allclose(starts, np.concatenate([line[:-1] for line in expected]), atol=1e-4)
    colors = {tuple(color) for color in next(x for x in pane.layers if x.name == NAME).edge_color}
    assert colors == {tuple(color) for color in lines.edge_color}
    cuts.release()


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 0, 1)])
def test_movies_have_the_lines_of_the_canvas_at_any_place(opened, order):
    """As thin as pixels are, however far apart the slices."""
    model, _pane, cuts = opened
    show(model, cuts, order, (1, 3, 4))
    seen, point = lines_in(model)[..., list(order[1:])], model.dims.point
    show(model, cuts, order, (1, 0, 0))
    strokes = CanvasStrokes(model).at(point)
    # Before them the cross of the point.
    lines = [stroke.points for stroke in strokes[2:]]
    assert len(seen) == len(lines) > 0
    np.testing.assert_allclose(lines, seen, atol=1e-4)
    assert max(stroke.width for stroke in strokes) <= max(model.layers[0].scale[1:])
