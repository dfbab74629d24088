"""Un-shearing: a stack with a tilted gantry, resampled to upright slices.

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
from napari_medscan.dicom.stack import Stack
from napari_medscan.dicom.vectors import dot, moved, normal_of, split_orientation
from napari_medscan.frames import FrameCache, LazyStack

NOTE = "resampled: slices are shifted along their plane to undo the gantry's tilt"


@dataclass(frozen=True, slots=True)
class _ShiftedSlices:
    """Reads slices of a stack, shifted along rows and columns.

    Parameters
    ----------
    array : LazyStack
        The tilted stack.
    shifts : ndarray
        Shift of each slice in pixels down and right, shape (z, 2).
    shape : tuple of int
        Rows and columns of the result, large enough for every slice.
    fill : float
        Value outside the slices.
    """

    array: LazyStack
    shifts: NDArray[np.float64]
    shape: tuple[int, int]
    fill: float

    def read(self, index: int) -> NDArray[Any]:
        """Return slice `index` (time by time, slice by slice), shifted."""
        depth = len(self.shifts)
        place = divmod(index, depth) if self.array.ndim > len(self.shape) + 1 else (index,)
        source = self.array[place].astype(np.float32)
        out = np.full(self.shape, self.fill, dtype=np.float32)
        down, right = self.shifts[index % depth]
        source = _between(_between(source, down % 1, axis=0), right % 1, axis=1)
        top, left = math.floor(down), math.floor(right)
        out[top : top + source.shape[0], left : left + source.shape[1]] = source
        return out


def unsheared(stack: Stack, cache: FrameCache | None = None) -> Stack:
    """Return a tilted stack resampled so that its step is along the slice normal.

    Parameters
    ----------
    stack : Stack
        Grey, with a known affine.
    cache : FrameCache, optional
        For the resampled slices.

    Returns
    -------
    Stack
        float32, larger in plane by the total shift, linearly interpolated.

    Raises
    ------
    UnreadableError
        When the stack has colour or no known geometry.
    """
    geometry = stack.geometry
    orientation, step, origin = geometry.orientation, geometry.step, geometry.origin
    if stack.is_rgb or orientation is None or step is None or origin is None:
        raise UnreadableError("only grey stacks with a known position can be un-sheared")
    row, column = split_orientation(orientation)
    depth, rows, columns = stack.array.shape[-3:]
    drift = np.array(
        (dot(step, column) / geometry.spacing[1], dot(step, row) / geometry.spacing[2])
    )
    shifts = np.arange(depth)[:, None] * drift
    first = shifts.min(axis=0)
    shifts -= first
    # One pixel more than the shift: interpolation spreads a slice over it.
    grown = [
        extent + math.floor(most) + 1
        for extent, most in zip((rows, columns), shifts.max(axis=0), strict=True)
    ]
    shape = (grown[0], grown[1])
    fill = float(stack.array.fill)
    normal = normal_of(orientation)
    height = dot(step, normal)
    corner = moved(origin, column, float(first[0]) * geometry.spacing[1])
    corner = moved(corner, row, float(first[1]) * geometry.spacing[2])
    times = stack.array.shape[0] if stack.axes.startswith("t") else 1
    places = np.arange(times * depth, dtype=np.intp).reshape(times, depth)
    array = LazyStack(
        _ShiftedSlices(stack.array, shifts, shape, fill),
        places if stack.axes.startswith("t") else places[0],
        shape,
        np.dtype(np.float32),
        fill,
        cache or FrameCache(),
    )
    return replace(
        stack,
        description=f"{stack.description} (un-sheared)".strip(),
        array=array,
        geometry=replace(
            geometry,
            spacing=(abs(height), *geometry.spacing[1:]),
            origin=corner,
            step=(normal[0] * height, normal[1] * height, normal[2] * height),
            tilt=0.0,
        ),
        warnings=(*(w for w in stack.warnings if "tilted" not in w), NOTE),
    )


def _between(image: NDArray[np.float32], fraction: float, *, axis: int) -> NDArray[np.float32]:
    """Shift by a fraction of a pixel, one pixel longer along `axis`."""
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, 1)
    after = np.pad(image, pad, mode="edge")
    pad[axis] = (1, 0)
    before = np.pad(image, pad, mode="edge")
    return (after * np.float32(1 - fraction) + before * np.float32(fraction)).astype(np.float32)
