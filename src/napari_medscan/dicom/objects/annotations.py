"""Graphic annotations of a presentation state, as its file says them (PS3.3 C.10.5 and C.10.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.text import decode, defuse
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.intensity.cielab import rgb_from_cielab

Color = tuple[float, float, float]


class _Tag(IntEnum):
    ReferencedImageSequence = 0x00081140
    ReferencedSOPInstanceUID = 0x00081155
    ReferencedFrameNumber = 0x00081160
    GraphicAnnotationSequence = 0x00700001
    GraphicLayer = 0x00700002
    BoundingBoxAnnotationUnits = 0x00700003
    AnchorPointAnnotationUnits = 0x00700004
    GraphicAnnotationUnits = 0x00700005
    UnformattedTextValue = 0x00700006
    TextObjectSequence = 0x00700008
    GraphicObjectSequence = 0x00700009
    BoundingBoxTopLeft = 0x00700010
    BoundingBoxBottomRight = 0x00700011
    AnchorPoint = 0x00700014
    AnchorPointVisibility = 0x00700015
    GraphicData = 0x00700022
    GraphicType = 0x00700023
    GraphicFilled = 0x00700024
    GraphicLayerSequence = 0x00700060
    GraphicLayerOrder = 0x00700062
    GraphicLayerGrayscaleValue = 0x00700066
    TextStyleSequence = 0x00700231
    LineStyleSequence = 0x00700232
    TextColor = 0x00700241
    PatternOnColor = 0x00700251
    GraphicLayerColor = 0x00700401


WANTED_IMAGES: Final[Wanted] = {
    _Tag.ReferencedImageSequence: {
        _Tag.ReferencedSOPInstanceUID: b"UI",
        _Tag.ReferencedFrameNumber: b"IS",
    }
}
WANTED_ANNOTATIONS: Final[Wanted] = {
    _Tag.GraphicAnnotationSequence: {
        **WANTED_IMAGES,
        _Tag.GraphicLayer: b"CS",
        _Tag.TextObjectSequence: {
            _Tag.BoundingBoxAnnotationUnits: b"CS",
            _Tag.AnchorPointAnnotationUnits: b"CS",
            _Tag.UnformattedTextValue: b"ST",
            _Tag.BoundingBoxTopLeft: b"FL",
            _Tag.BoundingBoxBottomRight: b"FL",
            _Tag.AnchorPoint: b"FL",
            _Tag.AnchorPointVisibility: b"CS",
            _Tag.TextStyleSequence: {_Tag.TextColor: b"US"},
        },
        _Tag.GraphicObjectSequence: {
            _Tag.GraphicAnnotationUnits: b"CS",
            _Tag.GraphicData: b"FL",
            _Tag.GraphicType: b"CS",
            _Tag.GraphicFilled: b"CS",
            _Tag.LineStyleSequence: {_Tag.PatternOnColor: b"US"},
        },
    },
    _Tag.GraphicLayerSequence: {
        _Tag.GraphicLayer: b"CS",
        _Tag.GraphicLayerOrder: b"IS",
        _Tag.GraphicLayerGrayscaleValue: b"US",
        _Tag.GraphicLayerColor: b"US",
    },
}
_UNITS: Final = frozenset(("PIXEL", "DISPLAY"))
_LEAST_POINTS: Final = {"POINT": 1, "POLYLINE": 2, "INTERPOLATED": 2, "CIRCLE": 2, "ELLIPSE": 4}
_YELLOW: Final = (1.0, 1.0, 0.0)
_WHITE: Final = 65535


class ImageReference(NamedTuple):
    """An image that something holds for: SOP Instance UID, and frames from 1; () for all."""

    sop_instance: str
    frames: tuple[int, ...] = ()


Images = tuple[ImageReference, ...]
"""The images that something holds for; () for all of the state."""


@dataclass(frozen=True, slots=True)
class Graphic:
    """A graphic object.

    Parameters
    ----------
    kind : str
        Graphic Type: "POINT", "POLYLINE", "INTERPOLATED", "CIRCLE" or "ELLIPSE".
    points : ndarray, shape (points, 2)
        Column and row in `units`.
    units : str
        "PIXEL", from the upper left corner of the image, or "DISPLAY", parts of the displayed area.
    is_filled : bool
        Its inside is filled.
    color : tuple of float
        Red, green and blue between 0 and 1.
    """

    kind: str
    points: NDArray[np.float64]
    units: str
    is_filled: bool
    color: Color


@dataclass(frozen=True, slots=True)
class TextNote:
    """A text object.

    Parameters
    ----------
    text : str
        Lines, without what does harm.
    place : tuple of float
        Column and row in `units`: the upper left corner of its box, else its anchor.
    end : tuple of float
        The lower right corner of its box; `place` if it has none.
    units : str
        As those of `Graphic`, for both.
    anchor : tuple of float or None
        What it points to, if a line to there should be visible.
    anchor_units : str
        Of the anchor.
    color : tuple of float
        Red, green and blue between 0 and 1.
    """

    text: str
    place: tuple[float, float]
    end: tuple[float, float]
    units: str
    anchor: tuple[float, float] | None
    anchor_units: str
    color: Color


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one item of Graphic Annotation Sequence draws.

    Parameters
    ----------
    layer : str
        Name of its graphic layer.
    order : int
        Of the layer: the higher, the later it is drawn.
    images : tuple of ImageReference
        The images that it is drawn on; () for all of the state.
    graphics : tuple of Graphic
        Lines and points.
    texts : tuple of TextNote
        Texts.
    """

    layer: str
    order: int
    images: Images
    graphics: tuple[Graphic, ...]
    texts: tuple[TextNote, ...]


def read_images(item: DataSet) -> Images:
    """Return the images that an item refers to."""
    found = []
    for image in item.items(_Tag.ReferencedImageSequence):
        uid = image.uid(_Tag.ReferencedSOPInstanceUID)
        if uid:
            found.append(ImageReference(uid, image.integers(_Tag.ReferencedFrameNumber)))
    return tuple(found)


def read_annotations(
    data_set: DataSet, charsets: tuple[str, ...]
) -> tuple[tuple[Annotation, ...], int]:
    """Return the annotations in the order in which they are drawn.

    Parameters
    ----------
    data_set : DataSet
        Of the presentation state.
    charsets : tuple of str
        Its Specific Character Set.

    Returns
    -------
    annotations : tuple of Annotation
        By the order of their layers.
    left_out : int
        How many objects are of an unknown type or not complete.
    """
    layers = {item.text(_Tag.GraphicLayer): item for item in _layer_items(data_set)}
    found, left_out = [], 0
    for item in data_set.items(_Tag.GraphicAnnotationSequence):
        name = item.text(_Tag.GraphicLayer)
        layer = layers.get(name, DataSet())
        color = _layer_color(layer)
        graphics = [_graphic(each, color) for each in item.items(_Tag.GraphicObjectSequence)]
        texts = [_text(x, color, charsets) for x in item.items(_Tag.TextObjectSequence)]
        left_out += graphics.count(None) + texts.count(None)
        found.append(
            Annotation(
                defuse(name),
                layer.integer(_Tag.GraphicLayerOrder) or 0,
                read_images(item),
                tuple(each for each in graphics if each is not None),
                tuple(each for each in texts if each is not None),
            )
        )
    return tuple(sorted(found, key=lambda each: each.order)), left_out


def _layer_items(data_set: DataSet) -> Sequence[DataSet]:
    return data_set.items(_Tag.GraphicLayerSequence)


def _layer_color(layer: DataSet) -> Color:
    gray = layer.integer(_Tag.GraphicLayerGrayscaleValue)
    shade = _YELLOW if gray is None else (min(max(gray, 0), _WHITE) / _WHITE,) * 3
    return _color(layer, _Tag.GraphicLayerColor) or (shade[0], shade[1], shade[2])


def _color(item: DataSet, tag: int) -> Color | None:
    lab = item.integers(tag)
    is_color = len(lab) == 3 and all(0 <= value <= _WHITE for value in lab)
    return rgb_from_cielab(lab) if is_color else None


def _graphic(item: DataSet, color: Color) -> Graphic | None:
    kind, numbers = item.text(_Tag.GraphicType), item.numbers(_Tag.GraphicData)
    units = item.text(_Tag.GraphicAnnotationUnits)
    least = _LEAST_POINTS.get(kind)
    if least is None or units not in _UNITS or len(numbers) % 2 or len(numbers) < 2 * least:
        return None
    return Graphic(
        kind,
        np.array(numbers).reshape(-1, 2),
        units,
        item.text(_Tag.GraphicFilled) == "Y",
        _color(item.item(_Tag.LineStyleSequence), _Tag.PatternOnColor) or color,
    )


def _text(item: DataSet, color: Color, charsets: tuple[str, ...]) -> TextNote | None:
    text = decode(item.data(_Tag.UnformattedTextValue), charsets).replace("\r\n", "\n")
    # What stands in the image keeps its lines.
    text = "\n".join(filter(None, map(defuse, text.replace("\r", "\n").split("\n"))))
    anchor = _pair(item, _Tag.AnchorPoint)
    anchor_units = item.text(_Tag.AnchorPointAnnotationUnits)
    anchor = anchor if anchor_units in _UNITS else None
    box_units = item.text(_Tag.BoundingBoxAnnotationUnits)
    corners = _pair(item, _Tag.BoundingBoxTopLeft), _pair(item, _Tag.BoundingBoxBottomRight)
    place, end = corners if box_units in _UNITS else (None, None)
    if not text or (place is None and anchor is None):
        return None
    own = _color(item.item(_Tag.TextStyleSequence), _Tag.TextColor) or color
    if place is None:
        assert anchor is not None  # noqa: S101 - for mypy
        return TextNote(text, anchor, anchor, anchor_units, None, anchor_units, own)
    is_visible = item.text(_Tag.AnchorPointVisibility) == "Y"
    target = anchor if is_visible else None
    return TextNote(text, place, end or place, box_units, target, anchor_units, own)


def _pair(item: DataSet, tag: int) -> tuple[float, float] | None:
    numbers = item.numbers(tag)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
