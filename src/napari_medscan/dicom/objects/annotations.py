"""Graphic annotations of a presentation state, as its file says them (PS3.3 C.10.5 and C.10.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.text import decode, defuse
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.objects.graphic_styles import (
    WANTED_GRAPHIC_STYLE,
    WANTED_TEXT_STYLE,
    Color,
    LineStyle,
    Paint,
    TextStyle,
    read_color,
    read_fill,
    read_line_style,
    read_text_style,
)
from napari_medscan.dicom.objects.image_references import WANTED_IMAGES, Images, read_images


class _Tag(IntEnum):
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
    GraphicLayerRGB = 0x00700067
    CompoundGraphicSequence = 0x00700209
    CompoundGraphicInstanceID = 0x00700226
    GraphicLayerColor = 0x00700401


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
            _Tag.CompoundGraphicInstanceID: b"UL",
            **WANTED_TEXT_STYLE,
        },
        _Tag.GraphicObjectSequence: {
            _Tag.GraphicAnnotationUnits: b"CS",
            _Tag.GraphicData: b"FL",
            _Tag.GraphicType: b"CS",
            _Tag.GraphicFilled: b"CS",
            _Tag.CompoundGraphicInstanceID: b"UL",
            **WANTED_GRAPHIC_STYLE,
        },
        _Tag.CompoundGraphicSequence: {_Tag.CompoundGraphicInstanceID: b"UL"},
    },
    _Tag.GraphicLayerSequence: {
        _Tag.GraphicLayer: b"CS",
        _Tag.GraphicLayerOrder: b"IS",
        _Tag.GraphicLayerGrayscaleValue: b"US",
        _Tag.GraphicLayerRGB: b"US",
        _Tag.GraphicLayerColor: b"US",
    },
}
_UNITS: Final = frozenset(("PIXEL", "DISPLAY"))
_LEAST_POINTS: Final = {"POINT": 1, "POLYLINE": 2, "INTERPOLATED": 2, "CIRCLE": 2, "ELLIPSE": 4}
_YELLOW: Final = (1.0, 1.0, 0.0)
_WHITE: Final = 65535


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
    line : LineStyle
        How its line is drawn.
    fill : tuple of float or None
        What its inside is filled with; None if that is open.
    """

    kind: str
    points: NDArray[np.float64]
    units: str
    line: LineStyle
    fill: Paint | None


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
    style : TextStyle
        Its color, and where it lies in its box.
    """

    text: str
    place: tuple[float, float]
    end: tuple[float, float]
    units: str
    anchor: tuple[float, float] | None
    anchor_units: str
    style: TextStyle


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
        How many objects are of an unknown type or not complete. Of a compound graphic, the simple
        objects are drawn that stand for it.
    """
    layers = {item.text(_Tag.GraphicLayer): item for item in _layer_items(data_set)}
    found, left_out = [], 0
    for item in data_set.items(_Tag.GraphicAnnotationSequence):
        name = item.text(_Tag.GraphicLayer)
        layer = layers.get(name, DataSet())
        color = _layer_color(layer)
        graphics = [_graphic(each, color) for each in item.items(_Tag.GraphicObjectSequence)]
        texts = [_text(x, color, charsets) for x in item.items(_Tag.TextObjectSequence)]
        left_out += graphics.count(None) + texts.count(None) + _compounds_alone(item)
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
    color = read_color(layer, _Tag.GraphicLayerColor)
    if color is not None:
        return color
    # RGB was retired in 2004, and is in files of that time.
    given = layer.integers(_Tag.GraphicLayerRGB)
    if len(given) != 3:
        given = layer.integers(_Tag.GraphicLayerGrayscaleValue)[:1] * 3
    if not given:
        return _YELLOW
    red, green, blue = (min(max(value, 0), _WHITE) / _WHITE for value in given)
    return red, green, blue


def _compounds_alone(item: DataSet) -> int:
    """Return how many compound graphics have no simple objects that stand for them."""
    simple = (*item.items(_Tag.GraphicObjectSequence), *item.items(_Tag.TextObjectSequence))
    known = {each.integer(_Tag.CompoundGraphicInstanceID) for each in simple} - {None}
    compounds = item.items(_Tag.CompoundGraphicSequence)
    return sum(each.integer(_Tag.CompoundGraphicInstanceID) not in known for each in compounds)


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
        read_line_style(item, color),
        read_fill(item, color) if item.text(_Tag.GraphicFilled) == "Y" else None,
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
    style = read_text_style(item, color)
    if place is None:
        assert anchor is not None  # noqa: S101 - for mypy
        # It has no box to lie in.
        style = TextStyle(style.color)
        return TextNote(text, anchor, anchor, anchor_units, None, anchor_units, style)
    is_visible = item.text(_Tag.AnchorPointVisibility) == "Y"
    target = anchor if is_visible else None
    return TextNote(text, place, end or place, box_units, target, anchor_units, style)


def _pair(item: DataSet, tag: int) -> tuple[float, float] | None:
    numbers = item.numbers(tag)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
