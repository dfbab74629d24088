"""Structure sets as Shapes layers: a layer for each region, on the slices of its series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from napari.layers import Layer, Points, Shapes
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.dicom import Stack, StructureSet
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.structure_set import DrawnContour, DrawnStructures
from napari_medscan.dicom.objects.structures import Roi
from napari_medscan.napari_.gui import has_gui
from napari_medscan.napari_.layer_transform import grid_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.region_outlines import contour_path, outlines_layer
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object
from napari_medscan.napari_.progress import reading_progress

_WIDTH = 1.0
"""Of lines, in pixels of the series."""
_POINT = 8
_FEW = 8
"""Regions that get a layer each in a window: more of them are outlines in one layer."""


def structure_layers(source: StructureSet, stacks: Sequence[Stack]) -> list[Layer]:
    """Return the layers of a structure set, one for each region that has contours.

    In a window, more than a few regions share one layer, as each layer costs napari a quarter of a
    second and 8 ms of each slider step; the list of series switches them. Contours are paths,
    closed by hand: napari takes a minute to fill 3,000 polygons.

    Parameters
    ----------
    source : StructureSet
        What to show.
    stacks : sequence of Stack
        Series that are known: contours lie on the slices of the one that they fit.

    Raises
    ------
    MedscanError, OSError
        If the file cannot be read.
    """
    drawn = source.draw(stacks)
    for note in _notes(source, drawn):
        tell(f"{source.name}: {note}.")
    if len(drawn.contours) > _FEW and has_gui():
        return [outlines_layer(source, drawn), *_all_points(source, drawn)]
    layers: list[Layer] = []
    # The outer contour of the patient below all others.
    rois = sorted(source.rois, key=lambda roi: roi.interpreted_type != "EXTERNAL")
    with reading_progress("Drawing contours", "regions") as progress:
        for number, roi in enumerate(rois):
            if progress is not None:
                progress(number, len(rois))
            for layer in _layers_of(roi, drawn):
                note_object(layer, _shown(source, drawn, roi))
                layers.append(layer)
    return layers


def contours_layer(source: StructureSet, stacks: Sequence[Stack], number: int) -> Shapes:
    """Return the contours of one region, by its ROI number; see `structure_layers`."""
    drawn = source.draw(stacks)
    roi = next(roi for roi in source.rois if roi.number == number)
    layer = _shapes(roi, drawn.contours[number], drawn)
    note_object(layer, _shown(source, drawn, roi))
    return layer


def _all_points(source: StructureSet, drawn: DrawnStructures) -> list[Layer]:
    rois = [roi for roi in source.rois if roi.number in drawn.points]
    layers: list[Layer] = [_points(roi, drawn.points[roi.number], drawn) for roi in rois]
    for roi, layer in zip(rois, layers, strict=True):
        note_object(layer, _shown(source, drawn, roi))
    return layers


def _shown(source: StructureSet, drawn: DrawnStructures, roi: Roi) -> ShownObject:
    return ShownObject(source, drawn.stack, drawn.geometry.orientation, part=roi.number)


def _layers_of(roi: Roi, drawn: DrawnStructures) -> list[Layer]:
    layers: list[Layer] = []
    if contours := drawn.contours.get(roi.number):
        layers.append(_shapes(roi, contours, drawn))
    if (points := drawn.points.get(roi.number)) is not None:
        layers.append(_points(roi, points, drawn))
    return layers


def _notes(source: StructureSet, drawn: DrawnStructures) -> list[str]:
    notes = []
    if drawn.stack is None:
        notes.append("Shown without images: it lies on no series that is open")
    if drawn.misfits:
        count = sum(drawn.misfits.values())
        names = [roi.name for roi in source.rois if roi.number in drawn.misfits]
        contours = counted(count, "contour", "is")
        why = "incomplete, on no slice, across slices, or beside one that is nearer to a slice"
        notes.append(f"{contours} not shown ({why}): {', '.join(names)}")
    return notes


def _shapes(roi: Roi, contours: Sequence[DrawnContour], drawn: DrawnStructures) -> Shapes:
    return Shapes(
        [_path(contour) for contour in contours],
        shape_type="path",
        edge_width=_WIDTH,
        edge_color=[roi.color],
        face_color="transparent",
        opacity=1.0,
        name=defuse(roi.name),
        **grid_place(drawn.geometry),
    )


def _points(roi: Roi, points: NDArray[np.float64], drawn: DrawnStructures) -> Points:
    layer: Points = Points(
        points,
        size=_POINT,
        symbol="cross",
        face_color=[roi.color],
        border_color="transparent",
        name=defuse(roi.name),
        **grid_place(drawn.geometry),
    )
    return layer


def _path(contour: DrawnContour) -> NDArray[np.float64]:
    place, points = contour_path(contour)
    return np.column_stack((np.full(len(points), place), points))
