"""Saving an image without metadata: the same look and the same gate as before a send."""

from __future__ import annotations

import napari.viewer
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.canvas_looks import canvas_looks, is_more_visible
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.image_in_view import look
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.privacy.gate import SESSION, Gate
from napari_medscan.privacy.sealed_image import Format
from napari_medscan.render.prepare import Look, Part
from napari_medscan.widgets.image.review_window import ALL, CURRENT, LAYERS_HINT, ReviewWindow
from napari_medscan.widgets.panel.form import choice, form
from napari_medscan.widgets.save_bytes import save_bytes

_FORMATS = {"PNG (lossless)": Format.PNG, "JPEG": Format.JPEG}
_TITLE = "Save image without metadata"
_NOTE = (
    "The file contains the pixels shown here at full resolution, and no DICOM metadata. It is not "
    "de-identified: whatever is visible stays."
)


class SaveImageWindow(ReviewWindow):
    """Shows the image of a look at full resolution, and saves or copies it.

    What it takes is as of `ReviewWindow`; `canvas` is a look at all that was visible, which is
    shown at first.
    """

    def __init__(
        self,
        found: Look,
        parent: QWidget | None,
        gate: Gate = SESSION,
        masks: tuple[Part, ...] = (),
        canvas: Look | None = None,
    ) -> None:
        self._ways = {ALL: canvas, CURRENT: found} if canvas is not None else {CURRENT: found}
        self.layers = choice("layers", LAYERS_HINT, [*self._ways], self._on_layers)
        self.format = choice("format", "How it is encoded", [*_FORMATS], lambda _: self.examine())
        lines = [("Show", self.layers), ("Format", self.format)]
        options = [form(*lines[len(self._ways) < 2 :])]
        super().__init__(_TITLE, _NOTE, [canvas or found], options, parent, gate, masks)

    @property
    def encoding(self) -> Format:  # type: ignore[override]
        """How the image is encoded."""
        return _FORMATS[self.format.value]

    def _on_layers(self, chosen: str) -> None:
        self.looks = (self._ways[chosen],)
        self.review.begin(self.looks[0].subject)
        self.examine()

    def save(self) -> None:
        """Ask for a file and write the image."""
        (image,) = self.images
        save_bytes(self, "image", image.data, image.name)


def save_image_without_metadata(viewer: napari.viewer.Viewer) -> None:
    """Show the displayed image as it would be saved, and save it on request."""
    viewer = active_viewer(unwrapped(viewer))
    try:
        found = look(viewer, blended=False)
        canvas = canvas_looks(viewer)[0] if is_more_visible(viewer) else None
    except NoImageInViewError as error:
        tell(str(error))
        return
    SaveImageWindow(found, main_window(), canvas=canvas).show()
