"""Images that lack an attribute which the others of their series have, and fill a hole in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.meaning import MEANINGS, meaning_of, raw_meaning
from napari_medscan.dicom.series.planes import split_by_plane
from napari_medscan.dicom.series.positions import distances_of
from napari_medscan.dicom.space.geometry import measure_gaps

FILLED: Final = "Some images lack attributes that the others have; they are joined by position"
_MEANS_NONE: Final = tuple(
    MEANINGS.index(name) for name in ("ContrastBolusAgent", "ContrastBolusAgentPhase")
)
"""Attributes whose absence says something: there was no contrast agent."""
_MOST: Final = 100
"""Groups of a series among which holes are looked for: each is compared with each."""


def with_holes_filled(groups: Sequence[Sequence[SliceRef]]) -> list[list[SliceRef]]:
    """Return the groups of one series; those that lack an attribute are joined to what they fill.

    That is certain if they make one volume of even steps with one of the others, and with no
    other.

    Parameters
    ----------
    groups : sequence of sequence of SliceRef
        Each of one meaning and one plane.
    """
    found = [list(slices) for slices in sorted(groups, key=len, reverse=True)]
    for small in found[1:] if len(found) <= _MOST else ():
        wholes = [large for large in found if large and large is not small and _fills(small, large)]
        if len(wholes) == 1:
            ref = small[0]
            small[0] = SliceRef(ref.header.like(notes=(*ref.header.notes, FILLED)), ref.index)
            wholes[0] += small
            small.clear()
    return [slices for slices in found if slices]


def _fills(small: Sequence[SliceRef], large: Sequence[SliceRef]) -> bool:
    """Whether some images are the ones that others lack, and lack attributes only."""
    both = [*large, *small]
    if len(small) >= len(large) or any(len(ref.header.frames) > 1 for ref in (large[0], small[0])):
        return False
    if large[0].unit != small[0].unit or large[0].frame.orientation is None:
        return False
    has = meaning_of(raw_meaning(large[0].frame.dimensions))
    lacks = meaning_of(raw_meaning(small[0].frame.dimensions))
    differ = [n for n, (one, other) in enumerate(zip(has, lacks, strict=True)) if one != other]
    if not differ or any(lacks[n] or n in _MEANS_NONE for n in differ):
        return False
    if any(ref.frame.position is None for ref in both) or len(split_by_plane([large, small])) > 1:
        return False
    distances = sorted(distances_of(both).tolist())
    gaps = measure_gaps(distances)
    return distances[0] < distances[1] and gaps.regular and not gaps.missing
