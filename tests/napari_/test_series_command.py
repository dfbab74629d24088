"""Commands that need a series: on which canvas, and what is told without one."""

import inspect

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.active_viewer import activate, add_pane_model
from napari_medscan.napari_.panes.twin_layer import twin_of
from napari_medscan.napari_.series_command import (
    NO_SERIES,
    NO_WINDOW,
    canvas_command,
    pane_command,
    window_command,
)

from .test_commands import RGB
from .test_planes import opened

KINDS = {pane_command: NO_SERIES, canvas_command: NO_SERIES, window_command: NO_WINDOW}


@pytest.fixture
def calls():
    return []


@pytest.fixture(params=KINDS)
def command(request, calls):
    def act(viewer, layer):
        """Do something."""
        calls.append((viewer, layer))

    return request.param, request.param(act)


def test_series_command_looks_like_a_function_of_the_viewer(command):
    _, function = command
    assert (function.__name__, function.__doc__) == ("act", "Do something.")
    assert function.__module__ == __name__
    assert list(inspect.signature(function).parameters) == ["viewer"]


def test_series_command_acts_on_the_series_of_its_canvas(model, tmp_path, command, calls):
    kind, function = command
    layer = opened(model, tmp_path)
    pane = ViewerModel()
    add_pane_model(model, pane)
    twin = pane.add_layer(twin_of(layer))
    twin.visible = True
    activate(model, pane)
    function(model)
    assert calls == [(model, layer) if kind is canvas_command else (pane, twin)]


def test_series_command_without_a_series_tells(model, command, calls, told):
    kind, function = command
    model.add_image(np.zeros((4, 4)))
    function(model)
    assert [note.message for note in told] == [KINDS[kind]]
    assert not calls


def test_window_command_without_a_window_tells(model, tmp_path, calls, told):
    opened(model, tmp_path, **RGB)
    told.clear()
    window_command(lambda *both: calls.append(both))(model)
    assert [note.message for note in told] == [NO_WINDOW]
    assert not calls
