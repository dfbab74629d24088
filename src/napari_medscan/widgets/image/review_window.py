"""Images before they are saved: the look at them, what has to be confirmed, and the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from magicgui.widgets import PushButton, Widget
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from napari_medscan.dicom import CancelledError, MedscanError
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import size_on_screen
from napari_medscan.napari_.notify import tell_error
from napari_medscan.privacy.errors import ImageError, NotConfirmedError
from napari_medscan.privacy.gate import SESSION, THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Format, SealedImage
from napari_medscan.render.prepare import Look, Part, Preparer, Wish
from napari_medscan.widgets.dock import FOCUS
from napari_medscan.widgets.image.contact_sheet import Sheet, prepare_sheet
from napari_medscan.widgets.image.review import ImageReview
from napari_medscan.widgets.panel.form import Page, button, holder, row
from napari_medscan.widgets.texts import PlainLabel

ALL, CURRENT = "All visible layers", "Current series"
LAYERS_HINT = (
    "All series, labels, contours and drawn shapes that are visible, without their text. Copies of "
    "series and images of other plugins are left out"
)
"""Of a choice between the two."""


class _ReviewPage(Page):
    save: PushButton
    copy: PushButton
    close_window: PushButton


class ReviewWindow(QDialog):
    """Shows images, has them masked and confirmed, and saves them on request.

    Parameters
    ----------
    title : str
        Of the window.
    note : str
        What is saved, and what is not.
    looks : sequence of Look
        What is looked at, in order.
    options : sequence of Widget
        What is chosen besides.
    parent : QWidget or None
        The window that it belongs to.
    gate : Gate
        What was seen and confirmed.
    masks : tuple of Part
        What is blacked out from the start.

    Attributes
    ----------
    masks_regions : bool
        Black out what lies outside the regions of an ultrasound.
    encoding : Format
        How images are encoded.
    """

    masks_regions = True
    encoding: Format = Format.PNG

    def __init__(
        self,
        title: str,
        note: str,
        looks: Sequence[Look],
        options: Sequence[Widget],
        parent: QWidget | None,
        gate: Gate = SESSION,
        masks: tuple[Part, ...] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setStyleSheet(FOCUS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        size_on_screen(self, 720, 760)
        self.gate, self.looks = gate, tuple(looks)
        self.images: tuple[SealedImage, ...] = ()
        self._preparer = Preparer()
        self._work = Latest(self)
        self.review = ImageReview(gate)
        self.review.begin(looks[0].subject)
        self.review.masks = masks
        self.status = PlainLabel()
        page, copy = _ReviewPage(), "Copy the image to the clipboard"
        page.extend(
            [
                self.review,
                *options,
                holder(PlainLabel(note)),
                holder(self.status),
                row(
                    button("save", "Save…", "", lambda: self._let_out(self.save, "saved")),
                    button("copy", "Copy", copy, lambda: self._let_out(self.copy, "copied")),
                    button("close_window", "Close", "Close this window", self.reject),
                ),
            ]
        )
        self.page = page
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page.native)
        page.copy.visible = len(looks) == 1
        for part in (page.save, page.copy, page.close_window):
            part.native.setAutoDefault(False)
        self._work.progressed.connect(guarded(self._on_progress))
        self.review.edited.connect(guarded(self.examine))
        self.review.ready_changed.connect(guarded(self._say_missing))
        self.finished.connect(self.release)
        self.examine()

    def examine(self) -> None:
        """Make the images of all looks as they are masked now, and show them."""
        self.images = ()
        self.review.withdraw()
        self.page.save.enabled = self.page.copy.enabled = False
        self.status.say("Preparing…")
        review = self.review
        wish = Wish(
            None,
            format=self.encoding,
            masks=review.masks,
            crop=review.crop,
            masks_regions=self.masks_regions,
        )
        then, failed = self._on_prepared, self._on_failed
        prepare_sheet(self._work, self._preparer, self.looks, wish, then, failed)

    def save(self) -> None:
        """Ask where, and save the images, which the gate lets out.

        Raises CancelledError, MedscanError or OSError if that was ended, or is not possible.
        """
        raise NotImplementedError

    def copy(self) -> None:
        """Put the only image onto the clipboard."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setImage(QImage.fromData(self.images[0].data))
            self.status.say("Image copied.")

    def release(self, _result: int = 0) -> None:
        """Stop all work."""
        self._work.release()
        self.review.release()

    def _on_prepared(self, images: tuple[SealedImage, ...], sheet: Sheet) -> None:
        self.images = images
        self.review.show_sheet(sheet)
        # Of several images, the same part would be left.
        self.review.draw_crop.visible = len(images) == 1
        self.page.save.enabled = self.page.copy.enabled = True
        self._say_missing()

    def _say_missing(self) -> None:
        if self.images:
            said = f"{len(self.images)} images" if self.images[1:] else self.images[0].description
            self.status.say(self._missing() or said)

    def _missing(self) -> str:
        """Return what has to be confirmed yet."""
        missing = (self.gate.missing(image, THIS_COMPUTER) for image in self.images)
        return next(filter(None, missing), "")

    def _let_out(self, leave: Callable[[], object], what: str) -> None:
        """Have the images saved or copied, if the gate lets all of them out."""
        try:
            for image in self.images:
                self.gate.check(image, THIS_COMPUTER)
            if self.images:
                leave()
        except NotConfirmedError:
            self.status.say(f"Not {what} yet. {self._missing()}")
        except CancelledError:
            pass
        except (MedscanError, OSError) as error:
            tell_error(error, "The file cannot be written.")

    def _on_progress(self, done: int, count: int) -> None:
        if count > 1 and not self.images:
            self.status.say(f"Preparing image {done + 1} of {count}…")

    def _on_failed(self, error: Exception) -> None:
        known = isinstance(error, ImageError)
        self.status.say(str(error) if known else "The images could not be rendered.")
