"""A session by hand, with real events of the X server: wheel, drags and keys over a chest CT."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint

from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.phantoms import write_ct_chest

from ..view_check import canvas_pixels, fault_of_canvas, images_of, settle
from ..x_input import LEFT, MIDDLE, RIGHT, XInput, why_missing

IS_SHARED = "PYTEST_XDIST_WORKER" in os.environ and shutil.which("xvfb-run") is not None
"""Whether windows of other tests are on this screen, and a screen for one alone can be had."""
LUNG = (-600 - 0.5 - 1499 / 2, -600 - 0.5 + 1499 / 2)
"""W 1500, L -600 as PS3.3 C.11.2.1.2 places its ends."""


@pytest.fixture
def hand():
    hand = XInput()
    yield hand
    hand.close()


class Desk:
    """What a radiologist sees of the open series."""

    def __init__(self, session, stack):
        self.viewer, self.stack = session.viewer, stack
        (self.layer,) = session.viewer.layers
        self.canvas = session.viewer.window._qt_window._qt_viewer.canvas.native

    def at(self, right, down):
        """Return a place of the canvas, given in parts of it, on the screen."""
        place = QPoint(round(self.canvas.width() * right), round(self.canvas.height() * down))
        there = self.canvas.mapToGlobal(place)
        return there.x(), there.y()

    @property
    def slice(self):
        return slice_in_view(self.viewer, self.layer)

    @property
    def camera(self):
        camera = self.viewer.scene.camera
        return np.array([camera.zoom, *camera.center])

    @property
    def window(self):
        return tuple(float(limit) for limit in self.layer.contrast_limits)

    def fault_in_window(self, low, high):
        """Return what is wrong with the canvas, drawn in another window than the file's."""

        def shade(values):
            return np.clip((values - low) / (high - low), 0, 1)

        images = images_of(self.stack, self.slice)
        return fault_of_canvas(
            canvas_pixels(self.viewer), [replace(image, shade=shade) for image in images]
        )


@pytest.fixture
def desk(view_session, tmp_path):
    write_ct_chest(tmp_path, size=64, slices=40)
    view_session.start()
    (stack,) = view_session.open(tmp_path)
    desk = Desk(view_session, stack)
    view_session.viewer.window._qt_window.activateWindow()
    desk.canvas.setFocus()
    settle(200)
    return desk


def scroll(desk, hand):
    first, camera = desk.slice, desk.camera
    hand.wheel(3)
    assert desk.slice == first + 3, "the wheel, turned toward the hand, goes to later slices"
    hand.wheel(-1)
    assert desk.slice == first + 2
    hand.press("Right", "Left", "Right", "Page_Down", "Page_Up")
    assert desk.slice == first + 3, "arrow and page keys go on, and back"
    hand.press("End")
    assert desk.slice == 39
    hand.press("Home")
    assert desk.slice == 0
    assert np.allclose(desk.camera, camera), "scrolling neither zooms nor pans"


def change_window(desk, hand):
    start, camera, number = desk.window, desk.camera, desk.slice
    hand.drag(RIGHT, desk.at(0.5, 0.5), (60, 0))
    wide = desk.window
    assert np.ptp(wide) > np.ptp(start), "right-drag to the right widens the window"
    assert np.isclose(np.mean(wide), np.mean(start), atol=2)
    hand.drag(RIGHT, desk.at(0.5, 0.5), (0, 60))
    assert not np.isclose(np.mean(desk.window), np.mean(wide)), "downwards changes the level"
    hand.press("2")
    assert desk.window == pytest.approx(LUNG), "key 2 is the lung window of CT"
    hand.press("i")
    assert desk.layer.colormap.name == "gray_r"
    hand.press("i")
    assert desk.layer.colormap.name == "gray"
    assert np.allclose(desk.camera, camera)
    assert desk.slice == number


def zoom_and_pan(desk, hand):
    start, number = desk.camera, desk.slice
    hand.wheel(-2, held="Control_L")
    zoomed = desk.camera
    assert zoomed[0] > start[0], "Ctrl + wheel zooms in"
    for button in (MIDDLE, LEFT):
        before = desk.camera
        hand.drag(button, desk.at(0.5, 0.5), (50, 40))
        assert desk.camera[0] == pytest.approx(zoomed[0])
        assert not np.allclose(desk.camera, before), f"button {button} pans"
    assert desk.slice == number


@pytest.mark.skipif(not IS_SHARED, reason="the next test has a screen of its own")
@pytest.mark.skipif(bool(why_missing()), reason=why_missing())
def test_session_by_hand_on_a_screen_of_its_own():
    """A window of another test that opens meanwhile would take the mouse."""
    test = f"{__file__}::test_session_by_hand_ends_as_a_radiologist_expects"
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", sys.executable, "-m", "pytest"]
    ours = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    command += ["-n", "0", "-q", test]
    done = subprocess.run(
        command, check=False, env=ours, capture_output=True, text=True, timeout=200
    )
    assert "1 passed" in done.stdout, done.stdout


@pytest.mark.skipif(IS_SHARED, reason="the test before runs it on a screen of its own")
@pytest.mark.skipif(bool(why_missing()), reason=why_missing())
def test_session_by_hand_ends_as_a_radiologist_expects(desk, hand):
    fitted = desk.camera
    hand.move(*desk.at(0.5, 0.5))
    scroll(desk, hand)
    change_window(desk, hand)
    zoom_and_pan(desk, hand)
    hand.press("r")
    assert np.allclose(desk.camera, fitted), "R fits the series again"
    assert desk.window == pytest.approx(LUNG), "R resets the view, not the window"
    assert desk.slice is not None
    assert desk.fault_in_window(*LUNG) == ""
