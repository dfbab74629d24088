"""Saving an image without metadata: the same look and the same gate as before a send."""

from __future__ import annotations

import napari.viewer
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.picture import NoPictureError, look
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.privacy.gate import SESSION, Gate
from napari_medscan.privacy.sealed_image import Format
from napari_medscan.render.prepare import Look, Part
from napari_medscan.widgets.image.review_window import ReviewWindow
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

    What it takes is as of `ReviewWindow`.
    """

    def __init__(
        self,
        found: Look,
        parent: QWidget | None,
        gate: Gate = SESSION,
        masks: tuple[Part, ...] = (),
    ) -> None:
        self.format = choice("format", "How it is encoded", [*_FORMATS], lambda _: self.examine())
        options = [form(("Format", self.format))]
        super().__init__(_TITLE, _NOTE, [found], options, parent, gate, masks)

    @property
    def encoding(self) -> Format:  # type: ignore[override]
        """How the image is encoded."""
        return _FORMATS[self.format.value]

    def save(self) -> None:
        """Ask for a file and write the image."""
        (image,) = self.images
        save_bytes(self, "image", image.data, image.name)


def save_image_without_metadata(viewer: napari.viewer.Viewer) -> None:
    """Show the displayed image as it would be saved, and save it on request."""
    try:
        found = look(active_viewer(unwrapped(viewer)), blended=False)
    except NoPictureError as error:
        tell(str(error))
        return
    SaveImageWindow(found, main_window()).show()
