"""Signed distances to simple solids, and painting them with soft edges.

Every shape answers one question, "how far is this point from your surface?", in millimeters and
negative inside. A distance turns into partial volume by a linear ramp one voxel wide, which is
what a real scanner does at a boundary and what keeps the images free of staircases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_medscan.phantoms.tissues import Tissue

# float32 where there are many: half the memory traffic, and a micrometer is precise enough.
Array: TypeAlias = NDArray[np.floating[Any]]
Vector: TypeAlias = tuple[float, float, float]
Profile: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class Points:
    """Positions in mm, LPS: three arrays that broadcast against each other."""

    x: Array
    y: Array
    z: Array


@dataclass(frozen=True)
class Canvas:
    """One slice being painted.

    Attributes
    ----------
    image
        Shape (rows, columns), changed in place.
    at
        Where the pixels lie. Axial: x (1, columns), y (rows, 1), z (1, 1); oblique: all three
        (rows, columns).
    edge
        Width of the partial-volume ramp in mm, about one pixel.
    channel
        Which property of a `Tissue` is painted.
    """

    image: Array
    at: Points
    edge: float
    channel: Literal["hu", "suv"]

    def crop(self, low: tuple[float, float], high: tuple[float, float]) -> Canvas:
        """Return the part of an axial canvas between two (x, y) corners in mm, uncopied."""
        x, y = self.at.x[0], self.at.y[:, 0]
        columns = slice(*np.searchsorted(x, (low[0] - self.edge, high[0] + self.edge)))
        rows = slice(*np.searchsorted(y, (low[1] - self.edge, high[1] + self.edge)))
        at = Points(self.at.x[:, columns], self.at.y[rows], self.at.z)
        return Canvas(self.image[rows, columns], at, self.edge, self.channel)

    def value(self, tissue: Tissue) -> float:
        """Return the tissue's value in this canvas's channel."""
        return tissue.hu if self.channel == "hu" else tissue.suv


def axial_canvas(size: int, spacing: float, z: float, channel: Literal["hu", "suv"]) -> Canvas:
    """Return an empty (zero) square axial canvas, centered on x = 0 and y = 0."""
    step = ((np.arange(size) - (size - 1) / 2) * spacing).astype(np.float32)
    at = Points(step[None], step[:, None], np.full((1, 1), z, np.float32))
    return Canvas(np.zeros((size, size), np.float32), at, spacing, channel)


def around(canvas: Canvas, center: Vector, reach: float) -> Canvas:
    """Return the part of an oblique canvas within `reach` mm of a point; it may be empty."""
    at = canvas.at
    corner, along, down = (
        np.array([p[i, j] for p in (at.x, at.y, at.z)], np.float64)
        for i, j in ((0, 0), (0, 1), (1, 0))
    )
    along, down = along - corner, down - corner
    offset = np.array(center) - corner
    step = float(np.linalg.norm(along))
    across = abs(float(offset @ np.cross(along, down))) / step**2
    half = float(np.sqrt(max(reach * reach - across * across, 0.0))) / step
    column, row = float(offset @ along) / step**2, float(offset @ down) / step**2
    columns = slice(max(int(column - half), 0), max(int(column + half) + 1, 0))
    rows = slice(max(int(row - half), 0), max(int(row + half) + 1, 0))
    if across > reach:
        rows = columns = slice(0, 0)
    part = Points(at.x[rows, columns], at.y[rows, columns], at.z[rows, columns])
    return Canvas(canvas.image[rows, columns], part, canvas.edge, canvas.channel)


def coverage(distance: Array, edge: float) -> Array:
    """Return how much of a voxel lies inside a surface `distance` mm away: 0 to 1."""
    # Not np.clip, whose overhead is felt on thousands of patches of a few pixels.
    inside: Array = np.minimum(
        np.maximum(np.float32(0.5) - distance * np.float32(1 / edge), np.float32(0)), np.float32(1)
    )
    return inside


def paint(canvas: Canvas, distance: Array, what: Tissue | Array | float) -> None:
    """Blend a tissue, a value or an image over the canvas where `distance` is negative."""
    value = np.float32(canvas.value(what)) if isinstance(what, Tissue) else what
    canvas.image[...] += coverage(distance, canvas.edge) * (value - canvas.image)


def profile(*points: tuple[float, float], smooth: float = 8.0) -> Profile:
    """Return a smooth function of z through roughly the given (z, value) points, z ascending.

    Linear pieces would leave creases in coronal and sagittal images, so the polyline is
    convolved once with a Gaussian of `smooth` mm.
    """
    zs, values = np.array(points, np.float64).T
    grid = np.arange(zs[0] - 60, zs[-1] + 61)
    reach = np.arange(-int(3 * smooth), int(3 * smooth) + 1)
    kernel = np.exp(-0.5 * (reach / smooth) ** 2)
    padded = np.interp(np.arange(grid[0] - reach[-1], grid[-1] + reach[-1] + 1), zs, values)
    table = np.convolve(padded, kernel / kernel.sum(), mode="valid")

    def at(z: Array) -> Array:
        return np.interp(z, grid, table).astype(np.float32)

    return at


def superellipse(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """Return the radial distance to a superellipse of exponent 2.5, squarer than an ellipse."""
    u, v = np.abs(x) / a, np.abs(y) / b
    level = np.maximum((u * u * np.sqrt(u) + v * v * np.sqrt(v)) ** np.float32(0.4), 1e-3)
    distance: Array = np.sqrt(x * x + y * y) * (1 - 1 / level)
    return distance


def ellipse(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """Return the distance to an ellipse about the origin (first order, exact on the surface)."""
    u, v = x / a, y / b
    level = np.sqrt(u * u + v * v)
    slope = np.sqrt((u / a) ** 2 + (v / b) ** 2)
    distance: Array = level * (level - 1) / np.maximum(slope, 1e-4)
    return distance


def ellipsoid(
    at: Points, center: Vector, semi: Vector, axes: NDArray[np.float64] | None = None
) -> Array:
    """Return the distance to an ellipsoid; rows of `axes` (3, 3) are its unit axes in LPS."""
    dx, dy, dz = (p - np.float32(c) for p, c in zip((at.x, at.y, at.z), center, strict=True))
    level: Array | float = 0.0
    slope: Array | float = 0.0
    turn = (np.eye(3) if axes is None else axes).tolist()
    for (ax, ay, az), length in zip(turn, semi, strict=True):
        along = (dx * ax + dy * ay + dz * az) / length
        level = level + along * along
        slope = slope + (along / length) ** 2
    root = np.sqrt(level)
    distance: Array = root * (root - 1) / np.maximum(np.sqrt(slope), 1e-4)
    return distance


def axes_along(direction: Vector) -> NDArray[np.float64]:
    """Return a right-handed (3, 3) frame whose first row points along `direction`."""
    first = np.array(direction) / np.linalg.norm(direction)
    second = np.cross(np.eye(3)[np.argmin(np.abs(first))], first)
    second /= np.linalg.norm(second)
    return np.array([first, second, np.cross(first, second)])


def capsule(at: Points, start: Vector, end: Vector, radii: tuple[float, float]) -> Array:
    """Return the distance to a rod with round ends whose radius runs from radii[0] to [1]."""
    (sx, sy, sz), (ex, ey, ez) = start, end
    px, py, pz = at.x - sx, at.y - sy, at.z - sz
    dx, dy, dz = ex - sx, ey - sy, ez - sz
    scale = 1 / max(dx * dx + dy * dy + dz * dz, 1e-6)
    along = px * (dx * scale) + py * (dy * scale) + pz * (dz * scale)
    t = np.minimum(np.maximum(along, np.float32(0)), np.float32(1))
    ox, oy, oz = px - t * dx, py - t * dy, pz - t * dz
    gap = np.sqrt(ox * ox + oy * oy + oz * oz)
    distance: Array = gap - (radii[0] + t * (radii[1] - radii[0]))
    return distance


def tube(at: Points, path: Sequence[Vector], radii: Sequence[float]) -> Array:
    """Return the distance to a bent tube through the points of `path`.

    Distances beyond some 25 mm are only bounds: pieces that far above or below are left out.
    """
    low, high = float(at.z.min()) - 25, float(at.z.max()) + 25
    distance = np.full(np.broadcast_shapes(at.x.shape, at.y.shape, at.z.shape), 25, np.float32)
    for i, (start, end) in enumerate(pairwise(path)):
        reach = max(radii[i], radii[i + 1])
        if min(start[2], end[2]) - reach < high and max(start[2], end[2]) + reach > low:
            piece = capsule(at, start, end, (radii[i], radii[i + 1]))
            np.minimum(distance, piece, out=distance)
    return distance


def paint_tube(
    canvas: Canvas, path: Sequence[Vector], radii: Sequence[float], tissue: Tissue
) -> None:
    """Paint what of a bent tube crosses the canvas, piece by piece."""
    z = float(canvas.at.z[0, 0])
    for i, (start, end) in enumerate(pairwise(path)):
        reach = max(radii[i], radii[i + 1])
        if min(start[2], end[2]) - reach - 2 < z < max(start[2], end[2]) + reach + 2:
            patch = canvas.crop(
                (min(start[0], end[0]) - reach, min(start[1], end[1]) - reach),
                (max(start[0], end[0]) + reach, max(start[1], end[1]) + reach),
            )
            paint(patch, capsule(patch.at, start, end, (radii[i], radii[i + 1])), tissue)


def paint_ellipsoid(canvas: Canvas, center: Vector, semi: Vector, tissue: Tissue) -> None:
    """Paint what of an upright ellipsoid crosses the canvas."""
    if abs(float(canvas.at.z[0, 0]) - center[2]) < semi[2] + 2:
        patch = canvas.crop(
            (center[0] - semi[0], center[1] - semi[1]), (center[0] + semi[0], center[1] + semi[1])
        )
        paint(patch, ellipsoid(patch.at, center, semi), tissue)


def smooth_noise(image: Array, weight: float) -> Array:
    """Blur with the 3 x 3 kernel (w, 1 - 2w, w) in both directions; edges are repeated."""
    side, middle = np.float32(weight), np.float32(1 - 2 * weight)
    for _ in range(2):
        blurred = middle * image
        blurred[1:] += side * image[:-1]
        blurred[:-1] += side * image[1:]
        blurred[0] += side * image[0]
        blurred[-1] += side * image[-1]
        image = blurred.T
    return image
