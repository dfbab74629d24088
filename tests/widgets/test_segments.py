"""The form for segments: it follows the labels, and what it changes is saved."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.segments import Segment
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.segment_features import describe, segment_of
from napari_medscan.widgets import segments
from napari_medscan.widgets.segments import NO_TYPE, SegmentsDock

from ..dicom.making import write
from ..dicom.objects.labeled import COLUMNS, DEPTH, ROWS, position, seg, write_ct


@pytest.fixture
def dock(model, tmp_path, qapp):  # noqa: ARG001 - a window
    (stack,) = load(write_ct(tmp_path)).stacks
    (layer,) = image_layers([stack])
    model.add_layer(layer)
    made = SegmentsDock(model)
    yield made
    made.release()


@pytest.fixture
def saved(monkeypatch):
    calls = []
    monkeypatch.setattr(segments, "ask_and_save", lambda *given: calls.append(given))
    return calls


def press(dock, name):
    getattr(dock, name).changed.emit(True)


def test_new_labels_lie_on_the_series_and_are_ready_to_be_painted(dock, model):
    dock._new()
    image, labels = model.layers
    assert labels.data.shape == (DEPTH, ROWS, COLUMNS)
    assert np.array_equal(labels.scale, image.scale)
    assert np.array_equal(labels.translate, image.translate)
    assert (labels.mode, model.layers.selection.active) == ("paint", labels)
    assert dock.layer.value is labels


def test_what_is_chosen_is_in_the_features_of_the_layer(dock, model, saved):
    dock._new()
    labels = model.layers[-1]
    labels.selected_label = 3
    dock.refresh()
    dock.segment_name.value = "Herd"
    dock.type.value = "Neoplasm"
    dock.algorithm.value = "Semiautomatic"
    found = segment_of(labels, 3)
    assert (found.label, found.type.meaning, found.algorithm) == (
        "Herd", "Neoplasm", "SEMIAUTOMATIC",
    )  # fmt: skip
    assert found.category.meaning == "Morphologically Abnormal Structure"
    assert ("3 · Herd", 3) in dock._values(dock.segment)
    dock.description.value = "My regions"
    press(dock, "save")
    assert saved == [([labels], "My regions")]


def test_label_that_is_selected_in_napari_is_shown(dock, model):
    labels = model.add_labels(np.eye(4, dtype=np.uint8).reshape(1, 4, 4) * 5)
    model.layers.selection.active = labels
    describe(labels, 5, {"name": "five"})
    labels.selected_label = 5
    dock.refresh()
    assert (dock.segment.value, dock.segment_name.value, dock.type.value) == (5, "five", NO_TYPE)
    labels.selected_label = 2
    dock.refresh()
    assert (dock.segment.value, dock.segment_name.value) == (2, "")
    dock.segment.value = 5
    assert labels.selected_label == 5


def test_segmentation_of_several_layers_is_saved_with_all_of_them(dock, model, tmp_path, saved):
    pixels = np.ones((ROWS, COLUMNS), bool)
    frames = [(1, position(1), pixels), (2, position(1), pixels)]
    file = write(tmp_path / "seg.dcm", seg(frames, {1: "a", 2: "b"}, SegmentsOverlap="YES"))
    report = load(file)
    both = object_layers(report.objects, [model.layers[0].metadata["medscan"]])
    for layer in both:
        model.add_layer(layer)
    model.layers.selection = {both[0]}
    dock.refresh()
    press(dock, "save")
    assert saved == [(both, "Organs")]


def test_layer_without_labels_has_nothing_to_describe(dock, model):
    assert len(model.layers) == 1
    assert dock.layer.value is None
    assert not dock.save.enabled
    assert not dock.segment_name.enabled


def test_describe_keeps_other_columns_and_rows():
    labels = Labels(np.zeros((2, 4, 4), np.uint8), features={"index": [0, 1], "area": [0.0, 9.5]})
    describe(labels, 4, {"name": "new"})
    describe(labels, 1, {"name": "old"})
    assert list(labels.features["index"]) == [0, 1, 4]
    assert list(labels.features["name"]) == ["", "old", "new"]
    assert list(labels.features["area"])[:2] == [0.0, 9.5]
    assert segment_of(labels, 9) == Segment(
        9, color=segment_of(labels, 9).color, has_own_color=True
    )
