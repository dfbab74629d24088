"""All images of a series before they leave together: the same look and gate as for one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from magicgui.widgets import PushButton, Widget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QVBoxLayout, QWidget

from napari_medscan.dicom import CancelledError, MedscanError
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.notify import tell
from napari_medscan.privacy.errors import ImageError, NotConfirmedError
from napari_medscan.privacy.gate import SESSION, THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Format, SealedImage
from napari_medscan.render.prepare import Look, Renderer, Wish, masked, sealed
from napari_medscan.widgets.image.contact_sheet import Sheet, make_sheet
from napari_medscan.widgets.image.review import ImageReview
from napari_medscan.widgets.panel.form import Page, button, holder, row
from napari_medscan.widgets.texts import PlainLabel

_WISH = Wish(longest=None, format=Format.PNG)


class _ReviewPage(Page):
    save: PushButton
    close_window: PushButton


class SeriesReviewWindow(QDialog):
    """Shows all images of a series, has them masked and confirmed, and saves them on request.

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
    masks_regions : bool
        Black out what lies outside the regions of an ultrasound.
    """

    def __init__(
        self,
        title: str,
        note: str,
        looks: Sequence[Look],
        options: Sequence[Widget],
        parent: QWidget | None,
        gate: Gate = SESSION,
        *,
        masks_regions: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 760)
        self.gate, self.looks = gate, tuple(looks)
        self.images: tuple[SealedImage, ...] = ()
        self._masks_regions = masks_regions
        self._unmasked: tuple[SealedImage, ...] = ()
        self._work = Latest(self)
        self.review = ImageReview(gate)
        # Of all images, the same part would be left.
        self.review.draw_crop.visible = False
        self.status = PlainLabel()
        page = _ReviewPage()
        page.extend(
            [
                self.review,
                *options,
                holder(PlainLabel(note)),
                holder(self.status),
                row(
                    button("save", "Save…", "", self._on_save),
                    button("close_window", "Close", "Close this window", self.reject),
                ),
            ]
        )
        self.page = page
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page.native)
        for part in (page.save, page.close_window):
            part.native.setAutoDefault(False)
        self._work.progressed.connect(guarded(self._on_progress))
        self.review.edited.connect(guarded(self._mask))
        self.review.ready_changed.connect(guarded(self._say_missing))
        self.finished.connect(self.release)
        self.examine()

    def examine(self) -> None:
        """Make the images of all looks, and look for text in them."""
        self._withdraw()
        looks, renderer = self.looks, Renderer(None, masks_regions=self._masks_regions)

        def image_of(look: Look) -> SealedImage:
            rgb, facts = renderer.render(look)
            is_gray = all((rgb[..., 0] == rgb[..., other]).all() for other in (1, 2))
            return sealed(rgb[..., 0] if is_gray else rgb, facts, _WISH)

        self._make(looks, image_of)

    def save(self) -> None:
        """Ask where, and save the images, which the gate lets out.

        Raises
        ------
        CancelledError, MedscanError, OSError
            If that was ended, or is not possible.
        """
        raise NotImplementedError

    def release(self, _result: int = 0) -> None:
        """Stop all work."""
        self._work.release()
        self.review.release()

    def _mask(self) -> None:
        masks = self.review.masks
        unmasked = self._unmasked
        self._withdraw()
        self._make(unmasked, lambda image: masked(image, masks))

    def _make(self, sources: Sequence[object], image_of: Callable[..., SealedImage]) -> None:
        """Make an image of each of some sources in a thread, and show all of them."""
        work, keeps = self._work, sources is self.looks

        def task(is_stale: Callable[[], bool]) -> tuple[tuple[SealedImage, ...], Sheet]:
            images = []
            for number, source in enumerate(sources):
                if is_stale():
                    raise CancelledError("cancelled")
                work.progressed.emit(number, len(sources))
                images.append(image_of(source))
            return tuple(images), make_sheet(images)

        def then(made: tuple[tuple[SealedImage, ...], Sheet]) -> None:
            images, sheet = made
            self.images = images
            if keeps:
                self._unmasked = images
            self.review.show_sheet(sheet)
            self.page.save.enabled = True
            self._say_missing()

        self._work.start(task, then, self._on_failed)

    def _withdraw(self) -> None:
        self.images = ()
        self.review.withdraw()
        self.page.save.enabled = False
        self.status.say("Preparing the images…")

    def _say_missing(self) -> None:
        if self.images:
            count = len(self.images)
            said = f"{count} {'image' if count == 1 else 'images'}"
            self.status.say(self._missing() or said)

    def _missing(self) -> str:
        """Return what has to be confirmed yet."""
        missing = (self.gate.missing(image, THIS_COMPUTER) for image in self.images)
        return next(filter(None, missing), "")

    def _on_save(self) -> None:
        try:
            for image in self.images:
                self.gate.check(image, THIS_COMPUTER)
            if self.images:
                self.save()
        except NotConfirmedError:
            self.status.say(f"Not saved yet. {self._missing()}")
        except CancelledError:
            pass
        except (MedscanError, OSError) as error:
            # No other error's text: it may quote a path.
            tell(f"{error}." if isinstance(error, MedscanError) else "The file cannot be written.")

    def _on_progress(self, done: int, count: int) -> None:
        if not self.images:
            self.status.say(f"Preparing image {done + 1} of {count}…")

    def _on_failed(self, error: Exception) -> None:
        known = isinstance(error, ImageError)
        self.status.say(str(error) if known else "The images could not be rendered.")
