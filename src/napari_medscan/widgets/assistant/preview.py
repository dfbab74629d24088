"""All of what would be sent, before the user's eyes, and the button that sends it."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.assistant.consent import Preview
from napari_medscan.widgets.assistant.full_size import FullSizeWindow
from napari_medscan.widgets.assistant.picture_view import PictureView
from napari_medscan.widgets.assistant.preparing import Part, Prepared
from napari_medscan.widgets.assistant.texts import Heading, PlainLabel, PlainView

_WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
_HEIGHT = 240
_MASK, _CROP = "Mask", "Crop"
_TOO_SMALL = "Check it at full size first: small text may be a name."


class PreviewPane(QWidget):
    """Shows a preview, takes masks and a crop, and asks what must be asked.

    Attributes
    ----------
    edited : Signal
        When masks or crop are others.
    ready_changed : Signal
        When it may be sent, or may not any more.
    """

    edited = Signal()
    ready_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.masks: tuple[Part, ...] = ()
        self.crop: Part | None = None
        self.preview: Preview | None = None
        self._prepared: Prepared | None = None
        self._is_seen = self._is_seen_full_size = False
        self._subject: tuple[object, ...] = ()
        self.picture = PictureView()
        self.picture.setFixedHeight(_HEIGHT)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.full_size = FullSizeWindow(self)
        self.draw_mask = _switch(_MASK, "Draw boxes to black out parts of the image")
        self.draw_crop = _switch(_CROP, "Draw the part of the image to keep")
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Remove masks and crop")
        self.enlarge = QPushButton("Full size…")
        self.enlarge.setToolTip("View the image pixel by pixel in a separate window")
        self.text_found = PlainLabel()
        self.mask_all = QPushButton("Mask all outlined")
        self.confirm = QCheckBox()
        self.too_small = PlainLabel()
        self.warnings = PlainLabel()
        self.facts = PlainView(most=14)
        self.words = PlainView(most=30)
        self.retention = PlainLabel()
        self._tools = (self.draw_mask, self.draw_crop, self.clear, self.enlarge)
        self._details, self._sent = QWidget(), QWidget()
        self._lay_out()
        self.draw_mask.toggled.connect(lambda _: self._on_switch(self.draw_mask, self.draw_crop))
        self.draw_crop.toggled.connect(lambda _: self._on_switch(self.draw_crop, self.draw_mask))
        self.clear.clicked.connect(self.clear_parts)
        self.enlarge.clicked.connect(self._on_enlarge)
        self.picture.double_clicked.connect(self._on_enlarge)
        self.mask_all.clicked.connect(self._on_mask_all)
        self.confirm.toggled.connect(self.ready_changed)
        self.picture.seen.connect(self._on_seen)
        self.full_size.view.seen.connect(self._on_seen)
        self.picture.drawn.connect(self._on_drawn)
        self.withdraw()

    @property
    def is_ready(self) -> bool:
        """Whether it may be sent: all was seen, and what had to be confirmed was."""
        return self.preview is not None and not self.missing

    @property
    def missing(self) -> str:
        """What the user has to do before it may be sent; empty when nothing."""
        if not self._is_seen:
            return "Scroll until the whole image is visible."
        if not self._question() or (self._is_seen_full_size and self.confirm.isChecked()):
            return ""
        if self._unmasked():
            return "Mask the outlined text, or confirm that it is not a name."
        return "Check the image for names, and confirm that none is visible."

    @property
    def is_seen(self) -> bool:
        """Whether the whole picture has been on screen."""
        return self._is_seen

    @property
    def jpeg(self) -> bytes:
        """The bytes of the picture that is shown; none when it is not what would be sent."""
        return b"" if self._prepared is None else self._prepared.picture.data

    def begin(self, subject: tuple[object, ...]) -> None:
        """Drop masks and crop that were drawn on something else than this is of."""
        if subject != self._subject:
            self._subject, self.masks, self.crop = subject, (), None
            self._enable()

    def show_preview(self, preview: Preview | None, prepared: Prepared) -> None:
        """Show all of a preview; of what cannot be sent, None, the picture alone."""
        self._prepared, self.preview = prepared, preview
        self._is_seen = self._is_seen_full_size = False
        height, width = prepared.frame
        outlines = [
            (_share(o.box.top, o.box.left, o.box.height, o.box.width, height, width), o.is_sure)
            for o in prepared.text.outlines
        ]
        part = _rectangle(self.crop or _WHOLE)
        self.picture.show_picture(prepared.image, part, outlines)
        self.text_found.say(prepared.text.sentence)
        self.mask_all.setVisible(bool(self._unmasked()))
        self.confirm.setChecked(False)
        self.confirm.setText(self._question())
        self.confirm.setVisible(bool(self._question()))
        self._enable_confirm()
        self.warnings.say("\n".join(self._warnings()))
        self._sent.setVisible(preview is not None)
        if preview is not None:
            self.facts.say(_facts(preview, prepared))
            self.words.say(preview.text)
            self.retention.say(preview.retention.text)
        for shown in (self.picture, *self._tools, self._details):
            shown.show()
        self._enable()
        self.ready_changed.emit()

    def withdraw(self) -> None:
        """Say that this is not what would be sent any more."""
        self.preview = self._prepared = None
        self._is_seen = self._is_seen_full_size = False
        self.picture.fade()
        self.full_size.withdraw()
        self._details.hide()
        for part in (self.picture, *self._tools):
            part.setVisible(not self.picture.image.isNull())
        self._enable()
        self.ready_changed.emit()

    def clear_parts(self) -> None:
        """Remove masks and crop."""
        self.masks, self.crop = (), None
        self.edited.emit()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for button in self._tools:
            row.addWidget(button)
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        for part in (
            self.text_found,
            self.mask_all,
            self.warnings,
            self.confirm,
            self.too_small,
            self._sent,
        ):
            details.addWidget(part)
        sent = QVBoxLayout(self._sent)
        sent.setContentsMargins(0, 0, 0, 0)
        for part in (
            Heading("What is sent, and where to"),
            self.facts,
            Heading("Text sent with the image"),
            self.words,
            Heading("What the provider keeps"),
            self.retention,
        ):
            sent.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picture)
        layout.addLayout(row)
        layout.addWidget(self._details)

    def _enable(self) -> None:
        is_shown = self._prepared is not None
        for button in (self.draw_mask, self.draw_crop, self.enlarge):
            button.setEnabled(is_shown)
        self.clear.setEnabled(bool(self.masks or self.crop))

    def _enable_confirm(self) -> None:
        self.confirm.setEnabled(self._is_seen_full_size)
        is_missing = self._question() and not self._is_seen_full_size
        self.too_small.say(_TOO_SMALL if is_missing else "")

    def _on_enlarge(self) -> None:
        if self._prepared is not None:
            self.full_size.show_same(self.picture)

    def _on_switch(self, switch: QPushButton, other: QPushButton) -> None:
        """Let the mouse draw one of the two."""
        if switch.isChecked():
            other.setChecked(False)
        self.picture.can_draw = switch.isChecked() or other.isChecked()

    def _on_drawn(self, drawn: QRectF) -> None:
        part = (drawn.top(), drawn.left(), drawn.bottom(), drawn.right())
        if self.draw_crop.isChecked():
            self.crop = part
            self.draw_crop.setChecked(False)
        else:
            self.masks = (*self.masks, part)
        self.edited.emit()

    def _on_mask_all(self) -> None:
        self.masks = (*self.masks, *self._unmasked())
        self.edited.emit()

    def _on_seen(self, is_full_size: bool) -> None:  # noqa: FBT001 - Qt's signal
        if self.preview is not None:
            self.preview.mark_shown()
            self._is_seen = True
            self._is_seen_full_size |= is_full_size
            self._enable_confirm()
            self.ready_changed.emit()

    def _unmasked(self) -> list[Part]:
        """Return what was found and is neither masked nor cropped away."""
        if self._prepared is None:
            return []
        height, width = self._prepared.frame
        found = []
        for outline in self._prepared.text.outlines:
            box = outline.box
            place = _share(box.top, box.left, box.height, box.width, height, width)
            covered = any(_rectangle(mask).contains(place) for mask in self.masks)
            if not covered and _rectangle(self.crop or _WHOLE).intersects(place):
                found.append((place.top(), place.left(), place.bottom(), place.right()))
        return found

    def _question(self) -> str:
        """Return what the user must confirm, empty when nothing."""
        if self._prepared is None or self.preview is None:
            return ""
        if self._unmasked():
            return "Outlined text is not a name"
        # Whatever was looked for in the pixels: single strings are missed.
        return "I checked: no name visible" if self._prepared.signals.text else ""

    def _warnings(self) -> list[str]:
        if self._prepared is None:
            return []
        signals = self._prepared.signals
        said = [f"The image may contain text: {reason}." for reason in signals.text]
        if signals.face:
            said.append(f"A face may be recognizable: the image {signals.face}.")
        return [*said, *(self.preview.warnings if self.preview is not None else ())]


def _facts(preview: Preview, prepared: Prepared) -> str:
    lines = [
        f"To: {preview.destination}",
        f"Model: {preview.question.model}",
        f"Image: {prepared.picture.description}",
        f"SHA-256: {preview.picture_sha256}",
        f"Request: {preview.request_bytes / 1000:,.0f} kB, no DICOM metadata",
    ]
    return "\n".join(filter(None, (*lines, preview.shows_history)))


def _rectangle(part: Part) -> QRectF:
    top, left, bottom, right = part
    return QRectF(left, top, right - left, bottom - top)


def _share(top: int, left: int, down: int, across: int, height: int, width: int) -> QRectF:
    return QRectF(left / width, top / height, across / width, down / height)


def _switch(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button
