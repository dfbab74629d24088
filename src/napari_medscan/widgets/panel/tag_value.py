"""A window with the full text of one value, however long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from magicgui.widgets import PushButton
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QFontDatabase, QTextCursor, QTextDocument
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextDocumentLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.tags.identifiers import MASK
from napari_medscan.dicom.tags.reading import read_value
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import size_on_screen
from napari_medscan.widgets.clipboard import copy_text

_LINE = 1000
_PIECE = 100
"""Lines that are added before the window is drawn again."""


class ValueWindow(QDialog):
    """Shows one value at a time; an identifying one only while identifiers are shown.

    Parameters
    ----------
    parent : QWidget
        The section that it belongs to.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Full value")
        size_on_screen(self, 640, 420)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        # Standard buttons bring icons of the desktop's, black on napari's dark theme.
        buttons = QDialogButtonBox()
        close = PushButton(text="Close")
        buttons.addButton(close.native, QDialogButtonBox.ButtonRole.RejectRole)
        self.copy = PushButton(text="Copy")
        buttons.addButton(self.copy.native, QDialogButtonBox.ButtonRole.ActionRole)
        for button in (close, self.copy):
            button.native.setAutoDefault(False)
        self.copy.changed.connect(guarded(self._on_copy))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for part in (self.note, self.text, buttons):
            layout.addWidget(part)
        self._whole = ""
        self._lines: Iterator[str] = iter(())
        self._reads = Latest(self)
        self._filling = QTimer(self)
        self._filling.timeout.connect(self._fill)
        self._value: tuple[FileRef, tuple[tuple[int, int], ...], bool] | None = None

    def show_value(
        self,
        name: str,
        file: FileRef,
        steps: Sequence[tuple[int, int]],
        *,
        masked: bool,
        shown: bool,
    ) -> None:
        """Read a value and show it.

        Parameters
        ----------
        name : str
            Of the attribute.
        file : FileRef
            The file.
        steps : sequence of (tag, number)
            Where it stands, from :meth:`TagTree.steps`.
        masked : bool
            Whether it identifies.
        shown : bool
            Whether identifiers are shown.
        """
        self.setWindowTitle(defuse(name))
        self._value = file, tuple(steps), masked
        self.show_identifiers(shown=shown)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_identifiers(self, *, shown: bool) -> None:
        """Mask the value or read it anew, when it is one that identifies."""
        if self._value is None:
            return
        file, steps, masked = self._value
        if masked and not shown:
            self._reads.cancel()
            self._set(MASK, "Masked until “Show identifiers” is pressed.")
            return
        self._set("", "Reading…")
        self._reads.start(lambda _: read_value(file, steps), self._on_read, self._on_failed)

    def done(self, result: int) -> None:
        """Forget the value when the window is closed."""
        self._reads.cancel()
        self._value = None
        self._set("", "")
        super().done(result)

    def release(self) -> None:
        """Stop all work and close."""
        self.reject()
        self._reads.release()

    def _on_read(self, text: str) -> None:
        self._set(text, f"{len(text):,} characters")

    def _on_failed(self, _error: Exception) -> None:
        self._set("", "The value cannot be read.")

    def _set(self, text: str, note: str) -> None:
        self._whole = text
        self._lines = _broken(text)
        self.note.setText(note)
        self.copy.enabled = bool(text)
        # To clear a document takes longer than to drop it, as `setDocument` does.
        document = QTextDocument(self.text)
        document.setDocumentLayout(QPlainTextDocumentLayout(document))
        document.setDefaultFont(self.text.font())
        document.setUndoRedoEnabled(False)
        self.text.setDocument(document)
        self._fill()
        self._filling.start(0)

    @guarded
    def _fill(self) -> None:
        """Add some more lines."""
        piece = "".join(islice(self._lines, _PIECE))
        if not piece:
            self._filling.stop()
            return
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(piece)

    def _on_copy(self) -> None:
        copy_text(self._whole)


def _broken(text: str) -> Iterator[str]:
    """Yield lines, long ones in parts: Qt lays out a line as a whole, which takes seconds."""
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + _LINE) + 1
        if end:
            yield text[start:end]
        else:
            end = start + _LINE
            yield text[start:end] + ("\n" if end < len(text) else "")
        start = end
