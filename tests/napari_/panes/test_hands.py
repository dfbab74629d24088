"""Panes by real events of mouse and keys, in a window that is shown."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.panes import active_viewer, panes_of
from napari_medscan.napari_.panes.canvas_plane import to_canvas, to_world
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.phantoms import write_ct_chest

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panes(make_napari_viewer, tmp_path, qtbot):
    """Return three planes of a chest CT, in a window that is shown."""
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    write_ct_chest(tmp_path, size=64, slices=40)
    (layer,) = image_layers(load(tmp_path).stacks)
    viewer.add_layer(layer)
    panes = panes_of(viewer)
    panes.arrangement = "Three planes"
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    qtbot.wait(200)
    yield panes
    panes.close()
    qtbot.wait(20)


def native(pane):
    return canvas_of(pane.viewer).canvas.native


def test_shift_click_double_click_and_keys_of_a_pane(panes, qtbot):
    main, coronal, sagittal = panes.panes
    width, height = native(coronal).width(), native(coronal).height()
    place = QPoint(width // 2 + 20, height // 2 - 15)
    expected = to_world(coronal.viewer, place.x(), place.y())
    QTest.mouseClick(native(coronal), LEFT, SHIFT, place)
    qtbot.wait(100)
    step = main.layer.scale
    assert main.viewer.dims.point[0] == pytest.approx(expected[0], abs=step[0])
    assert sagittal.viewer.dims.point[2] == pytest.approx(expected[2], abs=step[2])
    x, y = to_canvas(coronal.viewer, expected)
    assert (x, y) == pytest.approx((place.x(), place.y()))
    # The click has focused the pane: keys go there, and tools act on it.
    assert active_viewer(main.viewer) is coronal.viewer
    pressed = []
    coronal.viewer.bind_key("J", lambda _viewer: pressed.append("coronal"))
    main.viewer.bind_key("J", lambda _viewer: pressed.append("main"))
    native(coronal).setFocus()
    QTest.keyClick(native(coronal), Qt.Key.Key_J)
    assert pressed == ["coronal"]
    # A double click fills the window with the pane, and another one brings all back.
    zoom = coronal.viewer.scene.camera.zoom
    QTest.mouseDClick(native(coronal), LEFT, NONE, place)
    qtbot.waitUntil(lambda: panes.maximized is coronal)
    qtbot.wait(100)
    assert coronal.viewer.scene.camera.zoom == zoom
    assert not coronal.frame.isVisible()
    QTest.mouseDClick(native(main), LEFT, NONE, place)
    qtbot.waitUntil(lambda: panes.maximized is None)
    assert coronal.frame.isVisible()


def test_right_drag_in_a_pane_changes_the_window_of_all(panes, qtbot):
    main, _, sagittal = panes.panes
    before = list(main.layer.contrast_limits)
    canvas = native(sagittal)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    QTest.mousePress(canvas, RIGHT, NONE, middle)
    for number in range(1, 6):
        QTest.mouseMove(canvas, middle + QPoint(10 * number, 0))
        qtbot.wait(20)
    QTest.mouseRelease(canvas, RIGHT, NONE, middle + QPoint(50, 0))
    qtbot.wait(50)
    assert list(sagittal.layer.contrast_limits) != before
    assert list(main.layer.contrast_limits) == list(sagittal.layer.contrast_limits)


def test_closing_the_window_with_panes_open_harms_nothing(panes, qtbot):
    viewer = panes.panes[0].viewer
    viewer.window._qt_window.close()
    # As napari does when it is asked to close the window itself.
    del viewer.window._qt_window
    qtbot.wait(100)
    assert panes._is_closed
