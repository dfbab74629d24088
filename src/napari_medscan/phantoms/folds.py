"""The folding of the cortex: where the nearest cerebrospinal fluid is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.shapes import Array, Points, ellipsoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WAVES = 28
_RADIUS = 66.0  # the folds' wavelengths hold at this distance from the brain's middle


@dataclass(frozen=True)
class Folds:
    """A random field whose zero sheets are the sulci: a sum of plane waves.

    Attributes
    ----------
    wave
        Shape (3, n), rad/mm.
    phase
        Shape (n,), rad.
    """

    wave: NDArray[np.float32]
    phase: NDArray[np.float32]


def folds_from_seed(seed: int) -> Folds:
    """Return the folding pattern of a seed.

    Waves of nearly one length make a labyrinth of sheets about half a wavelength apart, which is
    how a cortex of constant thickness folds.
    """
    rng = np.random.default_rng([seed, 5])
    direction = rng.standard_normal((3, _WAVES))
    direction /= np.linalg.norm(direction, axis=0)
    length = rng.uniform(19, 27, _WAVES)
    wave = (2 * np.pi / length * direction).astype(np.float32)
    return Folds(wave, rng.uniform(0, 2 * np.pi, _WAVES).astype(np.float32))


def depth_below_csf(at: Points, surface: Array, folds: Folds) -> Array:
    """Return how deep points (n,) lie below the nearest CSF: outer surface, fissure or sulcus.

    Parameters
    ----------
    at
        Three arrays of shape (n,).
    surface
        Their distance to the smooth hull of the cerebrum, negative inside.
    folds
        From `folds_from_seed`.
    """
    gaps = (_sulci(at, surface, folds), _between_hemispheres(at), _sylvian(at))
    depth: Array = np.minimum.reduce([-surface, *gaps]).astype(np.float32)
    return depth


def _sheet(half: Array, beyond: Array) -> Array:
    """Return the distance to a sheet: `half` off its faces, ending where `beyond` is positive."""
    outside = np.hypot(np.clip(half, 0, None), np.clip(beyond, 0, None))
    distance: Array = outside + np.where(beyond > 0, 0, np.minimum(half, 0))
    return distance


def _sulci(at: Points, surface: Array, folds: Folds) -> Array:
    position = np.stack([at.x, at.y - 3, at.z - 4], axis=1)
    radius = np.sqrt((position**2).sum(axis=1)) + 8
    # Squeezing the radius turns sheets toward the center: sulci run inwards, not along.
    scale = (np.float32(_RADIUS) / radius) ** np.float32(0.66)
    angle = (position * scale[:, None]) @ folds.wave + folds.phase
    field = np.cos(angle).sum(axis=1)
    slope = np.sqrt(((np.sin(angle) @ folds.wave.T) ** 2).sum(axis=1)) * scale
    off = np.abs(field) / (slope + np.float32(0.12))
    deep = 20 + 6 * np.sin(at.x / 17 + 1) * np.sin(at.y / 21) * np.cos(at.z / 19)
    # Sulci open toward the surface.
    width = np.clip(0.95 + surface * np.float32(0.04), 0.12, None)
    # They stop short of the deep gray matter and the ventricles.
    core = ellipsoid(at, (0.0, 4.0, 3.0), (34.0, 50.0, 31.0))
    return _sheet(off - width, np.maximum(-surface - deep, -core))


def _between_hemispheres(at: Points) -> Array:
    """Return the distance to the cleft above, before and behind the corpus callosum."""
    bridge = ellipsoid(at, (0.0, 2.0, -2.0), (40.0, 44.0, 28.0))
    gap = np.abs(at.x + 0.6 * np.sin(at.y / 23)) - 1.1
    return _sheet(gap, -bridge)


def _sylvian(at: Points) -> Array:
    """Return the distance to the cleft above the temporal lobe; its floor is the insula."""
    lid = np.abs(at.z + 10 - 0.1 * at.y - 5 * np.sin(at.y / 12) + 0.3 * (np.abs(at.x) - 50))
    reach = np.maximum(np.maximum(37 - np.abs(at.x), at.y - 28), -at.y - 42)
    cleft = _sheet(lid * 0.85 - 1.2, reach)
    wall = np.maximum(np.abs(at.z - 2) - 15, np.abs(at.y + 6) - 24)
    return np.minimum(
        cleft, _sheet(np.abs(np.abs(at.x) - 37.5 - 1.5 * np.sin(at.y / 4)) - 0.8, wall)
    )
