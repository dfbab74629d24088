"""Cerebrum, cerebellum, brain stem and ventricles, as a T1-weighted MR sees them."""

from __future__ import annotations

import numpy as np

from napari_medscan.phantoms.body import blend_union
from napari_medscan.phantoms.folds import Folds, depth_below_csf
from napari_medscan.phantoms.shapes import (
    Array,
    Canvas,
    Points,
    Vector,
    around,
    capsule,
    ellipsoid,
    paint,
    tube,
)

_CSF, _GRAY, _WHITE, _DEEP_GRAY, _GLAND = 150.0, 470.0, 690.0, 550.0, 420.0
_CORTEX = 2.9  # mm


def cavity(at: Points) -> Array:
    """Return the distance to the room that brain, cerebellum and stem need, fluid included."""
    rear = blend_union(_cerebellum(at) - 3.5, _stem(at) - 6, 10.0)
    return blend_union(_cerebrum(at) - 3.2, rear, 8.0)


def paint_brain(canvas: Canvas, folds: Folds) -> None:
    """Paint the cerebrum with its cortex and all that lies within it."""
    at = canvas.at
    surface = _cerebrum(at)
    near = surface < canvas.edge
    cortex = np.full(at.x.shape, -20, np.float32)
    if near.any():
        inside = Points(at.x[near], at.y[near], at.z[near])
        cortex[near] = depth_below_csf(inside, surface[near], folds)
    paint(canvas, -cortex, _GRAY)
    paint(canvas, _CORTEX - cortex, _WHITE)
    _paint_stem(canvas)
    _paint_deep_gray(canvas)
    _paint_ventricles(canvas)


def paint_cerebellum(canvas: Canvas) -> None:
    """Paint both halves and the vermis, with folia as thin parallel leaves."""
    at = canvas.at
    hull = _cerebellum(at)
    near = hull < canvas.edge
    if not near.any():
        return
    inside = Points(np.abs(at.x[near]), at.y[near], at.z[near])
    hull = hull[near]
    part = Canvas(canvas.image[near], inside, canvas.edge, canvas.channel)
    paint(part, hull, _GRAY)
    # Leaves are shells about a stem of white matter; grooves between them hold fluid.
    stem = ellipsoid(inside, (17.0, 32.0, -43.0), (20.0, 13.0, 8.0))
    phase = hull * 0.3 + stem * 0.2 + (inside.z + 43) * 0.95 + 0.35 * inside.y
    leaf = np.sin(phase + 0.5 * np.sin(inside.x / 6))
    groove = np.maximum((1.0 - leaf) * 2.2 - 0.55, -10 - hull)
    paint(part, np.maximum(groove, hull + 0.4), 0.6 * _CSF + 0.4 * _GRAY)
    paint(part, np.maximum(np.maximum((0.4 + leaf) * 2.4, hull + 3.5), stem - 9), _WHITE - 60)
    paint(part, stem, _WHITE)
    canvas.image[near] = part.image


def _cerebrum(at: Points) -> Array:
    """Return the distance to the smooth hull of both hemispheres, with the temporal lobes."""
    side = np.abs(at.x)
    folded = Points(side, at.y, at.z)
    hull = ellipsoid(folded, (9.0, 3.0, 8.0), (56.0, 82.0, 56.0))
    # In front the brain ends above the orbits, behind above the cerebellum's tent.
    front = -19.0 + 0.1 * side - 0.2 * np.clip(at.y + 40, None, 0) - at.z
    behind = -13.0 - 0.3 * side - at.z
    blend = np.clip((at.y + 10) / 30, 0, 1)
    hull = np.maximum(hull, (front + blend * (behind - front)) * 0.93)
    lobe = capsule(folded, (38.0, -26.0, -29.0), (44.0, 26.0, -18.0), (15.0, 19.0))
    return blend_union(hull.astype(np.float32), lobe, 7.0)


def _cerebellum(at: Points) -> Array:
    folded = Points(np.abs(at.x), at.y, at.z)
    half = ellipsoid(folded, (23.0, 45.0, -42.0), (31.0, 31.0, 25.0))
    vermis = ellipsoid(at, (0.0, 44.0, -40.0), (11.0, 26.0, 22.0))
    hull = blend_union(half, vermis, 6.0)
    tent = (at.z + 18 + 0.3 * np.abs(at.x)) * 0.95
    cut: Array = np.maximum(hull, tent).astype(np.float32)
    return cut


def _stem(at: Points) -> Array:
    """Return the distance to midbrain, pons, medulla and the upper cord."""
    midbrain = capsule(at, (0.0, 4.0, -12.0), (0.0, 8.0, -30.0), (14.0, 13.0))
    pons = ellipsoid(at, (0.0, 4.0, -40.0), (17.0, 14.0, 15.0))
    path: list[Vector] = [(0, 12, -48), (0, 26, -90), (0, 34, -170)]
    lower = capsule(at, path[0], path[1], (9.5, 7.5))
    cord = capsule(at, path[1], path[2], (7.0, 6.0))
    return blend_union(blend_union(midbrain, pons, 6.0), np.minimum(lower, cord), 6.0)


def _paint_stem(whole: Canvas) -> None:
    """Paint corpus callosum and brain stem."""
    canvas = around(whole, (0.0, 0.0, -20.0), 60.0)
    at = canvas.at
    if not at.x.size:
        return
    arch: list[Vector] = [(0, -30, -2), (0, -36, 8), (0, -28, 20), (0, -4, 27), (0, 24, 22),
                          (0, 36, 12)]  # fmt: skip
    wide = Points(at.x * np.float32(0.35), at.y, at.z)
    paint(canvas, tube(wide, arch, (3, 5, 4, 3.4, 3.4, 5.5)), _WHITE)
    paint(canvas, _stem(at), 0.8 * _WHITE + 0.2 * _GRAY)


def _paint_deep_gray(whole: Canvas) -> None:
    """Paint thalamus, caudate head and tail, putamen and pallidum."""
    canvas = around(whole, (0.0, -4.0, 8.0), 46.0)
    at = canvas.at
    if not at.x.size:
        return
    folded = Points(np.abs(at.x), at.y, at.z)
    paint(canvas, ellipsoid(folded, (11.0, 10.0, 4.0), (8.5, 15.0, 9.0)), _DEEP_GRAY)
    caudate: list[Vector] = [(13, -25, 4), (14, -18, 13), (19, 2, 23), (22, 18, 19)]
    paint(canvas, tube(folded, caudate, (6.5, 6, 3.5, 2)), _GRAY + 20)
    turn = np.array([[0.3, 0.954, 0.0], [0.954, -0.3, 0.0], [0.0, 0.0, 1.0]])
    putamen = ellipsoid(folded, (27.0, -4.0, 3.0), (17.0, 5.0, 12.0), turn)
    paint(canvas, putamen, _GRAY + 30)
    paint(canvas, ellipsoid(folded, (21.0, -1.0, 1.0), (10.0, 4.0, 8.0), turn), _DEEP_GRAY + 50)


def _paint_ventricles(whole: Canvas) -> None:
    """Paint lateral, third and fourth ventricle, and the cisterns about the brain stem."""
    canvas = around(whole, (0.0, 8.0, -8.0), 62.0)
    at = canvas.at
    if not at.x.size:
        return
    folded = Points(np.abs(at.x), at.y, at.z)
    horn: list[Vector] = [(10, -34, 6), (6, -22, 15), (7, 0, 20), (13, 20, 18), (21, 36, 9),
                          (18, 54, 4)]  # fmt: skip
    lateral = tube(folded, horn, (3.4, 5.2, 5.0, 5.6, 7.0, 2.4))
    lower: list[Vector] = [(21, 36, 9), (30, 26, -10), (31, 0, -24)]
    paint(canvas, np.minimum(lateral, tube(folded, lower, (6, 3.6, 2.4))), _CSF)
    # A thin septum keeps the two front horns apart.
    paint(canvas, np.maximum(np.abs(at.x) - 0.7, lateral), _WHITE - 60)
    paint(canvas, ellipsoid(at, (0.0, 6.0, 0.0), (2.2, 15.0, 11.0)), _CSF)
    paint(canvas, capsule(at, (0.0, 17.0, -10.0), (0.0, 20.0, -30.0), (1.3, 1.3)), _CSF)
    paint(canvas, ellipsoid(at, (0.0, 22.0, -40.0), (7.5, 5.0, 11.0)), _CSF)
    paint(canvas, ellipsoid(at, (0.0, -16.0, -20.0), (12.0, 9.0, 5.0)), _CSF)
    paint(canvas, ellipsoid(at, (0.0, -20.0, -28.0), (6.0, 5.0, 4.0)), _GLAND)  # pituitary
