"""Copies of one image in several encodings: what their headers say, and their decoded pixels."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Self

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.read_frames import read_all_stored

_AT_ONCE: Final = max(1, min(2, (os.cpu_count() or 1) - 1))
"""Files decoded at the same time while headers are read, which takes a core."""
_SMALL: Final = 2**20
"""Bytes of all frames of a file that is decoded early; of longer ones the first may be enough."""


def facts_of(header: ImageHeader) -> str:
    """Return what a file's header says of the values it shows, and of their place."""
    frames = [(f.position, f.orientation, f.spacing, f.transform, f.windows) for f in header.frames]
    layout = header.layout
    # Color comes out as RGB whatever model a file stores.
    gray = layout.samples == 1
    kind = (layout.photometric, layout.signed, layout.floating) if gray else "color"
    shape = layout.frames, layout.rows, layout.columns
    return repr((header.series, shape, kind, layout.bits_stored, header.palette, frames))


def extent_of(header: ImageHeader) -> tuple[object, ...]:
    """Return what must be equal before it is worth comparing two files' stored bytes."""
    pixels = header.pixels
    # Fragments have no length of their own: they reach to the end of the file, or nearly.
    length = header.size - pixels.offset if pixels.length is None else pixels.length
    # An offset table in the header says which bytes are a frame.
    own = header.name if header.offset_table else ""
    return header.transfer_syntax, header.layout, pixels.vr, length, own


def frame_digests(header: ImageHeader) -> Iterator[bytes]:
    """Yield a digest of the values of each frame of a file, up to the first damaged one."""
    try:
        for frame in read_all_stored(header):
            digest = hashlib.blake2b(repr((frame.shape, frame.dtype.kind)).encode())
            digest.update(frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes())
            yield digest.digest()
    except Exception:  # noqa: BLE001 - whatever is wrong with them, the other files are fine
        return


class CopyDecoder:
    """Decodes images that come in several encodings while further headers are read.

    Whether they are duplicates is known when all headers are read. Until then workers start, which
    takes as long as reading 200 headers, and decode. A context manager: leaving it ends decoding.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, "medscan-copies")
        self._firsts: dict[tuple[bytes, str], ImageHeader] = {}
        self._encodings: dict[object, dict[object, ImageHeader]] = defaultdict(dict)
        self._digests: dict[int, Future[list[bytes]]] = {}

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Decode nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def note(self, headers: Sequence[ImageHeader]) -> None:
        """Take note of images that were read."""
        layout: PixelLayout | None = None
        is_small = False
        for header in headers:
            if header.layout is not layout:
                layout = header.layout
                is_small = layout.frames * layout.decoded_bytes <= _SMALL
            if not is_small or not header.sop_instance:
                continue
            first = self._firsts.setdefault((header.patient, header.sop_instance), header)
            if first is not header:
                self._note_copy(first)
                self._note_copy(header)

    def _note_copy(self, header: ImageHeader) -> None:
        """Decode a file, and those noted before, if only pixels can tell them apart."""
        encodings = self._encodings[header.patient, header.sop_instance, facts_of(header)]
        encodings.setdefault(extent_of(header), header)
        copies = encodings.values()
        if len(copies) > 1 and any(copy.pixels.length is None for copy in copies):
            for copy in copies:
                if id(copy) not in self._digests:
                    self._digests[id(copy)] = self._pool.submit(_digests, copy)

    def digests_of(self, header: ImageHeader) -> Iterator[bytes]:
        """Return the `frame_digests` of a file, sooner if it has been decoded."""
        early = self._digests.get(id(header))
        return frame_digests(header) if early is None else iter(early.result())


def _digests(header: ImageHeader) -> list[bytes]:
    return list(frame_digests(header))
