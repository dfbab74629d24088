"""Which images lie on parallel planes and have one pixel spacing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.space.tolerances import LARGEST_TURN, PARALLEL, SAME_CORNER

_AXES = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def is_volume(ref: SliceRef) -> bool:
    """Whether a slice is one of several parallel slices at known positions in its file."""
    frames = ref.header.frames
    if len(frames) == 1:
        return False
    first = frames[0].orientation
    return first is not None and all(
        frame.position is not None and _is_parallel(first, frame.orientation) for frame in frames
    )


def split_by_plane(
    slices: Collection[Sequence[SliceRef]], *, may_turn: bool = True
) -> list[list[SliceRef]]:
    """Join lists of slices, each of one plane, whose planes are the same.

    Two images are parallel and of one pixel spacing if their corners differ by less than a tenth
    of a pixel when their middles are laid over each other. Files that are volumes by themselves
    may be turned a little, as motion correction turns them from one time point to the next.

    Parameters
    ----------
    slices : collection of sequence of SliceRef
        The most frequent plane first: others are compared with it.
    may_turn : bool
        Whether files that are volumes by themselves may be turned a little.
    """
    if len(slices) == 1:
        return [list(alike) for alike in slices]
    planes: list[list[SliceRef]] = []
    known: dict[tuple[bool, ...], _Planes] = {}
    for alike in slices:
        frame = alike[0].frame
        turns = may_turn and is_volume(alike[0])
        kind = frame.spacing is None, frame.orientation is None, turns
        number = known.setdefault(kind, _Planes(turns=turns)).number_of(alike[0], len(planes))
        if number == len(planes):
            planes.append([])
        planes[number] += alike
    return planes


def _is_parallel(one: tuple[float, ...], other: tuple[float, ...] | None) -> bool:
    if other is None or one == other:
        return one == other
    return all(abs(a - b) <= PARALLEL for a, b in zip(one, other, strict=True))


class _Planes:
    """Half sides of images, one row a plane, that are compared with an image all at once."""

    def __init__(self, *, turns: bool) -> None:
        self._turns = turns
        self._rows = np.empty((8, 8))
        self._numbers: list[int] = []

    def number_of(self, ref: SliceRef, new: int) -> int:
        """Return the number of the plane of an image, `new` if it is none of the known ones."""
        row = _half_sides(ref)
        count = len(self._numbers)
        known = self._rows[:count]
        off = np.abs(known - row)
        if self._turns:
            # Directions of unit length: sides over half the extent.
            same = (off[:, :6] <= LARGEST_TURN * np.repeat(row[6:], 3)).all(axis=1)
            same &= (off[:, 6:] <= SAME_CORNER * _pixel(ref)).all(axis=1)
        else:
            side, up = (known - row)[:, :3], (known - row)[:, 3:6]
            squares = np.maximum(((side + up) ** 2).sum(axis=1), ((side - up) ** 2).sum(axis=1))
            same = squares <= (SAME_CORNER * _pixel(ref)) ** 2
        if same.any():
            return self._numbers[int(same.argmax())]
        if count == len(self._rows):
            self._rows = np.concatenate((self._rows, np.empty_like(self._rows)))
        self._rows[count] = row
        self._numbers.append(new)
        return new


def _pixel(ref: SliceRef) -> float:
    return min(ref.frame.spacing or (1.0,))


def _half_sides(ref: SliceRef) -> NDArray[np.float64]:
    """Return half of an image's upper side, half of its left side, and their lengths; mm."""
    height, width = ref.frame.spacing or (1.0, 1.0)
    orientation = np.array(ref.frame.orientation or _AXES)
    rows, columns = ref.header.shape
    side, up = columns * width / 2, rows * height / 2
    return np.concatenate((side * orientation[:3], up * orientation[3:], (side, up)))
