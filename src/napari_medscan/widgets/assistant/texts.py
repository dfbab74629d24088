"""Labels and views of text that is never taken for anything but text."""

from __future__ import annotations

import math

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import (
    QFont,
    QFontDatabase,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from qtpy.QtWidgets import QFrame, QLabel, QPlainTextEdit, QSizePolicy, QWidget

from napari_medscan.widgets.assistant.marked import Style, marked

MOST_MARKED = 20_000
"""Letters of a text whose marks are looked at: laying many small pieces out takes its time."""


class PlainLabel(QLabel):
    """Plain text that is broken where the dock ends; hidden while there is none.

    Parameters
    ----------
    text : str
        What it says.
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.say(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a line: else the longest word decides how wide a dock is, and so how high."""
        return QSize(1, self.fontMetrics().lineSpacing())

    def say(self, text: str) -> None:
        """Show a text."""
        self.setText(text)
        self.setVisible(bool(text))


class Heading(PlainLabel):
    """What stands above a part of the dock."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setBold(True)
        self.setFont(font)


class PlainView(QPlainTextEdit):
    """Plain text to read, as high as it is long, up to a number of lines.

    Parameters
    ----------
    least, most : int
        Lines that it is high.
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, least: int = 1, most: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least, self._most = least, most
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        document = self.document()
        layout = None if document is None else document.documentLayout()
        if layout is not None:
            # Lines are broken later than the text is set.
            layout.documentSizeChanged.connect(self._fit)
        self._fit()

    def say(self, text: str) -> None:
        """Show a text; what is only longer at its end keeps place and selection."""
        shown = self.toPlainText()
        if text == shown:
            return
        if shown and text.startswith(shown):
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(shown) :])
        else:
            # Else it is written as what stood there was.
            self.setCurrentCharFormat(QTextCharFormat())
            self.setPlainText(text)

    def say_marked(self, text: str) -> None:
        """Show a text whose marks of headings, emphasis, bullets and code become letters' looks."""
        if len(text) > MOST_MARKED:
            self.say(text)
            return
        self.say("")
        looks = {style: _look(style) for style in Style}
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for piece, style in marked(text):
            cursor.insertText(piece, looks[style])
        cursor.endEditBlock()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Be as high as the text is when it is broken anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        document = self.document()
        if document is None:
            return
        lines = min(max(math.ceil(document.size().height()), self._least), self._most)
        height = lines * self.fontMetrics().lineSpacing() + 2 * round(document.documentMargin())
        height += 2 * self.frameWidth() + self.contentsMargins().top()
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)


def _look(style: Style) -> QTextCharFormat:
    look = QTextCharFormat()
    if style is Style.BOLD:
        look.setFontWeight(QFont.Weight.Bold)
    elif style is Style.ITALIC:
        look.setFontItalic(True)
    elif style is Style.CODE:
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        look.setFontFamilies([fixed.family()])
    return look
