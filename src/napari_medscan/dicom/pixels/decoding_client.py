"""Decoding of compressed frames by a worker, with a deadline and a memory limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from numpy.typing import NDArray

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.errors import FrameError, LateFrameError
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.workers import CORRUPT, TIMED_OUT, WorkerError

FRAME_SECONDS = 4.0
"""What decoding a frame may take, besides the time for its pixels."""
SLOWEST = 4 << 20
"""Bytes of pixels that a slow machine decodes in a second: a third of what JPEG 2000, the slowest
code stream, takes on the machine where it was measured (11 MB/s)."""
DENSEST = 16
"""Bytes of pixels that a byte of a code stream makes, as far as they take time: what is emptier
than that is decoded by filling areas."""
_FACTS: Final = tuple(field.name for field in fields(PixelLayout))
_facts_of: Final = attrgetter(*_FACTS)
"""What `dataclasses.asdict` takes ten times as long to do, and is done for every frame."""
_CORRUPT, _LATE = "corrupt pixel data", "decoding timed out"


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
            "napari_medscan.dicom.pixels.decoding:decode_request",
            b"".join(frames),
            out,
            seconds=deadline(out.nbytes, sum(map(len, frames))),
            lengths=[len(frame) for frame in frames],
            syntax=syntax,
            layout=dict(zip(_FACTS, _facts_of(layout), strict=True)),
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
        if str(error) == TIMED_OUT:
            return [LateFrameError(_LATE)]
        problems = [_CORRUPT if str(error) == CORRUPT else str(error)]
    if len(problems) != len(frames):
        problems = [_CORRUPT] * len(frames)
    return [None if why is None else FrameError(why) for why in problems]


def deadline(decoded: int, encoded: int) -> float:
    """Return the seconds that decoding may compute.

    Parameters
    ----------
    decoded, encoded : int
        Bytes of the pixels, and of their code streams: a header that claims more than its stream
        can hold gets no time for it.
    """
    return FRAME_SECONDS + min(decoded, DENSEST * encoded) / SLOWEST
