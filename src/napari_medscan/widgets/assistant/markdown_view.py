"""The text of an answer, written as it is marked while it comes, a little at a time."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import QTimer
from qtpy.QtGui import QFont, QFontDatabase, QTextCharFormat, QTextCursor

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.assistant.markdown import Marker, Piece, Style
from napari_medscan.widgets.texts import PlainView

_CHARACTERS, _LINES = 4000, 100
"""What is laid out in one go: a few milliseconds."""


class MarkdownView(PlainView):
    """Shows an answer; nothing in it is ever followed, loaded or run."""

    def __init__(self, least: int = 1, most: int = 12) -> None:
        super().__init__(least, most)
        self.setUndoRedoEnabled(False)
        self._looks = {style: _look(style) for style in Style}
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self._step)
        self._text, self._fed, self._certain = "", 0, 0
        self._marker = Marker()

    @property
    def is_whole(self) -> bool:
        """Whether all that was said is on screen."""
        return self._fed == len(self._text)

    def say_marked(self, text: str) -> None:
        """Show an answer; what is only longer at its end keeps place and selection."""
        if text.startswith(self._text):
            self._text = text
        else:
            self._restart(text)
        if not self._again.isActive():
            self._step()

    @property
    def _room(self) -> int:
        """Pixels for lines that are higher than others: bold ones and code."""
        return self.fontMetrics().lineSpacing()

    def _restart(self, text: str) -> None:
        self._text, self._fed, self._certain = text, 0, 0
        self._marker = Marker()
        self.clear()

    @guarded
    def _step(self) -> None:
        """Lay out what comes next, and leave the rest to the event loop."""
        piece = self._text[self._fed : self._fed + _CHARACTERS]
        lines = piece.split("\n", _LINES)
        if len(lines) > _LINES:
            piece = piece[: len(piece) - len(lines[-1])]
        self._fed += len(piece)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        # What was not certain yet is written anew.
        cursor.setPosition(self._certain)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self._insert(cursor, self._marker.feed(piece))
        self._certain = cursor.position()
        if self.is_whole:
            self._insert(cursor, self._marker.rest())
        cursor.endEditBlock()
        if not self.is_whole:
            self._again.start()

    def _insert(self, cursor: QTextCursor, pieces: Iterable[Piece]) -> None:
        for text, style in pieces:
            cursor.insertText(text, self._looks[style])


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
