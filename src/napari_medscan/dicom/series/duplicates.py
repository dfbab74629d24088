"""Which files are the same picture twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_medscan.dicom.headers.header import Header
from napari_medscan.dicom.pixels.read_frames import read_stored

CONFLICT = "Different images share one SOP Instance UID; all of them are shown"


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
