"""Which files are the same image twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.image_copies import CopyDecoder, extent_of, facts_of

CONFLICT = "Different images share one SOP Instance UID; all of them are shown"
_AT_ONCE: Final = 2
"""Files decoded at the same time."""
_COMPARED: Final = 2**20
"""Bytes of the frames of a file that are compared at a time, after its first frame."""
_CHUNK: Final = 64 * 2**20
"""Stored bytes read at a time; a deflated file is inflated from its start each time."""


def drop_duplicates(
    headers: Sequence[ImageHeader], decoder: CopyDecoder | None = None
) -> tuple[list[ImageHeader], dict[str, str]]:
    """Keep one of every image that is there more than once.

    Files are duplicates when they share a SOP Instance UID and show the same
    pixels at the same place, whatever their encoding. Files that share the UID
    and show something else are kept, and noted; but the only lossless image is
    the one that the UID belongs to (PS3.3 C.7.6.1.1.5), and gets no note for
    lossy copies of it.

    Parameters
    ----------
    headers : sequence of ImageHeader
        All files of a drop.
    decoder : CopyDecoder, optional
        Has decoded some of them.

    Returns
    -------
    kept : list of ImageHeader
        In the order given.
    duplicates : dict of str to str
        Name of each duplicate, and of the file it repeats.
    """
    uids = [(header.patient, header.sop_instance) for header in headers]
    if len(set(uids)) == len(uids):
        return list(headers), {}
    by_uid: dict[object, list[ImageHeader]] = defaultdict(list)
    for uid, header in zip(uids, headers, strict=True):
        by_uid[uid].append(header)
    images: list[list[ImageHeader]] = []
    conflicting: set[str] = set()
    broken: set[tuple[bytes, str]] = set()
    shared = [same for same in by_uid.values() if len(same) > 1 and same[0].sop_instance]
    for same, distinct in zip(
        shared, _distinct_of_each(shared, decoder or CopyDecoder()), strict=True
    ):
        images += distinct
        lossless = [image for image in distinct if not all(h.lossy for h in image)]
        if len(lossless) == 1:
            distinct.remove(lossless[0])
        elif len(distinct) > 1:
            broken.update((header.patient, header.series) for header in same)
        else:
            continue
        conflicting.update(header.name for image in distinct for header in image)
    duplicates: dict[str, str] = {}
    for image in images:
        firsts: dict[str, ImageHeader] = {}
        for header in image:
            # A series whose UIDs are broken stands in several folders as several
            # series: each keeps its own slices.
            place = header.folder if (header.patient, header.series) in broken else ""
            first = firsts.setdefault(place, header)
            if first is not header:
                duplicates[header.name] = first.name
    kept = [h for h in headers if h.name not in duplicates]
    return [h.noted(CONFLICT) if h.name in conflicting else h for h in kept], duplicates


def _split(
    headers: Sequence[ImageHeader], key: Callable[[ImageHeader], object]
) -> list[list[ImageHeader]]:
    """Return the files of each key, in the order given."""
    parts: dict[object, list[ImageHeader]] = defaultdict(list)
    for header in headers:
        parts[key(header)].append(header)
    return list(parts.values())


def _distinct_of_each(
    shared: Sequence[Sequence[ImageHeader]], decoder: CopyDecoder
) -> list[list[list[ImageHeader]]]:
    """Return `_distinct` of the files of each UID.

    Decoding is done in worker processes, of which there are two at least. Two UIDs at a time keep
    them busy: one file of several takes longest.
    """
    with (
        ThreadPoolExecutor(_AT_ONCE, "medscan-decoded") as pool,
        ThreadPoolExecutor(_AT_ONCE, "medscan-duplicates") as uids,
    ):
        return list(uids.map(lambda same: _distinct(same, decoder, pool), shared))


def _distinct(
    same: Sequence[ImageHeader], decoder: CopyDecoder, pool: ThreadPoolExecutor
) -> list[list[ImageHeader]]:
    """Return the files of each distinct image, by the cheapest comparison that decides.

    Headers first, then stored bytes. What is stored in several ways is decoded.
    """
    distinct = []
    for alike in _split(same, facts_of):
        copies = [
            copy
            for extent in _split(alike, extent_of)
            for copy in (_split(extent, _stored) if len(extent) > 1 else [extent])
        ]
        alike_when_decoded = _equal_pixels([copy[0] for copy in copies], decoder, pool)
        distinct += [[h for n in numbers for h in copies[n]] for numbers in alike_when_decoded]
    order = {id(header): number for number, header in enumerate(same)}
    return [sorted(image, key=lambda header: order[id(header)]) for image in distinct]


def _stored(header: ImageHeader) -> bytes:
    """Return a digest of a file's pixel data as they are stored."""
    pixels = header.pixels
    length = header.size - pixels.offset if pixels.length is None else pixels.length
    digest = hashlib.blake2b(digest_size=16)
    try:
        for start in range(0, length, _CHUNK):
            wanted = min(_CHUNK, length - start)
            data = header.source.read_at(pixels.offset + start, wanted)
            if len(data) < wanted:
                return _unlike_any(header)
            digest.update(data)
    except Exception:  # noqa: BLE001 - whatever is wrong with them, the other files are fine
        return _unlike_any(header)
    return digest.digest()


def _equal_pixels(
    headers: Sequence[ImageHeader], decoder: CopyDecoder, pool: ThreadPoolExecutor
) -> list[list[int]]:
    """Return the numbers of the files that decode to the same pixels.

    All files are decoded together, the first frame and then many at a time, until none is left
    that equals another.
    """
    groups = [list(range(len(headers)))]
    if len(headers) == 1:
        return groups
    frames = [decoder.digests_of(header) for header in headers]
    layout = headers[0].layout
    # Handing native files over takes longer than reading them.
    encoded = sum(header.pixels.length is None for header in headers)
    apply: Callable[..., Iterable[list[bytes]]] = pool.map if encoded > 1 else map
    compared, at_once = 0, max(1, _COMPARED // layout.decoded_bytes)
    while compared < layout.frames and len(groups) < len(headers):
        count = min(at_once, layout.frames - compared) if compared else 1
        parts = (_split_by_frames(group, frames, count, apply) for group in groups)
        groups = [part for split in parts for part in split]
        compared += count
    return groups


def _split_by_frames(
    group: list[int],
    frames: Sequence[Iterator[bytes]],
    count: int,
    apply: Callable[..., Iterable[list[bytes]]],
) -> list[list[int]]:
    """Return the files of a group whose next frames, so many, are equal."""
    if len(group) == 1:
        return [group]
    parts: list[tuple[list[bytes], list[int]]] = []
    ahead = apply(lambda number: list(islice(frames[number], count)), group)
    for number, taken in zip(group, ahead, strict=True):
        # Damaged pixels equal nothing else: the file stays and is marked.
        same = [part for other, part in parts if len(taken) == count and other == taken]
        if same:
            same[0].append(number)
        else:
            parts.append((taken, [number]))
    return [part for _, part in parts]


def _unlike_any(header: ImageHeader) -> bytes:
    """Return what stands for pixels that are damaged: they equal nothing else."""
    return header.name.encode("utf-8", "surrogateescape")
