"""Saving an image without metadata: the same look and the same gate as before a send."""

from __future__ import annotations

import napari.viewer
from magicgui.widgets import PushButton
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.picture import NoPictureError, look
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.privacy.errors import ImageError, NotConfirmedError
from napari_medscan.privacy.gate import SESSION, THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Format, SealedImage
from napari_medscan.render.prepare import Look, Part, Preparer, Wish
from napari_medscan.widgets.image.contact_sheet import Sheet, make_sheet
from napari_medscan.widgets.image.review import ImageReview
from napari_medscan.widgets.panel.form import Choice, Page, button, choice, form, holder, row
from napari_medscan.widgets.save_bytes import save_bytes
from napari_medscan.widgets.texts import PlainLabel

_FORMATS = {"PNG (lossless)": Format.PNG, "JPEG": Format.JPEG}
_NOTE = (
    "The file contains the pixels shown here at full resolution, and no DICOM metadata. It is not "
    "de-identified: whatever is visible stays."
)


class _SavePage(Page):
    format: Choice
    save: PushButton
    copy: PushButton
    close_window: PushButton


class SaveImageWindow(QDialog):
    """Shows the image of a look at full resolution, and saves or copies it.

    Parameters
    ----------
    found : Look
        What was looked at when the window was opened.
    parent : QWidget
        The window that it belongs to.
    gate : Gate
        What was seen and confirmed.
    masks : tuple of Part
        What is blacked out from the start.
    """

    def __init__(
        self,
        found: Look,
        parent: QWidget | None,
        gate: Gate = SESSION,
        masks: tuple[Part, ...] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save image without metadata")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 760)
        self._look, self._gate = found, gate
        self._preparer = Preparer()
        self._work = Latest(self)
        self.review = ImageReview(gate)
        self.review.begin(found.subject)
        self.review.masks = masks
        self.status = PlainLabel()
        page = _SavePage()
        page.extend(
            [
                self.review,
                form(
                    ("Format", choice("format", "How it is encoded", [*_FORMATS], self._on_format))
                ),
                holder(PlainLabel(_NOTE)),
                holder(self.status),
                row(
                    button("save", "Save…", "Write the image to a file", self.save),
                    button("copy", "Copy", "Copy the image to the clipboard", self.copy),
                    button("close_window", "Close", "Close this window", self.reject),
                ),
            ]
        )
        self.page = page
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page.native)
        for part in (page.save, page.copy, page.close_window):
            part.native.setAutoDefault(False)
        self.review.edited.connect(guarded(self.prepare))
        self.review.ready_changed.connect(guarded(self._say_missing))
        self.finished.connect(self.release)
        self.prepare()

    def prepare(self) -> None:
        """Make the image with masks, crop and format as they are now."""
        self.review.withdraw()
        self.status.say("Preparing the image…")
        wish = Wish(
            longest=None,
            format=_FORMATS[self.page.format.value],
            masks=self.review.masks,
            crop=self.review.crop,
        )
        looks, preparer = [self._look], self._preparer
        self._work.start(
            lambda _: make_sheet(preparer.prepare(looks, wish)), self._on_made, self._on_failed
        )

    def save(self) -> None:
        """Ask for a file and write the image, if it may leave."""
        image = self._released("saved")
        if image is not None:
            save_bytes(self, "image", image.data, image.name)

    def copy(self) -> None:
        """Put the image onto the clipboard, if it may leave."""
        image, clipboard = self._released("copied"), QApplication.clipboard()
        if image is not None and clipboard is not None:
            clipboard.setImage(QImage.fromData(image.data))
            self.status.say("Image copied.")

    def release(self, _result: int = 0) -> None:
        """Stop all work."""
        self._work.release()
        self.review.release()

    def _released(self, what: str) -> SealedImage | None:
        """Return the image if the gate lets it out; else say what is missing."""
        if not self.review.images:
            return None
        image = self.review.images[0]
        try:
            self._gate.check(image, THIS_COMPUTER)
        except NotConfirmedError as error:
            self.status.say(f"Not {what} yet. {error}")
            return None
        return image

    def _on_made(self, sheet: Sheet) -> None:
        self.review.show_sheet(sheet)
        self._say_missing()

    def _on_failed(self, error: Exception) -> None:
        # No other error's text: it may quote the file or its path.
        self.status.say(
            str(error) if isinstance(error, ImageError) else "The image could not be rendered."
        )

    def _say_missing(self) -> None:
        images = self.review.images
        self.page.save.enabled = self.page.copy.enabled = bool(images)
        if images:
            missing = self._gate.missing(images[0], THIS_COMPUTER)
            self.status.say(missing or images[0].description)

    def _on_format(self, _name: str) -> None:
        self.prepare()


def save_image_without_metadata(viewer: napari.viewer.Viewer) -> None:
    """Show the displayed image as it would be saved, and save it on request."""
    try:
        found = look(active_viewer(unwrapped(viewer)), blended=False)
    except NoPictureError as error:
        tell(str(error))
        return
    SaveImageWindow(found, main_window()).show()
