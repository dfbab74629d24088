"""The text of a box that is too narrow for it."""

import pytest
from napari.qt import get_stylesheet
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QComboBox, QStyle, QStyleOptionComboBox, QToolTip

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


@pytest.mark.parametrize("width", [150, 700])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_that_does_not_fit_ends_in_an_ellipsis(qtbot, theme, width):
    boxes = QComboBox(), QComboBox()
    for box in boxes:
        qtbot.addWidget(box)
        box.setStyleSheet(get_stylesheet(theme))
        box.addItem(LONG)
        show_in_full(box)
        box.setFixedWidth(width)
        box.show()
    cut, plain = boxes
    plain.setItemText(0, shortened(cut))
    assert (plain.currentText() != LONG) is (width == 150)
    assert cut.grab().toImage() == plain.grab().toImage()


def shortened(box):
    """Return the text of a box as far as there is room for it."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    room = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    return box.fontMetrics().elidedText(LONG, Qt.TextElideMode.ElideMiddle, room.width())
