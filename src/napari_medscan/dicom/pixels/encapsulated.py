"""The compressed bytes of a frame in encapsulated pixel data (PS3.5 section A.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from napari_medscan.dicom.elements.transfer_syntaxes import RLE
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.frame_index import FrameFragments, index_frames

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader


@lru_cache(maxsize=64)
def frame_fragments(header: ImageHeader) -> tuple[FrameFragments, ...]:
    """Return the fragments of each frame of a file, () for those that it does not contain.

    Raises
    ------
    FrameError
        If there are none, or frames cannot be told apart.
    """
    index = index_frames(
        header.source,
        (header.pixels.offset, header.size),
        header.layout.frames,
        big_endian=header.layout.big_endian,
        rle=header.transfer_syntax == RLE,
        table=header.offset_table,
    )
    return index.frames


def read_frame_bytes(header: ImageHeader, frame: int) -> bytes:
    """Return the compressed bytes of one frame.

    Raises
    ------
    FrameError
        If the file does not contain them.
    """
    frames = frame_fragments(header)
    if frame >= len(frames) or not frames[frame]:
        raise FrameError("missing from the pixel data")
    parts = []
    for fragment in frames[frame]:
        part = header.source.read_at(fragment.offset, fragment.length)
        if len(part) < fragment.length:
            raise FrameError("truncated file")
        parts.append(part)
    return b"".join(parts)
