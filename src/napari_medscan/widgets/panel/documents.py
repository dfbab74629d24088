"""Opening what is looked at beside the images: in a window, in a dock, or as a file."""

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
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.go_to_image import go_to_image
from napari_medscan.napari_.objects.open_key_images import open_key_images
from napari_medscan.widgets.panel.report_window import ReportWindow
from napari_medscan.widgets.recording.spectrum_dock import SpectrumDock
from napari_medscan.widgets.recording.waveform_dock import WaveformDock


def open_document(
    viewer: napari.viewer.Viewer, source: DicomObject, parent: QWidget | None = None
) -> QWidget | None:
    """Show a report in a window and a recording in a dock; ask where to save a document.

    Double-clicking an image that the report refers to brings it into view.

    Returns
    -------
    QWidget or None
        The window, or what the dock holds.
    """
    try:
        if isinstance(source, Report):
            go_to = partial(go_to_image, viewer)
            content = source.read()
            open_images = partial(open_key_images, viewer, source, content)
            window = ReportWindow(source.name, content, go_to, open_images, parent)
            window.show()
            return window
        if isinstance(source, Waveform | Spectroscopy):
            return _open_recording(viewer, source)
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


def _open_recording(viewer: napari.viewer.Viewer, source: Waveform | Spectroscopy) -> QWidget:
    """Show a recording in a dock below the canvas, in the one that shows it already if any does."""
    shown = _recordings.get(source, lambda: None)()
    with suppress(RuntimeError):
        if shown is not None and isinstance(dock := shown.parent(), QDockWidget):
            dock.show()
            dock.raise_()
            return shown
    content: WaveformDock | SpectrumDock
    if isinstance(source, Waveform):
        content = WaveformDock(source.read(), viewer)
    else:
        content = SpectrumDock(source.read(), viewer)
    # napari stores the names of docks in its settings: no description is part of it.
    number = source.header.series_number
    name = " ".join(filter(None, (source.header.modality, "" if number is None else str(number))))
    viewer.window.add_dock_widget(content, name=name or "Waveform", area="bottom", tabify=True)
    _recordings[source] = ref(content)
    return content


_recordings: WeakKeyDictionary[DicomObject, Callable[[], QWidget | None]] = WeakKeyDictionary()
"""Gives what a dock holds, by the recording that it shows, for as long as the dock is there."""


def save_document(data: bytes, path: Path) -> None:
    """Write a document to a file of the user's choice."""
    try:
        path.write_bytes(data)
    except OSError:
        tell("The document could not be written there.")
    else:
        tell("The document was saved.")
