"""The folder of a series in the desktop's file manager."""

from __future__ import annotations

from napari_medscan.dicom import Stack
from napari_medscan.napari_.notify import tell


def show_folder(stack: Stack) -> None:
    """Show the folder of a series, or of the archive that it is in, in the file manager."""
    from qtpy.QtCore import QUrl
    from qtpy.QtGui import QDesktopServices

    folder = stack.slices[0].file.path_on_disk.parent
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        tell("No file manager could be opened.")
