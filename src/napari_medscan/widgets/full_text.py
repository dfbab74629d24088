"""Show the text of a box in full when the pointer rests on it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QToolTip

from napari_medscan.dicom.elements.text import defuse


def show_in_full(box: QComboBox) -> None:
    """Let the tooltip of a box begin with its text if that does not fit into it."""
    box.installEventFilter(_FullText(box))


class _FullText(QObject):
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if isinstance(event, QHelpEvent) and isinstance(watched, QComboBox) and _is_cut(watched):
            tip = f"{defuse(watched.currentText())}\n{watched.toolTip()}"
            QToolTip.showText(event.globalPos(), tip, watched)
            return True
        return False


def _is_cut(box: QComboBox) -> bool:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    style = box.style()
    if style is None:
        return False
    field = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)
    return box.fontMetrics().horizontalAdvance(box.currentText()) > field.width()
