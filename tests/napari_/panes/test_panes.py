"""Arrangements of panes in napari's window."""

from __future__ import annotations

import os
import threading
import weakref

import numpy as np
import pytest
from napari.qt import QtViewer
from qtpy.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes import (
    ARRANGEMENTS,
    active_viewer,
    on_pane_created,
    panes_of,
)
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.napari_.readout import cursor_text
from napari_medscan.napari_.slider_index import slice_in_view

from ...napari_window import let_go
from ...studies import write_series

TIMES = 50 if os.environ.get("MEDSCAN_TORTURE") else 3


def event(**attributes):
    """Return a mouse event as napari hands it to callbacks."""

    class Mouse:
        handled = False
        button = 1
        modifiers = ()
        type = "mouse_press"

    mouse = Mouse()
    for name, value in attributes.items():
        setattr(mouse, name, value)
    return mouse


def double_click(pane):
    for callback in list(pane.viewer.mouse_double_click_callbacks):
        callback(pane.viewer, event())


def names(pane):
    return [layer.name for layer in pane.viewer.layers]


def test_panes_of_a_viewer_without_a_window_raises(model, qapp):
    assert qapp is not None
    with pytest.raises(RuntimeError):
        panes_of(model)
    assert active_viewer(model) is model


def test_arrangement_unknown_raises(viewer):
    with pytest.raises(ValueError, match="Three planes"):
        panes_of(viewer).arrangement = "Four planes"
    panes_of(viewer).close()


@pytest.mark.parametrize(
    ("name", "count"), [("Single", 1), ("Side by side", 2), ("2 × 2", 4), ("Three planes", 3)]
)
def test_arrangement_has_its_panes_and_says_so(arrange, add, viewer, name, count):
    layers = [add(f"s{number}", series=number) for number in range(3, 7)]
    heard = []
    panes = panes_of(viewer)
    panes.arrangement_changed.connect(heard.append)
    arrange(name)
    assert heard == ([] if name == "Single" else [name])
    assert len(panes.panes) == count
    if name in ("Side by side", "2 × 2"):
        shown = [pane.source for pane in panes.panes[1:]]
        assert current_layer(viewer) is layers[3]
        assert shown == layers[: count - 1]
        assert all(pane.layer.data is pane.source.data for pane in panes.panes[1:])
    panes.close()


def test_main_canvas_is_never_moved_to_another_window_or_hidden(arrange, viewer, add):
    add("a")
    canvas = canvas_of(viewer)
    window, home = canvas.window(), canvas.parentWidget()
    hidden = []

    for name in (*ARRANGEMENTS[1:], "Single"):
        arrange(name)
        assert canvas.window() is window
        hidden.append(canvas.isHidden())
    panes_of(viewer).close()
    assert not any(hidden)
    assert canvas.parentWidget() is home
    assert viewer.screenshot(flash=False).shape[0] > 0


def test_next_series_prefers_the_patient_of_the_current_one(arrange, add):
    other = add("b", PatientID="other", PatientName="Canary^Bob", StudyInstanceUID="1.2.9")
    same = add("c")
    add("a")
    panes = arrange("2 × 2")
    assert [pane.source for pane in panes.panes[1:]] == [same, other, None]
    panes.close()


def test_header_names_series_and_chooses_another(arrange, add, viewer, qtbot):
    first, second = add("a"), add("b")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    assert pane.source is first
    pane.frame.header.series.activated.emit(1)
    qtbot.wait(20)
    assert pane.source is second
    panes.show(pane, first)
    assert pane.source is first
    with pytest.raises(ValueError, match="pane"):
        panes.show(panes.panes[0], second)
    assert current_layer(viewer) is second
    panes.close()


def test_removed_series_leaves_its_pane_empty(arrange, add, viewer, qtbot):
    first, _second = add("a"), add("b")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    assert pane.source is first
    viewer.layers.remove(first)
    qtbot.wait(30)
    assert not pane.viewer.layers
    add("c")
    qtbot.waitUntil(lambda: bool(pane.viewer.layers))
    panes.close()


def test_window_of_a_series_pane_is_its_own(arrange, add):
    layer = add("a")
    add("b")
    panes = arrange("Side by side")
    before = list(layer.contrast_limits)
    panes.panes[1].layer.contrast_limits = (1, 2)
    assert list(layer.contrast_limits) == before
    panes.close()


@pytest.mark.parametrize("number", [0, 1])
def test_maximize_series_pane_and_restore_give_back_what_was_there(
    arrange, add, viewer, qtbot, number
):
    layers = add("a", FrameOfReferenceUID="1.2.3.50"), add("b")
    panes = arrange("Side by side")
    pane = panes.panes[number]
    pane.viewer.dims.set_current_step(0, 2)
    pane.layer.contrast_limits = (3, 40)
    main_before = viewer.dims.point, list(layers[0].contrast_limits)
    qtbot.wait(20)
    double_click(pane)
    qtbot.waitUntil(lambda: panes.maximized is pane)
    shown = current_layer(viewer)
    assert shown is layers[1 - number]
    assert slice_in_view(viewer, shown) == 2
    assert list(shown.contrast_limits) == [3, 40]
    assert [layer.visible for layer in layers] == [number == 1, number == 0]
    assert not panes.panes[1].frame.isVisibleTo(panes.panes[1].frame.window())
    viewer.dims.set_current_step(0, 5)
    double_click(panes.panes[0])
    qtbot.waitUntil(lambda: panes.maximized is None)
    assert current_layer(viewer) is layers[1]
    assert slice_in_view(pane.viewer, pane.layer) == 5
    assert list(pane.layer.contrast_limits) == [3, 40]
    assert panes.panes[1].frame.isVisibleTo(panes.panes[1].frame.window())
    if number:
        assert (viewer.dims.point, list(layers[0].contrast_limits)) == main_before
    panes.close()


def test_double_click_does_not_zoom_until_panes_are_closed(arrange, add, viewer):
    add("a")
    callbacks = list(viewer.mouse_double_click_callbacks)
    assert "double_click_to_zoom" in [callback.__name__ for callback in callbacks]
    panes = arrange("Side by side")
    for pane in panes.panes:
        found = [callback.__name__ for callback in pane.viewer.mouse_double_click_callbacks]
        assert "double_click_to_zoom" not in found
    panes.arrangement = "Single"
    assert list(viewer.mouse_double_click_callbacks) == callbacks
    panes.close()
    assert list(viewer.mouse_double_click_callbacks) == callbacks


def test_double_click_that_ends_a_polygon_maximizes_nothing(arrange, add, viewer, qtbot):
    add("a")
    panes = arrange("Side by side")
    shapes = viewer.add_shapes(ndim=3)
    shapes.mode = "add_polygon"
    double_click(panes.panes[0])
    qtbot.wait(20)
    assert panes.maximized is None
    shapes.mode = "pan_zoom"
    double_click(panes.panes[0])
    qtbot.waitUntil(lambda: panes.maximized is panes.panes[0])
    panes.close()


def test_focus_is_that_of_the_pane_clicked_last(arrange, add, viewer):
    add("a")
    add("b")
    assert active_viewer(viewer) is viewer
    panes = arrange("Side by side")
    heard = []
    panes.focus_changed.connect(heard.append)
    side = panes.panes[1].viewer
    native = panes.panes[1].canvas.canvas.native
    QApplication.sendEvent(native, QEvent(QEvent.Type.FocusIn))
    assert active_viewer(viewer) is side
    assert current_layer(active_viewer(viewer)) is panes.panes[1].layer
    panes.arrangement = "Single"
    assert active_viewer(viewer) is viewer
    assert heard == [side, viewer]
    panes.close()


def test_theme_and_status_are_those_of_the_window(arrange, add, viewer):
    add("a")
    add("b")
    panes = arrange("Side by side")
    model = panes.panes[1].viewer
    viewer.theme = "light"
    assert model.theme == "light"
    # What napari says of the pixel under the cursor is replaced by what we say of it.
    model.mouse_over_canvas = True
    model.status = "somewhere"
    assert viewer.status == cursor_text(model) != ""
    before = viewer.status
    panes.close()
    viewer.theme = "dark"
    model.status = "elsewhere"
    assert (model.theme, viewer.status) == ("light", before)


def test_status_is_that_of_the_pane_under_the_mouse(arrange, add, viewer, qtbot):
    for name in "abc":
        add(name)
    panes = arrange("2 × 2")
    main, left, right, _ = panes.panes
    for pane in (main, left, right):
        pane.viewer.mouse_over_canvas = True
    qtbot.mousePress(right.canvas.canvas.native, Qt.MouseButton.LeftButton)
    assert [pane.viewer.mouse_over_canvas for pane in (main, left, right)] == [False, False, True]
    right.viewer.status = "clicked"
    expected = viewer.status
    assert expected == cursor_text(right.viewer) != ""
    left.viewer.status = "another pane"
    viewer.update_status_from_cursor()
    assert viewer.status == expected
    panes.close()


def test_on_pane_created_is_called_for_each_and_released(arrange, add, viewer):
    add("a")

    class Bound:
        released = False

        def release(self):
            self.released = True

    made = []

    def bind(main, model):
        made.append((main, model, Bound()))
        return made[-1][2]

    on_pane_created.append(bind)
    try:
        panes = arrange("Three planes")
    finally:
        on_pane_created.remove(bind)
    assert [(main, model) for main, model, _ in made] == [
        (viewer, pane.viewer) for pane in panes.panes[1:]
    ]
    assert not any(bound.released for *_, bound in made)
    panes.close()
    assert all(bound.released for *_, bound in made)


def test_on_pane_created_that_fails_stops_no_arrangement(arrange, add, failures):
    add("a")

    def fail(_main, _model):
        raise KeyError

    on_pane_created.append(fail)
    try:
        panes = arrange("Side by side")
    finally:
        on_pane_created.remove(fail)
    assert len(panes.panes) == 2
    assert [message.split()[0] for message in failures] == ["KeyError"]
    failures.clear()
    panes.close()


def drop(canvas, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    canvas.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, none))


def test_drop_on_a_pane_opens_there(arrange, add, viewer, tmp_path, qtbot):
    import npe2

    npe2.PluginManager.instance().discover()
    add("a")
    layer = add("b")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    write_series(tmp_path / "new", 5, series=44, SeriesDescription="New")
    drop(pane.canvas, tmp_path / "new")
    qtbot.wait(30)
    assert names(pane) == ["CT 44 · New"]
    assert pane.source in viewer.layers
    assert not pane.source.visible
    assert current_layer(viewer) is layer
    panes.close()


def test_drop_of_another_kind_is_opened_by_napari(arrange, add, viewer, tmp_path, qtbot):
    add("a")
    panes = arrange("Side by side")
    np.save(tmp_path / "other.npy", np.zeros((4, 4)))
    drop(panes.panes[1].canvas, tmp_path / "other.npy")
    qtbot.wait(30)
    assert "other" in [layer.name for layer in viewer.layers]
    panes.close()


def test_grid_mode_has_no_letters(viewer, add):
    add("a")
    other = add("b")
    assert edge_letters(viewer)["left"] == "R"
    viewer.canvas.grid.enabled = True
    assert edge_letters(viewer)["left"] == "R"
    viewer.layers[0].visible = other.visible = True
    assert set(edge_letters(viewer).values()) == {""}


def callbacks(viewer):
    """Return how many callbacks a viewer and its first layer have, by event."""
    groups = viewer, viewer.dims, viewer.layers, viewer.layers[0], viewer.scene.camera
    counts = [[len(e.callbacks) for e in group.events.emitters.values()] for group in groups]
    return counts, list(viewer.mouse_double_click_callbacks), list(viewer.mouse_drag_callbacks)


def open_and_close(arrange):
    """Return weak references to what there was; a frame of its own lets all else go."""
    for name in ("Side by side", "Three planes"):
        panes = arrange(name)
    objects = [panes, *panes.panes[1:]]
    for pane in panes.panes[1:]:
        objects += [pane.viewer, pane.frame, pane.canvas, pane.layer]
    panes.close()
    return [weakref.ref(each) for each in objects]


def test_switching_and_closing_leave_nothing(viewer, add, arrange, qtbot):
    for name in ("a", "b"):
        add(name)
    before = callbacks(viewer)
    threads, canvases = set(threading.enumerate()), len(QtViewer._instances)
    left = []
    for _ in range(TIMES):
        left += open_and_close(arrange)
        let_go()
    qtbot.wait(20)
    let_go()
    assert [type(ref()).__name__ for ref in left if ref() is not None] == []
    assert len(QtViewer._instances) == canvases
    assert set(threading.enumerate()) <= threads
    assert callbacks(viewer) == before


def test_closing_napari_lets_the_panes_go(viewer, add, arrange):
    add("a")
    panes = arrange("Three planes")
    left = [weakref.ref(panes), *(weakref.ref(pane.viewer) for pane in panes.panes[1:])]
    viewer.close()
    del panes
    let_go()
    assert [type(ref()).__name__ for ref in left if ref() is not None] == []


def test_slices_are_shared(arrange, add):
    layer = add("a")
    add("b")
    panes = arrange("Side by side")
    assert stack_of(panes.panes[1].layer) is stack_of(layer)
    panes.close()
