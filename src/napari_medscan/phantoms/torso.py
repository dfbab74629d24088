"""One axial slice of the whole torso, as CT numbers or as FDG uptake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medscan.phantoms.belly import paint_belly
from napari_medscan.phantoms.body import cage, lungs, outline
from napari_medscan.phantoms.organs import (
    paint_fissures,
    paint_lungs,
    paint_mediastinum,
    paint_nodule,
    paint_table,
    paint_wall,
)
from napari_medscan.phantoms.skeleton import (
    paint_iliac_crests,
    paint_ribs,
    paint_shoulders,
    paint_spine,
    paint_sternum,
)
from napari_medscan.phantoms.tissues import AIR
from napari_medscan.phantoms.vessels import LungTrees, paint_lung_trees

if TYPE_CHECKING:
    from napari_medscan.phantoms.shapes import Canvas


def paint_torso(canvas: Canvas, trees: LungTrees, *, nodule: bool) -> None:
    """Paint one axial slice, from the couch inwards.

    Parameters
    ----------
    canvas
        Changed in place: CT numbers in HU, or SUV, by its channel.
    trees
        The vessels of the lungs, from `grow_lung_trees`.
    nodule
        Whether the right upper lobe has a tumor.
    """
    canvas.image.fill(canvas.value(AIR))
    paint_table(canvas)
    # Most of the image is air: everything else happens in the smallest patch that holds it.
    canvas = canvas.crop((-230, -122), (230, 124))
    wall = cage(canvas.at)
    paint_wall(canvas, outline(canvas.at), wall)
    paint_shoulders(canvas, wall)
    paint_ribs(canvas, wall)
    paint_sternum(canvas)
    z = float(canvas.at.z[0, 0])
    if -175 < z < 125:
        inside = canvas.crop((-150, -104), (150, 98))
        air_space = lungs(inside.at)
        paint_lungs(inside, air_space)
        paint_fissures(inside, air_space)
        paint_lung_trees(inside, trees)
        if nodule:
            paint_nodule(inside)
    if z < -55:
        paint_belly(canvas.crop((-150, -104), (150, 98)))
    paint_mediastinum(canvas.crop((-160, -110), (160, 80)))
    paint_spine(canvas)
    paint_iliac_crests(canvas, wall)
