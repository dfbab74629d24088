"""Images that lack an attribute which the others of their series have, and fill a hole in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.completion import changed, completed, is_lacking
from napari_medscan.dicom.series.meaning import MEANINGS, meaning_of, raw_meaning
from napari_medscan.dicom.series.planes import split_by_plane
from napari_medscan.dicom.series.positions import distances_of, number_positions, positions_of
from napari_medscan.dicom.space.geometry import measure_gaps
from napari_medscan.dicom.space.tolerances import MULTIPLE_GAP

FILLED: Final = "Some images lack attributes that the others have; they are joined by position"
UNTOLD: Final = "Images that lack what tells the volumes of their series apart are shown separately"
_MEANS_NONE: Final = tuple(
    MEANINGS.index(name) for name in ("ContrastBolusAgent", "ContrastBolusAgentPhase")
)
"""Attributes whose absence says something: there was no contrast agent."""
_FEWEST: Final = 3
"""Images that have a step of their own."""
_MOST: Final = 100
"""Groups of a series among which holes are looked for: each is compared with each."""


def with_holes_filled(groups: Sequence[Sequence[SliceRef]]) -> list[list[SliceRef]]:
    """Return the groups of one series; those that lack an attribute are joined to what they fill.

    That is certain if they make one volume of even steps with one of the others, or lie whole
    steps of it from its images, and may belong to no other.

    Parameters
    ----------
    groups : sequence of sequence of SliceRef
        Each of one meaning and one plane.
    """
    if not 1 < len(groups) <= _MOST:
        return [list(slices) for slices in groups]
    found: list[list[SliceRef]] = []
    lacking: dict[int, list[Sequence[SliceRef]]] = defaultdict(list)
    for slices in sorted(groups, key=len, reverse=True):
        owners = [number for number, whole in enumerate(found) if _lacks(slices, whole)]
        if len(owners) == 1:
            lacking[owners[0]].append(slices)
        else:
            found.append(_untold(slices) if owners else list(slices))
    for number, parts in lacking.items():
        if _are_told(parts):
            found[number] = _untold(found[number])
            found += map(list, parts)
            continue
        filling, rest = _filling(parts, found[number])
        found[number] += filling
        found += map(list, rest)
    return found


def _are_told(parts: Sequence[Sequence[SliceRef]]) -> bool:
    """Whether an attribute tells parts apart: images that lack it may be of any of them."""
    meanings = [meaning_of(raw_meaning(part[0].frame.dimensions)) for part in parts]
    return any(len(set(values) - {None, ()}) > 1 for values in zip(*meanings, strict=True))


def _untold(slices: Sequence[SliceRef]) -> list[SliceRef]:
    first, *others = slices
    return [changed(first, {}, (UNTOLD,)), *others]


def _filling(
    parts: Sequence[Sequence[SliceRef]], whole: Sequence[SliceRef]
) -> tuple[list[SliceRef], Sequence[Sequence[SliceRef]]]:
    """Return the images that make an even volume with a whole, and the parts that do not.

    They are those of all parts, or of one, or of none.
    """
    for chosen in (parts, *([part] for part in parts)):
        images = completed([ref for part in chosen for ref in part], whole)
        if images and _fill(images, whole):
            rest = [part for part in parts if not any(part is each for each in chosen)]
            return [_with_meaning(ref, whole[0]) for ref in images], rest
    return [], parts


def _lacks(small: Sequence[SliceRef], large: Sequence[SliceRef]) -> bool:
    """Whether some images differ from more of one plane in attributes only that either lack."""
    one, other = large[0], small[0]
    if one.frame.orientation is None or len(small) >= len(large):
        return False
    if len(one.header.frames) > 1 or len(other.header.frames) > 1:
        return False
    has, lacks = (meaning_of(raw_meaning(ref.frame.dimensions)) for ref in (one, other))
    differ = [n for n, values in enumerate(zip(has, lacks, strict=True)) if values[0] != values[1]]
    if any((has[n] and lacks[n]) or n in _MEANS_NONE for n in differ):
        return False
    lacks_more = any(is_lacking(ref.frame) for ref in small)
    if not (differ or lacks_more) or any(place is None for place in positions_of(large)):
        return False
    if lacks_more:
        return bool(completed(small, large))
    return one.unit == other.unit and len(split_by_plane([large, small])) == 1


def _with_meaning(ref: SliceRef, other: SliceRef) -> SliceRef:
    """Return an image whose values mean what those of another do, with a note if it lacked that."""
    frame, dimensions = ref.frame, other.frame.dimensions
    if meaning_of(raw_meaning(frame.dimensions)) == meaning_of(raw_meaning(dimensions)):
        return ref
    own = {name: value for name, value in frame.dimensions.items() if name not in MEANINGS}
    meant = {name: dimensions[name] for name in MEANINGS if name in dimensions}
    return changed(ref, {"dimensions": {**own, **meant}}, (FILLED,))


def _fill(images: Sequence[SliceRef], whole: Sequence[SliceRef]) -> bool:
    """Whether images make an even volume with others, or lie whole steps of it from them.

    Where the others repeat their positions, whether some were left with fewer repeats, and none is.
    """
    slices = [*whole, *images]
    distances = distances_of(slices)
    position = number_positions(slices, distances)
    repeats = np.bincount(position)
    if repeats.max() > 1:
        own = np.bincount(position[: len(whole)], minlength=len(repeats))
        return bool((repeats == repeats[0]).all() and (own != own[0]).any())
    before, after = np.sort(distances[: len(whole)]), np.sort(distances)
    gaps = measure_gaps(after.tolist())
    if gaps.regular or len(whole) < _FEWEST:
        return gaps.regular
    steps = np.diff(after) / measure_gaps(before.tolist()).step
    return bool((np.abs(steps - np.rint(steps).clip(1)) <= MULTIPLE_GAP).all())
