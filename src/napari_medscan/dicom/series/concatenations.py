"""Concatenations: one multi-frame object that was split into several files (PS3.3 C.7.6.16.2.2.4).

Each part describes its own frames and numbers them on from those of the parts before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from napari_medscan.counted import agreeing
from napari_medscan.dicom.headers.header import ImageHeader


def join_concatenations(headers: Sequence[ImageHeader]) -> list[ImageHeader]:
    """Return the files, those of one concatenation as parts of one object.

    They get one instance number, which the standard asks for and the order depends on, and a note
    if parts are missing.

    Parameters
    ----------
    headers : sequence of ImageHeader
        All files of a drop; most are no parts of anything.
    """
    parts: dict[tuple[bytes, str], list[ImageHeader]] = defaultdict(list)
    for header in headers:
        if header.concatenation is not None:
            parts[header.patient, header.concatenation.uid].append(header)
    if not parts:
        return list(headers)
    joined = {id(part): whole for same in parts.values() for part, whole in _joined(same)}
    return [joined.get(id(header), header) for header in headers]


def _joined(parts: Sequence[ImageHeader]) -> list[tuple[ImageHeader, ImageHeader]]:
    numbers = [part.instance_number for part in parts if part.instance_number is not None]
    number = min(numbers, default=None)
    note = _missing(parts)
    pairs = []
    for part in parts:
        frames = part.frames
        if part.instance_number != number:
            frames = tuple(frame.like(order=(number or 0, *frame.order[1:])) for frame in frames)
        notes = (*part.notes, note) if note else part.notes
        pairs.append((part, replace(part, instance_number=number, frames=frames, notes=notes)))
    return pairs


def _missing(parts: Sequence[ImageHeader]) -> str:
    """Return what is missing of a concatenation, '' if nothing is."""
    known = [part.concatenation for part in parts if part.concatenation is not None]
    total = max((part.total for part in known), default=0)
    missing = total - len({part.number for part in known})
    if missing < 1:
        return ""
    verb = agreeing(missing, "is")
    return f"This image was split into {total} files; {missing} of them {verb} missing"
