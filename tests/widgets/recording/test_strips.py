"""Strips: what is in view, values under the pointer, zoom, gain and marks."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent

from napari_medscan.dicom.objects.waveform import Channel, MultiplexGroup
from napari_medscan.widgets.recording.envelope import envelope
from napari_medscan.widgets.recording.strips import Mark, Strips
from napari_medscan.widgets.recording.time_view import GUTTER

RATE, COUNT = 500.0, 5000


@pytest.fixture
def group():
    time = np.arange(COUNT) / RATE
    wave = np.stack([1000 * np.sin(6 * time), np.full(COUNT, 40.0)], 1).astype(np.int16)
    channels = (Channel("Lead I", "uV", 2.5), Channel("Pressure", "mm[Hg]", 0.5, 20.0))
    return MultiplexGroup("RHYTHM", RATE, 1.0, channels, wave)


@pytest.fixture
def strips(qtbot, group):
    view = Strips()
    qtbot.addWidget(view)
    view.resize(GUTTER + 1000, 420)
    view.show_group(group, [Mark(2.0, 2.0, "P"), Mark(3.0, 4.0, "QRS")])
    return view


def wheel(view, turned, modifier=Qt.KeyboardModifier.NoModifier, x=GUTTER + 500.0):
    place = QPointF(x, 100)
    no_button, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    args = place, place, QPoint(), QPoint(0, turned), no_button, modifier, phase, False
    view.wheelEvent(QWheelEvent(*args))


def test_strips_show_the_whole_recording_at_first(strips):
    assert strips.span == strips.whole == (1.0, 11.0)
    assert strips.samples_in_view() == slice(0, COUNT)


def test_strips_read_the_value_under_the_pointer(strips, group):
    assert strips.reading(QPointF(GUTTER + 100, 100)).split("   ") == [
        "Lead I", f"{group.values(0)[500]:.5g} µV", "at 2.000 s",
    ]  # fmt: skip
    assert strips.reading(QPointF(GUTTER + 100, 300)).split("   ")[1] == "40 mm[Hg]"
    assert strips.reading(QPointF(GUTTER - 1, 100)) == ""


def test_strips_wheel_zooms_about_the_pointer_and_stays_within(strips):
    wheel(strips, 240)
    start, end = strips.span
    assert (start + end) / 2 == pytest.approx(6.0)
    assert end - start == pytest.approx(10 / 1.25**2)
    wheel(strips, 120, Qt.KeyboardModifier.ShiftModifier)
    assert strips.span[0] < start
    for _ in range(60):
        wheel(strips, 120)
    assert strips.span[1] - strips.span[0] == pytest.approx(8 / RATE)
    for _ in range(60):
        wheel(strips, -120)
    assert strips.span == pytest.approx(strips.whole)


def test_strips_ctrl_and_wheel_change_the_gain_alone(strips):
    before = strips.grab().toImage()
    wheel(strips, 240, Qt.KeyboardModifier.ControlModifier)
    assert strips.span == strips.whole
    assert strips.grab().toImage() != before


def test_strips_paper_has_25_mm_a_second_and_10_mm_a_millivolt(strips):
    millimeter = strips.logicalDpiX() / 25.4
    strips.show_paper()
    start, end = strips.span
    assert 1000 / (end - start) == pytest.approx(max(25 * millimeter, 100))
    assert strips.pixels_per("uV") * 1000 == pytest.approx(10 * millimeter)


def test_strips_keys_scroll_and_zoom(strips, qtbot):
    qtbot.keyClick(strips, Qt.Key.Key_Plus)
    width = strips.span[1] - strips.span[0]
    assert width < 10
    start = strips.span[0]
    qtbot.keyClick(strips, Qt.Key.Key_Right)
    assert strips.span[0] > start
    assert strips.span[1] - strips.span[0] == pytest.approx(width)


@pytest.mark.parametrize("values", [np.zeros((1, 1), np.int16), np.full((40, 3), 7, np.int8)])
def test_strips_paint_what_is_flat_or_a_single_sample(qtbot, values):
    channels = tuple(Channel(f"{n}", "") for n in range(values.shape[1]))
    view = Strips()
    qtbot.addWidget(view)
    view.show_group(MultiplexGroup("", 1.0, 0.0, channels, values, padding=7))
    assert not view.grab().isNull()


def test_envelope_keeps_peaks_and_short_lines():
    time = np.arange(100_000.0)
    values = np.zeros(100_000)
    values[[777, 50_001]] = 5, -3
    times, few = envelope(time, values, 400)
    assert len(few) <= 1000
    assert (few.max(), few.min()) == (5, -3)
    assert (np.diff(times) > 0).all()
    assert envelope(time[:50], values[:50], 400)[1] is not None
    assert len(envelope(time[:50], values[:50], 400)[1]) == 50
