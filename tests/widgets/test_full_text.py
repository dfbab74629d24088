"""The text of a box that is too narrow for it."""

import pytest
from qtpy.QtCore import QEvent, QPoint
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QComboBox, QToolTip

from napari_medscan.widgets.full_text import show_in_full

from ..studies import HOSTILE

LONG = "RTSTRUCT 8 · Structure set approved for adaptive planning"


@pytest.mark.parametrize(
    ("text", "width", "tip"),
    [
        (LONG, 150, f"{LONG}\nStructures"),
        (LONG, 700, "Structures"),
        ("%", 150, "Structures"),
        (HOSTILE * 3, 150, None),
    ],
)
def test_tooltip_begins_with_a_text_that_is_cut(qtbot, monkeypatch, text, width, tip):
    shown = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, *_: shown.append(text))
    box = QComboBox()
    qtbot.addWidget(box)
    box.setToolTip("Structures")
    box.addItem(text)
    show_in_full(box)
    box.setFixedWidth(width)
    box.show()
    event = QHelpEvent(QEvent.Type.ToolTip, QPoint(9, 9), box.mapToGlobal(QPoint(9, 9)))
    QApplication.sendEvent(box, event)
    if tip is None:
        assert "<img" not in shown[0]
    else:
        assert (shown or [box.toolTip()]) == [tip]
