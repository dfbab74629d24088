"""A window that lists what became of files that are not shown."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from napari_medscan.napari_.table import PLAIN_BUTTONS, fill, plain_table, row


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
        self.setWindowTitle("MedScan: files that are not shown")
        self.list = plain_table(("File", "Outcome", "Reason"))
        fill(self.list, map(row, rows))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setStyleSheet(PLAIN_BUTTONS)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addWidget(buttons)
        self.resize(900, 460)
