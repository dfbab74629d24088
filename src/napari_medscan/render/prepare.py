"""From what is looked at to a sealed image: read, drawn, checked for text, masked, encoded."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.privacy.painting import LONGEST, paint
from napari_medscan.privacy.sealed_image import QUALITY, Facts, Format, SealedImage, seal
from napari_medscan.privacy.signals import WITH_REGIONS, Signals, kept_pixels, read_signals
from napari_medscan.privacy.strokes import Stroke
from napari_medscan.privacy.text_check import UNCHECKED, Box, check_text
from napari_medscan.render.labels_view import LabelsView
from napari_medscan.render.layer_view import Mask, SeriesView
from napari_medscan.render.snapshot import Index

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
    masks_regions : bool
        Black out what lies outside the regions of an ultrasound.
    """

    longest: int | None = LONGEST
    quality: int = QUALITY
    format: Format = Format.JPEG
    masks: tuple[Part, ...] = ()
    crop: Part | None = None
    masks_regions: bool = True


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at: whatever a viewer shows later, the image is of this.

    Parameters
    ----------
    layers : tuple of SeriesView
        In the image, the lowest first.
    others : tuple of tuple of index
        Where other slices of each of them are: burned-in text stays while anatomy moves.
    state : tuple
        Equal while the image would be the same.
    subject : tuple
        Equal while masks belong to it: the same series, cut the same way.
    spread : int, optional
        Axis along which the looks at a series are spread: `state` does not depend on the place
        along it.
    base : int
        Number of the layer that decides the extent.
    labels : tuple of LabelsView
        Over the layers, the lowest first.
    strokes : tuple of Stroke
        Over the labels.
    """

    layers: tuple[SeriesView, ...]
    others: tuple[tuple[Index, ...], ...] = ()
    state: tuple[object, ...] = ()
    subject: tuple[object, ...] = ()
    spread: int | None = None
    base: int = 0
    labels: tuple[LabelsView, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    @property
    def name(self) -> str:
        """What slice that is, for the user."""
        numbers = self.layers[self.base].slices
        return f"Slice {numbers[0] + 1}" if len(numbers) == 1 else "Reformat or slab"


_Rendered = dict[object, tuple[bytes, tuple[int, ...], Facts]]


class Preparer:
    """Makes images; keeps the newest renderings, packed, so that a mask takes no time.

    For one thread, which is not the GUI's.
    """

    def __init__(self) -> None:
        self._rendered: _Rendered = {}

    def prepare(
        self,
        looks: Sequence[Look],
        wish: Wish,
        progress: Callable[[int, int], object] = lambda _done, _count: None,
    ) -> tuple[SealedImage, ...]:
        """Return the image of each look, made as wished.

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
        MedscanError, OSError
            When nothing is left of an image, or a file cannot be read; the text may name it.
        """
        renderer = Renderer(wish.longest, masks_regions=wish.masks_regions)
        images = []
        newest: _Rendered = {}
        for number, look in enumerate(looks):
            progress(number, len(looks))
            # Slices cannot be hashed before Python 3.12.
            place = str(look.layers[look.base].index)
            key = look.state, place, wish.longest, wish.masks_regions
            if key not in self._rendered:
                rgb, facts = renderer.render(look)
                self._rendered[key] = zlib.compress(rgb.tobytes(), 1), rgb.shape, facts
            newest[key] = packed, shape, facts = self._rendered[key]
            rgb = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape)
            images.append(sealed(rgb, facts, wish))
        # Not before all are made: work that was ended midway goes on where it was.
        self._rendered = newest
        return tuple(images)


class Renderer:
    """Renders slices of the same series; what they share is read and drawn once.

    Parameters
    ----------
    longest : int or None
        As in `Wish`.
    masks_regions : bool
        Black out what lies outside the regions of an ultrasound.
    looks_for_text : bool
        Look for text in the pixels. Without it, text is to be suspected.
    """

    def __init__(
        self, longest: int | None, *, masks_regions: bool = True, looks_for_text: bool = True
    ) -> None:
        self._longest = longest or _EVERY_PIXEL
        self._masks_regions, self._looks_for_text = masks_regions, looks_for_text
        self._signals: dict[object, Signals] = {}
        self._drawn: dict[object, NDArray[np.uint8]] = {}

    def render(
        self, look: Look, pixels: NDArray[np.generic] | None = None
    ) -> tuple[NDArray[np.uint8], Facts]:
        """Return an image of shape (height, width, 3), and what is known of it.

        Pixels are those of the only layer, when they have been read already. Raises as
        `Preparer.prepare`.
        """
        layers = [layer.read(self._kept(layer), pixels) for layer in look.layers]
        labels = [each.read() for each in look.labels]
        how = {"longest": self._longest, "base": look.base}
        rgb = paint([*layers, *labels], **how, strokes=look.strokes)
        first = look.layers[look.base]
        rows, columns = layers[look.base].values.shape[:2]
        return rgb, Facts(
            _together([self._signals_of(layer) for layer in look.layers]),
            check_text(rgb, self._others(look, rgb.shape)) if self._looks_for_text else UNCHECKED,
            first.stack.modality,
            first.plane,
            (rows, columns),
            regions_only=any(layer.kept is not None for layer in layers),
        )

    def _others(self, look: Look, shape: tuple[int, ...]) -> list[NDArray[np.uint8]]:
        """Return the other slices of a look that can be read and have its shape."""
        found = []
        for places in look.others:
            there = [layer.at(at) for layer, at in zip(look.layers, places, strict=True)]
            key = (look.base, *((layer.state, str(layer.index)) for layer in there))
            if key not in self._drawn:
                try:
                    painted = [layer.read(self._kept(layer)) for layer in there]
                except FrameError:
                    continue
                self._drawn[key] = paint(painted, longest=self._longest, base=look.base)
            if self._drawn[key].shape == shape:
                found.append(self._drawn[key])
        return found

    def _signals_of(self, layer: SeriesView) -> Signals:
        """Return what the headers say of what is on screen."""
        found = _together([self._read(header) for header in _headers(layer)])
        # A cut or a slab shows what a slice does not: a profile, a surface.
        if layer.is_across and not found.face and not found.body_part:
            found = replace(found, face="spans several slices, and the file gives no body part")
        return found

    def _kept(self, layer: SeriesView) -> dict[int, Mask]:
        """Return which pixels may be seen, by number of slice: the regions of its own file."""
        if layer.stack.modality not in WITH_REGIONS or not self._masks_regions:
            return {}
        rows, columns = layer.frame
        found = {}
        for number in layer.slices:
            mask = kept_pixels(self._read(layer.stack.read_header(number)), (rows, columns))
            if mask is not None:
                found[number] = mask
        return found

    def _read(self, header: ImageHeader) -> Signals:
        """Return what the header of a file says, which is read once."""
        key = header.source.file
        if key not in self._signals:
            self._signals[key] = read_signals(header)
        return self._signals[key]


def sealed(rgb: NDArray[np.uint8], facts: Facts, wish: Wish) -> SealedImage:
    """Return an image that was rendered, masked, cropped and encoded as wished.

    A PNG of a gray image is gray; a JPEG always has three components.
    """
    frame = rgb.shape[0], rgb.shape[1]
    is_gray = rgb.ndim == 3 and all((rgb[..., 0] == rgb[..., other]).all() for other in (1, 2))
    return seal(
        rgb[..., 0] if is_gray and wish.format is Format.PNG else rgb,
        facts,
        format=wish.format,
        quality=wish.quality,
        masks=[box_of(part, frame) for part in wish.masks],
        crop=None if wish.crop is None else box_of(wish.crop, frame),
    )


def box_of(part: Part, frame: tuple[int, int]) -> Box:
    """Return the pixels of a frame, (height, width), that a part of it covers or touches."""
    height, width = frame
    top, left = int(part[0] * height), int(part[1] * width)
    bottom, right = int(np.ceil(part[2] * height)), int(np.ceil(part[3] * width))
    return Box(top, left, bottom - top, right - left)


def _headers(layer: SeriesView) -> list[ImageHeader]:
    """Return the headers of what is on screen; of a cut, a typical one where all are alike."""
    if layer.stack.modality in WITH_REGIONS and layer.slices:
        return [layer.stack.read_header(number) for number in layer.slices]
    return [layer.read_header()]


def _together(signals: Sequence[Signals]) -> Signals:
    return Signals(
        tuple(dict.fromkeys(reason for one in signals for reason in one.text)),
        next((one.face for one in signals if one.face), ""),
        body_part=signals[0].body_part,
    )
