"""RegionOutlines: many regions of a structure set in one layer, each switched on and off by itself.

A Shapes layer costs napari a quarter of a second to add and 8 ms of each slider step, and sets of
30 regions are common. The layer here has no data in 2-D: `PlaneCuts` draws the plane in view.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from napari.layers import Layer, Vectors
from numpy.typing import NDArray

from napari_medscan.dicom import StructureSet
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.cut_region import CutRegion, Lines
from napari_medscan.dicom.objects.structure_set import DrawnContour, DrawnStructures
from napari_medscan.dicom.objects.structures import Roi
from napari_medscan.napari_.layer_transform import grid_place
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object


@dataclass(frozen=True, slots=True, eq=False)
class RegionOutlines:
    """Regions that are drawn together; a new one when one of them is switched.

    Parameters
    ----------
    regions : mapping of int to (Roi, CutRegion)
        By ROI number.
    off : frozenset of int
        Those that are not drawn.
    """

    regions: Mapping[int, tuple[Roi, CutRegion]] = field(repr=False)
    off: frozenset[int] = frozenset()

    @property
    def rois(self) -> tuple[Roi, ...]:
        """The regions that are drawn."""
        return tuple(roi for number, (roi, _) in self.regions.items() if number not in self.off)

    def lines(self, axis: int, at: float) -> list[tuple[int, Lines]]:
        """Return what a plane cuts of each region that is on, by ROI number; see `CutRegion`."""
        return [(roi.number, self.regions[roi.number][1].lines(axis, at)) for roi in self.rois]

    def color(self, number: int) -> NDArray[np.float64]:
        """Return the color of a region with its opacity."""
        return np.array((*self.regions[number][0].color, 1.0))


_outlines: weakref.WeakKeyDictionary[Layer, RegionOutlines] = weakref.WeakKeyDictionary()
_NONE = RegionOutlines({})
_in_3d: weakref.WeakKeyDictionary[Layer, RegionOutlines] = weakref.WeakKeyDictionary()
"""What a layer has as its data."""


def outlines_layer(source: StructureSet, drawn: DrawnStructures) -> Vectors:
    """Return one layer for all regions of a structure set that have contours."""
    layer: Vectors = Vectors(
        ndim=3,
        name=defuse(source.name),
        **grid_place(drawn.geometry),
        vector_style="line",
        edge_width=1,
        opacity=1.0,
    )
    contours = drawn.contours
    rois = [roi for roi in source.rois if roi.number in contours]
    _outlines[layer] = RegionOutlines(
        {roi.number: (roi, CutRegion(map(contour_path, contours[roi.number]))) for roi in rois}
    )
    note_object(layer, ShownObject(source, drawn.stack, drawn.geometry.orientation))
    return layer


def outlines_of(layer: Layer) -> RegionOutlines | None:
    """Return the regions that a layer draws together, None if it is no such layer."""
    return _outlines.get(layer)


def switch_regions(layer: Layer, numbers: Collection[int], *, visible: bool) -> None:
    """Switch regions on or off; one that is switched on is seen."""
    before = _outlines[layer]
    off = before.off - set(numbers) if visible else before.off | set(numbers)
    _outlines[layer] = RegionOutlines(before.regions, off)
    if visible and not layer.visible:
        layer.visible = True
    else:
        # Who draws the lines listens to layers.
        layer.events.visible()


def draw_in_3d(layer: Vectors, *, is_3d: bool) -> None:
    """Give the layer the contours of all slices in 3-D, and none in 2-D."""
    outlines = _outlines[layer] if is_3d else _NONE
    if _in_3d.get(layer, _NONE) is outlines:
        return
    _in_3d[layer] = outlines
    found = [(roi, outlines.regions[roi.number][1].all_lines()) for roi in outlines.rois]
    if not found:
        layer.data = np.zeros((0, 2, 3))
        return
    ends = np.concatenate([lines for _, lines in found])
    layer.data = np.stack((ends[:, 0], ends[:, 1] - ends[:, 0]), axis=1)
    colors = [np.broadcast_to(outlines.color(r.number), (len(lines), 4)) for r, lines in found]
    layer.edge_color = np.concatenate(colors)


def contour_path(contour: DrawnContour) -> tuple[float, NDArray[np.float64]]:
    """Return the slice of a contour, and its points; the last is the first if it is closed."""
    points = contour.points
    if contour.is_closed:
        points = np.vstack((points, points[:1]))
    return float(contour.slice), points
