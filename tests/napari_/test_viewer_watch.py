"""One subscription per viewer: coalesced, in the right order, and never raising into napari."""

import gc
import weakref

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.napari_ import viewer_watch
from napari_medscan.napari_.viewer_watch import Change, watch

CHANGES = {
    "inserted": (Change.SERIES, lambda v: v.add_image(np.zeros((4, 4)))),
    "removed": (Change.SERIES, lambda v: v.layers.pop()),
    "active": (Change.SERIES, lambda v: setattr(v.layers.selection, "active", None)),
    "hidden": (Change.SERIES, lambda v: setattr(v.layers[0], "visible", False)),
    "moved": (Change.SERIES, lambda v: setattr(v.layers[0], "translate", (1, 1, 1))),
    "renamed": (Change.SERIES, lambda v: setattr(v.layers[0], "name", "other")),
    "slider": (Change.VIEW, lambda v: v.dims.set_current_step(0, 0)),
    "plane": (Change.VIEW, lambda v: setattr(v.dims, "order", (1, 0, 2))),
    "3-D": (Change.VIEW, lambda v: setattr(v.dims, "ndisplay", 3)),
    "slab": (Change.VIEW, lambda v: setattr(v.dims, "margin_left", (1, 0, 0))),
    "mirrored": (
        Change.VIEW,
        lambda v: setattr(v.scene.camera, "orientation2d", ("up", "right")),
    ),
    "zoom": (Change.CANVAS, lambda v: setattr(v.scene.camera, "zoom", 7)),
    "canvas": (Change.CANVAS, lambda v: setattr(v.canvas, "size", (300, 300))),
    "window": (Change.LOOK, lambda v: setattr(v.layers[0], "contrast_limits", (0, 0.5))),
    "colors": (Change.LOOK, lambda v: setattr(v.layers[0], "colormap", "inferno")),
    "rendering": (Change.OTHER, lambda v: setattr(v.layers[0], "rendering", "average")),
}


pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def viewer():
    model = ViewerModel()
    model.add_image(np.zeros((5, 4, 4)), contrast_limits=(0, 1))
    return model


@pytest.mark.parametrize("name", CHANGES)
def test_watch_one_change_calls_those_who_asked_for_it(viewer, qtbot, name):
    change, make = CHANGES[name]
    calls = []
    subscriptions = [
        watch(viewer, lambda early=early: calls.append(early), change, before_paint=early)
        for early in (True, False)
    ]
    make(viewer)
    assert calls == []
    qtbot.waitUntil(lambda: calls == [True, False])
    for subscription in subscriptions:
        subscription.release()


@pytest.mark.parametrize("name", ["slider", "zoom", "window", "hidden"])
def test_watch_one_change_does_not_call_those_who_did_not_ask(viewer, qtbot, name):
    change, make = CHANGES[name]
    calls, others = [], []
    subscriptions = [
        watch(viewer, lambda: calls.append(1), change),
        watch(viewer, lambda: others.append(1), ~change & ~Change.OTHER & ~Change.VIEW),
    ]
    make(viewer)
    qtbot.waitUntil(lambda: calls == [1])
    qtbot.wait(20)
    assert others == []
    for subscription in subscriptions:
        subscription.release()


def test_watch_many_changes_call_once(viewer, qtbot):
    calls = []
    subscription = watch(viewer, lambda: calls.append(1))
    for step in (0, 1, 2, 0):
        viewer.dims.set_current_step(0, step)
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: calls == [1])
    subscription.release()
    viewer.dims.ndisplay = 2
    qtbot.wait(20)
    assert calls == [1]


def test_watch_callback_that_fails_is_logged_and_others_are_called(viewer, qtbot, failures):
    calls = []

    def fail():
        raise ValueError("Canary^Alice")

    subscriptions = [watch(viewer, fail), watch(viewer, lambda: calls.append(1))]
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: calls == [1])
    assert len(failures) == 1
    assert "ValueError" in failures[0]
    assert "Canary" not in failures[0]
    failures.clear()
    for subscription in subscriptions:
        subscription.release()


def test_watch_callback_may_release_another(viewer, qtbot):
    calls = []
    later = None

    def first():
        calls.append("first")
        later.release()

    subscription = watch(viewer, first)
    later = watch(viewer, lambda: calls.append("second"))
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: bool(calls))
    qtbot.wait(20)
    assert calls == ["first"]
    subscription.release()


def test_watch_last_release_disconnects_everything(viewer):
    before = len(viewer.dims.events.current_step.callbacks), len(viewer.layers[0].events.callbacks)
    subscriptions = [watch(viewer, lambda: None) for _ in range(3)]
    for subscription in subscriptions:
        subscription.release()
        subscription.release()
    after = len(viewer.dims.events.current_step.callbacks), len(viewer.layers[0].events.callbacks)
    assert after == before
    assert viewer not in viewer_watch._watches


def test_watch_viewer_that_is_gone_is_not_kept():
    def watched():
        # napari keeps the local names of whoever adds a layer.
        model = ViewerModel()
        model.add_image(np.zeros((5, 4, 4)))
        watch(model, lambda: None)
        return weakref.ref(model)

    known = watched()
    gc.collect()
    assert known() is None
