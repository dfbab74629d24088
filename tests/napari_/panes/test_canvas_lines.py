"""Lines that are drawn over a canvas."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.panes.canvas_lines import CanvasLines, Line

SIZE = 300


@pytest.mark.parametrize("edge", [3, SIZE // 2, SIZE - 4])
@pytest.mark.parametrize("is_vertical", [True, False])
def test_line_along_an_edge_is_drawn_and_ends_before_the_letters(qtbot, edge, is_vertical):
    canvas = QWidget()
    qtbot.addWidget(canvas)
    canvas.resize(SIZE, SIZE)
    lines = CanvasLines(canvas)
    ends = (edge, 0, edge, SIZE) if is_vertical else (0, edge, SIZE, edge)
    lines.draw((Line(ends, "#00ff00"),))
    image = lines.grab().toImage()

    def is_green(along):
        x, y = (edge, along) if is_vertical else (along, edge)
        color = QColor(image.pixel(x, y))
        return color.green() > 100 + max(color.red(), color.blue())

    assert [is_green(along) for along in (10, SIZE // 2, SIZE - 11)] == [False, True, False]
