"""The bones of the torso: spine, ribs with their cartilage, sternum, shoulders, iliac crests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_medscan.phantoms.body import SPINE_Y, cage_angle
from napari_medscan.phantoms.shapes import (
    Array,
    Canvas,
    Points,
    Profile,
    Vector,
    capsule,
    ellipse,
    ellipsoid,
    paint,
    profile,
    superellipse,
)
from napari_medscan.phantoms.tissues import CARTILAGE, CORD, CORTICAL, CSF, DISC, MUSCLE, TRABECULAR

_FIRST_RIB_Z = 112.0
_RIB_STEP = 24.0
# By rib, 0 unused: where bone ends and where cartilage ends, in degrees from the spine.
_BONE_END = np.radians([0, 138, 140, 140, 138, 134, 130, 126, 118, 110, 100, 82, 52])
_RIB_END = np.radians([0, 176, 176, 176, 176, 176, 174, 172, 140, 128, 116, 82, 52])
_LUMBAR_SCALE = 1.17  # vertebrae bigger than this, against mid-thoracic ones, are lumbar
# Height of a vertebra with its disc grows down the spine; this counts vertebrae from T1.
_VERTEBRA: Profile = profile(
    (-400, -19.7), (-154, -11.0), (110, 0.0), (185, 4.2), smooth=4
)  # fmt: skip


def _bone(canvas: Canvas, distance: Array, cortex: float) -> None:
    """Paint compact bone with a spongy core under a cortex of `cortex` mm."""
    paint(canvas, distance, CORTICAL)
    paint(canvas, distance + np.float32(cortex), TRABECULAR)


def paint_ribs(canvas: Canvas, cage: Array) -> None:
    """Paint all ribs that cross the slice; `cage` is the distance to the cage's wall.

    A rib leaves the spine and sinks as it runs forward, so a slice cuts many of them. On the wall
    the ribs are a ladder: unrolling the descent tells for each pixel which rung is nearest.
    """
    z = float(canvas.at.z[0, 0])
    if z < -260:
        return
    upper = np.clip((z - 20) / 90, 0, 1)  # the first ribs are short and nearly flat
    # Only a few pixels lie on the wall, and the arithmetic is long: work on those alone.
    rows, columns = np.nonzero(np.abs(cage) < 4.2 + 2 * canvas.edge)
    wall = cage[rows, columns]
    angle = cage_angle(Points(canvas.at.x[0, columns], canvas.at.y[rows, 0], canvas.at.z[0]))
    forward = np.clip(angle / np.radians(132), 0, 1)
    back_up = np.clip((angle - np.radians(132)) / np.radians(44), 0, 1)
    drop = (92 - 52 * upper) * np.sin(forward * np.float32(np.pi / 2)) ** 1.25
    drop -= (34 - 24 * upper) * back_up
    rung = (_FIRST_RIB_Z - z - drop) / _RIB_STEP + 1
    number = np.clip(np.rint(rung), 1, 12).astype(np.intp)
    off = np.abs(rung - number) * np.float32(_RIB_STEP * 0.87)
    section = (np.sqrt((wall / 4.2) ** 2 + (off / 6.6) ** 2) - 1) * np.float32(4.6)
    # Angles become millimeters along the wall by a mean radius of the chest.
    past_bone = (angle - _BONE_END[number]) * 110
    past_rib = (angle - _RIB_END[number]) * 110
    pixels = replace(canvas, image=canvas.image[rows, columns])
    paint(pixels, np.maximum(section, past_rib), CARTILAGE)
    _bone(pixels, np.maximum(section, past_bone), 1.7)
    canvas.image[rows, columns] = pixels.image


def paint_sternum(canvas: Canvas) -> None:
    """Paint manubrium, body and xiphoid process in front of the heart."""
    z = float(canvas.at.z[0, 0])
    if not -62 < z < 112:
        return
    patch = canvas.crop((-45, -125), (45, -30))
    width = float(_STERNUM_WIDTH(canvas.at.z)[0, 0])
    center = float(_STERNUM_Y(canvas.at.z)[0, 0])
    flat = superellipse(patch.at.x, patch.at.y - center, width, 6.2)
    ends = max(-58 - z, z - 107)
    joint = 2.0 - abs(z - 66)  # cartilage between manubrium and body
    distance = np.maximum(flat, ends)
    _bone(patch, distance, 1.5)
    paint(patch, np.maximum(distance + 1, -joint), CARTILAGE)


_STERNUM_WIDTH = profile(
    (-62, 5), (-45, 7), (-35, 14), (-10, 19), (40, 15), (62, 14), (72, 22), (95, 29), (112, 24),
    smooth=3,
)  # fmt: skip
_STERNUM_Y = profile((-62, -94), (-20, -97), (30, -89), (70, -74), (107, -54))


def paint_spine(canvas: Canvas) -> None:
    """Paint vertebral bodies and discs, arches and processes, canal and cord."""
    z = canvas.at.z
    level = float(z[0, 0])
    y = float(SPINE_Y(z)[0, 0])
    patch = canvas.crop((-60, y - 25), (60, y + 80))
    at = patch.at
    scale = 1.0 + 0.22 * float(np.clip((20 - level) / 260, -0.35, 1))  # lumbar ones are bigger
    phase = float(_VERTEBRA(z)[0, 0])
    number = round(phase)
    height = 24.0 if level > -160 else 28.5
    off = (phase - number) * height  # mm above the middle of this vertebra
    back = at.y - y
    waist = 1.2 * (1 - min(abs(off) / (height / 2), 1.0) ** 2)  # bodies are slim at mid-height
    body = superellipse(at.x, back, 16.5 * scale - waist, 13.0 * scale - waist)
    # The rear wall is flat or hollow, toward the canal.
    body = np.maximum(body, back - 11.5 * scale)
    plate = abs(off) - (height / 2 - 2.6)
    paint(patch, body + 0.8, DISC)
    vertebra = np.maximum(body, plate)
    _bone(patch, vertebra, 1.3)
    canal_y = 11.5 * scale + 8.5
    _paint_arch(patch, back, off, scale, canal_y)
    paint(patch, ellipse(at.x, back - canal_y, 9.5, 8.0), CSF)
    cord = (6.0, 4.6) if level > -170 else (4.5, 3.2)
    paint(patch, ellipse(at.x, back - canal_y, *cord), CORD)


def _paint_arch(patch: Canvas, back: Array, off: float, scale: float, canal_y: float) -> None:
    """Paint pedicles, laminae, transverse and spinous processes about the canal."""
    x = np.abs(patch.at.x)
    flat = np.full((1, 1), off, np.float32)
    at = Points(x, back, flat)
    ring = np.abs(ellipse(patch.at.x, back - canal_y, 12.0, 10.5)) - 2.4
    lamina = np.maximum(np.maximum(ring, canal_y - 1 - back), abs(off + 2) - 8.5)
    pedicle = capsule(at, (12.0, 6.0, 4.0), (12.5, canal_y + 2, 3.0), (4.2, 4.2))
    wing: tuple[Vector, Vector] = ((13.0, canal_y + 4, 3.0), (31.0, canal_y + 12, 5.0))
    if scale > _LUMBAR_SCALE:  # lumbar: straight to the side, thin
        wing = ((14.0, canal_y, 1.0), (40.0, canal_y + 4, 1.0))
    transverse = capsule(at, *wing, (5.0, 4.2))
    facet = ellipsoid(at, (14.0, canal_y + 6.0, -9.0), (6.0, 5.0, 6.5))
    # Thoracic spinous processes overlap like roof tiles: they point down as well as back.
    fall = -20.0 if scale < _LUMBAR_SCALE else -5.0
    root, tip = (0.0, canal_y + 9, -2.0), (0.0, canal_y + 29, fall)
    spinous = np.minimum(
        capsule(at, root, tip, (3.6, 3.4)),
        capsule(Points(x, back, flat + 24.0), root, tip, (3.6, 3.4)) if fall < -15 else np.inf,
    )
    arch = np.minimum.reduce(
        np.broadcast_arrays(lamina, pedicle, transverse, facet, spinous)
    ).astype(np.float32)
    _bone(patch, arch, 1.6)


def paint_shoulders(canvas: Canvas, cage: Array) -> None:
    """Paint clavicles, shoulder blades and the upper arm bones of raised arms."""
    z = float(canvas.at.z[0, 0])
    if z < -12:
        return
    angle = cage_angle(canvas.at)
    top, low = 100.0, -5.0
    middle = np.radians(58 + 22 * (z - low) / (top - low))
    half = np.radians(26) * np.sqrt(max(min((z - low) / 55, (top + 12 - z) / 22, 1.0), 0.0))
    plate = np.abs(cage - 17) - np.float32(2.3)
    ends = (np.abs(angle - np.float32(middle)) - half) * 100
    if half > 0:
        _bone(canvas, np.maximum(plate, ends).astype(np.float32), 1.8)
    if z < 40:
        return
    for side in (-1.0, 1.0):
        patch = canvas.crop((min(side * 15, side * 230), -80), (max(side * 15, side * 230), 70))
        at = patch.at
        muscle = ellipsoid(at, (side * 152, 22.0, 92.0), (34.0, 40.0, 44.0))
        paint(patch, muscle, MUSCLE)
        blade = capsule(at, (side * 122, 42.0, 82.0), (side * 150, 20.0, 100.0), (7.0, 13.0))
        _bone(patch, blade, 2.0)
        shaft = capsule(at, (side * 164, 8.0, 112.0), (side * 196, -4.0, 215.0), (12.0, 11.0))
        head = ellipsoid(at, (side * 160, 10.0, 108.0), (22.0, 22.0, 22.0))
        _bone(patch, np.minimum(shaft, head), 2.6)
        inner = capsule(at, (side * 22, -64.0, 104.0), (side * 78, -52.0, 118.0), (8.5, 6.0))
        outer = capsule(at, (side * 78, -52.0, 118.0), (side * 140, -8.0, 124.0), (6.0, 7.0))
        _bone(patch, np.minimum(inner, outer), 2.0)


def paint_iliac_crests(canvas: Canvas, cage: Array) -> None:
    """Paint the upper rims of the pelvis, which the lowest slices of a PET/CT just reach."""
    z = float(canvas.at.z[0, 0])
    if z > -272:
        return
    angle = cage_angle(canvas.at)
    half = np.radians(34) * np.sqrt(min((-272 - z) / 45, 1.0))
    ends = (np.abs(angle - np.float32(np.radians(62))) - half) * 100
    wing = np.maximum(np.abs(cage + 6) - 5, ends)
    _bone(canvas, wing.astype(np.float32), 2.0)
