"""The soft organs of the chest, painted from the skin inwards; and the couch below them."""

from __future__ import annotations

import numpy as np

from napari_medscan.phantoms.body import (
    AORTIC_ARCH,
    AORTIC_RADII,
    DESCENDING_AORTA,
    DESCENDING_RADII,
    HEART_AXIS,
    HEART_CENTER,
    RIGHT_ATRIUM,
    SPINE_Y,
    above_diaphragm,
    cage_angle,
    heart,
    paraspinal,
)
from napari_medscan.phantoms.shapes import (
    Array,
    Canvas,
    Vector,
    axes_along,
    capsule,
    coverage,
    ellipse,
    ellipsoid,
    paint,
    paint_ellipsoid,
    paint_tube,
    tube,
)
from napari_medscan.phantoms.tissues import (
    AIR,
    AIRWAY_WALL,
    BLOOD,
    ESOPHAGUS,
    FAT,
    LUNG,
    MUSCLE,
    MYOCARDIUM,
    SKIN,
    TABLE_FOAM,
    TABLE_SHELL,
    THYROID,
    TUMOR,
)

NODULE: Vector = (-82.0, -14.0, 42.0)
NODULE_RADIUS = 11.0
_LV_AXIS = axes_along((0.66, -0.5, -0.56))
_LV_CENTER: Vector = (48.0, -36.0, -54.0)


def paint_table(canvas: Canvas) -> None:
    """Paint the carbon shell and foam core of the couch below the patient."""
    if canvas.channel != "hu":
        return
    bowl = canvas.at.y - 122 + canvas.at.x**2 / 1900  # the couch is hollow, edges up
    sides = np.abs(canvas.at.x) - 200
    shell = np.maximum(np.maximum(-bowl, bowl - 26), sides).astype(np.float32)
    paint(canvas, shell, TABLE_SHELL)
    paint(canvas, shell + 2.2, TABLE_FOAM)


def paint_wall(canvas: Canvas, skin: Array, ribs: Array) -> None:
    """Paint skin, fat under it and the muscles of the wall, out to in."""
    at, z = canvas.at, float(canvas.at.z[0, 0])
    angle = cage_angle(at)
    front = np.clip((angle - 1.2) / 1.9, 0, 1)
    belly = float(np.clip((-z - 20) / 130, 0, 1))
    thick = 9 + 5 * np.cos(2 * angle) + front * (2 + 9 * belly)
    thick = thick * np.float32(np.clip((165 - z) / 70, 0.6, 1))
    paint(canvas, skin, SKIN)
    paint(canvas, skin + 1.8, FAT)
    # Fat between the muscle sheets shows as dark lines that follow the wall.
    muscle = skin + thick.astype(np.float32)
    paint(canvas, muscle, MUSCLE)
    if z > 20:
        _paint_muscle_bundles(canvas, muscle)
    for offset, start, stop in ((10.0, 0.5, 2.3), (21.0, 0.35, 1.9)) if z < 95 else ():
        seam = np.abs(ribs - offset - 2 * np.sin(5 * angle + z / 40)) - 0.7
        gate = (np.abs(angle - (start + stop) / 2) - (stop - start) / 2) * 100
        paint(canvas, np.maximum(np.maximum(seam, gate), muscle + 2).astype(np.float32), FAT)
    if z > 0:
        for side in (-1.0, 1.0):
            armpit = ellipsoid(at, (side * 138, -18.0, 58.0), (22.0, 30.0, 38.0))
            paint(canvas, np.maximum(armpit, 8 - ribs), FAT)
    paint(canvas, ribs + 5, FAT)
    beside_spine = np.maximum(paraspinal(at), muscle)
    paint(canvas, beside_spine, MUSCLE)
    for side in (-1.0, 1.0):
        seam = np.abs(ellipse(at.x - side * 24, at.y - SPINE_Y(at.z) - 42, 19, 17)) - 0.5
        paint(canvas, np.maximum(seam, beside_spine + 4), FAT)


def _paint_muscle_bundles(canvas: Canvas, muscle: Array) -> None:
    """Paint thin crooked planes of fat through the bulk of neck and shoulders."""
    at = canvas.at
    bend = 9 * np.sin(at.y / 23 + at.z / 31) + 7 * np.sin(np.abs(at.x) / 29 - at.z / 47)
    along = np.abs(at.x) * 0.62 + at.y * 0.78 + bend
    # The sine of a distance, times its wave length over 2 pi, is a distance again near zero.
    planes = np.abs(np.sin(along / 9.5)) * 9.5 - 0.25 - 0.45 * np.sin(np.abs(at.x) / 17 + at.y / 13)
    paint(canvas, np.maximum(planes, muscle + 3), FAT)


def paint_lungs(canvas: Canvas, lungs: Array) -> None:
    """Paint both lungs: denser at the back, where blood settles, and faintly mottled."""
    if canvas.channel == "suv":
        paint(canvas, lungs, LUNG)
        return
    at = canvas.at
    mottle = np.sin(at.x / 5.1 + at.z / 7) * np.sin(at.y / 6.3 - at.z / 9)
    texture = LUNG.hu + 0.28 * (at.y + 5) + 9 * mottle
    paint(canvas, lungs, texture.astype(np.float32))


def paint_fissures(canvas: Canvas, lungs: Array) -> None:
    """Paint the oblique fissures of both lungs as hair lines."""
    at = canvas.at
    for side in (-1.0, 1.0):
        sheet = (at.y - 12 - 0.95 * (at.z + 5) + 0.0016 * (np.abs(at.x) - 70) ** 2) * 0.72
        half = np.maximum(lungs, -side * at.x)
        faint = coverage(np.maximum(np.abs(sheet) - 0.35, half).astype(np.float32), canvas.edge)
        canvas.image[...] += faint * np.float32(0.16) * (-canvas.image)


def paint_mediastinum(canvas: Canvas) -> None:
    """Paint heart, great vessels, airways and esophagus."""
    at, z = canvas.at, float(canvas.at.z[0, 0])
    if -110 < z < 40:
        _paint_heart(canvas.crop((-60, -100), (105, 50)))
    paint_tube(canvas, AORTIC_ARCH, AORTIC_RADII, BLOOD)
    paint_tube(canvas, DESCENDING_AORTA, DESCENDING_RADII, BLOOD)
    cava: list[Vector] = [(-26, -22, -30), (-29, -30, 20), (-27, -34, 62), (-24, -36, 84)]
    paint_tube(canvas, cava, (11, 10, 9, 8), BLOOD)
    if -5 < z < 45:
        trunk: list[Vector] = [(16, -52, -8), (21, -46, 14), (24, -28, 24), (38, 2, 20)]
        paint_tube(canvas, trunk, (14, 14, 12, 8), BLOOD)
        right: list[Vector] = [(18, -32, 20), (-10, -16, 17), (-36, -6, 12)]
        paint_tube(canvas, right, (10, 10, 8), BLOOD)
    if z > 45:
        branches: list[list[Vector]] = [
            [(-4, -22, 60), (-16, -22, 82), (-26, -14, 104), (-30, -4, 170)],
            [(6, -10, 64), (14, -8, 90), (28, -4, 115), (31, -2, 170)],
            [(14, 4, 62), (24, 8, 88), (44, 0, 112), (90, -12, 122)],
            [(-24, -36, 80), (-32, -36, 100), (-42, -18, 130), (-44, -12, 170)],
            [(-24, -38, 80), (0, -42, 84), (32, -34, 100), (44, -12, 170)],
            [(44, 0, 112), (100, -18, 108), (132, -24, 76), (142, -20, 40)],
            [(-44, 0, 112), (-100, -18, 108), (-132, -24, 76), (-142, -20, 40)],
        ]
        radii = (5.5, 4.5, 4.8, 6.5, 6.0, 4.4, 4.4)
        for branch, radius in zip(branches, radii, strict=True):
            paint_tube(canvas, branch, (radius,) * len(branch), BLOOD)
    _paint_airways(canvas)
    gullet = float(SPINE_Y(at.z)[0, 0]) - 23 if z > -95 else 8.0
    if z > -128:
        paint(canvas, ellipse(at.x - 5, at.y - gullet, 7.5, 5.5), ESOPHAGUS)
        if np.sin(z / 11) > 0:
            paint(canvas, ellipse(at.x - 5, at.y - gullet, 2.2, 1.2), AIR)
    if z < 25:
        azygos = ellipse(at.x + 8, at.y - SPINE_Y(at.z) + 17, 3.6, 3.6)
        paint(canvas, azygos, BLOOD)
    if z > 118:
        for side in (-1.0, 1.0):
            paint_ellipsoid(canvas, (side * 17, -20.0, 148.0), (9.0, 12.0, 26.0), THYROID)


def _paint_heart(canvas: Canvas) -> None:
    at = canvas.at
    # The heart rests on the diaphragm, which flattens its lower face.
    surface = np.maximum(heart(at), above_diaphragm(at) + 3)
    paint(canvas, surface - 2.2, MUSCLE)  # pericardium
    paint(canvas, surface - 1.2, FAT)
    padding = 1.2 + 1.2 * np.sin(at.x / 13 + at.z / 17) * np.sin(at.y / 11 - at.z / 19)
    paint(canvas, (surface + padding).astype(np.float32), BLOOD)
    # Fat in the grooves: between atria and ventricles, and along the septum.
    along = [(p - np.float32(c)) for p, c in zip((at.x, at.y, at.z), HEART_CENTER, strict=True)]
    groove = sum((a * float(d) for a, d in zip(along, HEART_AXIS[0], strict=True)), start=at.z * 0)
    ring = np.maximum(np.abs(groove + 22) - 2.4, -surface - 6)
    paint(canvas, np.maximum(ring, surface + 1).astype(np.float32), FAT)
    outer = ellipsoid(at, _LV_CENTER, (47.0, 31.0, 31.0), _LV_AXIS)
    chamber: Vector = (43.0, -32.0, -50.0)
    inner = ellipsoid(at, chamber, (40.0, 20.0, 20.0), _LV_AXIS)
    # The base is open: the muscle is a cup, not a ball.
    base = -groove - 12
    cup = np.maximum(np.maximum(np.maximum(outer, -inner), surface + 2), base)
    paint(canvas, cup.astype(np.float32), MYOCARDIUM)
    paint(canvas, np.maximum(ellipsoid(at, *RIGHT_ATRIUM) + 4, surface + 1), BLOOD)
    paint_ellipsoid(canvas, (8.0, -2.0, -20.0), (36.0, 19.0, 24.0), BLOOD)  # left atrium


def _paint_airways(whole: Canvas) -> None:
    canvas = whole.crop((-50, -50), (50, 30))
    at, z = canvas.at, float(canvas.at.z[0, 0])
    if z < -5:
        return
    windpipe: list[Vector] = [(0, 8, 38), (0, -2, 80), (0, -14, 120), (0, -28, 185)]
    right: list[Vector] = [(0, 8, 38), (-18, 10, 24), (-34, 8, 12)]
    left: list[Vector] = [(0, 8, 38), (20, 12, 24), (36, 14, 12)]
    for wall, tissue in ((1.6, AIRWAY_WALL), (0.0, AIR)):
        radii = [8.6 + wall] * 4
        distance = tube(at, windpipe, radii)
        for bronchus, width in ((right, 7.0), (left, 6.0)):
            main = tube(at, bronchus, (width + wall, width + wall, width - 2 + wall))
            distance = np.minimum(distance, main)
        paint(canvas, distance, tissue)


def paint_nodule(canvas: Canvas) -> None:
    """Paint a spiculated nodule, 22 mm across, in the right upper lobe."""
    x, y, z = NODULE
    patch = canvas.crop((x - 32, y - 32), (x + 32, y + 32))
    rough = 1.2 * np.sin((patch.at.x - patch.at.z) / 3.1) * np.sin((patch.at.y + patch.at.z) / 2.7)
    paint(patch, ellipsoid(patch.at, NODULE, (NODULE_RADIUS, 10.0, 10.5)) + rough, TUMOR)
    for dx, dy, dz in np.random.default_rng(5).normal(size=(9, 3)).tolist():
        far = 20 / float(np.sqrt(dx * dx + dy * dy + dz * dz))
        end = (x + far * dx, y + far * dy, z + far * dz)
        paint(patch, capsule(patch.at, NODULE, end, (1.6, 0.3)), TUMOR)
