"""The records of the audit as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from napari_medscan.assistant.audit import Record

_COLUMNS: tuple[tuple[str, Callable[[Record], str]], ...] = (
    ("Time", lambda record: f"{record.time.astimezone():%Y-%m-%d %H:%M:%S}"),
    ("Sent", lambda record: record.kind),
    ("Host", lambda record: record.host),
    ("Model", lambda record: record.model),
    ("Bytes", lambda record: f"{record.bytes:,}" if record.bytes else ""),
    ("Outcome", lambda record: record.outcome),
    ("SHA-256", lambda record: record.sha256),
)
_NOWHERE = QModelIndex()


class AuditModel(QAbstractTableModel):
    """One row a use of the network."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._records: Sequence[Record] = ()

    def show_records(self, records: Sequence[Record]) -> None:
        """Show these, in this order."""
        self.beginResetModel()
        self._records = records
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many there are."""
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Return the text of a cell."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return _COLUMNS[index.column()][1](self._records[index.row()])

    def headerData(  # noqa: N802 - Qt's name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> str | None:
        """Return the name of a column."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return _COLUMNS[section][0]
