"""What pixel data hold beside the frames that are shown: removed, since nobody looks at it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from pydicom.dataset import Dataset

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.pixels.encapsulated import frame_fragments
from napari_medscan.dicom.pixels.video import is_video
from napari_medscan.export.deidentify.streams import image_alone

_ITEM: Final = b"\xfe\xff\x00\xe0"
_PIXELS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_TABLES: Final = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


def remove_slack(data: Dataset, header: ImageHeader) -> bool:
    """Remove from the pixel data of a file what is no frame, and from frames what is no image.

    These are bytes after the last frame, frames that the header does not describe, items and
    entries of offset tables that belong to no frame, and what `image_alone` removes.

    Parameters
    ----------
    data : Dataset
        Is changed in place.
    header : ImageHeader
        Of the same file.

    Returns
    -------
    bool
        Whether there was any. The pixels that are shown are the same.
    """
    (name,) = (name for name in _PIXELS if name in data)
    before = data[name].value
    if header.pixels.length is not None:
        for table in _TABLES:
            if table in data:
                del data[table]
        layout = header.layout
        size = (layout.stride_bits * layout.frames + 7) // 8
        # One that makes their number even belongs to them (PS3.5 8.1.1).
        data[name].value = before[: size + size % 2]
    elif not is_video(header) and not header.layout.big_endian:
        _rebuild(data, header, has_table=before[4:8] != bytes(4))
    return bool(data[name].value != before)


def _rebuild(data: Dataset, header: ImageHeader, *, has_table: bool) -> None:
    """Write the frames anew, in fragments as they were."""
    try:
        frames = [
            [header.source.read_at(part.offset, part.length) for part in fragments]
            for fragments in frame_fragments(header)
        ]
    except FrameError:
        return  # It is not shown.
    cleaned = [_fragments(parts, image_alone(b"".join(parts), header)) for parts in frames]
    encoded = [_items(parts) for parts in cleaned]
    starts = [0, *accumulate(map(len, encoded))][:-1]
    fits = (
        has_table and not any(name in data for name in _TABLES) and sum(map(len, encoded)) < 2**32
    )
    table = struct.pack(f"<{len(starts)}I", *starts) if fits else b""
    data.PixelData = _items([table]) + b"".join(encoded)
    if _TABLES[0] in data:
        # One fragment a frame (PS3.3 C.7.6.3.1.8).
        if all(len(parts) == 1 for parts in cleaned):
            lengths = [len(parts[0]) for parts in cleaned]
            for name, numbers in zip(_TABLES, (starts, lengths), strict=True):
                data[name].value = struct.pack(f"<{len(numbers)}Q", *numbers)
        else:
            for name in _TABLES:
                data.pop(name, None)


def _fragments(parts: Iterable[bytes], frame: bytes) -> list[bytes]:
    """Return a frame divided like its fragments before."""
    ends = list(accumulate(map(len, parts)))
    pieces = [frame[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [piece for piece in pieces if piece]


def _items(values: Iterable[bytes]) -> bytes:
    """Return values as items of encapsulated pixel data (PS3.5 A.4)."""
    return b"".join(
        _ITEM + struct.pack("<I", len(value) + len(value) % 2) + value + bytes(len(value) % 2)
        for value in values
    )
