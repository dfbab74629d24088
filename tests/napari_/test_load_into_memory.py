"""A series in memory, and labels that can be painted."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from napari.layers import Labels, Layer

from napari_medscan.dicom import CancelledError, UnreadableFramesError, load
from napari_medscan.napari_ import load_into_memory as module
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.image_in_view import series_view
from napari_medscan.napari_.layer_identity import series_of, stack_of, tagged_stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.load_into_memory import load_into_memory
from napari_medscan.napari_.readout import cursor_text
from napari_medscan.napari_.window_commands import ct_lung

from ..studies import damage, write_series


@pytest.fixture
def paths(tmp_path):
    return write_series(tmp_path, 5)


@pytest.fixture
def layer(viewer, tmp_path, paths):  # noqa: ARG001 - the files that are loaded
    (stack,) = load(tmp_path).stacks
    return viewer.add_layer(image_layer(stack))


def to_labels(viewer, layer):
    """Do what napari's Convert to Labels does with whole numbers."""
    viewer.layers.remove(layer)
    return (
        viewer.layers.append(Layer.create(layer.data, layer._get_base_state(), "labels"))
        or (viewer.layers[-1])
    )


def test_load_into_memory_is_a_plain_array_and_the_same_series(viewer, layer):
    stack, limits, place = series_of(layer), layer.contrast_limits, layer.translate.tolist()
    world = layer.data_to_world((2, 1, 3))
    viewer.dims.point = viewer.cursor.position = world
    before = cursor_text(viewer)
    load_into_memory(viewer)
    assert type(layer.data) is np.ndarray
    assert np.array_equal(layer.data, stack.array)
    assert series_of(layer) is tagged_stack_of(layer) is stack
    assert current_layer(viewer) is layer
    assert (layer.contrast_limits, layer.translate.tolist()) == (limits, place)
    assert cursor_text(viewer) == before
    ct_lung(viewer)
    assert layer.contrast_limits == [-1350.0, 149.0]


def test_load_into_memory_again_only_says_so(viewer, layer, told):
    load_into_memory(viewer)
    array = layer.data
    load_into_memory(viewer)
    assert layer.data is array
    assert [record.message for record in told] == ["This layer is in memory already."]


def test_load_into_memory_beyond_free_memory_is_refused(viewer, layer, told, monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda: layer.data.nbytes)
    load_into_memory(viewer)
    assert type(layer.data) is not np.ndarray
    (record,) = told
    assert record.message.startswith("Not enough memory: the series takes 1 MB, and ")


@pytest.mark.parametrize("wants", [False, True])
def test_load_into_memory_with_a_damaged_slice_asks(viewer, layer, paths, monkeypatch, wants):
    damage(paths[3])
    asked = []

    def answer(error):
        asked.append((error.bad, error.asked))
        return wants

    monkeypatch.setattr(module, "_wants_blanks", answer)
    load_into_memory(viewer)
    assert asked == [(1, 5)]
    if wants:
        assert (layer.data[3] == series_of(layer).array.fill).all()
        assert (layer.data[2] == 10 * 2 - 1024).all()
    else:
        assert type(layer.data) is not np.ndarray


def test_load_into_memory_that_is_canceled_changes_nothing(viewer, tmp_path, monkeypatch, slow):
    write_series(tmp_path, 12)
    (stack,) = load(tmp_path).stacks
    layer = viewer.add_layer(image_layer(stack))

    @contextmanager
    def canceled(*_):
        def report(_done, _total):
            raise CancelledError("canceled")

        yield report

    slow(0.05)
    monkeypatch.setattr(module, "reading_progress", canceled)
    load_into_memory(viewer)
    assert layer.data is stack.array.display
    assert series_of(layer) is stack


def test_wants_blanks_without_a_window_says_why_not(told, monkeypatch):
    monkeypatch.setattr(module, "has_gui", lambda: False)
    assert not module._wants_blanks(UnreadableFramesError(1, 5))
    message = "1 of 5 slices is missing or cannot be read. The series was not loaded."
    assert [record.message for record in told] == [message]


def test_series_of_another_array_of_the_same_values_is_none(viewer, layer):
    load_into_memory(viewer)
    layer.data = layer.data.copy()
    assert series_of(layer) is None
    assert stack_of(layer).unit == "HU"


def test_assistant_takes_the_files_values_whatever_became_of_the_array(viewer, layer):
    load_into_memory(viewer)
    layer.data[:] = 0
    assert np.asarray(series_view(viewer, layer).data[2]).tolist() != layer.data[2].tolist()


@pytest.mark.parametrize("in_memory", [False, True])
def test_labels_of_a_series_are_painted_and_the_series_is_not(viewer, layer, in_memory):
    stack = series_of(layer)
    values = np.array(stack.array)
    if in_memory:
        load_into_memory(viewer)
    labels = to_labels(viewer, layer)
    assert isinstance(labels, Labels)
    assert stack_of(labels).origin is stack
    labels.brush_size = 1
    labels.paint((2, 1, 3), 7)
    assert int(labels.data[2, 1, 3]) == 7
    labels.fill((1, 0, 0), 9)
    assert int(labels.data[1, 3, 5]) == 9
    labels.undo()
    assert int(labels.data[1, 3, 5]) == values[1, 3, 5]
    assert np.array_equal(stack.array, values)
    viewer.dims.point = viewer.cursor.position = labels.data_to_world((2, 1, 3))
    assert cursor_text(viewer).startswith("CT 3: 7 · ")
    back = Layer.create(labels.data, {"metadata": layer.metadata}, "image")
    assert series_of(back) is None
