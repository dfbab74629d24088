"""Styles of lines, areas and texts of presentation states (PS3.3 C.10.5, tables C.10-5a to c)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal, NamedTuple

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.intensity.cielab import rgb_from_cielab

Color = tuple[float, float, float]
Paint = tuple[float, float, float, float]
"""Red, green, blue and opacity between 0 and 1."""
Across = Literal["left", "center", "right"]
Down = Literal["top", "center", "bottom"]


class _Tag(IntEnum):
    GraphicAnnotationSequence = 0x00700001
    TextObjectSequence = 0x00700008
    GraphicObjectSequence = 0x00700009
    BoundingBoxTextHorizontalJustification = 0x00700012
    TextStyleSequence = 0x00700231
    LineStyleSequence = 0x00700232
    FillStyleSequence = 0x00700233
    TextColor = 0x00700241
    HorizontalAlignment = 0x00700242
    VerticalAlignment = 0x00700243
    ShadowStyle = 0x00700244
    Underlined = 0x00700248
    Bold = 0x00700249
    Italic = 0x00700250
    PatternOnColor = 0x00700251
    PatternOffColor = 0x00700252
    LineThickness = 0x00700253
    LineDashingStyle = 0x00700254
    LinePattern = 0x00700255
    FillPattern = 0x00700256
    FillMode = 0x00700257
    PatternOnOpacity = 0x00700284
    PatternOffOpacity = 0x00700285


_PAINTS: Final[Wanted] = {
    _Tag.PatternOnColor: b"US",
    _Tag.PatternOffColor: b"US",
    _Tag.PatternOnOpacity: b"FL",
    _Tag.PatternOffOpacity: b"FL",
}
WANTED_GRAPHIC_STYLE: Final[Wanted] = {
    _Tag.LineStyleSequence: {
        **_PAINTS,
        _Tag.LineThickness: b"FL",
        _Tag.LineDashingStyle: b"CS",
        _Tag.LinePattern: b"UL",
    },
    _Tag.FillStyleSequence: {**_PAINTS, _Tag.FillMode: b"CS", _Tag.FillPattern: b"OB"},
}
WANTED_TEXT_STYLE: Final[Wanted] = {
    _Tag.BoundingBoxTextHorizontalJustification: b"CS",
    _Tag.TextStyleSequence: {
        _Tag.TextColor: b"US",
        _Tag.HorizontalAlignment: b"CS",
        _Tag.VerticalAlignment: b"CS",
    },
}
_SHADOW: Final[Wanted] = {_Tag.ShadowStyle: b"CS"}
_FACES: Final = (_Tag.Bold, _Tag.Italic, _Tag.Underlined)
WANTED_NOT_DRAWN: Final[Wanted] = {
    _Tag.GraphicAnnotationSequence: {
        _Tag.TextObjectSequence: {
            _Tag.TextStyleSequence: {**_SHADOW, **dict.fromkeys(_FACES, b"CS")}
        },
        _Tag.GraphicObjectSequence: {
            _Tag.LineStyleSequence: _SHADOW,
            _Tag.FillStyleSequence: {**_SHADOW, _Tag.FillMode: b"CS"},
        },
    }
}
_WHITE: Final = 65535
_BITS: Final = 32
_DASHES: Final = 0x00FF00FF
"""Line Pattern of a dashed line that has none."""
_STIPPLED: Final = ("STIPPELED", "STIPPLED")
"""The standard has a letter too many."""


class LineStyle(NamedTuple):
    """How a line is drawn.

    Parameters
    ----------
    on, off : tuple of float
        What its dashes and its gaps are drawn with.
    thickness : float
        Of the line, in pixels of a screen.
    pattern : tuple of bool
        Which of 32 pixels along the line are dashes, again and again; () for a solid line.
    """

    on: Paint
    off: Paint = (0.0, 0.0, 0.0, 0.0)
    thickness: float = 1.0
    pattern: tuple[bool, ...] = ()


class TextStyle(NamedTuple):
    """How a text is drawn: its color, and where it lies in its box."""

    color: Color
    across: Across = "left"
    down: Down = "top"


def read_color(item: DataSet, tag: int) -> Color | None:
    """Return a CIELab value as red, green and blue between 0 and 1."""
    lab = item.integers(tag)
    is_color = len(lab) == 3 and all(0 <= value <= _WHITE for value in lab)
    return rgb_from_cielab(lab) if is_color else None


def read_line_style(item: DataSet, color: Color) -> LineStyle:
    """Return how the line of a graphic object is drawn; `color` unless it has its own."""
    style = item.item(_Tag.LineStyleSequence)
    on = _paint(style, _Tag.PatternOnColor, _Tag.PatternOnOpacity, color)
    thickness = style.number(_Tag.LineThickness) or 0.0
    pattern: tuple[bool, ...] = ()
    if style.text(_Tag.LineDashingStyle) == "DASHED":
        bits = style.integer(_Tag.LinePattern) or _DASHES
        pattern = tuple(bool(bits >> number & 1) for number in range(_BITS))
    off = _paint(style, _Tag.PatternOffColor, _Tag.PatternOffOpacity, color, opacity=0.0)
    is_solid = all(pattern)
    return LineStyle(on, off, thickness if thickness > 0 else 1.0, () if is_solid else pattern)


def read_fill(item: DataSet, color: Color) -> Paint:
    """Return what a filled graphic object is filled with; a pattern as the mean of its pixels."""
    style = item.item(_Tag.FillStyleSequence)
    on = _paint(style, _Tag.PatternOnColor, _Tag.PatternOnOpacity, color)
    pattern = style.data(_Tag.FillPattern)
    if style.text(_Tag.FillMode) not in _STIPPLED or not pattern:
        return on
    off = _paint(style, _Tag.PatternOffColor, _Tag.PatternOffOpacity, color, opacity=0.0)
    share = int.from_bytes(pattern, "little").bit_count() / (8 * len(pattern))
    weights = share * on[3], (1 - share) * off[3]
    opacity = sum(weights)
    if opacity == 0:
        return (*color, 0.0)
    red, green, blue = (
        (a * weights[0] + b * weights[1]) / opacity for a, b in zip(on[:3], off[:3], strict=True)
    )
    return red, green, blue, opacity


def read_text_style(item: DataSet, color: Color) -> TextStyle:
    """Return how a text object is drawn; `color` unless it has its own."""
    style = item.item(_Tag.TextStyleSequence)
    across = style.text(_Tag.HorizontalAlignment) or item.text(
        _Tag.BoundingBoxTextHorizontalJustification
    )
    down = style.text(_Tag.VerticalAlignment)
    return TextStyle(
        read_color(style, _Tag.TextColor) or color,
        "center" if across == "CENTER" else "right" if across == "RIGHT" else "left",
        "center" if down == "CENTER" else "bottom" if down == "BOTTOM" else "top",
    )


def not_drawn(data_set: DataSet) -> tuple[str, ...]:
    """Return which styles of a presentation state are not drawn, in words.

    Parameters
    ----------
    data_set : DataSet
        With the elements of `WANTED_NOT_DRAWN`.
    """
    found = dict.fromkeys(("shadows", "bold, italic and underlined text", "fill patterns"), False)
    shadows, faces, patterns = found
    for annotation in data_set.items(_Tag.GraphicAnnotationSequence):
        texts = [t.item(_Tag.TextStyleSequence) for t in annotation.items(_Tag.TextObjectSequence)]
        graphics = annotation.items(_Tag.GraphicObjectSequence)
        fills = [each.item(_Tag.FillStyleSequence) for each in graphics]
        styles = (*texts, *fills, *(each.item(_Tag.LineStyleSequence) for each in graphics))
        found[shadows] |= any(s.text(_Tag.ShadowStyle) not in ("", "OFF") for s in styles)
        found[faces] |= any(style.text(tag) == "Y" for style in texts for tag in _FACES)
        found[patterns] |= any(style.text(_Tag.FillMode) in _STIPPLED for style in fills)
    return tuple(name for name, is_there in found.items() if is_there)


def _paint(style: DataSet, color: int, alpha: int, default: Color, opacity: float = 1.0) -> Paint:
    given = style.number(alpha)
    return (
        *(read_color(style, color) or default),
        opacity if given is None else min(max(given, 0.0), 1.0),
    )
