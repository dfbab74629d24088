"""Counts behind the window, and dragging its edges."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_medscan.dicom.intensity.voi_lut import VoiLut, sigmoid
from napari_medscan.widgets.panel.histogram import BINS, MOST, WindowHistogram, count


def test_each_value_counts_once():
    counts = count(np.array([[0, 0, 5], [9, 9, 9]]), None, 0, 9)
    assert counts.numbers.sum() == 6
    assert counts.numbers.tolist() == [2, 0, 0, 0, 0, 1, 0, 0, 0, 3]
    assert (counts.start, counts.width) == (-0.5, 1)


def test_bins_of_whole_numbers_make_no_comb():
    counts = count(np.arange(1000), None, 0, 999)
    assert set(counts.numbers[:-1].tolist()) == {8}
    assert counts.width == 8


def test_real_numbers_fill_the_range():
    counts = count(np.linspace(0, 1, 12801, dtype=np.float32), None, 0, 1)
    assert len(counts.numbers) == BINS
    assert counts.numbers.min() >= 99


def test_padding_and_what_is_no_number_do_not_count():
    pixels = np.array([-2000.0, np.nan, np.inf, 0.5])
    assert count(pixels, (-2000, -2000), -3000, 1).numbers.sum() == 1


def test_of_very_many_pixels_evenly_spread_ones_count():
    pixels = np.zeros((3, MOST), dtype=np.uint8)
    pixels[2] = 1
    counts = count(pixels, None, 0, 1).numbers
    assert counts.sum() == MOST
    assert counts[0] / counts[1] == pytest.approx(2, rel=0.01)


@pytest.fixture
def histogram(qtbot):
    widget = WindowHistogram()
    qtbot.addWidget(widget)
    widget.resize(300, 110)
    widget.show_window((100, 200), (0, 1000), ("100", "200"), None)
    widget.show()
    found = []
    widget.limits_changed.connect(lambda *limits: found.append(limits))
    widget.found = found
    return widget


def drag(qtbot, widget, start, end):
    a, b = (QPoint(round(widget._x(v)), 40) for v in (start, end))
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=a)
    qtbot.mouseMove(widget, b)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=b)
    return widget.found[-1] if widget.found else None


@pytest.mark.parametrize(
    ("start", "end", "limits"),
    [
        (100, 50, (50, 200)),
        (200, 600, (100, 600)),
        (150, 650, (600, 700)),
        (150, 990, (900, 1000)),
        (100, 900, (199, 200)),
        (200, 0, (100, 101)),
    ],
)
def test_edges_and_the_whole_window_are_dragged_within_the_range(
    histogram, qtbot, start, end, limits
):
    assert drag(qtbot, histogram, start, end) == pytest.approx(limits, abs=6)


def test_beside_the_window_nothing_is_grabbed(histogram, qtbot):
    assert drag(qtbot, histogram, 500, 600) is None


@pytest.mark.parametrize(
    "curve", [None, sigmoid(150, 25), VoiLut("t", 100, 8, bytes(range(200))).curve]
)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_paints_bars_window_and_ramp(histogram, theme, curve):
    histogram.set_theme(theme)
    before = histogram.grab().toImage()
    histogram.show_counts(count(np.arange(1000), None, 0, 1000))
    histogram.show_window((100, 200), (0, 1000), ("100", "200"), curve)
    after = histogram.grab().toImage()
    assert before.pixel(280, 60) != after.pixel(280, 60)
    assert after.pixel(280, 60) != after.pixel(int(histogram._x(150)), 4)


def test_labels_stay_inside_and_apart(histogram):
    for limits in ((0, 1), (999, 1000), (-500, 2000), (500, 501)):
        histogram.show_window(limits, (0, 1000), ("−1234.5", "12345.6"), None)
        assert not histogram.grab().isNull()
