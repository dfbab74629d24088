"""The plot of lines: ticks, values under the pointer, zoom and paint."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QMouseEvent, QWheelEvent

from napari_medscan.widgets.plot import COLORS, Line, Plot, contrast, readable, ticks

ROUND = {1.0, 2.0, 5.0}


@given(st.floats(-1000, 1000), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_round_and_not_too_many(start, width, most):
    low = start * width
    found = ticks(low, low + width, most)
    assert len(found) <= most + 1
    steps = np.diff(found)
    if len(steps):
        lead = steps[0] / 10 ** np.floor(np.log10(steps[0]) + 1e-9)
        assert round(float(lead), 3) in ROUND
        assert low - 1e-6 * width <= found[0]
        assert found[-1] <= low + width * (1 + 1e-6)


def test_no_ticks_for_nothing():
    assert ticks(3, 3, 5) == []


@pytest.fixture
def plot(qtbot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    x = np.arange(0.0, 101.0)
    lines = [Line("CT", x, 2 * x), Line("PT", x[::10], np.full(11, 7.0), steps=True)]
    plot.show_lines(lines, "Distance (mm)", "HU")
    return plot


def middle(plot):
    return plot._plot(plot._span_of_y()).center()


def test_values_are_read_under_the_pointer(plot):
    assert plot.reading() == ""
    there = middle(plot)
    none = Qt.MouseButton.NoButton
    kinds = (none, none, Qt.KeyboardModifier.NoModifier)
    place = QPointF(plot.mapToGlobal(there.toPoint()))
    plot.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, there, place, *kinds))
    x = plot._pointer
    assert x == pytest.approx(50, abs=0.5)
    assert plot.reading() == f"{x:.4g} mm: CT {2 * round(x)}, PT 7"


def wheel(plot, delta):
    event = QWheelEvent(
        middle(plot),
        QPointF(plot.mapToGlobal(middle(plot).toPoint())),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    plot.wheelEvent(event)


def test_wheel_zooms_and_a_double_click_shows_all(plot, qtbot):
    wheel(plot, 240)
    low, high = plot.span
    assert high - low == pytest.approx(100 / 1.25**2)
    assert (low + high) / 2 == pytest.approx(50, abs=1)
    wheel(plot, -2400)
    assert plot.span == (0, 100)
    wheel(plot, 120)
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=middle(plot).toPoint())
    assert plot.span == (0, 100)


def test_lines_are_painted_in_their_colors_and_gaps_are_not(plot):
    x = np.arange(5.0)
    plot.show_lines([Line("", x, np.array([1, 1, np.nan, 1, 1]))])
    image = plot.grab().toImage()
    ratio = image.width() / plot.width()
    area = plot._plot(plot._span_of_y())
    y = area.center().y()

    def is_drawn(at):
        x = int((area.left() + at / 4 * area.width()) * ratio)
        rows = range(int((y - 2) * ratio), int((y + 3) * ratio))
        colors = [image.pixelColor(x, row) for row in rows]
        return any(color.blue() > color.red() + 40 for color in colors)

    assert [is_drawn(at) for at in (0.5, 1.5, 2, 2.5, 3.5)] == [True, False, False, False, True]


def test_nothing_to_show_is_painted(plot):
    plot.show_lines([])
    plot.set_theme("light")
    assert not plot.grab().isNull()
    assert plot.lines == ()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("color", ["#ffff00", "#ffffff", "#000000", *COLORS])
def test_lines_stand_out_from_the_ground_of_either_theme(theme, color):
    ground = QColor(get_theme(theme).foreground.as_hex())
    assert contrast(readable(QColor(color), ground), ground) >= 4.5
    assert readable(QColor("red"), QColor("black")) == QColor("red")
