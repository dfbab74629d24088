"""A window that lists skipped files, and the warnings of series."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from napari_medscan.napari_.gui import size_on_screen
from napari_medscan.napari_.table import fill, plain_table, row, without_icons


class ReportDetails(QDialog):
    """File or series, status and reason.

    Parameters
    ----------
    rows : sequence of (name, status, reason)
        One per file or warning.
    parent : QWidget, optional
        napari's window.
    """

    def __init__(self, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("MedScan – skipped files and warnings")
        self.list = plain_table(("File or series", "Status", "Reason"))
        fill(self.list, map(row, rows))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addWidget(without_icons(buttons))
        size_on_screen(self, 900, 460)
