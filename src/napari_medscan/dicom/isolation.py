"""What must not happen in this process: decoding, and parsing by pydicom.

Both are done by worker processes, with a deadline and a memory limit.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.fallback import FallbackScan, pack_wanted, unpack_scan
from napari_medscan.dicom.layout import PixelLayout
from napari_medscan.dicom.tags import Wanted
from napari_medscan.workers import WorkerError, WorkerPool

FRAME_SECONDS = 4.0
"""What decoding one frame may take, besides a second for every 32 MB of it."""
SCAN_SECONDS = 6.0
"""What parsing one header by pydicom may take."""

workers = WorkerPool()
"""The workers of this process; none is started before it is needed."""


def decode(data: bytes, syntax: str, layout: PixelLayout) -> tuple[NDArray[Any], bool | None]:
    """Decode one compressed frame in a worker; see :func:`codecs.decode`.

    Raises
    ------
    FrameError
        When the data are damaged, or decoding crashed or took too long.
    """
    size = layout.decoded_bytes
    try:
        ycc, pixels = workers.call(
            "napari_medscan.dicom.codecs:decode_request",
            data,
            seconds=FRAME_SECONDS + size / (32 << 20),
            memory=size,
            syntax=syntax,
            layout=asdict(layout),
        )
    except WorkerError as error:
        raise FrameError(f"it cannot be decoded: {error}") from None
    if pixels is None or pixels.shape != layout.decoded_shape:
        raise FrameError("its compressed data hold another picture than the header says")
    return pixels, ycc if isinstance(ycc, bool) else None


def scan_with_pydicom(path: str, wanted: Wanted) -> FallbackScan:
    """Parse a header with pydicom in a worker; see :mod:`fallback`.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it either, crashes or takes too long.
    """
    try:
        packed, _ = workers.call(
            "napari_medscan.dicom.fallback:scan_request",
            os.fsencode(path),
            seconds=SCAN_SECONDS,
            wanted=pack_wanted(wanted),
        )
        return unpack_scan(packed)
    except (WorkerError, KeyError, TypeError, ValueError):
        raise UnreadableError("the header is damaged") from None
