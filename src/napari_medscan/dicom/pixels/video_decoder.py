"""What a worker does with video: frames of MPEG-2, H.264 or HEVC by number (PS3.5 8.2.5 to 8.2.8).

PyAV is the extra "video". The container is told by its first bytes and named to the library: one
that it guessed could be a playlist, which leads to other files or to a network.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.wire import from_message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

_MOST_OPEN: Final = 2
"""Videos that a worker keeps open, to go on where it stopped."""
_MOST_PACKETS: Final = 2_000_000
_TRANSPORT: Final = 188
_INEXACT: Final = frozenset(("mpeg",))
"""Containers in which only some frames have a time: those after a jump could be any."""
_HIGH_DEFINITION: Final = 720
"""Rows from which on an unnamed color matrix is that of BT.709, else of BT.601."""
_BT601, _BT709 = 5, 1
_NAMED = frozenset((1, 4, 5, 6, 7, 9, 10))
"""Color matrices of ISO/IEC 23091-4 that a frame may name."""


def read_video(
    data: bytes,
    *,
    out: NDArray[np.uint8],
    first: int,
    spans: Sequence[Sequence[int]],
    syntax: str,
) -> list[str | None]:
    """Decode successive frames as a worker is asked to.

    Parameters
    ----------
    data : bytes
        The file, as a message.
    out : ndarray
        Takes them, (frames, rows, columns, 3) of uint8.
    first : int
        Number of the first, in the order in which they are shown.
    spans : sequence of (int, int)
        Offset and length of each fragment of the stream.
    syntax : str
        Transfer Syntax UID.

    Returns
    -------
    list of str or None
        Why each frame could not be decoded, in words for the user.
    """
    (file,) = from_message(data)
    pieces = tuple((int(offset), int(length)) for offset, length in spans)
    key = file.identity(), pieces
    video = _open.pop(key, None)
    try:
        if video is None:
            video = _Video(file, pieces, syntax)
        told = video.read(first, out)
    except FrameError:
        raise
    except Exception:  # noqa: BLE001 - whatever the library makes of a hostile file
        raise FrameError("corrupt pixel data") from None
    _open[key] = video
    while len(_open) > _MOST_OPEN:
        _open.pop(next(iter(_open))).close()
    return told


_open: dict[Any, _Video] = {}


class _Fragments(io.RawIOBase):
    """The fragments of encapsulated pixel data as one file."""

    def __init__(self, file: FileRef, pieces: Sequence[tuple[int, int]]) -> None:
        self._file, self._pieces = file, pieces
        self._starts = [0, *accumulate(length for _, length in pieces)]
        self._at = 0

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._starts[-1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._at, 2: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = self.size - self._at if size < 0 else size
        parts = []
        while wanted > 0 and self._at < self.size:
            number = int(np.searchsorted(self._starts, self._at, side="right")) - 1
            inside = self._at - self._starts[number]
            offset, length = self._pieces[number]
            part = self._file.read_at(offset + inside, min(wanted, length - inside))
            if not part:
                break
            parts.append(part)
            self._at += len(part)
            wanted -= len(part)
        return b"".join(parts)


def container_of(head: bytes, syntax: str) -> str:
    """Return the name of the container of a stream by its first bytes.

    Raises
    ------
    FrameError
        If it is none that DICOM names (PS3.5 8.2.5 to 8.2.8), nor a bare stream.
    """
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:1] == b"\x47" and head[_TRANSPORT : _TRANSPORT + 1] in (b"\x47", b""):
        return "mpegts"
    if head.startswith(b"\0\0\1\xba"):
        return "mpeg"
    if head.startswith(b"\0\0\1\xb3"):
        return "mpegvideo"
    if head.startswith((b"\0\0\1", b"\0\0\0\1")):
        number = int(syntax.removesuffix(".1").rpartition(".")[2])
        return "hevc" if number >= 107 else "h264"
    raise FrameError("unsupported video container")


@dataclass(slots=True)
class _Video:
    """One stream, open, and where its frames are.

    Parameters
    ----------
    file : FileRef
        The file.
    pieces : sequence of (int, int)
        Offset and length of each fragment.
    syntax : str
        Transfer Syntax UID.
    """

    file: FileRef
    pieces: Sequence[tuple[int, int]]
    syntax: str
    container: InputContainer | None = None
    times: list[int] = field(default_factory=list)
    """Presentation time of each frame, ascending; empty if the stream has none."""
    keys: list[int] = field(default_factory=list)
    """Numbers of the frames that can be decoded without others."""
    frames: Iterator[VideoFrame] | None = None
    next: int = 0
    """Number of the frame that `frames` gives next."""
    _sought: int = 0
    """Number of the frame that was sought last."""

    def __post_init__(self) -> None:
        self._scan()

    def close(self) -> None:
        """Close the stream."""
        if self.container is not None:
            self.container.close()
            self.container = None

    def read(self, first: int, out: NDArray[np.uint8]) -> list[str | None]:
        """Decode the frames from `first` on into `out`; return why each could not be."""
        if self.frames is None or not self._last_key(first) <= self.next <= first:
            self._go_to(first)
        told = self._read(first, out)
        while told is None:
            # Streams without an index are sought by time, and may begin too late.
            self._go_to(self._sought - 1)
            told = self._read(first, out)
        return told

    def _read(self, first: int, out: NDArray[np.uint8]) -> list[str | None] | None:
        """Read on from where the stream stands; None if that is behind the first frame."""
        told: list[str | None] = ["missing from the pixel data"] * len(out)
        last = first + len(out) - 1
        begun = self.next > self._sought
        for frame in self._decoded():
            number = self._number(frame)
            self.next = number + 1
            if not begun and number > first and self._sought > 0:
                return None
            begun = True
            if first <= number <= last:
                told[number - first] = _draw(frame, out[number - first])
            if number >= last:
                break
        return told if begun or self._sought == 0 else None

    def _reopen(self) -> InputContainer:
        import av

        self.close()
        stream = _Fragments(self.file, self.pieces)
        name = container_of(stream.read(_TRANSPORT + 1), self.syntax)
        stream.seek(0)
        self.container = container = av.open(stream, mode="r", format=name)
        if not container.streams.video:
            raise FrameError("no video in the pixel data")
        container.streams.video[0].thread_count = 1
        self.frames, self.next = None, 0
        return container

    def _scan(self) -> None:
        """Find the frames without decoding any."""
        container = self._reopen()
        times, keys = [], []
        for count, packet in enumerate(container.demux(container.streams.video[0])):
            if packet.size and packet.pts is not None:
                times.append(packet.pts)
                keys += [packet.pts] if packet.is_keyframe else []
            elif packet.size or count > _MOST_PACKETS:
                # A bare stream: its frames are counted from the start.
                times = []
                break
        is_exact = container.format.name.split(",")[0] not in _INEXACT
        if is_exact and len(set(times)) == len(times) > 0 and keys:
            self.times = sorted(times)
            places = {time: number for number, time in enumerate(self.times)}
            self.keys = sorted(places[time] for time in keys)
        self._reopen()

    def _last_key(self, first: int) -> int:
        """Return the last frame up to one from which that one can be decoded."""
        return max((number for number in self.keys if number <= first), default=0)

    def _go_to(self, first: int) -> None:
        """Stand at the last key frame up to a frame, or at the start."""
        container = self._reopen()
        key = self._last_key(first)
        self._sought = self.next = key
        if key > 0:
            stream = container.streams.video[0]
            container.seek(self.times[key], stream=stream, backward=True, any_frame=False)

    def _decoded(self) -> Iterator[VideoFrame]:
        if self.frames is None and self.container is not None:
            self.frames = self.container.decode(self.container.streams.video[0])
        return self.frames or iter(())

    def _number(self, frame: VideoFrame) -> int:
        if not self.times or frame.pts is None:
            return self.next
        return int(np.searchsorted(self.times, frame.pts))


def _draw(frame: VideoFrame, out: NDArray[np.uint8]) -> str | None:
    """Draw a frame as RGB; return why that is not possible."""
    if (frame.height, frame.width) != out.shape[:2]:
        return "image size differs from the header"
    matrix = int(frame.colorspace)
    if matrix not in _NAMED:
        matrix = _BT709 if frame.height >= _HIGH_DEFINITION else _BT601
    out[...] = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
    return None
