"""From what the viewer shows to the picture that would be sent, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_medscan.dicom import MedscanError
from napari_medscan.dicom.header import Header
from napari_medscan.dicom.part10 import scan_file
from napari_medscan.dicom.tags import Tag
from napari_medscan.napari_.picture import (
    NoPictureError,
    header_in_picture,
    layers_in_picture,
    painted,
)
from napari_medscan.napari_.shown import index_in_view
from napari_medscan.privacy.jpeg import JpegError
from napari_medscan.privacy.painting import Painted
from napari_medscan.privacy.picture import Box, Picture, encode_picture, render
from napari_medscan.privacy.signals import Signals, kept_pixels, read_signals
from napari_medscan.widgets.assistant.text_check import TextCheck, check_text

_OTHERS = 12
"""Other slices that are compared with this one: burned-in text stays while anatomy moves."""

Look = tuple[object, ...]
Part = tuple[float, float, float, float]
"""Top, left, bottom and right of a part of the picture, in shares of it before it is cropped."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user chose of the picture.

    Parameters
    ----------
    blended : bool
        All selected layers, instead of the one in front.
    longest, quality : int
        Of the JPEG.
    masks : tuple of Part
        What is blacked out.
    crop : Part, optional
        What is left.
    """

    blended: bool
    longest: int
    quality: int
    masks: tuple[Part, ...] = ()
    crop: Part | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture, and what was noticed about it.

    Parameters
    ----------
    picture : Picture
        What would be sent.
    signals : Signals
        What the headers say.
    text : TextCheck
        What was found in the pixels.
    modality, body_part : str
        Coded values of the file.
    frame : tuple of int
        Height and width before it was cropped.
    """

    picture: Picture
    signals: Signals
    text: TextCheck
    modality: str
    body_part: str
    frame: tuple[int, int]


def look(viewer: napari.viewer.Viewer, *, blended: bool) -> Look:
    """Return what the picture depends on: while it is equal, so is the picture.

    Raises
    ------
    NoPictureError
        When there is no picture to send.
    """
    layers = layers_in_picture(viewer, blended=blended)
    camera = viewer.scene.camera
    whole: tuple[object, ...] = (tuple(viewer.dims.displayed), str(camera.orientation2d))
    return (*whole, *(_look_of(viewer, layer) for layer in layers))


class Preparer:
    """Makes pictures; keeps the newest rendering, so that a mask takes no time.

    For one thread, which is not the GUI's.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._key: object = None
        self._kept: _Rendered | None = None

    def prepare(self, wish: Wish) -> Prepared | Exception:
        """Return the picture, or why there is none: NoPictureError or JpegError."""
        try:
            rendered = self._rendered(wish)
            height, width = rendered.rgb.shape[:2]
            masks = tuple(_box(part, height, width) for part in wish.masks)
            crop = None if wish.crop is None else _box(wish.crop, height, width)
            picture = encode_picture(rendered.rgb, rendered.layers, wish.quality, masks, crop)
        except (NoPictureError, JpegError) as error:
            return error
        return Prepared(
            picture,
            rendered.signals,
            rendered.text,
            rendered.modality,
            rendered.body_part,
            (height, width),
        )

    def _rendered(self, wish: Wish) -> _Rendered:
        key = (look(self._viewer, blended=wish.blended), wish.blended, wish.longest)
        if self._kept is None or key != self._key:
            self._kept, self._key = _rendered(self._viewer, wish), key
        return self._kept


@dataclass(frozen=True, slots=True)
class _Rendered:
    rgb: NDArray[np.uint8]
    layers: list[Painted]
    signals: Signals
    text: TextCheck
    modality: str
    body_part: str


def _rendered(viewer: napari.viewer.Viewer, wish: Wish) -> _Rendered:
    layers = layers_in_picture(viewer, blended=wish.blended)
    headers = [header_in_picture(viewer, layer) for layer in layers]
    signals = [Signals() if header is None else read_signals(header) for header in headers]
    kept = [kept_pixels(s, _frame(layer)) for s, layer in zip(signals, layers, strict=True)]

    def drawn(where: napari.viewer.Viewer) -> list[Painted]:
        return [painted(where, layer, k) for layer, k in zip(layers, kept, strict=True)]

    shown = drawn(viewer)
    rgb = render(shown, longest=wish.longest)
    others = [render(drawn(w), longest=wish.longest) for w in _elsewhere(viewer, layers[0])]
    same = [other for other in others if other.shape == rgb.shape]
    return _Rendered(
        rgb,
        shown,
        _together(signals),
        check_text(rgb, same),
        "" if headers[0] is None else headers[0].modality,
        _body_part(headers[0]),
    )


def _look_of(viewer: napari.viewer.Viewer, layer: Image) -> Look:
    index = [str(place) for place in index_in_view(viewer, layer)]
    colours = layer.colormap
    corners = np.vstack([np.zeros(layer.ndim), np.eye(layer.ndim)])
    placed = [np.asarray(layer.data_to_world(corner)).tobytes() for corner in corners]  # type: ignore[no-untyped-call]
    return (
        layer.unique_id,
        # Not of the proxy that napari hands to plugins, a new one each time.
        id(getattr(layer.data, "__wrapped__", layer.data)),
        tuple(index),
        tuple(placed),
        tuple(layer.contrast_limits),
        layer.gamma,
        layer.opacity,
        str(layer.blending),
        colours.name,
        np.asarray(colours.colors).tobytes(),
    )


@dataclass(frozen=True, slots=True)
class _Dims:
    ndim: int
    displayed: tuple[int, ...]
    point: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The viewer with its sliders elsewhere, as far as a picture needs it."""

    dims: _Dims
    scene: object


def _elsewhere(viewer: napari.viewer.Viewer, layer: Image) -> list[napari.viewer.Viewer]:
    """Return where other slices of a layer are shown, spread over its longest slider."""
    index = index_in_view(viewer, layer)
    sliders = [axis for axis, place in enumerate(index) if not isinstance(place, slice)]
    if not sliders:
        return []
    axis = max(sliders, key=lambda axis: layer.data.shape[axis])
    count = layer.data.shape[axis]
    places = np.linspace(0, count - 1, min(count, _OTHERS)).round().astype(int)
    found = []
    for place in places:
        if place == index[axis]:
            continue
        inside = [0 if isinstance(p, slice) else p for p in index]
        inside[axis] = int(place)
        world = layer.data_to_world(inside)  # type: ignore[no-untyped-call]
        point = list(viewer.dims.point)
        point[viewer.dims.ndim - layer.ndim + axis] = world[axis]
        dims = _Dims(viewer.dims.ndim, tuple(viewer.dims.displayed), tuple(point))
        found.append(cast("napari.viewer.Viewer", _Elsewhere(dims, viewer.scene)))
    return found


def _frame(layer: Image) -> tuple[int, int]:
    rows, columns = layer.data.shape[-3:-1] if layer.rgb else layer.data.shape[-2:]
    return int(rows), int(columns)


def _box(part: Part, height: int, width: int) -> Box:
    top, left = int(part[0] * height), int(part[1] * width)
    bottom, right = int(np.ceil(part[2] * height)), int(np.ceil(part[3] * width))
    return Box(top, left, bottom - top, right - left)


def _together(signals: list[Signals]) -> Signals:
    text = tuple(dict.fromkeys(reason for one in signals for reason in one.text))
    face = next((one.face for one in signals if one.face), "")
    return Signals(text, face, (), all(one.is_known for one in signals))


def _body_part(header: Header | None) -> str:
    if header is None:
        return ""
    try:
        found = scan_file(header.source.path, {Tag.BodyPartExamined: b"CS"}).data_set
    except (MedscanError, OSError):
        return ""
    return found.text(Tag.BodyPartExamined)
