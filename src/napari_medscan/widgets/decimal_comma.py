"""Numbers are typed with a decimal point or a decimal comma, whatever the computer's language."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QLocale, QObject
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QApplication, QDoubleSpinBox


def accept_comma(field: QDoubleSpinBox) -> None:
    """Let a field take "50,5" for "50.5", and never for 505.

    Qt drops what is not the decimal point of the computer's language, as it could separate
    thousands: a length of 50.5 mm that is typed in German would be 505 mm.
    """
    locale = QLocale.c()
    options = QLocale.NumberOption
    locale.setNumberOptions(options.OmitGroupSeparator | options.RejectGroupSeparator)
    field.setLocale(locale)
    # The field has the focus, and hands keys on to its line.
    field.installEventFilter(_Commas(field))


class _Commas(QObject):
    """Makes commas that are typed or pasted points; belongs to the field in which they are."""

    def eventFilter(self, field: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's
        """Insert the text of a key press itself if there is a comma in it."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        edit = field.lineEdit() if isinstance(field, QDoubleSpinBox) else None
        text = event.text()
        clipboard = QApplication.clipboard()
        if clipboard is not None and event.matches(QKeySequence.StandardKey.Paste):
            text = clipboard.text().strip()
        if edit is None or "," not in text:
            return False
        edit.insert(text.replace(",", "."))
        return True
