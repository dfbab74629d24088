"""From what is looked at to a sealed image: read, drawn, checked for text, masked, encoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.privacy.painting import LONGEST, paint
from napari_medscan.privacy.sealed_image import QUALITY, Facts, Format, SealedImage, seal
from napari_medscan.privacy.signals import Signals, kept_pixels, read_signals
from napari_medscan.privacy.text_check import Box, check_text
from napari_medscan.render.shown import Mask, Shown
from napari_medscan.render.snapshot import Index

_WITH_REGIONS = ("US", "IVUS")
_EVERY_PIXEL = 65_535
"""What a JPEG can have along one side (ITU-T T.81 B.2.2)."""

Part = tuple[float, float, float, float]
"""Top, left, bottom and right of a part of the image, in shares of it before it is cropped."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user chose of an image.

    Parameters
    ----------
    longest : int or None
        Most pixels along the longer side; None for all that the series has.
    quality : int
        Of a JPEG.
    format : Format
        How it is encoded.
    masks : tuple of Part
        What is blacked out.
    crop : Part, optional
        What is left.
    """

    longest: int | None = LONGEST
    quality: int = QUALITY
    format: Format = Format.JPEG
    masks: tuple[Part, ...] = ()
    crop: Part | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at: whatever a viewer shows later, the image is of this.

    Parameters
    ----------
    layers : tuple of Shown
        In the image, the one that decides its extent first.
    others : tuple of tuple of index
        Where other slices of each of them are: burned-in text stays while anatomy moves.
    state : tuple
        Equal while the image would be the same.
    subject : tuple
        Equal while masks belong to it: the same series, cut the same way.
    """

    layers: tuple[Shown, ...]
    others: tuple[tuple[Index, ...], ...] = ()
    state: tuple[object, ...] = ()
    subject: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """What slice that is, for the user."""
        numbers = self.layers[0].slices
        return f"Slice {numbers[0] + 1}" if len(numbers) == 1 else "Reformat or slab"


class Preparer:
    """Makes images; keeps the newest renderings, so that a mask takes no time.

    For one thread, which is not the GUI's.
    """

    def __init__(self) -> None:
        self._rendered: dict[object, tuple[NDArray[np.uint8], Facts]] = {}

    def prepare(
        self,
        looks: Sequence[Look],
        wish: Wish,
        progress: Callable[[int, int], object] = lambda _done, _count: None,
    ) -> tuple[SealedImage, ...]:
        """Return the image of each look.

        Parameters
        ----------
        looks : sequence of Look
            What is looked at: one, or key images and slices of a series.
        wish : Wish
            What the user chose, for all of them.
        progress : callable, optional
            Called before each image with its number, from 0, and with their count; what it raises
            ends the work.

        Raises
        ------
        ImageError
            When nothing is left of one.
        MedscanError, OSError
            When a file cannot be read; the text may name it.
        """
        before, self._rendered = self._rendered, {}
        images = []
        for number, look in enumerate(looks):
            progress(number, len(looks))
            # Slices cannot be hashed before Python 3.12.
            key = look.state, str(look.layers[0].index), wish.longest
            found = before.get(key) or _render(look, wish.longest or _EVERY_PIXEL)
            self._rendered[key] = found
            images.append(_sealed(*found, wish))
        return tuple(images)


def _sealed(rgb: NDArray[np.uint8], facts: Facts, wish: Wish) -> SealedImage:
    height, width = rgb.shape[:2]
    return seal(
        rgb,
        facts,
        format=wish.format,
        quality=wish.quality,
        masks=[_box(part, height, width) for part in wish.masks],
        crop=None if wish.crop is None else _box(wish.crop, height, width),
    )


def _render(look: Look, longest: int) -> tuple[NDArray[np.uint8], Facts]:
    files = _Files()
    layers = [layer.read(files.kept(layer)) for layer in look.layers]
    rgb = paint(layers, longest=longest)
    same = []
    for places in look.others:
        there = [layer.at(at) for layer, at in zip(look.layers, places, strict=True)]
        other = paint([layer.read(files.kept(layer)) for layer in there], longest=longest)
        if other.shape == rgb.shape:
            same.append(other)
    first = look.layers[0]
    rows, columns = layers[0].values.shape[:2]
    return rgb, Facts(
        _together([files.signals(layer) for layer in look.layers]),
        check_text(rgb, same),
        first.stack.modality,
        first.plane,
        (rows, columns),
        regions_only=any(layer.kept is not None for layer in layers),
    )


class _Files:
    """What the headers of files say, each read once."""

    def __init__(self) -> None:
        self._read: dict[object, Signals] = {}

    def signals(self, layer: Shown) -> Signals:
        """Return what they say of what is on screen."""
        found = _together([self._of(header) for header in _headers(layer)])
        # A cut or a slab shows what a slice does not: a profile, a surface.
        if layer.is_across and not found.face and not found.body_part:
            found = replace(found, face="spans several slices, and the file gives no body part")
        return found

    def kept(self, layer: Shown) -> dict[int, Mask]:
        """Return which pixels may be seen, by number of slice: the regions of its own file."""
        if layer.stack.modality not in _WITH_REGIONS:
            return {}
        rows, columns = layer.frame
        found = {}
        for number in layer.slices:
            header = layer.stack.read_header(number)
            mask = kept_pixels(self._of(header), (rows, columns))
            if mask is not None:
                found[number] = mask
        return found

    def _of(self, header: ImageHeader) -> Signals:
        key = header.source.file
        if key not in self._read:
            self._read[key] = read_signals(header)
        return self._read[key]


def _headers(layer: Shown) -> list[ImageHeader]:
    """Return the headers of what is on screen; of a cut, a typical one where all are alike."""
    if layer.stack.modality in _WITH_REGIONS and layer.slices:
        return [layer.stack.read_header(number) for number in layer.slices]
    return [layer.read_header()]


def _box(part: Part, height: int, width: int) -> Box:
    top, left = int(part[0] * height), int(part[1] * width)
    bottom, right = int(np.ceil(part[2] * height)), int(np.ceil(part[3] * width))
    return Box(top, left, bottom - top, right - left)


def _together(signals: Sequence[Signals]) -> Signals:
    return Signals(
        tuple(dict.fromkeys(reason for one in signals for reason in one.text)),
        next((one.face for one in signals if one.face), ""),
        body_part=signals[0].body_part,
        is_known=all(one.is_known for one in signals),
    )
