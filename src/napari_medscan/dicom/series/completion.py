"""What an image lacks and all others of its volume have in common: plane, place and rescale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.intensity.rescale import IDENTITY, ModalityTransform, no_rescale
from napari_medscan.dicom.series.planes import split_by_plane
from napari_medscan.dicom.series.positions import points_of
from napari_medscan.dicom.space.tolerances import ON_A_LINE, line_tolerance
from napari_medscan.dicom.space.vectors import Vector

PLANE: Final = "Some images lack orientation or pixel spacing: those of the others are used"
PLACED: Final = "Some images lack their position: it follows from slice locations or numbers"
RESCALED: Final = "Some images lack their rescale: that of the others is applied"
COMPLETED: Final = frozenset((PLANE, PLACED, RESCALED))
"""Warnings of series in which a header is not as its file alone says."""
_FEWEST: Final = 3
"""Images from which on it can be checked that positions are linear in a number."""


def completed(refs: Sequence[SliceRef], whole: Sequence[SliceRef]) -> list[SliceRef]:
    """Return images with what they lack taken from a volume, none of them if one is uncertain.

    Rescale is certain if all others have the same; a position if those of the others are a linear
    function of Slice Location or, between two others, of Instance Number. What is completed stands
    on the line of the others.

    Parameters
    ----------
    refs : sequence of SliceRef
        Those that lack nothing are returned as they are.
    whole : sequence of SliceRef
        Images of one plane that have positions.
    """
    if not any(is_lacking(ref.frame) for ref in refs):
        return list(refs)
    found = [_completed(ref, whole) for ref in refs]
    certain = [ref for ref in found if ref is not None]
    if len(certain) < len(refs) or len(split_by_plane([whole, *([ref] for ref in certain)])) > 1:
        return []
    return certain if _on_line(certain, whole) else []


def told_by_rescale(planes: Sequence[Sequence[SliceRef]]) -> list[list[list[SliceRef]]]:
    """Return the images of one meaning, apart from the few that state no rescale as others do.

    Where none states one, stored values are the values (MR); where others do, nobody knows.

    Parameters
    ----------
    planes : sequence of sequence of SliceRef
        Each of one transform.
    """
    whole = [list(slices) for slices in planes]
    silent = [slices for slices in whole if slices[0].frame.transform is IDENTITY]
    stated = [slices for slices in whole if not slices[0].frame.transform.is_identity]
    few = 0 < sum(map(len, silent)) < sum(map(len, stated))
    placed = all(ref.frame.position and len(ref.header.frames) == 1 for ref, *_ in whole)
    if not few or not placed:
        return [whole]
    unknown = {"transform": no_rescale(None)}
    rest = [slices for slices in whole if slices[0].frame.transform is not IDENTITY]
    return [rest, [[changed(ref, unknown, ()) for ref in slices] for slices in silent]]


def changed(ref: SliceRef, changes: Mapping[str, object], notes: Sequence[str]) -> SliceRef:
    """Return the slice of a file of one frame with changes of that, and with notes on them."""
    frame = ref.frame.like(**changes)
    return SliceRef(ref.header.like(frames=(frame,)).noted(*notes), ref.index)


def is_lacking(frame: FrameHeader) -> bool:
    """Return whether a frame has no position, orientation, pixel spacing or rescale."""
    facts = frame.position, frame.orientation, frame.spacing
    return None in facts or frame.transform.state == "absent"


def _completed(ref: SliceRef, whole: Sequence[SliceRef]) -> SliceRef | None:
    frame, other = ref.frame, whole[0].frame
    changes: dict[str, object] = {}
    notes = []
    if frame.orientation is None or (frame.spacing is None and other.spacing is not None):
        changes["orientation"] = frame.orientation or other.orientation
        changes["spacing"] = frame.spacing or other.spacing
        notes.append(PLANE)
    if frame.position is None:
        changes["position"] = _position(ref, whole)
        notes.append(PLACED)
    if frame.transform.state == "absent":
        changes["transform"] = _common_transform(whole)
        notes.append(RESCALED)
    new = changed(ref, changes, notes)
    return None if None in changes.values() or new.unit != whole[0].unit else new


def _common_transform(whole: Sequence[SliceRef]) -> ModalityTransform | None:
    """Return the transform of all slices, None if they differ or have none that is certain."""
    distinct = {id(ref.frame.transform): ref.frame.transform for ref in whole}.values()
    first = whole[0].frame.transform
    is_one = all(transform == first for transform in distinct)
    # What is noted of it was assumed; a unit is that of a Real World Value Mapping.
    return first if is_one and not first.note and first.unit is None else None


def _position(ref: SliceRef, whole: Sequence[SliceRef]) -> Vector | None:
    """Return where an image without a position lies, None if that is not certain."""
    if len(whole) < _FEWEST:
        return None
    for number_of in (_location, _number):
        place, places = number_of(ref), [number_of(other) for other in whole]
        known = [number for number in places if number is not None]
        if place is None or len(known) < len(whole):
            continue
        if number_of is _number and (place in known or not min(known) < place < max(known)):
            continue
        return _on_fit(place, known, whole)
    return None


def _on_fit(place: float, places: Sequence[float], whole: Sequence[SliceRef]) -> Vector | None:
    """Return the position that belongs to a number if those of the others are linear in it."""
    points = points_of(whole)
    terms = np.stack((np.ones(len(places)), places), axis=1)
    factors, _, rank, _ = np.linalg.lstsq(terms, points, rcond=None)
    if rank < len(factors) or np.abs(terms @ factors - points).max() > ON_A_LINE:
        return None
    x, y, z = (np.array((1.0, place)) @ factors).tolist()
    return x, y, z


def _location(ref: SliceRef) -> float | None:
    location = ref.frame.location
    return None if location is None else location.distance


def _number(ref: SliceRef) -> float | None:
    number = ref.header.instance_number
    return None if number is None else float(number)


def _on_line(refs: Sequence[SliceRef], whole: Sequence[SliceRef]) -> bool:
    """Whether images stand on the line through the positions of others."""
    points = points_of(whole)
    first = points[0]
    along = points[np.abs(points - first).sum(axis=1).argmax()] - first
    length = float(np.linalg.norm(along))
    if not length:
        return False
    along /= length
    offsets = points_of(refs) - first
    off = np.linalg.norm(offsets - np.outer(offsets @ along, along), axis=1).max()
    pixel = min(whole[0].frame.spacing or (0.0,))
    return bool(off <= line_tolerance(pixel, length / len(whole)))
