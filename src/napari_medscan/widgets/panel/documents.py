"""Opening what is read beside the images: reports in a window, documents as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import napari.viewer
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom import DicomObject, MedscanError
from napari_medscan.dicom.objects.report import EncapsulatedDocument, Report
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.go_to_image import go_to_image
from napari_medscan.widgets.panel.report_window import ReportWindow


def open_document(
    viewer: napari.viewer.Viewer, source: DicomObject, parent: QWidget | None = None
) -> QWidget | None:
    """Show a report in a window, or ask where to save a PDF or another document.

    Double-clicking an image that the report refers to brings it into view.

    Returns
    -------
    QWidget or None
        The window of a report.
    """
    try:
        if isinstance(source, Report):
            go_to = partial(go_to_image, viewer)
            window = ReportWindow(source.name, source.read(), go_to, parent)
            window.show()
            return window
        if isinstance(source, EncapsulatedDocument):
            data, suffix = source.read()
            name = f"document{suffix}"
            chosen = ask_where_to_save(parent, "Save document", name, f"*{suffix}")
            if chosen is not None:
                save_document(data, chosen[0])
    except MedscanError as error:
        tell(f"{source.name} cannot be read: {error}.")
    except OSError:
        tell(f"{source.name} cannot be read. Is its disc or folder still there?")
    return None


def save_document(data: bytes, path: Path) -> None:
    """Write a document to a file of the user's choice."""
    try:
        path.write_bytes(data)
    except OSError:
        tell("The document could not be written there.")
    else:
        tell("The document was saved.")
