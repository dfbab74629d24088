"""A window that lists what became of files that are not shown, and notes on series."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from napari_medscan.napari_.table import fill, plain_table, row, without_icons


class ReportDetails(QDialog):
    """File, what became of it, and why.

    Parameters
    ----------
    rows : sequence of (file, outcome, reason)
        One a file.
    parent : QWidget, optional
        napari's window.
    """

    def __init__(self, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("MedScan: files not shown, and notes")
        self.list = plain_table(("File or series", "Outcome", "Reason"))
        fill(self.list, map(row, rows))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addWidget(without_icons(buttons))
        self.resize(900, 460)
