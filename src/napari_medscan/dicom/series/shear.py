"""Un-shearing: a tilted stack, mostly of a tilted CT gantry, resampled to upright slices.

With a tilted gantry each slice starts a little further along its own plane than
the one before. Shifting every slice back by that amount, interpolating between
pixels, gives a volume whose axes are at right angles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import SHEAR, TILT
from napari_medscan.dicom.space.vectors import (
    Vector,
    difference,
    dot,
    moved,
    normal_of,
    split_orientation,
)
from napari_medscan.frames import LazyStack, shared_cache

NOTE, SHEAR_NOTE = "Resampled to correct gantry tilt", "Resampled to correct the shear"


@dataclass(frozen=True, slots=True, eq=False)
class _ShiftedSlices:
    """Reads slices of a stack, shifted along rows and columns.

    Parameters
    ----------
    array : LazyStack
        The tilted stack.
    shifts : ndarray
        Shift of each of its slices in pixels down and right, shape (slices, 2).
    shape : tuple of int
        Rows and columns of the result, large enough for every slice.
    fill : float
        Value outside the slices.
    """

    array: LazyStack
    shifts: NDArray[np.float64]
    shape: tuple[int, int]
    fill: float

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read slice `index` (time by time, slice by slice), shifted."""
        source = self.array.read_frame(index).astype(np.float32)
        out[...] = self.fill
        down, right = self.shifts[index]
        source = _between(_between(source, down % 1, axis=0), right % 1, axis=1)
        top, left = math.floor(down), math.floor(right)
        out[top : top + source.shape[0], left : left + source.shape[1]] = source


def unsheared(stack: Stack) -> Stack:
    """Return a tilted stack resampled so that its step is along the slice normal.

    Parameters
    ----------
    stack : Stack
        Gray, with a known affine.

    Returns
    -------
    Stack
        float32, larger in plane by the total shift, linearly interpolated.

    Raises
    ------
    UnreadableError
        When the stack is in color or has no known geometry.
    """
    geometry = stack.geometry
    orientation, step, origin = geometry.orientation, geometry.step, geometry.origin
    if stack.is_rgb or geometry.affine is None or not (orientation and step and origin):
        raise UnreadableError("Only grayscale series with known slice positions can be corrected")
    row, column = split_orientation(orientation)
    shifts = _shifts(stack, origin, column, row)
    first = shifts.min(axis=0)
    shifts -= first
    # Interpolation spreads a slice over one pixel more.
    most = np.ceil(shifts.max(axis=0)).astype(int)
    shape = (stack.array.shape[-2] + int(most[0]), stack.array.shape[-1] + int(most[1]))
    fill = float(stack.array.fill)
    normal = normal_of(orientation)
    height = dot(step, normal)
    corner = moved(origin, column, float(first[0]) * geometry.spacing[1])
    corner = moved(corner, row, float(first[1]) * geometry.spacing[2])
    array = LazyStack(
        _ShiftedSlices(stack.array, shifts, shape, fill),
        stack.array.places,
        shape,
        np.dtype(np.float32),
        fill,
        shared_cache(),
        gaps_are_empty=geometry.missing_are_empty,
    )
    return replace(
        stack,
        description=f"{stack.description} (tilt corrected)".strip(),
        array=array,
        geometry=replace(
            geometry,
            spacing=(abs(height), *geometry.spacing[1:]),
            origin=corner,
            step=(normal[0] * height, normal[1] * height, normal[2] * height),
            tilt=0.0,
        ),
        warnings=(
            *(w for w in stack.warnings if not w.startswith((TILT, SHEAR))),
            NOTE if stack.kind.measures == "attenuation" else SHEAR_NOTE,
        ),
    )


def _shifts(stack: Stack, origin: Vector, *axes: Vector) -> NDArray[np.float64]:
    """Return how far each slice starts from the first one, in pixels along the axes.

    The slices' own positions count: the mean step is not that of each when they are unevenly
    spaced.
    """
    spacing = stack.geometry.spacing[1:]
    drift = np.array(
        [
            [dot(difference(record.position or origin, origin), axis) for axis in axes]
            for record in stack.slices
        ]
    )
    # A shift that is whole but for rounding must not blur anything.
    shifts: NDArray[np.float64] = np.round(drift / spacing, 5)
    return shifts


def _between(image: NDArray[np.float32], fraction: float, *, axis: int) -> NDArray[np.float32]:
    """Shift by a fraction of a pixel, one pixel longer along `axis`; by none, as it is."""
    if not fraction:
        return image
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, 1)
    after = np.pad(image, pad, mode="edge")
    pad[axis] = (1, 0)
    before = np.pad(image, pad, mode="edge")
    return (after * np.float32(1 - fraction) + before * np.float32(fraction)).astype(np.float32)
