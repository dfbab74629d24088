"""An image before it leaves: the look at it, masks and a crop, and what has to be confirmed."""

from __future__ import annotations

from collections.abc import Iterable

from magicgui.widgets import CheckBox, PushButton
from psygnal import Signal
from qtpy.QtCore import QRectF
from qtpy.QtWidgets import QSizePolicy

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Concern, SealedImage
from napari_medscan.privacy.text_check import Box
from napari_medscan.render.prepare import Part
from napari_medscan.widgets.image.contact_sheet import READABLE, Sheet
from napari_medscan.widgets.image.full_size import FullSizeWindow
from napari_medscan.widgets.image.image_view import ImageView
from napari_medscan.widgets.panel.form import Page, button, check, holder, put, row, toggle
from napari_medscan.widgets.texts import PlainLabel

_WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
_TOO_SMALL = "Check at full size first: small text may be a name."
QUESTIONS = {
    Concern.TEXT: "Outlined text is not a name",
    Concern.HEADER: "I checked: no name visible",
    Concern.FACE: "Nobody can be recognized, or the face may be shown",
}
"""What the user confirms, the first one that applies for all of them."""


class ImageReview(Page):
    """Shows the bytes that would leave, decoded, and asks what has to be asked.

    Parameters
    ----------
    gate : Gate
        Remembers what was seen and confirmed.
    height : int
        Pixels of the image on screen; 0 for as much as there is.
    can_leave_out : bool
        Whether some of several images may leave without the others.

    Attributes
    ----------
    edited : Signal
        Emitted when masks or crop change.
    ready_changed : Signal
        Emitted when the images may leave, or may not any more.
    left_out : Signal
        Emitted with the images that are to be left out.
    """

    draw_mask: PushButton
    draw_crop: PushButton
    remove_parts: PushButton
    enlarge: PushButton
    mask_all: PushButton
    leave_out: PushButton
    confirm: CheckBox

    edited = Signal()
    ready_changed = Signal()
    left_out = Signal(object)

    def __init__(self, gate: Gate, height: int = 0, *, can_leave_out: bool = False) -> None:
        super().__init__(margin=0)
        self._gate = gate
        self.masks: tuple[Part, ...] = ()
        self.crop: Part | None = None
        self.can_mask = True
        self.sheet = Sheet()
        self.recipient = THIS_COMPUTER
        self._subject: tuple[object, ...] = ()
        self.view = ImageView()
        if height:
            self.view.setFixedHeight(height)
        policy = QSizePolicy.Policy
        self.view.setSizePolicy(policy.Expanding, policy.Fixed if height else policy.Expanding)
        self.full_size = FullSizeWindow(self.native)
        self.full_size.view.can_leave_out = can_leave_out
        self.text_found, self.too_small, self.warnings = PlainLabel(), PlainLabel(), PlainLabel()
        mask, crop = "Draw boxes to black out parts of the image", "Draw the part to keep"
        enlarge = "View the image pixel by pixel in a separate window"
        tools = row(
            toggle("draw_mask", "Mask", mask, lambda _: self._on_switch(self.draw_crop)),
            toggle("draw_crop", "Crop", crop, lambda _: self._on_switch(self.draw_mask)),
            button("remove_parts", "Clear", "Remove masks and crop", self.clear_parts),
            button("enlarge", "Full size…", enlarge, self.look),
        )
        mask_all, leave_out = "Black out what is outlined", "Leave out all with outlined text"
        found = row(
            button("mask_all", "Mask all outlined", mask_all, self._on_mask_all),
            button("leave_out", "Leave out", leave_out, self._on_leave_out),
        )
        tools.name, found.name = "tools", "found"
        self.extend(
            [
                holder(self.view),
                tools,
                holder(self.text_found),
                found,
                holder(self.warnings),
                check("confirm", "", "", self._on_confirm),
                holder(self.too_small),
            ]
        )
        self.view.clicked.connect(guarded(lambda _: self.look()))
        for view in (self.view, self.full_size.view):
            view.seen.connect(guarded(self._on_seen))
        self.full_size.view.left_out.connect(self.left_out.emit)
        self.full_size.confirm.changed.connect(guarded(self._on_confirmed_there))
        self.view.drawn.connect(guarded(self._on_drawn))
        self.withdraw()

    def begin(self, subject: tuple[object, ...]) -> None:
        """Drop masks and crop that were drawn on something else than this is of."""
        if subject != self._subject:
            self._subject, self.masks, self.crop = subject, (), None
            self._enable()

    @property
    def images(self) -> tuple[SealedImage, ...]:
        """What would leave, as it is shown; none while that is prepared."""
        return self.sheet.images

    def show_sheet(self, sheet: Sheet) -> None:
        """Show images that are as they would leave."""
        self.sheet = sheet
        self.view.show_sheet(sheet, _rectangle(self.crop or _WHOLE))
        if self.full_size.isVisible():
            self.full_size.show_sheet(sheet)
        self.text_found.say(_summary(sheet.images))
        exposed = any(image.exposed for image in sheet.images)
        self["found"].visible = exposed
        can_leave_out = self.full_size.view.can_leave_out and len(sheet.images) > 1
        self.leave_out.visible = exposed and can_leave_out
        self.warnings.say("\n".join(_warnings(sheet.images)))
        self.view.setVisible(True)
        self["tools"].visible = True
        self._enable()
        self.address(self.recipient)

    def look(self) -> None:
        """Show the images in a window, large enough to read what is written in them."""
        if self.images:
            self.full_size.open_sheet(self.sheet)

    def address(self, recipient: str) -> None:
        """Ask on behalf of another recipient: what was confirmed is confirmed to one."""
        self.recipient = recipient
        concerns = {concern for image in self.images for concern in image.concerns}
        label = next((text for kind, text in QUESTIONS.items() if kind in concerns), "")
        confirm = self.confirm
        is_open = any(self._gate.open_concerns(image, recipient) for image in self.images)
        put(confirm, bool(label) and not is_open)
        confirm.text = label
        confirm.visible = bool(label)
        self._enable_confirm()
        self.ready_changed.emit()

    def withdraw(self) -> None:
        """Show that this is not what would leave any more."""
        self.sheet = Sheet()
        self.view.fade()
        self.full_size.withdraw()
        for part in (self.text_found, self.too_small, self.warnings):
            part.say("")
        self["found"].visible = self.confirm.visible = False
        has_images = bool(self.view.sheet.images)
        self.view.setVisible(has_images)
        self["tools"].visible = has_images
        self._enable()
        self.ready_changed.emit()

    def clear_parts(self) -> None:
        """Remove masks and crop."""
        self.masks, self.crop = (), None
        self.edited.emit()

    def release(self) -> None:
        """Close the window of full size."""
        self.full_size.withdraw()

    def _enable(self) -> None:
        self.draw_crop.enabled = len(self.images) == 1
        # The same pixels of all images are masked.
        self.draw_mask.enabled = self.can_mask and len({i.frame for i in self.images}) == 1
        self.mask_all.enabled = self.can_mask
        self.enlarge.enabled = bool(self.images)
        self.remove_parts.enabled = bool(self.masks or self.crop)

    def _enable_confirm(self) -> None:
        may_confirm = all(self._gate.may_confirm(image) for image in self.images)
        self.confirm.enabled = may_confirm
        question = "" if self.confirm.value else self.confirm.text
        self.full_size.ask(question if self.confirm.visible else "", may_confirm=may_confirm)
        self.full_size.note.say(self._to_see)
        concerns = any(image.concerns for image in self.images)
        self.too_small.say(_TOO_SMALL if concerns and not may_confirm else "")

    @property
    def _to_see(self) -> str:
        """What of the images has still to be seen, for the window that shows them large."""
        images, gate = self.images, self._gate
        seen = sum(gate.is_seen(image) for image in images)
        if len(images) == 1:
            if gate.is_seen(images[0], full_size=True):
                return "The whole image has been viewed."
            height, width = images[0].shape
            return f"{width} × {height} pixels. Scroll to view the whole image."
        said = [f"{seen} of {len(images)} images viewed."]
        if seen < len(images):
            said.append("Scroll to view the others.")
        small = sum(image.is_suspected and not gate.may_confirm(image) for image in images)
        if small:
            rest = ", or leave out" if self.full_size.view.can_leave_out else ""
            how = "scroll" if self.full_size.is_full_size else "click"
            said.append(f"{small} may contain text: {how} to view at full size{rest}.")
        return " ".join(said)

    def _on_leave_out(self) -> None:
        self.left_out.emit(tuple(image for image in self.images if image.exposed))

    def _on_switch(self, other: PushButton) -> None:
        """Let the mouse draw one of the two, not the other."""
        if self.draw_mask.value and self.draw_crop.value:
            other.value = False
        self.view.can_draw = self.draw_mask.value or self.draw_crop.value

    def _on_drawn(self, drawn: QRectF) -> None:
        part = (drawn.top(), drawn.left(), drawn.bottom(), drawn.right())
        if self.draw_crop.value:
            self.crop = part
            self.draw_crop.value = False
        else:
            self.masks = (*self.masks, part)
        self.edited.emit()

    def _on_mask_all(self) -> None:
        parts = (_part(o.box, image.frame) for image in self.images for o in image.exposed)
        self.masks = tuple(dict.fromkeys((*self.masks, *parts)))
        self.edited.emit()

    def _on_confirm(self, _confirmed: object = None) -> None:
        """Note what the user confirms, once all was seen that it is about."""
        for image in self.images:
            if not self.confirm.value:
                self._gate.withdraw(image, self.recipient)
            elif self._gate.may_confirm(image):
                self._gate.confirm(image, self.recipient)
        self.ready_changed.emit()

    def _on_confirmed_there(self, _is_down: object) -> None:
        self.confirm.value = True
        self.full_size.reject()

    def _on_seen(self, images: tuple[SealedImage, ...], scale: float) -> None:
        # One image fills the dock; of several, each is too small there to be looked at.
        if len(self.images) > 1 and scale < READABLE:
            return
        for image in images:
            self._gate.see(image, full_size=scale >= 1)
        self._enable_confirm()
        if self.confirm.value:
            self._on_confirm()
        self.ready_changed.emit()


def _summary(images: tuple[SealedImage, ...]) -> str:
    """Return what was found of text, in a line."""
    if len(images) == 1:
        return images[0].facts.text.sentence
    flagged = sum(bool(image.exposed) for image in images)
    said = f"possible in {flagged}, shown first" if flagged else "nothing found"
    return f"Text in {len(images)} images: {said}"


def _warnings(images: Iterable[SealedImage]) -> Iterable[str]:
    signals = [image.facts.signals for image in images]
    for reason in dict.fromkeys(reason for one in signals for reason in one.text):
        yield f"The image may contain text: {reason}."
    for face in dict.fromkeys(one.face for one in signals if one.face):
        yield f"A face may be recognizable: the image {face}."


def _part(box: Box, frame: tuple[int, int]) -> Part:
    height, width = frame
    return (
        box.top / height,
        box.left / width,
        (box.top + box.height) / height,
        (box.left + box.width) / width,
    )


def _rectangle(part: Part) -> QRectF:
    top, left, bottom, right = part
    return QRectF(left, top, right - left, bottom - top)
