"""Labels and views of text that is never taken for anything but text."""

from __future__ import annotations

import math

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent, QTextOption
from qtpy.QtWidgets import QFrame, QLabel, QPlainTextEdit, QSizePolicy


class PlainLabel(QLabel):
    """Plain text that is broken where the dock ends; hidden while there is none.

    Parameters
    ----------
    text : str
        What it says.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
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

    def __init__(self, text: str) -> None:
        super().__init__(text)
        font = self.font()
        font.setBold(True)
        self.setFont(font)


class PlainView(QPlainTextEdit):
    """Plain text to read, as high as it is long, up to a number of lines.

    Parameters
    ----------
    least, most : int
        Lines that it is high.
    """

    def __init__(self, least: int = 1, most: int = 12) -> None:
        super().__init__()
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
        """Show a text."""
        if text != self.toPlainText():
            self.setPlainText(text)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Be as high as the text is when it is broken anew."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _room(self) -> int:
        """Pixels besides those of the lines."""
        return 0

    def _fit(self) -> None:
        document = self.document()
        if document is None:
            return
        count = math.ceil(document.size().height())
        lines = min(max(count, self._least), self._most)
        # Below the last line of a longer text, the next one would show its upper half.
        margins = 1 if count > lines else 2
        height = lines * self.fontMetrics().lineSpacing() + self._room
        height += margins * round(document.documentMargin())
        height += 2 * self.frameWidth() + self.contentsMargins().top()
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
