"""The branching vessels and bronchi of the lungs, grown from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.body import lungs
from napari_medscan.phantoms.shapes import Canvas, Points, Vector, capsule, paint
from napari_medscan.phantoms.tissues import AIR, AIRWAY_WALL, BLOOD, Tissue

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAVES = 280
_BRONCHUS_LEAVES = 9
_ARTERY_ROOTS: tuple[Vector, ...] = ((-36.0, -6.0, 12.0), (38.0, 2.0, 20.0))
_VEIN_ROOTS: tuple[Vector, ...] = ((-30.0, -8.0, -8.0), (32.0, 2.0, -4.0))
_BRONCHUS_ROOTS: tuple[Vector, ...] = ((-34.0, 8.0, 12.0), (36.0, 14.0, 12.0))


@dataclass(frozen=True)
class Tree:
    """Straight pieces of a branching tree.

    Attributes
    ----------
    start, end
        Shape (n, 3), mm, LPS.
    radius
        Shape (n,), mm: that of the whole piece.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    radius: NDArray[np.float64]


@dataclass(frozen=True)
class LungTrees:
    """Both lungs' vessels (arteries and veins alike) and their bronchi."""

    vessels: Tree
    bronchi: Tree


def grow_lung_trees(seed: int) -> LungTrees:
    """Return the same trees for the same seed; takes some tens of milliseconds."""
    rng = np.random.default_rng([seed, 1])
    pieces: list[tuple[NDArray[np.float64], NDArray[np.float64], int]] = []
    airways: list[tuple[NDArray[np.float64], NDArray[np.float64], int]] = []
    for side in (0, 1):
        for roots in (_ARTERY_ROOTS, _VEIN_ROOTS):
            targets = _points_in_lung(rng, side, _LEAVES)
            _branch(np.array(roots[side]), targets, pieces, rng)
        _branch(np.array(_BRONCHUS_ROOTS[side]), _points_in_lung(rng, side, 90), airways, rng)
    thick = [piece for piece in airways if piece[2] >= _BRONCHUS_LEAVES]
    return LungTrees(_tree(pieces, 0.8, 0.35), _tree(thick, 0.62, 0.46))


def _points_in_lung(rng: np.random.Generator, side: int, count: int) -> NDArray[np.float64]:
    """Return `count` points (n, 3) inside the right (0) or left (1) lung."""
    cloud = rng.uniform((12, -95, -140), (140, 90, 115), (count * 12, 3))
    cloud[:, 0] *= 1 if side else -1
    x, y, z = cloud.T.astype(np.float32)
    return cloud[lungs(Points(x, y, z)) < -5][:count]


def _branch(
    origin: NDArray[np.float64],
    targets: NDArray[np.float64],
    pieces: list[tuple[NDArray[np.float64], NDArray[np.float64], int]],
    rng: np.random.Generator,
) -> None:
    """Grow from `origin` to all targets (n, 3): halve them across their widest spread, again."""
    if len(targets) == 1:
        pieces.append((origin, targets[0], 1))
        return
    offsets = targets - targets.mean(axis=0)
    widest = np.linalg.svd(offsets, full_matrices=False)[2][0]
    order = np.argsort(offsets @ widest)
    cut = int(len(order) * rng.uniform(0.35, 0.65)) or 1
    for half in (targets[order[:cut]], targets[order[cut:]]):
        reach = 0.34 if len(half) > 1 else 1.0
        end = origin + reach * (half.mean(axis=0) - origin)
        pieces.append((origin, end, len(half)))
        if len(half) > 1:
            _branch(end, half, pieces, rng)


def _tree(
    pieces: list[tuple[NDArray[np.float64], NDArray[np.float64], int]],
    leaf: float,
    power: float,
) -> Tree:
    """Return the pieces as arrays; a piece that feeds n leaves is leaf * n ** power thick."""
    fed = np.array([piece[2] for piece in pieces], np.float64)
    start = np.array([piece[0] for piece in pieces])
    return Tree(start, np.array([piece[1] for piece in pieces]), leaf * fed**power)


def paint_lung_trees(canvas: Canvas, trees: LungTrees) -> None:
    """Paint what of the trees crosses the canvas: vessels, then bronchi with wall and lumen."""
    _paint_tree(canvas, trees.vessels, 0.0, BLOOD)
    _paint_tree(canvas, trees.bronchi, 1.1, AIRWAY_WALL)
    _paint_tree(canvas, trees.bronchi, 0.0, AIR)


def _paint_tree(canvas: Canvas, tree: Tree, wall: float, tissue: Tissue) -> None:
    level = float(canvas.at.z[0, 0])
    reach = tree.radius + wall + canvas.edge
    low = np.minimum(tree.start[:, 2], tree.end[:, 2]) - reach
    high = np.maximum(tree.start[:, 2], tree.end[:, 2]) + reach
    crossing = np.flatnonzero((low < level) & (level < high))
    start, end, reach = tree.start[crossing], tree.end[crossing], reach[crossing]
    # Only the stretch near this slice matters: a small patch instead of the whole piece.
    rise = end[:, 2] - start[:, 2]
    rise = np.where(np.abs(rise) > 0, rise, 1e-6)
    one = np.clip((level - reach - start[:, 2]) / rise, 0, 1)[:, None]
    other = np.clip((level + reach - start[:, 2]) / rise, 0, 1)[:, None]
    near, far = start + one * (end - start), start + other * (end - start)
    low_corner = np.minimum(near, far) - reach[:, None]
    high_corner = np.maximum(near, far) + reach[:, None]
    x, y = canvas.at.x[0], canvas.at.y[:, 0]
    columns = np.searchsorted(x, [low_corner[:, 0], high_corner[:, 0]]).T.tolist()
    rows = np.searchsorted(y, [low_corner[:, 1], high_corner[:, 1]]).T.tolist()
    radii = (reach - canvas.edge).tolist()
    starts, ends = start.tolist(), end.tolist()
    for (left, right), (top, bottom), a, b, radius in zip(
        columns, rows, starts, ends, radii, strict=True
    ):
        at = Points(canvas.at.x[:, left:right], canvas.at.y[top:bottom], canvas.at.z)
        image = canvas.image[top:bottom, left:right]
        if image.size:
            patch = Canvas(image, at, canvas.edge, canvas.channel)
            paint(patch, capsule(at, tuple(a), tuple(b), (radius, radius)), tissue)
