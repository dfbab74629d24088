"""The head, as a T1-weighted MR sees it, painted on a slice of any direction.

Coordinates are LPS in mm with the origin in the middle of the brain; the top of the brain is at
z = 64, the cerebellum's lower edge near z = -68. Signals are in the arbitrary units of MR, with
white matter near 690.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.body import blend_union
from napari_medscan.phantoms.brain import cavity, paint_brain, paint_cerebellum
from napari_medscan.phantoms.shapes import Array, Canvas, Points, around, capsule, ellipsoid, paint

if TYPE_CHECKING:
    from napari_medscan.phantoms.folds import Folds

_AIR, _SKIN, _FAT, _MUSCLE = 6.0, 400.0, 790.0, 330.0
_BONE, _MARROW, _CSF, _DURA, _EYE, _LENS = 45.0, 430.0, 150.0, 270.0, 140.0, 330.0


def paint_head(canvas: Canvas, folds: Folds) -> None:
    """Paint the noise-free T1 signal of one slice.

    Parameters
    ----------
    canvas
        Oblique: its points are three arrays of shape (rows, columns). Changed in place.
    folds
        The cortex's folds.
    """
    canvas.image.fill(_AIR)
    at = canvas.at
    vault = _vault(at)
    room = np.maximum(vault + 6.8, cavity(at))
    # Bone is a shell about this room, thinner below, so the skull's base follows the brain.
    wall = 4.4 + 2.8 * np.clip((at.z + 24) / 30, 0, 1)
    skull = np.maximum(vault, room - wall)
    _paint_soft_parts(canvas, vault)
    for side in (-1.0, 1.0):
        _paint_orbit(canvas, side)
    _paint_nose(canvas)
    paint(canvas, skull, _BONE)
    ripple = 0.5 * np.sin(at.x / 9) * np.sin(at.y / 11)
    marrow = np.maximum(np.abs(vault + 3.4) - 1.5 - ripple, -room - 1.6)
    paint(canvas, np.maximum(marrow, skull + 1.5), _MARROW)
    paint(canvas, room, _DURA)
    paint(canvas, room + 0.9, _CSF)
    paint_cerebellum(canvas)
    paint_brain(canvas, folds)


def _vault(at: Points) -> Array:
    """Return the distance to the outer surface of the skull, as if it were closed below."""
    vault = ellipsoid(at, (0.0, 2.0, 2.0), (75.0, 93.0, 73.0))
    fossa = ellipsoid(at, (0.0, 36.0, -46.0), (60.0, 54.0, 44.0))
    return blend_union(vault, fossa, 20.0)


def _paint_soft_parts(canvas: Canvas, vault: Array) -> None:
    """Paint scalp, ears, face, neck and the chewing muscles."""
    at = canvas.at
    neck = capsule(at, (0.0, 30.0, -60.0), (0.0, 38.0, -170.0), (56.0, 58.0))
    face = ellipsoid(at, (0.0, -44.0, -66.0), (60.0, 54.0, 68.0))
    nose = capsule(at, (0.0, -88.0, -36.0), (0.0, -104.0, -74.0), (6.0, 11.0))
    lower = blend_union(blend_union(face, neck, 30.0), nose, 10.0)
    skin = blend_union(vault - 5.5, lower, 16.0)
    for side in (-1.0, 1.0):
        patch = around(canvas, (side * 72, 14.0, -38.0), 34.0)
        ear = ellipsoid(patch.at, (side * 72, 14.0, -38.0), (9.0, 15.0, 29.0))
        shell = ellipsoid(patch.at, (side * 79, 8.0, -38.0), (6.0, 9.0, 20.0))
        paint(patch, np.maximum(ear, -shell), _SKIN)
    paint(canvas, skin, _SKIN)
    paint(canvas, skin + 1.7, _FAT)
    strands = 4 * np.sin(at.x / 7 + 1) * np.sin(at.y / 9) * np.sin(at.z / 8)
    paint(canvas, np.maximum(lower + 9 + strands, skin + 6), _MUSCLE)
    for side in (-1.0, 1.0):
        patch = around(canvas, (side * 47, -28.0, -46.0), 36.0)
        chew = ellipsoid(patch.at, (side * 47, -28.0, -46.0), (9.0, 25.0, 34.0))
        paint(patch, chew, _MUSCLE)
        patch = around(canvas, (side * 50, -8.0, -72.0), 40.0)
        jaw = capsule(patch.at, (side * 48, -6.0, -52.0), (side * 42, -20.0, -105.0), (6.0, 6.5))
        paint(patch, jaw, _BONE)
        paint(patch, jaw + 3, _MARROW)
        patch = around(canvas, (side * 24, 42.0, -100.0), 60.0)
        back = ellipsoid(patch.at, (side * 26, 62.0, -105.0), (20.0, 20.0, 40.0))
        paint(patch, back, _MUSCLE)
    spine = capsule(at, (0.0, 12.0, -76.0), (0.0, 14.0, -170.0), (12.0, 13.0))
    paint(canvas, spine, _BONE)
    paint(canvas, spine + 1.6, _MARROW + 60)


def _paint_orbit(whole: Canvas, side: float) -> None:
    """Paint one orbit: wall, fat, muscles, optic nerve and eyeball; and the sinus below it."""
    canvas = around(whole, (side * 24, -58.0, -33.0), 46.0)
    at = canvas.at
    socket = capsule(at, (side * 33, -72.0, -33.0), (side * 14, -32.0, -31.0), (20.0, 5.0))
    paint(canvas, socket - 2.0, _BONE)
    paint(canvas, socket, _FAT)
    tip = (side * 15, -38.0, -31.0)
    paint(canvas, capsule(at, (side * 32, -70.0, -33.0), tip, (2.3, 2.2)), _MUSCLE + 90)
    for across, up in ((-12.0, 0.0), (12.0, 0.0), (0.0, 12.0), (0.0, -12.0)):
        start = (side * 32 + across, -74.0, -33.0 + up)
        paint(canvas, capsule(at, start, tip, (2.0, 1.8)), _MUSCLE)
    ball = ellipsoid(at, (side * 32, -79.0, -33.0), (12.2, 12.2, 12.2))
    paint(canvas, ball, _MUSCLE)
    paint(canvas, ball + 1.3, _EYE)
    paint(canvas, ellipsoid(at, (side * 32, -87.5, -33.0), (4.6, 2.2, 4.6)), _LENS)
    below = around(whole, (side * 29, -60.0, -73.0), 24.0)
    sinus = ellipsoid(below.at, (side * 29, -60.0, -73.0), (14.0, 18.0, 17.0))
    sinus = np.maximum(sinus, np.abs(below.at.x) * 0.8 + (below.at.y + 60) * 0.5 - 32)
    paint(below, sinus - 1.6, _BONE)
    paint(below, sinus + 0.6, _SKIN)
    paint(below, sinus + 1.6, _AIR)


def _paint_nose(whole: Canvas) -> None:
    """Paint nasal cavity with its conchae and septum, ethmoid cells and two more sinuses."""
    canvas = around(whole, (0.0, -54.0, -58.0), 48.0)
    at = canvas.at
    cavity_ = ellipsoid(at, (0.0, -60.0, -66.0), (12.0, 36.0, 22.0))
    paint(canvas, cavity_ - 2, _SKIN)
    conchae = 2.6 - np.hypot(np.abs(at.x) - 6.0, (np.mod(at.z + 88, 13) - 6.5))
    paint(canvas, np.maximum(cavity_ + 2, conchae), _AIR)
    paint(canvas, np.maximum(np.abs(at.x) - 1.3, cavity_), _SKIN)
    cells = np.maximum(np.abs(at.x) - 10, np.abs(at.y + 60) - 22)
    cells = np.maximum(cells, np.abs(at.z + 37) - 9)
    paint(canvas, cells, _SKIN)
    walls = np.minimum(np.abs(np.mod(at.y, 9) - 4.5), np.abs(np.mod(at.x, 7) - 3.5))
    paint(canvas, np.maximum(cells + 1, 1.0 - walls), _AIR)
    paint(canvas, ellipsoid(at, (0.0, -26.0, -42.0), (13.0, 11.0, 9.0)) - 1.5, _BONE)
    paint(canvas, ellipsoid(at, (0.0, -26.0, -42.0), (13.0, 11.0, 9.0)), _AIR)
