"""Progress with Cancel while headers are read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from napari_medscan.dicom import CancelledError
from napari_medscan.dicom.reading import Progress
from napari_medscan.napari_.gui import has_gui, main_window

SHOW_AFTER_MS = 800
"""A dialog that flashes by is worse than none."""
_REFRESH = 0.05


@contextmanager
def reading_progress(text: str) -> Iterator[Progress | None]:
    """Show how far reading is, in a dialog with a Cancel button.

    Yields
    ------
    callable or None
        To be called with (done, all); raises CancelledError after Cancel.
        None without a GUI.
    """
    if not has_gui():
        yield None
        return
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QProgressDialog

    dialog = QProgressDialog(text, "Cancel", 0, 0, main_window())
    dialog.setWindowTitle("MedScan")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(SHOW_AFTER_MS)
    dialog.setMinimumWidth(360)
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _REFRESH and done < total:
            return
        last = now
        dialog.setMaximum(total)
        dialog.setLabelText(f"{text}\n{done:,} of {total:,} files")
        # A modal progress dialog handles events here: Cancel works.
        dialog.setValue(done)
        if dialog.wasCanceled():
            raise CancelledError("opening was cancelled")

    try:
        yield report
    finally:
        dialog.close()
        dialog.deleteLater()
