"""The torso's guiding surfaces: outline, rib cage, spine line, mediastinum and diaphragm.

Coordinates are LPS in mm: x to the patient's left, y to the back, z to the head. The origin lies
in the middle of the chest, at the level of the heart; the lungs reach from z = 115 to about -140.
Numbers are those of an adult of 75 kg who lies on the back with raised arms.
"""

from __future__ import annotations

import numpy as np

from napari_medscan.phantoms.shapes import (
    Array,
    Points,
    capsule,
    ellipse,
    ellipsoid,
    profile,
    superellipse,
    tube,
)

OUTLINE_WIDTH = profile(
    (-330, 166), (-270, 158), (-200, 153), (-120, 160), (-50, 166), (30, 172), (80, 172),
    (105, 150), (122, 105), (140, 68), (170, 62),
)  # fmt: skip
OUTLINE_DEPTH = profile(
    (-330, 108), (-250, 105), (-150, 108), (-50, 113), (20, 111), (60, 106), (90, 95),
    (115, 80), (140, 66), (170, 62),
)  # fmt: skip
OUTLINE_CENTER = profile((-330, 0), (0, 0), (60, 3), (110, 6), (170, 0))
CAGE_WIDTH = profile(
    (-330, 128), (-260, 126), (-170, 134), (-100, 141), (-40, 142), (10, 138), (45, 128),
    (75, 110), (95, 88), (108, 66), (118, 42), (124, 22), (170, 20), smooth=6,
)  # fmt: skip
CAGE_DEPTH = profile(
    (-330, 80), (-250, 80), (-170, 86), (-60, 92), (0, 89), (45, 77), (80, 60), (100, 46),
    (112, 34), (122, 20), (170, 18), smooth=6,
)  # fmt: skip
CAGE_CENTER = profile((-330, -6), (-100, -5), (0, -3), (60, 3), (100, 10), (170, 14))
SPINE_Y = profile(
    (-330, 33), (-260, 24), (-200, 29), (-140, 37), (-50, 45), (20, 48), (70, 42), (110, 30),
    (150, 17), (190, 12),
)  # fmt: skip
MEDIASTINUM_WIDTH = profile(
    (-330, 20), (-120, 22), (-60, 22), (0, 22), (40, 25), (75, 28), (100, 34), (125, 44), (170, 44)
)

AORTIC_ARCH = (
    (-4.0, -28.0, -12.0), (-16.0, -38.0, 12.0), (-17.0, -40.0, 34.0), (-11.0, -32.0, 52.0),
    (2.0, -14.0, 62.0), (13.0, 6.0, 63.0), (20.0, 22.0, 54.0), (24.0, 32.0, 38.0),
)  # fmt: skip
DESCENDING_AORTA = (
    (24.0, 32.0, 38.0), (24.0, 33.0, 0.0), (20.0, 30.0, -60.0), (12.0, 20.0, -115.0),
    (7.0, 4.0, -180.0), (5.0, -4.0, -260.0), (4.0, 0.0, -340.0),
)  # fmt: skip
AORTIC_RADII = (15.0, 16.0, 16.0, 15.0, 13.5, 13.0, 12.5, 12.0)
DESCENDING_RADII = (12.0, 12.0, 11.5, 11.0, 10.0, 9.0, 8.0)
HEART_CENTER = (25.0, -38.0, -46.0)
HEART_SEMI = (64.0, 47.0, 42.0)
HEART_AXIS = np.array([[0.74, -0.36, -0.57], [0.5, 0.86, 0.1], [0.454, -0.359, 0.815]])
RIGHT_ATRIUM = ((-20.0, -27.0, -36.0), (30.0, 32.0, 42.0))


def outline(at: Points) -> Array:
    """Return the distance to the skin of trunk, neck and raised upper arms."""
    trunk = superellipse(
        at.x, at.y - OUTLINE_CENTER(at.z), OUTLINE_WIDTH(at.z), OUTLINE_DEPTH(at.z)
    )
    distance = trunk
    if at.z.max() > 30:
        for side in (-1.0, 1.0):
            arm = capsule(at, (side * 128, 14.0, 75.0), (side * 196, -4.0, 215.0), (52.0, 46.0))
            distance = blend_union(distance, arm, 24.0)
    return distance


def blend_union(first: Array, second: Array, radius: float) -> Array:
    """Return the union of two distances with a fillet of about `radius` mm."""
    h = np.clip(radius - np.abs(first - second), 0, None)
    union: Array = np.minimum(first, second) - h * h * np.float32(0.25 / radius)
    return union


def cage(at: Points) -> Array:
    """Return the distance to the middle of the rib cage's wall (below: of the belly's wall)."""
    return superellipse(at.x, at.y - CAGE_CENTER(at.z), CAGE_WIDTH(at.z), CAGE_DEPTH(at.z))


def cage_angle(at: Points) -> Array:
    """Return the angle about the cage's axis: 0 at the spine, pi at the sternum, both sides."""
    stretch = CAGE_WIDTH(at.z) / CAGE_DEPTH(at.z)
    angle: Array = np.arctan2(np.abs(at.x), (at.y - CAGE_CENTER(at.z)) * stretch)
    return angle


def paraspinal(at: Points) -> Array:
    """Return the distance to the muscle beside and behind the spine, which dents both lungs."""
    return ellipse(at.x, at.y - SPINE_Y(at.z) - 36, 45.0, 29.0)


def heart(at: Points) -> Array:
    """Return the distance to the pericardium: the ventricles and the right atrium."""
    ventricles = ellipsoid(at, HEART_CENTER, HEART_SEMI, HEART_AXIS)
    return blend_union(ventricles, ellipsoid(at, *RIGHT_ATRIUM), 14.0)


def aorta(at: Points) -> Array:
    """Return the distance to the aorta, from its root to the belly."""
    arch = tube(at, AORTIC_ARCH, AORTIC_RADII)
    union: Array = np.minimum(arch, tube(at, DESCENDING_AORTA, DESCENDING_RADII))
    return union


def mediastinum(at: Points) -> Array:
    """Return the distance to all that lies between the lungs, spine included."""
    column = ellipse(at.x, at.y - CAGE_CENTER(at.z) + 8, MEDIASTINUM_WIDTH(at.z), 62.0)
    spine = ellipse(at.x, at.y - SPINE_Y(at.z), 21.0, 20.0)
    distance = blend_union(column, spine, 10.0)
    distance = blend_union(distance, paraspinal(at) - 2, 8.0)
    distance = blend_union(distance, aorta(at) - 3, 8.0)
    # The lungs meet in front of the great vessels, so only a thin septum reaches the sternum.
    septum = np.maximum(np.abs(at.x - 3 - 3 * np.sin(at.y / 17)) - 1.3, at.y + 20)
    if float(at.z.min()) < 25 and float(at.z.max()) > -105:
        distance = blend_union(distance, heart(at) - 4, 12.0)
    union: Array = np.minimum(distance, septum)
    return union


def dome(at: Points) -> Array:
    """Return the height (z, mm) of the diaphragm over each (x, y)."""
    front_to_back = (at.y - 2) / 96
    # Each leaf falls steeply to the ribs and only little to the middle, where the heart rests.
    right = at.x + 68
    right = np.where(right > 0, right / 190, right / 84)
    left = at.x - 74
    left = np.where(left < 0, left / 190, left / 78)
    depth = front_to_back * front_to_back
    back = np.clip(at.y, 0, None) * np.float32(0.22)
    high = -63 - 80 * (right * right + depth) ** np.float32(1.15) - back
    low = -79 - 78 * (left * left + depth) ** np.float32(1.15) - back
    h = np.clip(14 - np.abs(high - low), 0, None)
    height: Array = np.maximum(high, low) + h * h / 56
    return height


def above_diaphragm(at: Points) -> Array:
    """Return the signed height below the diaphragm in mm: negative above, in the chest."""
    # The leaves slope by about 45 degrees on average, hence the factor from height to distance.
    return (dome(at) - at.z) * np.float32(0.75)


def lungs(at: Points) -> Array:
    """Return the distance to the surface of both lungs."""
    between = np.maximum(cage(at) + 5.5, -mediastinum(at))
    distance: Array = np.maximum(between, above_diaphragm(at))
    return distance
