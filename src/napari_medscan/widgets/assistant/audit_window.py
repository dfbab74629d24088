"""The audit, to be read, exported and deleted."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QMessageBox, QTreeWidgetItem, QVBoxLayout, QWidget

from napari_medscan.assistant.audit import Audit, Record
from napari_medscan.counted import counted
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.gui import size_on_screen
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.table import fill, plain_table
from napari_medscan.napari_.table import row as table_row
from napari_medscan.widgets.panel.form import button, row
from napari_medscan.widgets.texts import PlainLabel

_COLUMNS = ("Time", "Sent", "Host", "Model", "Bytes", "Outcome", "SHA-256")
_BYTES = (4,)
MOST_ROWS = 1000
"""What fits into a table that is made at once; an export has all."""


class AuditWindow(QDialog):
    """A table of the newest records, the last one first."""

    def __init__(self, audit: Audit, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Assistant audit log")
        size_on_screen(self, 860, 420)
        self._audit = audit
        self._work = Latest(self)
        self.note = PlainLabel()
        self.table = plain_table(_COLUMNS, right=_BYTES)
        actions = row(
            button("export", "Export…", "Write the records as a CSV table", self._on_export),
            button("delete", "Delete all…", "Delete the records for good", self._on_delete),
            button("close", "Close", "Close this window", self.reject),
        )
        # magicgui keeps what it made no longer than somebody else does.
        self._actions = actions
        self.export, self.delete = actions["export"], actions["delete"]
        for part in actions:
            part.native.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)
        layout.addWidget(actions.native)

    def open_audit(self) -> None:
        """Read the audit and show the window."""
        self.reload()
        self.show()
        self.raise_()
        self.activateWindow()

    def reload(self) -> None:
        """Read it again."""
        self._work.start(lambda _: self._audit.read(), self._on_read, self._on_read)

    def release(self) -> None:
        """Stop all work and close."""
        self._work.release()
        self.reject()

    def write(self, path: Path) -> None:
        """Export to a file."""
        self._work.start(lambda _: self._audit.export(path), self._on_exported, self._on_exported)

    def delete_all(self) -> None:
        """Delete the records, which the user has confirmed."""
        self._work.start(lambda _: self._audit.delete(), self._on_deleted, self._on_deleted)

    def _on_read(self, result: object) -> None:
        records: list[Record] = result if isinstance(result, list) else []
        self.table.clear()
        fill(self.table, map(_row, records[: -MOST_ROWS - 1 : -1]))
        # What cannot be read can still be deleted.
        self.delete.enabled = bool(result)
        self.export.enabled = bool(records)
        if isinstance(result, Exception):
            self.note.say(str(result))
            return
        count = counted(len(records), "network request")
        newest = f" The newest {MOST_ROWS:,} are listed." if len(records) > MOST_ROWS else ""
        self.note.say(
            f"{count}.{newest} Stored only on this computer; contains no patient data, questions "
            "or answers."
        )

    def _on_exported(self, result: object) -> None:
        failed = isinstance(result, Exception)
        tell("Could not export the audit log." if failed else "Audit log exported.")

    def _on_deleted(self, result: object) -> None:
        if isinstance(result, Exception):
            tell("Could not delete the audit log.")
        self.reload()

    def _on_export(self) -> None:
        path = ask_where_to_save(self, "Export audit log", "audit.csv", "*.csv")
        if path is not None:
            self.write(path)

    def _on_delete(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle("Delete audit log")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("Delete all records? This cannot be undone.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        if box.clickedButton() is delete:
            self.delete_all()


def _row(record: Record) -> QTreeWidgetItem:
    time = f"{record.time.astimezone():%Y-%m-%d %H:%M:%S}"
    size = f"{record.bytes:,}" if record.bytes else ""
    texts = (time, record.kind, record.host, record.model, size, record.outcome, record.sha256)
    return table_row(texts, right=_BYTES)
