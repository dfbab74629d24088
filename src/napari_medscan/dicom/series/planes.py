"""Which images lie on parallel planes and have one pixel spacing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from napari_medscan.dicom.headers.header import FrameHeader, SliceRef
from napari_medscan.dicom.space.tolerances import LARGEST_TURN, SAME_CORNER

_AXES = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def is_volume(ref: SliceRef) -> bool:
    """Whether a slice is one of several parallel slices at known positions in its file."""
    frames = ref.header.frames
    if len(frames) == 1:
        return False
    first = frames[0].orientation
    return first is not None and all(f.orientation == first and f.position for f in frames)


def same_plane(one: SliceRef, other: SliceRef, *, may_turn: bool = True) -> bool:
    """Return whether two images are parallel and of one pixel spacing.

    They are if their corners differ by less than a tenth of a pixel when their middles are laid
    over each other. Files that are volumes by themselves may be turned a little, as motion
    correction turns them from one time point to the next.
    """
    mine, theirs = one.frame, other.frame
    if mine.spacing == theirs.spacing and mine.orientation == theirs.orientation:
        return True
    if (mine.spacing is None, mine.orientation is None) != (
        theirs.spacing is None,
        theirs.orientation is None,
    ):
        return False
    if may_turn and is_volume(one) and is_volume(other):
        turned = max(map(_apart, mine.orientation or _AXES, theirs.orientation or _AXES))
        if turned > LARGEST_TURN:
            return False
        theirs = theirs.like(orientation=mine.orientation)
    shape = one.header.shape
    (first, second), (third, fourth) = _half_sides(mine, shape), _half_sides(theirs, shape)
    side = [a - b for a, b in zip(first, third, strict=True)]
    up = [a - b for a, b in zip(second, fourth, strict=True)]
    limit = SAME_CORNER * min(mine.spacing or (1.0,))
    return all(
        sum((a + sign * b) ** 2 for a, b in zip(side, up, strict=True)) <= limit**2
        for sign in (1, -1)
    )


def split_by_plane(
    slices: Iterable[Sequence[SliceRef]], *, may_turn: bool = True
) -> list[list[SliceRef]]:
    """Join lists of slices, each of one plane, whose planes are the same.

    Parameters
    ----------
    slices : iterable of sequence of SliceRef
        The most frequent plane first: others are compared with it.
    may_turn : bool
        Whether files that are volumes by themselves may be turned a little.
    """
    planes: list[list[SliceRef]] = []
    for alike in slices:
        same = (p for p in planes if same_plane(p[0], alike[0], may_turn=may_turn))
        plane = next(same, None)
        if plane is None:
            planes.append(list(alike))
        else:
            plane += alike
    return planes


def _apart(one: float, other: float) -> float:
    return abs(one - other)


def _half_sides(
    frame: FrameHeader, shape: tuple[int, int]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return half of an image's upper side and half of its left side, mm or pixels."""
    height, width = frame.spacing or (1.0, 1.0)
    orientation = frame.orientation or _AXES
    rows, columns = shape
    side, up = columns * width / 2, rows * height / 2
    return tuple(side * v for v in orientation[:3]), tuple(up * v for v in orientation[3:])
