"""From what the viewer shows to the picture that would be sent, off the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import napari.viewer
import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.picture import (
    Mask,
    NoPictureError,
    Shown,
    layers_in_picture,
    others_of,
    shown_of,
)
from napari_medscan.privacy.jpeg import JpegError
from napari_medscan.privacy.painting import Painted
from napari_medscan.privacy.picture import Box, Picture, encode_picture, render
from napari_medscan.privacy.signals import Signals, kept_pixels, read_signals
from napari_medscan.render.snapshot import Index
from napari_medscan.widgets.assistant.text_check import TextCheck, check_text

_WITH_REGIONS = ("US", "IVUS")
_OTHERS = 12
"""Other slices that are compared with this one: burned-in text stays while anatomy moves."""

Part = tuple[float, float, float, float]
"""Top, left, bottom and right of a part of the picture, in shares of it before it is cropped."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user chose of the picture.

    Parameters
    ----------
    longest, quality : int
        Of the JPEG.
    masks : tuple of Part
        What is blacked out.
    crop : Part, optional
        What is left.
    """

    longest: int
    quality: int
    masks: tuple[Part, ...] = ()
    crop: Part | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at, settled: whatever the viewer shows later, the picture is of this.

    Parameters
    ----------
    layers : tuple of Shown
        In the picture, the one that decides its extent first.
    others : tuple of tuple of index
        Where other slices of each of them are.
    state : tuple
        Equal while the picture would be the same.
    subject : tuple
        Equal while masks belong to it: the same series, cut the same way.
    """

    layers: tuple[Shown, ...]
    others: tuple[tuple[Index, ...], ...]
    state: tuple[object, ...]
    subject: tuple[object, ...]

    @property
    def name(self) -> str:
        """What slice that is, for the user."""
        numbers = self.layers[0].slices
        return f"Slice {numbers[0] + 1}" if len(numbers) == 1 else "Reformat or slab"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture, and what was noticed about it.

    Parameters
    ----------
    picture : Picture
        What would be sent.
    image : QImage
        Its JPEG, decoded.
    signals : Signals
        What the headers say.
    text : TextCheck
        What was found in the pixels.
    modality : str
        Coded value of the file.
    frame : tuple of int
        Height and width before it was cropped.
    """

    picture: Picture
    image: QImage
    signals: Signals
    text: TextCheck
    modality: str
    frame: tuple[int, int]


def look(viewer: napari.viewer.Viewer, *, blended: bool) -> Look:
    """Return what is looked at.

    Raises
    ------
    NoPictureError
        When there is no picture to send.
    """
    layers = layers_in_picture(viewer, blended=blended)
    shown = tuple(shown_of(viewer, layer) for layer in layers)
    others = tuple(tuple(there) for there in others_of(viewer, layers, _OTHERS))
    subject = (*_way(viewer), *(layer.unique_id for layer in layers))
    return Look(shown, others, _state(viewer, shown), subject)


def is_same(look: Look, viewer: napari.viewer.Viewer, *, blended: bool) -> bool:
    """Whether the viewer would still give this picture."""
    try:
        layers = layers_in_picture(viewer, blended=blended)
        shown = tuple(shown_of(viewer, layer) for layer in layers)
    except NoPictureError:
        return False
    return look.state == _state(viewer, shown)


class Preparer:
    """Makes pictures; keeps the newest rendering, so that a mask takes no time.

    For one thread, which is not the GUI's.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._kept: _Rendered | None = None

    def prepare(self, look: Look, wish: Wish) -> Prepared | JpegError:
        """Return the picture, or why there is none."""
        rendered = self._rendered(look, wish.longest)
        height, width = rendered.rgb.shape[:2]
        masks = tuple(_box(part, height, width) for part in wish.masks)
        crop = None if wish.crop is None else _box(wish.crop, height, width)
        try:
            picture = encode_picture(rendered.rgb, rendered.layers, wish.quality, masks, crop)
        except JpegError as error:
            return error
        return Prepared(
            picture,
            QImage.fromData(picture.data),
            rendered.signals,
            rendered.text,
            look.layers[0].stack.modality,
            (height, width),
        )

    def _rendered(self, look: Look, longest: int) -> _Rendered:
        key = look.state, longest
        if self._kept is None or key != self._key:
            self._kept, self._key = _rendered(look, longest), key
        return self._kept


@dataclass(frozen=True, slots=True)
class _Rendered:
    rgb: NDArray[np.uint8]
    layers: list[Painted]
    signals: Signals
    text: TextCheck


def _rendered(look: Look, longest: int) -> _Rendered:
    files = _Files()
    shown = [layer.read(files.kept(layer)) for layer in look.layers]
    rgb = render(shown, longest=longest)
    signals = _together([files.signals(layer) for layer in look.layers])
    same = []
    for places in look.others:
        there = [layer.at(at) for layer, at in zip(look.layers, places, strict=True)]
        other = render([layer.read(files.kept(layer)) for layer in there], longest=longest)
        if other.shape == rgb.shape:
            same.append(other)
    return _Rendered(rgb, shown, signals, check_text(rgb, same))


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


def _state(viewer: napari.viewer.Viewer, shown: Sequence[Shown]) -> tuple[object, ...]:
    return (*_way(viewer), *(layer.state for layer in shown))


def _way(viewer: napari.viewer.Viewer) -> tuple[object, ...]:
    return tuple(viewer.dims.displayed), str(camera_of(viewer).orientation2d)


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
