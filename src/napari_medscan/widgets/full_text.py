"""End the text of a narrow box in an ellipsis, and show it in full when the pointer rests on it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QHelpEvent, QPalette
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

from napari_medscan.dicom.elements.text import defuse


def show_in_full(box: QComboBox) -> None:
    """Let a box that is too narrow for its text say so, and its tooltip begin with the text."""
    box.installEventFilter(_FullText(box))


class _FullText(QObject):
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if not isinstance(watched, QComboBox) or event is None:
            return False
        if event.type() == QEvent.Type.Paint:
            return _draw_cut(watched)
        if isinstance(event, QHelpEvent) and _is_cut(watched):
            tip = f"{defuse(watched.currentText())}\n{watched.toolTip()}"
            QToolTip.showText(event.globalPos(), tip, watched)
            return True
        return False


def _draw_cut(box: QComboBox) -> bool:
    """Draw a box as Qt does, but with an ellipsis where its text does not fit."""
    if not _is_cut(box):
        return False
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    option.currentText = box.fontMetrics().elidedText(
        option.currentText, Qt.TextElideMode.ElideMiddle, _room(box)
    )
    painter = QStylePainter(box)
    painter.setPen(box.palette().color(QPalette.ColorRole.Text))
    painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
    painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
    painter.end()
    return True


def _is_cut(box: QComboBox) -> bool:
    return box.fontMetrics().horizontalAdvance(box.currentText()) > _room(box)


def _room(box: QComboBox) -> int:
    """Return the width that a box has for its text."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    style = box.style()
    if style is None:
        return box.width()
    part = QStyle.SubControl.SC_ComboBoxEditField
    return style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box).width()
