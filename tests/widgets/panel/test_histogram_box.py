"""The histogram of the slice on screen or of the volume."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QLabel, QTabWidget

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.widgets.panel import histogram_box
from napari_medscan.widgets.panel.histogram import count
from napari_medscan.widgets.panel.histogram_box import HistogramBox, count_slices, spread

from ...studies import write_series


@pytest.fixture
def layer(tmp_path, model):
    """Six slices and a gap of one; all pixels of slice i are 10 i - 1024 HU."""
    write_series(tmp_path, 6, ImagePositionPatient=lambda i: [0, 0, 2 * (i + (i > 4))])
    return model.add_layer(image_layer(load(tmp_path).stacks[0]))


@pytest.fixture
def box(layer, model, qtbot):
    box = HistogramBox(model)
    qtbot.addWidget(box.native)
    box.native.show()
    box.follow(layer)
    box.refresh()
    yield box
    box.release()


def counted(box):
    counts = box.graph._counts
    if counts is None:
        return {}
    lows = counts.start + np.arange(len(counts.numbers)) * counts.width
    return {float(low): int(n) for low, n in zip(lows, counts.numbers, strict=True) if n}


def scope(box):
    return next(part for part in box[0] if part.name == "histogram_of")


def told(box):
    return box._counted.text()


def test_the_slice_on_screen_then_the_volume_then_the_slice(box, qtbot):
    qtbot.waitUntil(lambda: sum(counted(box).values()) == 24)
    assert len(counted(box)) == 1
    scope(box).value = "Volume"
    qtbot.waitUntil(lambda: sum(counted(box).values()) == 6 * 24)
    assert len(counted(box)) > 1
    assert told(box) == "6 of 6 slices"
    scope(box).value = "Slice"
    qtbot.waitUntil(lambda: sum(counted(box).values()) == 24)
    assert told(box) == ""


def test_scrolling_counts_a_volume_only_once(box, model, qtbot, monkeypatch):
    scope(box).value = "Volume"
    qtbot.waitUntil(lambda: sum(counted(box).values()) == 6 * 24)
    before = box.graph._counts
    monkeypatch.setattr(histogram_box, "count_slices", lambda *_: 1 / 0)
    model.dims.set_current_step(0, 1)
    box.refresh()
    qtbot.wait(150)
    assert box.graph._counts is before


def test_of_a_long_series_a_few_slices_are_read(box, layer, qtbot, monkeypatch):
    monkeypatch.setattr(histogram_box, "SLICES", 4)
    stack = stack_of(layer)
    assert spread(stack).tolist() == [0, 2, 3, 6]
    source = stack.array._source
    read = []
    original = type(source).read
    monkeypatch.setattr(
        type(source), "read", lambda s, i, out: read.append(i) or original(s, i, out)
    )
    stack.array.close()
    scope(box).value = "Volume"
    qtbot.waitUntil(lambda: sum(counted(box).values()) == 4 * 24)
    assert set(read) == {0, 2, 3, 5}
    assert told(box) == "4 of 6 slices"


def test_of_large_slices_fewer_are(layer, monkeypatch):
    monkeypatch.setattr(histogram_box, "MOST_BYTES", 5 * 24 * 2)
    assert len(spread(stack_of(layer))) == 5
    monkeypatch.setattr(histogram_box, "MOST_BYTES", 1)
    assert len(spread(stack_of(layer))) == histogram_box.FEWEST


def test_a_volume_counts_what_its_slices_do(layer):
    stack = stack_of(layer)
    whole = count(np.stack([stack.array.frame(i) for i in range(6)]), None, -1100, 100)
    counts = count_slices(stack, spread(stack), -1100, 100, lambda: False)
    assert counts.numbers.tolist() == whole.numbers.tolist()
    assert count_slices(stack, spread(stack), -1100, 100, lambda: True) is None


def test_a_single_image_is_no_volume(model, tmp_path, qtbot):
    write_series(tmp_path, 1)
    layer = model.add_layer(image_layer(load(tmp_path).stacks[0]))
    box = HistogramBox(model)
    qtbot.addWidget(box.native)
    box.follow(layer)
    assert not scope(box).enabled
    box.follow(None)
    assert counted(box) == {}
    box.release()


def test_behind_another_tab_nothing_is_counted(box, qtbot):
    qtbot.waitUntil(lambda: bool(counted(box)))
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    other = QLabel()
    tabs.addTab(other, "Other")
    tabs.addTab(box.native, "Window")
    box._clear()
    box.refresh()
    qtbot.wait(150)
    assert not counted(box)
    tabs.show()
    tabs.setCurrentWidget(box.native)
    qtbot.waitUntil(lambda: bool(counted(box)))
    box.native.setParent(None)


def test_a_hidden_layer_has_none(box, layer, qtbot):
    qtbot.waitUntil(lambda: bool(counted(box)))
    layer.visible = False
    box.refresh()
    qtbot.waitUntil(lambda: not counted(box))


def test_what_cannot_be_counted_shows_no_histogram(box, qtbot, monkeypatch, failures):
    def broken(*_):
        raise ValueError

    qtbot.waitUntil(lambda: bool(counted(box)))
    monkeypatch.setattr(histogram_box, "count", broken)
    box.refresh()
    qtbot.waitUntil(lambda: counted(box) == {})
    assert failures
    failures.clear()
