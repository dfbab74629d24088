"""Laying the voxels of a file onto the grid of a series: by exact re-indexing, or not at all."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.volume_file import VolumeFile

_CORNER: Final = 0.05
"""mm that a voxel may lie apart in the file and in the series: headers have six digits."""
_CORNER_SHARE: Final = 0.1
"""The same as a share of the smallest voxel edge, for coarse grids of small voxels."""


def lay_onto(volume: VolumeFile, stack: Stack) -> NDArray[Any]:
    """Return the voxels of a file on the grid of a series.

    The grids must be the same but for the order and direction of their axes, and for how far they
    reach: no voxel is interpolated. What the file does not cover is 0. Of unevenly spaced slices,
    only a file with all of them, at their mean distance as they are exported, has the same grid.

    Parameters
    ----------
    volume : VolumeFile
        For instance a segmentation that another program made of an export of this series.
    stack : Stack
        The series.

    Returns
    -------
    ndarray
        Shape (slices, rows, columns), with the file's other axis, if any, before them.

    Raises
    ------
    ExportError
        If voxels would have to be interpolated, with the reason; or the two have nothing in common.
    """
    ours = stack.geometry.affine
    if ours is None:
        raise ExportError("The position of the series in the patient is unknown")
    ours = ours[:, [2, 1, 0, 3]]
    first = stack.axes.index("z")
    shape = stack.array.shape[first : first + 3]
    axes, signs = _matching_axes(ours, volume.affine)
    spacing = np.linalg.norm(ours[:3, :3], axis=0)
    offset = np.linalg.solve(volume.affine, ours[:, 3])[:3]
    start = np.round(offset).astype(int)
    matrix = np.eye(4)
    matrix[:3, :3] = 0
    matrix[axes, range(3)] = signs
    matrix[:3, 3] = start
    ends = np.array([(x, y, z, 1) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    ends = ends * (*(extent - 1 for extent in reversed(shape)), 1)
    apart = np.linalg.norm(((volume.affine @ matrix - ours) @ ends.T)[:3], axis=0).max()
    is_apart = apart > min(_CORNER, _CORNER_SHARE * spacing.min())
    slices = volume.data.shape[-1 - axes[2]]
    begins = start[axes[2]] == (0 if signs[2] > 0 else slices - 1)
    is_whole = begins and slices == shape[0]
    if not stack.geometry.measurable and (is_apart or not is_whole):
        raise ExportError("The slices of the series are unevenly spaced")
    if is_apart:
        raise ExportError(_difference(ours, volume.affine @ matrix, apart))
    return _indexed(volume.data, axes, signs, start, shape)


def _matching_axes(
    ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> tuple[list[int], list[int]]:
    """Return the file's axis, 0 for columns, along each axis of the series, and its direction."""
    cosines = (theirs[:3, :3] / np.linalg.norm(theirs[:3, :3], axis=0)).T @ (
        ours[:3, :3] / np.linalg.norm(ours[:3, :3], axis=0)
    )
    axes = [int(axis) for axis in np.abs(cosines).argmax(axis=0)]
    if sorted(axes) != [0, 1, 2]:
        raise ExportError("The planes of the file are oblique to those of the series")
    return axes, [int(np.sign(cosines[axis, i])) for i, axis in enumerate(axes)]


def _difference(ours: NDArray[np.float64], theirs: NDArray[np.float64], apart: float) -> str:
    """Return why the grids are not the same, both with their axes in the order of the series."""
    mine, other = (np.linalg.norm(affine[:3, :3], axis=0) for affine in (ours, theirs))
    if np.abs(mine - other).max() > 1e-3 * mine.min():
        sizes = (" × ".join(f"{value:.4g}" for value in sizes) for sizes in (other, mine))
        return "The voxels of the file are {} mm, those of the series {} mm".format(*sizes)
    cosines = ((ours[:3, :3] / mine) * (theirs[:3, :3] / other)).sum(axis=0)
    angle = float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).max())
    if angle > 0.05:
        return f"The file is rotated by {angle:.2g}° against the series"
    return f"The voxels of the file lie {apart:.2g} mm beside those of the series"


def _indexed(
    data: NDArray[Any],
    axes: list[int],
    signs: list[int],
    start: NDArray[np.intp],
    shape: tuple[int, ...],
) -> NDArray[Any]:
    """Return `data` in the order of the series' axes, cut and padded with 0 to its extent."""
    lead = data.ndim - 3
    # The last axis is the file's first.
    data = data.transpose(*range(lead), *(lead + 2 - axes[i] for i in (2, 1, 0)))
    out = np.zeros((*data.shape[:lead], *shape), data.dtype)
    flips: list[Any] = [Ellipsis]
    source: list[Any] = [Ellipsis]
    target: list[Any] = [Ellipsis]
    for i in (2, 1, 0):
        have, want = data.shape[lead + 2 - i], shape[2 - i]
        # Index of the file = start + sign * index of the series.
        first = int(start[axes[i]])
        if signs[i] < 0:
            first = have - 1 - first
        low, high = max(0, -first), min(want, have - first)
        if low >= high:
            raise ExportError("The file and the series have no voxel in common")
        flips.append(slice(None, None, signs[i]))
        source.append(slice(first + low, first + high))
        target.append(slice(low, high))
    out[tuple(target)] = data[tuple(flips)][tuple(source)]
    return out
