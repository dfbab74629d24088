"""Which canvas of a window is active."""

from __future__ import annotations

import gc

import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.active_viewer import (
    activate,
    active_viewer,
    add_pane_model,
    main_viewer,
    remove_pane_model,
    viewer_with,
    viewers_of_window,
    watch_active,
)
from napari_medscan.napari_.viewer_watch import Change


@pytest.fixture
def pane(model):
    pane = ViewerModel()
    add_pane_model(model, pane)
    return pane


def test_active_viewer_is_the_one_activated_last(model, pane):
    assert active_viewer(model) is model
    activate(model, pane)
    assert active_viewer(model) is pane
    # A pane's own keys mean the pane.
    activate(model, model)
    assert active_viewer(pane) is pane
    assert (main_viewer(pane), main_viewer(model)) == (model, model)
    assert viewers_of_window(pane) == [model, pane]


def test_active_viewer_is_the_main_one_when_the_pane_is_closed(model, pane):
    activate(model, pane)
    remove_pane_model(pane)
    assert active_viewer(model) is model
    assert viewers_of_window(model) == [model]


def test_active_viewer_is_not_kept_alive(model):
    pane = ViewerModel()
    add_pane_model(model, pane)
    activate(model, pane)
    del pane
    gc.collect()
    assert active_viewer(model) is model
    assert viewers_of_window(model) == [model]


def test_viewer_with_is_where_the_layer_is(model, pane):
    mine, theirs = model.add_points(), pane.add_points()
    assert viewer_with(model, mine) is model
    assert viewer_with(model, theirs) is pane


def test_watch_active_moves_with_the_activity_until_released(model, pane, qtbot):
    calls = []
    watching = watch_active(model, lambda: calls.append(active_viewer(model)), Change.SERIES)
    pane.add_points()
    qtbot.wait(20)
    assert calls == []
    activate(model, pane)
    assert calls == [pane]
    pane.add_points()
    qtbot.waitUntil(lambda: calls == [pane, pane])
    model.add_points()
    activate(ViewerModel(), pane)
    qtbot.wait(20)
    assert len(calls) == 2
    watching.release()
    watching.release()
    activate(model, model)
    pane.add_points()
    qtbot.wait(20)
    assert len(calls) == 2
