"""The whole plugin as somebody uses it, in whatever napari and Qt this runs with.

`make compat` runs this module in each napari that the plugin supports.
"""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat.plugin_settings import has_preferences_page
from napari_medscan.napari_.compat.viewer_model import camera_of, overlays_of
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.viewer_tools import tools_of
from napari_medscan.napari_.windowing import center_width

from ...napari_window import fresh_application
from ..hands import drag

EDGES = {"left": (0, 0.5), "right": (1, 0.5), "top": (0.5, 0), "bottom": (0.5, 1)}
CORNERS = {"top_left": (0, 0), "bottom_left": (0, 1), "bottom_right": (1, 1)}
PANEL, ASSISTANT = "DICOM panel", "AI assistant"


class Window:
    """A window with a CT that the reader opened, and both docks."""

    def __init__(self, study):
        import napari

        self.viewer = napari.Viewer(show=True)
        self.viewer.window.resize(1300, 850)
        self.viewer.open(str(study), plugin="napari-medscan")
        self.assistant = self._dock(ASSISTANT)
        self.panel = self._dock(PANEL)
        (self.layer,) = self.viewer.layers
        QTest.qWait(500)

    def _dock(self, name):
        _, widget = self.viewer.window.add_plugin_dock_widget("napari-medscan", name)
        return widget

    @property
    def canvas(self):
        return canvas_of(self.viewer).canvas.native

    def pixels(self):
        """Return what is on the screen where the canvas is, (rows, columns, 3)."""
        # Another process of the tests may have opened a window over it.
        self.viewer.window._qt_window.raise_()
        QTest.qWait(100)
        corner = self.canvas.mapToGlobal(QPoint(0, 0))
        size = self.canvas.size()
        image = QApplication.primaryScreen().grabWindow(
            0, corner.x(), corner.y(), size.width(), size.height()
        )
        image = image.toImage().convertToFormat(image.toImage().Format.Format_RGB32)
        bits = image.constBits()
        if hasattr(bits, "setsize"):
            bits.setsize(image.sizeInBytes())
        rows = np.frombuffer(bits, np.uint8).reshape(image.height(), -1, 4)
        return rows[:, : image.width(), :3].astype(int)

    def place_of(self, hide, show):
        """Return where on the canvas something is drawn, from (0, 0) to (1, 1)."""
        for _ in range(5):
            show()
            before = self.pixels()
            hide()
            changed = np.argwhere(np.abs(self.pixels() - before).max(axis=-1) > 20)
            show()
            if len(changed):
                break
        assert len(changed), "nothing is drawn"
        height, width = before.shape[:2]
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
        return (left + right) / 2 / width, (top + bottom) / 2 / height


@pytest.fixture(scope="module")
def window(qapp, chest):  # noqa: ARG001 - napari takes pytest's application
    with fresh_application():
        opened = Window(chest)
        yield opened
        opened.viewer.close()
        opened = None
        QTest.qWait(100)


def near(place, target):
    """Whether a place is nearer to a target than to anything opposite."""
    return all(
        abs(at - to) < (0.35 if to in (0, 1) else 0.1) for at, to in zip(place, target, strict=True)
    )


def test_the_reader_opens_a_series_on_its_middle_slice(window):
    assert stack_of(window.layer).modality == "CT"
    assert slice_in_view(window.viewer, window.layer) == 2
    assert window.viewer.layers.selection.active is window.layer


def test_both_docks_are_open(window):
    assert window.panel.series.native.isVisible()
    assert window.assistant.native.width() > 200


@pytest.mark.parametrize("edge", EDGES)
def test_orientation_letters_stand_at_the_edges(window, edge):
    text = tools_of(window.viewer)._overlays["letters"]._texts[edge]
    letter = text.text
    assert letter == {"left": "R", "right": "L", "top": "A", "bottom": "P"}[edge]
    place = window.place_of(lambda: text.show(""), lambda: text.show(letter))
    assert near(place, EDGES[edge]), place


@pytest.mark.parametrize("name", ["_place", "_window"])
def test_corner_text_stands_in_its_corner(window, name):
    text = getattr(tools_of(window.viewer)._overlays["corner_text"], name)
    line = text.text
    assert line
    place = window.place_of(lambda: text.show(""), lambda: text.show(line))
    assert near(place, CORNERS[{"_place": "top_left", "_window": "bottom_left"}[name]]), place


def test_the_scale_bar_stands_in_its_corner(window):
    bar = overlays_of(window.viewer)["scale_bar"]
    assert bar.visible

    def switch(on):
        bar.visible = on

    assert near(
        window.place_of(lambda: switch(False), lambda: switch(True)), CORNERS["bottom_right"]
    )


def test_a_preset_of_the_panel_changes_the_window(window):
    window.panel.window.preset.value = "Lung"
    assert center_width(window.layer) == pytest.approx((-600, 1500))


def test_the_right_button_drags_the_window(window, qtbot):
    center, width = center_width(window.layer)
    drag(qtbot, window.viewer, 100, 0, Qt.MouseButton.RightButton)
    assert center_width(window.layer)[1] > width
    assert center_width(window.layer)[0] == pytest.approx(center)


def test_keys_step_and_window(window, qtbot):
    before = slice_in_view(window.viewer, window.layer)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Down)
    assert slice_in_view(window.viewer, window.layer) == before + 1
    qtbot.keyClick(window.canvas, Qt.Key.Key_3)
    assert center_width(window.layer)[1] == pytest.approx(2000, rel=0.5)


def test_a_setting_is_kept_and_followed(window):
    assert settings.current().orientation_letters
    settings.change(right_drag=False)
    assert not settings.current().right_drag
    assert not window.panel.window.right_drag.value
    settings.change(right_drag=True)
    assert window.panel.window.right_drag.value


def test_all_settings_are_in_the_panel_or_in_preferences(window):
    if has_preferences_page():
        assert not hasattr(window.panel, "settings")
    else:
        window.panel.settings.wheel_scrolls.value = False
        assert not settings.current().wheel_scrolls
        window.panel.settings.wheel_scrolls.value = True


def test_the_fit_follows_the_size_of_the_canvas(window):
    before = camera_of(window.viewer).zoom
    window.viewer.window.resize(1000, 650)
    QTest.qWait(300)
    smaller = camera_of(window.viewer).zoom
    window.viewer.window.resize(1300, 850)
    QTest.qWait(300)
    assert smaller < before
    assert camera_of(window.viewer).zoom == pytest.approx(before, rel=0.05)


def test_three_planes_are_shown_and_left(window, qtbot):
    panes = panes_of(window.viewer)
    window.panel.views.arrangement.value = "Three planes"
    qtbot.waitUntil(lambda: len(panes.panes) == 3, timeout=20000)
    qtbot.waitUntil(lambda: all(pane.layer is not None for pane in panes.panes), timeout=20000)
    window.panel.views.arrangement.value = "Single"
    qtbot.waitUntil(lambda: len(panes.panes) == 1, timeout=20000)


def test_three_dimensions_are_shown_and_left(window):
    window.viewer.dims.ndisplay = 3
    QTest.qWait(300)
    assert window.pixels().std() > 1
    window.viewer.dims.ndisplay = 2
    QTest.qWait(200)
    assert slice_in_view(window.viewer, window.layer) is not None
