"""One image that may leave: bytes that hold nothing but pixels, and what to confirm about them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.privacy import jpeg, png
from napari_medscan.privacy.coded_terms import modality_named
from napari_medscan.privacy.errors import ImageError
from napari_medscan.privacy.signals import Signals
from napari_medscan.privacy.text_check import Box, Outline, TextCheck

QUALITY = 95


class Format(StrEnum):
    """How an image is encoded; the value is its suffix."""

    JPEG = "jpg"
    PNG = "png"


class Concern(StrEnum):
    """A reason for which somebody has to confirm something before an image leaves."""

    TEXT = "outlined text"
    HEADER = "header"
    FACE = "face"


@dataclass(frozen=True)
class Facts:
    """What is known of the pixels of an image.

    Parameters
    ----------
    signals : Signals
        What the headers say of text and faces.
    text : TextCheck
        What was found in the pixels.
    modality : str
        Coded value of the file.
    plane : str
        "axial", "coronal", "sagittal", or '' when unknown.
    source : tuple of int
        Rows and columns of the slice.
    regions_only : bool
        Whether all outside an ultrasound's regions was blacked out.
    """

    signals: Signals = field(default_factory=Signals)
    text: TextCheck = field(default_factory=TextCheck)
    modality: str = ""
    plane: str = ""
    source: tuple[int, int] = (0, 0)
    regions_only: bool = False

    def exposed(self, masks: Sequence[Box], crop: Box | None = None) -> tuple[Outline, ...]:
        """Return the outlines of text that are neither masked nor cropped away."""
        return tuple(
            outline
            for outline in self.text.outlines
            if not any(mask.contains(outline.box) for mask in masks)
            and (crop is None or crop.intersects(outline.box))
        )

    def reasons(self, masks: Sequence[Box], crop: Box | None = None) -> dict[Concern, str]:
        """Return what somebody has to confirm of the pixels once they are masked, and why.

        Whatever was looked for in the pixels, a header that makes text likely is a concern of its
        own: single strings are missed. Each reason is a sentence without the period; it quotes no
        value.
        """
        found = {}
        if self.signals.text:
            why = self.signals.text[0]
            found[Concern.HEADER] = f"The image may contain text that identifies: {why}"
        if self.exposed(masks, crop) or not self.text.is_done:
            how = "seems to contain text" if self.text.is_done else "was not checked for text"
            found[Concern.TEXT] = f"The image {how}"
        if self.signals.face:
            why = self.signals.face
            found[Concern.FACE] = f"A face may be recognizable: the image {why}"
        return found


@dataclass(frozen=True, eq=False)
class SealedImage:
    """Bytes of an image, validated when this is made, which is the only way to make one.

    Every exit takes this type: Send, Save, the clipboard, exports.

    Parameters
    ----------
    data : bytes
        A JPEG or a PNG.
    facts : Facts
        What is known of its pixels.
    frame : tuple of int
        Height and width before it was cropped.
    masks : tuple of Box
        What was blacked out.
    crop : Box, optional
        What is left of it.

    Raises
    ------
    ImageError
        When the bytes hold anything but an image.
    """

    data: bytes
    facts: Facts = Facts()
    frame: tuple[int, int] = (0, 0)
    masks: tuple[Box, ...] = ()
    crop: Box | None = None

    def __post_init__(self) -> None:
        _ = self.shape

    def __repr__(self) -> str:
        return f"<SealedImage {self.sha256[:12]}>"

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        check = png.check if self.format is Format.PNG else jpeg.check
        return check(self.data)

    @property
    def format(self) -> Format:
        """How it is encoded."""
        return Format.PNG if self.data.startswith(png.SIGNATURE) else Format.JPEG

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, as hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def exposed(self) -> tuple[Outline, ...]:
        """Outlines of text that are neither masked nor cropped away."""
        return self.facts.exposed(self.masks, self.crop)

    @cached_property
    def reasons(self) -> dict[Concern, str]:
        """Why each concern is one, as `Facts.reasons`."""
        return self.facts.reasons(self.masks, self.crop)

    @cached_property
    def concerns(self) -> frozenset[Concern]:
        """What has to be confirmed before it may leave."""
        return frozenset(self.reasons)

    @property
    def is_suspected(self) -> bool:
        """Whether it may contain text, which can be too small to read in a dock."""
        return bool(self.concerns & {Concern.TEXT, Concern.HEADER})

    @property
    def name(self) -> str:
        """A name for a file, from modality and plane: "ct-axial.png"."""
        words = modality_named(self.facts.modality).lower(), self.facts.plane
        return f"{'-'.join(filter(None, words)) or 'image'}.{self.format}"

    @property
    def description(self) -> str:
        """What was done to it, in a line for the user."""
        (height, width), (rows, columns) = self.shape, self.facts.source
        words = [f"{width} × {height} pixels (slice: {columns} × {rows})"]
        if self.crop is not None:
            words.append("cropped")
        if self.masks:
            words.append(f"{counted(len(self.masks), 'box')} masked")
        if self.facts.regions_only:
            words.append("everything outside the ultrasound regions masked")
        words.append(f"{len(self.data) / 1000:,.0f} kB")
        return ", ".join(words)


def seal(
    rgb: NDArray[np.uint8],
    facts: Facts = Facts(),
    *,
    format: Format = Format.JPEG,  # noqa: A002 - as of Pillow
    quality: int = QUALITY,
    masks: Sequence[Box] = (),
    crop: Box | None = None,
) -> SealedImage:
    """Mask, crop, encode and validate an image; raises ImageError when nothing is left.

    Validating a JPEG takes up to a second per megabyte: call it from a thread.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The image before masks and crop; of a PNG also gray, (height, width).
    facts, format, masks, crop
        As of `SealedImage`.
    quality : int
        Of a JPEG, 1 to 100.
    """
    cleaned = rgb.copy()
    for box in masks:
        cleaned[box.slices] = 0
    if crop is not None:
        cleaned = cleaned[crop.slices]
    if not cleaned.size:
        raise ImageError("The crop is empty. Draw a larger one.")
    data = png.encode(cleaned) if format is Format.PNG else jpeg.encode(cleaned, quality)
    height, width = rgb.shape[:2]
    return SealedImage(data, facts, (height, width), tuple(masks), crop)
