"""The compressed bytes of a frame in encapsulated pixel data (PS3.5 section A.4)."""

from __future__ import annotations

from functools import lru_cache

from napari_medscan.dicom.elements.transfer_syntaxes import RLE
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.fragments import read_fragments
from napari_medscan.dicom.headers.frame_index import FrameFragments, frames_of, read_offset_table
from napari_medscan.dicom.headers.header import Header


@lru_cache(maxsize=64)
def frame_fragments(header: Header) -> tuple[FrameFragments, ...]:
    """Return the fragments of each frame of a file, () for those that it does not contain.

    Raises
    ------
    FrameError
        If there are none, or frames cannot be told apart.
    """
    frames, big_endian = header.layout.frames, header.layout.big_endian
    rle = header.transfer_syntax == RLE
    fragments = read_fragments(
        header.source, header.pixels.offset, header.size, big_endian=big_endian, rle=rle
    )
    extended = read_offset_table(header.source, header.offset_table, frames, big_endian=big_endian)
    return frames_of(fragments, frames, rle=rle, extended=extended)


def read_frame_bytes(header: Header, frame: int) -> bytes:
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
