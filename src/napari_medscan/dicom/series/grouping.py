"""Which files belong together, and which of them are the same picture twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from napari_medscan.dicom.headers.header import Header, SliceRef
from napari_medscan.dicom.pixels.read_frames import read_stored
from napari_medscan.dicom.space.spacing import PROJECTIONS

_SAME_DIRECTION = 1e-4
_SINGLE_VIEWS = PROJECTIONS | {"RTIMAGE"}
_WHOLE_OBJECTS = frozenset(("RTDOSE", "SEG"))
CONFLICT = "Different images share one SOP Instance UID; they are shown separately"


def drop_duplicates(headers: Sequence[Header]) -> tuple[list[Header], dict[str, str]]:
    """Keep one of every picture that is there more than once.

    Files are duplicates when they share a SOP Instance UID and show the same
    pixels at the same place, whatever their encoding. Files that share the UID
    and show something else are kept, and noted.

    Parameters
    ----------
    headers : sequence of Header
        All files of a drop.

    Returns
    -------
    kept : list of Header
        In the order given.
    duplicates : dict of str to str
        Name of each duplicate, and of the file it repeats.
    """
    by_uid: dict[tuple[bytes, str], list[Header]] = defaultdict(list)
    for header in headers:
        by_uid[header.patient, header.sop_instance].append(header)
    alike: list[list[Header]] = []
    conflicting: set[str] = set()
    broken: set[tuple[bytes, str]] = set()
    for (_, uid), same in by_uid.items():
        if not uid or len(same) == 1:
            continue
        pictures: dict[bytes, list[Header]] = defaultdict(list)
        for header in same:
            pictures[_picture(header)].append(header)
        alike.extend(pictures.values())
        if len(pictures) > 1:
            conflicting.update(header.name for header in same)
            broken.update((header.patient, header.series) for header in same)
    duplicates: dict[str, str] = {}
    for pictured in alike:
        firsts: dict[str, Header] = {}
        for header in pictured:
            # A series whose UIDs are broken stands in several folders as several
            # series: each keeps its own slices.
            place = header.folder if (header.patient, header.series) in broken else ""
            first = firsts.setdefault(place, header)
            if first is not header:
                duplicates[header.name] = first.name
    kept = [h for h in headers if h.name not in duplicates]
    return [
        replace(h, notes=(*h.notes, CONFLICT)) if h.name in conflicting else h for h in kept
    ], duplicates


def _picture(header: Header) -> bytes:
    """Return a digest of what a file shows: place, values, windows."""
    digest = hashlib.blake2b(digest_size=16)
    facts = [(f.position, f.orientation, f.spacing, f.transform, f.windows) for f in header.frames]
    layout = header.layout
    # Color comes out as RGB whatever model a file stores.
    colors = layout.photometric if layout.samples == 1 else "color"
    depth = layout.bits_stored
    digest.update(repr((header.series, colors, depth, header.palette, facts)).encode())
    try:
        for frame in range(layout.frames):
            pixels = np.ascontiguousarray(read_stored(header, frame))
            digest.update(repr((pixels.shape, pixels.dtype.kind)).encode())
            digest.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).data)
    except Exception:  # noqa: BLE001 - whatever is wrong with them, the other files are fine
        # Damaged pixels equal nothing else: the file stays and is marked.
        digest.update(header.name.encode("utf-8", "surrogateescape"))
    return digest.digest()


def group(headers: Iterable[Header]) -> Iterator[list[SliceRef]]:
    """Yield the slices that may form one stack.

    A group shares patient, series, SOP class, extent, pixel type, photometric
    interpretation, in-plane spacing and orientation. Study Instance UID is not
    among them: a series UID is unique by itself (PS3.3 C.7.3.1), and some
    anonymisers give every file a study of its own.
    """
    by_series: dict[tuple[object, ...], list[Header]] = defaultdict(list)
    for header in headers:
        by_series[_series_key(header)].append(header)
    for series in by_series.values():
        if any(CONFLICT in header.notes for header in series):
            by_folder: dict[tuple[object, ...], list[Header]] = defaultdict(list)
            for number, header in _one_each(series):
                by_folder[number, header.folder].append(header)
            for part in by_folder.values():
                yield from _by_plane(part)
        else:
            yield from _by_plane(series)


def _one_each(series: Sequence[Header]) -> Iterator[tuple[int, Header]]:
    """Yield the files, those of a folder that share a SOP Instance UID numbered."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for header in series:
        key = header.folder, header.sop_instance
        yield seen[key], header
        seen[key] += 1


def _series_key(header: Header) -> tuple[object, ...]:
    layout = header.layout
    has_place = all(frame.position and frame.orientation for frame in header.frames)
    # Files that are whole in themselves do not belong together: without a
    # series UID, a clip or a view without a place, a dose grid, a segmentation.
    whole = layout.frames > 1 and (not has_place or header.modality in _WHOLE_OBJECTS)
    view = not has_place and header.modality in _SINGLE_VIEWS
    alone = header.object_name if not header.series or whole or view else ""
    return (
        header.patient,
        header.series,
        header.series_number,
        header.modality,
        header.sop_class,
        header.shape,
        layout.samples,
        layout.floating,
        layout.photometric if layout.samples == 1 else "color",
        has_place,
        alone,
    )


def _by_plane(series: Sequence[Header]) -> Iterator[list[SliceRef]]:
    """Split a series by orientation, in-plane spacing, segment, and known position."""
    planes: dict[tuple[object, ...], list[list[SliceRef]]] = defaultdict(list)
    # Most slices have the very values of the one before.
    known: dict[tuple[object, ...], list[SliceRef]] = {}
    for header in series:
        for index, frame in enumerate(header.frames):
            key = (
                frame.spacing,
                frame.orientation,
                frame.segment,
                frame.position is None,
                header.unit,
                frame.transform.unit,
                frame.transform.state,
            )
            plane = known.get(key)
            if plane is None:
                plane = known[key] = _plane_of(SliceRef(header, index), planes)
            plane.append(SliceRef(header, index))
    for found in planes.values():
        yield from found


def _meaning(ref: SliceRef) -> tuple[object, ...]:
    """Return what the values of a slice mean: a stack has one unit."""
    return ref.unit, ref.frame.transform.is_uncertain


def _plane_of(
    ref: SliceRef, planes: dict[tuple[object, ...], list[list[SliceRef]]]
) -> list[SliceRef]:
    """Return the slices that a frame belongs to, within rounding."""
    frame = ref.frame
    spacing = frame.spacing and tuple(round(value, 4) for value in frame.spacing)
    same_spacing = planes[spacing, frame.segment, frame.position is None, _meaning(ref)]
    for plane in same_spacing:
        if _same_orientation(plane[0].frame.orientation, frame.orientation):
            return plane
    same_spacing.append([])
    return same_spacing[-1]


def _same_orientation(a: tuple[float, ...] | None, b: tuple[float, ...] | None) -> bool:
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= _SAME_DIRECTION for x, y in zip(a, b, strict=True))
