"""Name, ID and birth date of the patient on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari.viewer
from napari.qt.threading import create_worker

from napari_medscan.dicom.headers.identity import read_identity
from napari_medscan.napari_.canvas_text import CanvasText, is_grid
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.viewer_watch import watch

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader


class IdentityText:
    """Name, ID and birth date of the patient in a corner, for as long as this exists.

    They are read from the file in a thread, kept in memory only, and shown on the canvas only.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._text = CanvasText(viewer, "medscan_identity", "top_right")
        self._header: ImageHeader | None = None
        self._lines = ""
        self._subscription = watch(viewer, self._update, before_paint=True)
        self._update()

    def release(self) -> None:
        """Take it off the canvas and forget it."""
        self._subscription.release()
        self._header, self._lines = None, ""
        self._text.release()

    def _update(self) -> None:
        stack = None if is_grid(self._viewer) else stack_of(current_layer(self._viewer))
        header = None if stack is None else stack.header
        if header is self._header:
            self._text.show(self._lines)
            return
        # Never the name of one patient over the image of another.
        self._header, self._lines = header, ""
        self._text.show("")
        if header is not None:
            # napari's annotation only knows plain functions by their runtime class.
            worker = create_worker(_read, header)  # type: ignore[arg-type]
            worker.returned.connect(self._show)
            worker.start()

    def _show(self, found: tuple[ImageHeader, tuple[str, ...]]) -> None:
        header, lines = found
        if header is self._header:
            self._lines = "\n".join(lines)
            self._text.show(self._lines)


def _read(header: ImageHeader) -> tuple[ImageHeader, tuple[str, ...]]:
    return header, read_identity(header)
