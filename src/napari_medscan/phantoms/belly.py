"""The organs below the diaphragm."""

from __future__ import annotations

import numpy as np

from napari_medscan.phantoms.body import (
    DESCENDING_AORTA,
    DESCENDING_RADII,
    SPINE_Y,
    blend_union,
    cage,
    dome,
    paraspinal,
)
from napari_medscan.phantoms.shapes import (
    Array,
    Canvas,
    Vector,
    axes_along,
    capsule,
    ellipse,
    ellipsoid,
    paint,
    paint_ellipsoid,
    paint_tube,
    tube,
)
from napari_medscan.phantoms.tissues import (
    BILE,
    BLOOD,
    BOWEL,
    BOWEL_GAS,
    FAT,
    KIDNEY,
    LIVER,
    MUSCLE,
    SPLEEN,
    STOMACH_FLUID,
    STOMACH_WALL,
    URINE,
)


def paint_belly(canvas: Canvas) -> None:
    """Paint diaphragm and the organs below it: liver, spleen, stomach, kidneys, bowel."""
    at, z = canvas.at, float(canvas.at.z[0, 0])
    under = (at.z - dome(at)) * np.float32(0.75)
    inside = cage(at) + 5
    paint(canvas, np.maximum(under, inside), MUSCLE)
    room = np.maximum(under + 2.2, inside + (1.5 if z > -200 else 7.0))
    paint(canvas, room, FAT)
    spine = ellipse(at.x, at.y - SPINE_Y(at.z) - 4, 26.0, 30.0)
    paint(canvas, np.maximum(room, paraspinal(at)), MUSCLE)
    if z < -150:
        grow = float(np.clip((-150 - z) / 90, 0.2, 1.0))
        for side in (-1.0, 1.0):
            psoas = ellipse(at.x - side * (26 + 10 * grow), at.y - SPINE_Y(at.z) - 4,
                            9 + 10 * grow, 9 + 12 * grow)  # fmt: skip
            paint(canvas, psoas, MUSCLE)
    _paint_liver(canvas, room, spine)
    spleen = ellipsoid(at, (110.0, 42.0, -128.0), (27.0, 44.0, 52.0))
    paint(canvas, np.maximum(spleen, room + 1), SPLEEN)
    _paint_stomach(canvas, room)
    _paint_kidneys(canvas)
    _paint_bowel(canvas, room)
    paint_tube(canvas, DESCENDING_AORTA, DESCENDING_RADII, BLOOD)
    cava: list[Vector] = [(-26, -22, -55), (-27, -4, -85), (-24, 4, -140), (-20, 0, -340)]
    paint_tube(canvas, cava, (11, 11.5, 11, 10), BLOOD)


def _paint_liver(canvas: Canvas, room: Array, spine: Array) -> None:
    at = canvas.at
    lower = (-232 + (at.x + 120) * 0.66 - 0.15 * at.y - at.z) * 0.8
    lower = lower + 7 * np.sin((at.x + 35) / 33)
    right_lobe = ellipsoid(at, (-78.0, 0.0, -130.0), (84.0, 98.0, 125.0))
    left_lobe = ellipsoid(at, (-4.0, -40.0, -108.0), (76.0, 46.0, 52.0))
    lobes = blend_union(right_lobe, left_lobe, 40.0)
    parts = (room + 0.8, lower, lobes, 4 - spine)
    liver = np.maximum.reduce(np.broadcast_arrays(*parts)).astype(np.float32)
    paint(canvas, liver, LIVER)
    confluence: Vector = (-27.0, 2.0, -92.0)
    ends: tuple[Vector, ...] = ((-100, 20, -120), (-70, -45, -108), (5, -50, -108))
    for end in ends:
        vein = capsule(at, confluence, end, (5.5, 1.5))
        paint(canvas, np.maximum(vein, liver), BLOOD)
    gate: Vector = (-35.0, -15.0, -150.0)
    for end in ((-95.0, -20.0, -150.0), (-80.0, 30.0, -165.0), (10.0, -45.0, -135.0)):
        paint(canvas, np.maximum(capsule(at, gate, end, (6.0, 2.0)), liver), BLOOD)
    paint_ellipsoid(canvas, (-58.0, -48.0, -188.0), (15.0, 22.0, 26.0), BILE)


def _paint_stomach(canvas: Canvas, room: Array) -> None:
    at = canvas.at
    fundus = ellipsoid(at, (64.0, 8.0, -122.0), (38.0, 42.0, 48.0))
    body = tube(at, [(62, -10, -130), (56, -45, -180), (10, -55, -195)], (30, 24, 16))
    wall = np.maximum(np.minimum(fundus, body), room + 2)
    paint(canvas, wall, STOMACH_WALL)
    paint(canvas, wall + 4, STOMACH_FLUID)
    # The patient lies on the back: gas rises to the front, with a level.
    paint(canvas, np.maximum(wall + 4, at.y + 14), BOWEL_GAS)


def _paint_kidneys(canvas: Canvas) -> None:
    at = canvas.at
    if not -290 < float(at.z[0, 0]) < -140:
        return
    for side, low in ((-1.0, -222.0), (1.0, -210.0)):
        tilt = axes_along((side * -0.25, -0.12, 0.95))
        kidney = ellipsoid(at, (side * 65, 30.0, low), (54.0, 24.0, 27.0), tilt)
        paint(canvas, kidney - 5, FAT)
        hilum = ellipsoid(at, (side * 42, 22.0, low), (16.0, 13.0, 22.0))
        paint(canvas, np.maximum(kidney, -hilum), KIDNEY)
        paint_ellipsoid(canvas, (side * 52, 26.0, low), (8.0, 6.0, 20.0), URINE)


def _paint_bowel(canvas: Canvas, room: Array) -> None:
    """Paint a few loops: ascending and descending colon, and small bowel in front."""
    at, z = canvas.at, float(canvas.at.z[0, 0])
    if z > -165:
        return
    for side, top in ((-1.0, -232.0), (1.0, -165.0)):
        if z < top:
            r = 19 + 3 * float(np.sin(z / 9))
            colon = ellipse(at.x - side * 100, at.y - 8, r, r)
            paint(canvas, np.maximum(colon, room), BOWEL)
            paint(canvas, np.maximum(colon + 4, at.y + 4 * side), BOWEL_GAS)
    rng = np.random.default_rng(3)
    for x, y, height, r in rng.uniform((-70, -66, -330, 11), (75, -22, -205, 15), (46, 4)):
        if abs(z - height) < r:
            center = (float(x), float(y), float(height))
            paint_ellipsoid(canvas, center, (r * 1.5, r, r), STOMACH_WALL)
            paint_ellipsoid(canvas, center, (r * 1.5 - 3, r - 3, r - 3), BOWEL)
