"""The shapes of a Display Shutter, and what of an image they leave open (PS3.3 C.7.6.11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.intensity.cielab import rgb_from_cielab
from napari_medscan.dicom.objects.even_odd import fill_even_odd


class _Tag(IntEnum):
    ShutterShape = 0x00181600
    ShutterLeftVerticalEdge = 0x00181602
    ShutterRightVerticalEdge = 0x00181604
    ShutterUpperHorizontalEdge = 0x00181606
    ShutterLowerHorizontalEdge = 0x00181608
    CenterOfCircularShutter = 0x00181610
    RadiusOfCircularShutter = 0x00181612
    VerticesOfThePolygonalShutter = 0x00181620
    ShutterPresentationValue = 0x00181622
    ShutterOverlayGroup = 0x00181623
    ShutterPresentationColorCIELabValue = 0x00181624


WANTED_SHUTTER: Final[Wanted] = {
    _Tag.ShutterShape: b"CS",
    **{tag: b"US" for tag in _Tag if tag.name.startswith("ShutterPres")},
    _Tag.ShutterOverlayGroup: b"US",
    **{
        tag: b"IS"
        for tag in _Tag
        if tag.name.endswith(("Edge", "CircularShutter", "PolygonalShutter"))
    },
}
_WHITE: Final = 65535
_EDGES: Final = (
    _Tag.ShutterUpperHorizontalEdge,
    _Tag.ShutterLowerHorizontalEdge,
    _Tag.ShutterLeftVerticalEdge,
    _Tag.ShutterRightVerticalEdge,
)


@dataclass(frozen=True, slots=True)
class ShutterShapes:
    """The shapes of a shutter, in rows and columns from 1; what all leave open stays visible.

    Parameters
    ----------
    rectangle : tuple of int or None
        Upper, lower, left and right edge: the first and last rows and columns that are open.
    circle : tuple of int or None
        Row and column of the center, radius in pixels.
    polygon : tuple of (int, int)
        Rows and columns of its vertices; () for none.
    overlay_group : int
        Overlay group whose set pixels are closed; 0 for none (C.7.6.15).
    color : tuple of float
        Red, green and blue of what is closed, between 0 and 1.
    """

    rectangle: tuple[int, int, int, int] | None = None
    circle: tuple[int, int, int] | None = None
    polygon: tuple[tuple[int, int], ...] = ()
    overlay_group: int = 0
    color: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it can be drawn."""
        return not (self.rectangle or self.circle or self.polygon or self.overlay_group)

    @property
    def words(self) -> str:
        """What its shapes are: "rectangular, circular"."""
        parts = (
            ("rectangular", self.rectangle),
            ("circular", self.circle),
            ("polygonal", self.polygon),
            ("bitmap", self.overlay_group),
        )
        return ", ".join(word for word, value in parts if value)

    def closed(self, shape: tuple[int, int], pixel_aspect: float = 1.0) -> NDArray[np.bool_]:
        """Return which pixels of an image are hidden; the overlay's are the caller's.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        pixel_aspect : float
            Height of a pixel over its width: a circle is round on the screen.
        """
        rows, columns = np.ogrid[1 : shape[0] + 1, 1 : shape[1] + 1]
        closed = np.zeros(shape, bool)
        if self.rectangle:
            top, bottom, left, right = self.rectangle
            closed |= (rows < top) | (rows > bottom) | (columns < left) | (columns > right)
        if self.circle:
            row, column, radius = self.circle
            # The radius counts pixels along a row.
            distance = ((rows - row) * pixel_aspect) ** 2.0 + (columns - column) ** 2.0
            closed |= distance > radius**2
        if self.polygon:
            points = np.array(self.polygon, float) - 1
            closed |= ~fill_even_odd([points], shape)
        return closed


def read_shutter(data_set: DataSet) -> ShutterShapes:
    """Return the shutter of a data set; shapes that are not complete are left out."""
    shapes = data_set.texts(_Tag.ShutterShape)
    rectangle = circle = None
    polygon: tuple[tuple[int, int], ...] = ()
    edges = [data_set.integer(tag) for tag in _EDGES]
    if "RECTANGULAR" in shapes and None not in edges:
        top, bottom, left, right = (edge for edge in edges if edge is not None)
        rectangle = top, bottom, left, right
    center = data_set.integers(_Tag.CenterOfCircularShutter)
    radius = data_set.integer(_Tag.RadiusOfCircularShutter)
    if "CIRCULAR" in shapes and len(center) == 2 and radius is not None and radius > 0:
        circle = center[0], center[1], radius
    vertices = data_set.integers(_Tag.VerticesOfThePolygonalShutter)
    if "POLYGONAL" in shapes and len(vertices) >= 6 and len(vertices) % 2 == 0:
        polygon = tuple(zip(vertices[::2], vertices[1::2], strict=True))
    group = data_set.integer(_Tag.ShutterOverlayGroup) if "BITMAP" in shapes else None
    return ShutterShapes(rectangle, circle, polygon, group or 0, _color(data_set))


def _color(data_set: DataSet) -> tuple[float, float, float]:
    lab = data_set.integers(_Tag.ShutterPresentationColorCIELabValue)
    if len(lab) == 3 and all(0 <= value <= _WHITE for value in lab):
        return rgb_from_cielab(lab)
    value = data_set.integer(_Tag.ShutterPresentationValue) or 0
    gray = min(max(value, 0), _WHITE) / _WHITE
    return gray, gray, gray
