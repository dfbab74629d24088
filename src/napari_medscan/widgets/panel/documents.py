"""Opening what is looked at beside the images: in a dock, or as a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary, ref

import napari.viewer
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_medscan.dicom import DicomObject, MedscanError
from napari_medscan.dicom.objects.report import EncapsulatedDocument, Report
from napari_medscan.dicom.objects.spectroscopy import Spectroscopy
from napari_medscan.dicom.objects.waveform import Waveform
from napari_medscan.dicom.series.series_name import series_name
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.go_to_image import go_to_image
from napari_medscan.napari_.objects.open_key_images import open_key_images
from napari_medscan.widgets.panel.report_dock import ReportDock
from napari_medscan.widgets.recording.spectrum_dock import SpectrumDock
from napari_medscan.widgets.recording.waveform_dock import WaveformDock


def open_document(
    viewer: napari.viewer.Viewer, source: DicomObject, parent: QWidget | None = None
) -> QWidget | None:
    """Show a report or a recording in a dock; ask where to save a document.

    Double-clicking an image that the report refers to brings it into view.

    Returns
    -------
    QWidget or None
        What the dock holds.
    """
    try:
        if isinstance(source, Report | Waveform | Spectroscopy):
            return _shown_in_dock(viewer, source)
        if isinstance(source, EncapsulatedDocument):
            data, suffix = source.read()
            name = f"document{suffix}"
            path = ask_where_to_save(parent, "Save document", name, f"*{suffix}")
            if path is not None:
                save_document(data, path)
    except MedscanError as error:
        tell(f"{source.name} cannot be read: {error}.")
    except OSError:
        tell(f"{source.name} cannot be read. Is its disc or folder still there?")
    return None


def _shown_in_dock(
    viewer: napari.viewer.Viewer, source: Report | Waveform | Spectroscopy
) -> QWidget:
    """Show an object in a dock below the canvas, in the one that shows it already if any does."""
    shown = _docks.get(source, lambda: None)()
    with suppress(RuntimeError):
        if shown is not None and isinstance(dock := shown.parent(), QDockWidget):
            dock.show()
            dock.raise_()
            return shown
    content = _content_of(viewer, source)
    # napari stores the names of docks in its settings: no description is part of it.
    name = series_name(source.header.modality, source.header.series_number) or "DICOM"
    viewer.window.add_dock_widget(content, name=name, area="bottom", tabify=True)
    _docks[source] = ref(content)
    return content


def _content_of(
    viewer: napari.viewer.Viewer, source: Report | Waveform | Spectroscopy
) -> ReportDock | WaveformDock | SpectrumDock:
    if isinstance(source, Waveform):
        return WaveformDock(source.read(), viewer)
    if isinstance(source, Spectroscopy):
        return SpectrumDock(source.read(), viewer)
    content = source.read()
    open_images = partial(open_key_images, viewer, source, content)
    return ReportDock(content, partial(go_to_image, viewer), open_images)


_docks: WeakKeyDictionary[DicomObject, Callable[[], QWidget | None]] = WeakKeyDictionary()
"""Gives what a dock holds, by the object that it shows, for as long as the dock is there."""


def save_document(data: bytes, path: Path) -> None:
    """Write a document to a file of the user's choice."""
    try:
        path.write_bytes(data)
    except OSError:
        tell("The document could not be written there.")
    else:
        tell("The document was saved.")
