"""Which segments share pixels, and as few sets of segments as possible that share none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.headers.read_many import Progress
from napari_medscan.dicom.objects.segments import Segment, SegmentFacts
from napari_medscan.dicom.pixels.read_frames import read_stored

Pair = tuple[int, int]
Frames = Mapping[int, Sequence[tuple[SliceRef, object]]]
"""The frames of each segment on one plane, and how each lies there."""


def label_sets(
    facts: SegmentFacts,
    segments: Iterable[Segment],
    planes: Callable[[], Iterable[Frames]],
    progress: Progress | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Return sets of segment numbers of which no two share a pixel: each makes one array of labels.

    The file is trusted if it says that segments do not overlap; if it does not, its pixels are
    compared.

    Parameters
    ----------
    facts : SegmentFacts
        What the file says of them.
    segments : iterable of Segment
        All segments.
    planes : callable
        Returns the frames on each plane, when they have to be compared.
    progress : callable, optional
        As of `overlapping_pairs`, which also says what is raised.
    """
    numbers = [segment.number for segment in segments]
    if facts.is_label_map or facts.overlap == "NO":
        return (tuple(numbers),)
    return disjoint_sets(numbers, overlapping_pairs(list(planes()), progress)) or ((),)


def overlapping_pairs(planes: Collection[Frames], progress: Progress | None = None) -> set[Pair]:
    """Return the pairs of segments, the lower number first, that share a pixel on any plane.

    Reads the pixels of the planes on which there is more than one segment.

    Parameters
    ----------
    planes : collection of mapping of int to sequence of (SliceRef, object)
        The frames on each plane by segment, one segment a frame.
    progress : callable, optional
        Called with planes done and planes in all; what it raises ends the comparison.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    pairs: set[Pair] = set()
    for number, frames in enumerate(planes):
        if progress is not None:
            progress(number, len(planes))
        if len(frames) > 1:
            pairs |= _pairs_on_plane(frames, pairs)
    return pairs


def _pairs_on_plane(frames: Frames, known: set[Pair]) -> set[Pair]:
    fits = {fit for same in frames.values() for _, fit in same}
    numbers = sorted(frames)
    if len(fits) > 1:
        # Frames of one plane that are cut differently: no file known has them.
        return {(a, b) for a in numbers for b in numbers if a < b}
    pairs: set[Pair] = set()
    before: dict[int, NDArray[Any]] = {}
    taken: NDArray[Any] | None = None
    for number in numbers:
        bits = _packed(frames[number][0][0])
        for ref, _ in frames[number][1:]:
            bits = bits | _packed(ref)
        if taken is None:
            taken = bits.copy()
        else:
            if (taken & bits).any():
                pairs |= {
                    (other, number)
                    for other, earlier in before.items()
                    if (other, number) not in known and (earlier & bits).any()
                }
            taken |= bits
        before[number] = bits
    return pairs


def _packed(ref: SliceRef) -> NDArray[Any]:
    """Return a frame as bits, eight pixels a byte: as they are stored if that is possible."""
    header = ref.header
    layout = header.layout
    is_native = header.pixels.length is not None and layout.bits_allocated == 1
    if is_native and layout.frame_bits % 64 == 0 == layout.stride_bits % 64:
        size = layout.frame_bits // 8
        data = header.source.read_at(header.pixels.offset + ref.index * size, size)
        if len(data) == size and layout.stride_bits == layout.frame_bits:
            return np.frombuffer(data, np.uint64)
    return np.packbits(read_stored(header, ref.index) != 0)


def disjoint_sets(numbers: Sequence[int], pairs: set[Pair]) -> tuple[tuple[int, ...], ...]:
    """Return sets of segments of which no two share a pixel, each segment in the first it fits.

    Parameters
    ----------
    numbers : sequence of int
        All segments.
    pairs : set of tuple of int
        Pairs that share pixels, the lower number first.
    """
    sets: list[list[int]] = []
    for number in sorted(numbers):
        for same in sets:
            if all((other, number) not in pairs for other in same):
                same.append(number)
                break
        else:
            sets.append([number])
    return tuple(map(tuple, sets))
