"""What must not happen in this process: decoding, and parsing by pydicom.

Both are done by worker processes, with a deadline and a memory limit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.fallback import FallbackScan, pack_wanted, unpack_scan
from napari_medscan.dicom.layout import PixelLayout
from napari_medscan.dicom.tags import Wanted
from napari_medscan.workers import CORRUPT, TIMED_OUT, WorkerError, WorkerPool

FRAME_SECONDS = 4.0
"""What decoding one frame may take, besides a second for every 32 MB of it."""
SCAN_SECONDS = 6.0
"""What parsing one header by pydicom may take."""
_FRAME_REASONS = {CORRUPT: "corrupt pixel data", TIMED_OUT: "decoding timed out"}

workers = WorkerPool()
"""The workers of this process; none is started before it is needed."""


def decode(
    frames: Sequence[bytes],
    syntax: str,
    layout: PixelLayout,
    out: NDArray[Any],
    rescales: Sequence[tuple[float, float]] | None = None,
) -> list[FrameError | None]:
    """Decode compressed frames in a worker.

    Parameters
    ----------
    frames : sequence of bytes
        Their code streams.
    syntax : str
        Transfer Syntax UID.
    layout : PixelLayout
        Of all of them.
    out : ndarray
        Takes them, (frames, rows, columns) or (frames, rows, columns, 3). Where one cannot be
        decoded, anything may be left.
    rescales : sequence of (slope, intercept), optional
        The modality transform of each frame; without, `out` takes stored values.

    Returns
    -------
    list of FrameError or None
        Why each cannot be shown: corrupt data, or decoding crashed or took too long.
    """
    try:
        told = workers.fill(
            "napari_medscan.dicom.decoding:decode_request",
            b"".join(frames),
            out,
            seconds=FRAME_SECONDS + out.nbytes / (32 << 20),
            lengths=[len(frame) for frame in frames],
            syntax=syntax,
            layout=asdict(layout),
            rescales=rescales,
        )
        told = told if isinstance(told, list) else []
        problems = [None if why is None else str(why) for why in told]
    except WorkerError as error:
        if len(frames) > 1:
            # One of them is to blame, and only that one is lost.
            return [
                decode([frame], syntax, layout, place[None], rescales and [rescales[number]])[0]
                for number, (frame, place) in enumerate(zip(frames, out, strict=True))
            ]
        problems = [_FRAME_REASONS.get(str(error), str(error))]
    if len(problems) != len(frames):
        problems = [_FRAME_REASONS[CORRUPT]] * len(frames)
    return [None if why is None else FrameError(why) for why in problems]


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
        raise UnreadableError("corrupt header") from None
