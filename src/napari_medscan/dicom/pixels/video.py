"""Video: frames of MPEG-2, H.264 and HEVC streams, decoded by a worker a group at a time.

A frame depends on those before it. What was decoded on the way to it is held for a while, so that
a cine decodes each frame once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.elements.transfer_syntaxes import video_name
from napari_medscan.dicom.errors import FrameError, LateFrameError
from napari_medscan.dicom.files.file_ref import GONE
from napari_medscan.dicom.files.wire import to_message
from napari_medscan.dicom.headers.fragments import first_stream, read_fragments
from napari_medscan.workers import CORRUPT, TIMED_OUT, WorkerError

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader

_GROUP_BYTES: Final = 24 << 20
"""Frames that one request decodes, from a multiple of their number on."""
_HELD_BYTES: Final = 192 << 20
_SECONDS: Final = 30.0
"""What a group may take: all frames since a key frame are decoded for it."""


class _Groups:
    """Groups of frames, the last used ones. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[ImageHeader, int], _Group] = OrderedDict()
        self._reading = threading.Lock()

    def group(self, header: ImageHeader, first: int, count: int) -> _Group:
        """Return the frames from `first` on, decoded if they were not."""
        key = header, first
        if (found := self._get(key)) is not None:
            return found
        # One at a time: the worker goes on where it stopped.
        with self._reading:
            found = self._get(key)
            if found is None:
                found = _decode(header, first, count)
                with self._lock:
                    self._held[key] = found
                    while sum(each[0].nbytes for each in self._held.values()) > _HELD_BYTES:
                        self._held.popitem(last=False)
        return found

    def _get(self, key: tuple[ImageHeader, int]) -> _Group | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found


_Group = tuple[NDArray[np.uint8], list[str | None]]
_groups = _Groups()


def is_video(header: ImageHeader) -> bool:
    """Whether the frames of a file are those of a video.

    Some files are marked as video and hold code streams of single frames.
    """
    is_encoded = header.pixels.length is None and bool(video_name(header.transfer_syntax))
    return is_encoded and _holds_video(header)


@lru_cache(maxsize=64)
def _holds_video(header: ImageHeader) -> bool:
    try:
        stream = first_stream(header.source, header.pixels.offset, big_endian=False)
    except FrameError:
        return True
    return stream is None or stream.kind == "unsupported"


def read_video_frame(header: ImageHeader, frame: int, out: NDArray[np.uint8]) -> None:
    """Read one frame of a video as RGB.

    Parameters
    ----------
    header : ImageHeader
        The file.
    frame : int
        Number of the frame, in the order in which they are shown.
    out : ndarray
        Takes it, (rows, columns, 3) of uint8.

    Raises
    ------
    FrameError
        When it is missing or damaged.
    """
    count = max(1, _GROUP_BYTES // header.layout.decoded_bytes)
    first = frame // count * count
    count = min(count, header.layout.frames - first)
    pixels, told = _groups.group(header, first, count)
    if (why := told[frame - first]) is not None:
        raise FrameError(why)
    out[...] = pixels[frame - first]


@lru_cache(maxsize=16)
def _spans(header: ImageHeader) -> tuple[tuple[int, int], ...]:
    """Return offset and length of each fragment of the stream."""
    start = header.pixels.offset
    found = read_fragments(header.source, start, header.size, big_endian=False, rle=False)
    return tuple((item.offset, item.length) for item in found.items if item.length)


def _decode(header: ImageHeader, first: int, count: int) -> _Group:
    out = np.zeros((count, *header.layout.decoded_shape), np.uint8)
    try:
        told = workers.fill(
            "napari_medscan.dicom.pixels.video_decoder:read_video",
            to_message([header.source]),
            out,
            seconds=_SECONDS,
            first=first,
            spans=_spans(header),
            syntax=header.transfer_syntax,
        )
    except WorkerError as error:
        if str(error) == TIMED_OUT:
            raise LateFrameError("decoding timed out") from None
        raise FrameError("corrupt pixel data" if str(error) == CORRUPT else str(error)) from None
    except OSError:
        raise FrameError(GONE) from None
    if not isinstance(told, list) or len(told) != count:
        raise FrameError("corrupt pixel data")
    return out, [None if why is None else str(why) for why in told]
