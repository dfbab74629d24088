"""Unpacking compressed bytes into memory, with bounds: deflate, zlib, gzip, bzip2 and xz.

A bomb expands a thousandfold: how much is unpacked is decided here, never by the file. What is
unpacked is held while it is in use, and let go with the last reference to it.
"""

from __future__ import annotations

import threading
import weakref
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.files.decoders import CORRUPT, PackedStream

if TYPE_CHECKING:
    from napari_medscan.dicom.files.file_ref import FileRef

MAX_UNPACKED: Final = 512 << 20
"""Most bytes that one stream may unpack to."""
MAX_RATIO: Final = 1032
"""Most bytes that deflate makes of one (RFC 1951); what other methods may make of one, too."""
HELD: Final = 1 << 30
"""Most unpacked bytes that are held in memory for reading them again, over all files."""
_UNCHECKED = 16 << 20
"""Up to here the ratio does not matter."""
_STEP = 1 << 20
TOO_LARGE = "compressed data larger than 512 MB (unpack it and open the folder)"
SUSPICIOUS = "suspiciously compressed data (unpack it and open the folder)"
TRUNCATED = "truncated compressed data"


class Unpacked:
    """The bytes that a packed stream stands for.

    Safe to use from several threads. Equal when they come from the same place.

    Parameters
    ----------
    packed : FileRef
        The packed stream.
    method : str
        One of `METHODS`.
    size : int or None
        How many bytes they are if that is known.
    crc : int or None
        Their CRC-32 if that is known. Of a stream with a checksum nothing is given if it is
        damaged or cut off, since damage cannot be told from a cut; of one without, which is a
        deflated data set (PS3.5 A.5), what is before.
    """

    def __init__(
        self, packed: FileRef, method: str, size: int | None = None, crc: int | None = None
    ) -> None:
        self.packed, self.method = packed, method
        self._size, self._crc = size, crc
        self._lock = threading.Lock()
        self._data: bytearray | None = None
        self._failure = ""

    def __reduce__(self) -> tuple[type[Unpacked], tuple[object, ...]]:
        """Return how to make it anew: the bytes stay behind."""
        return Unpacked, (self.packed, self.method, self._size, self._crc)

    def __eq__(self, other: object) -> bool:
        """Whether the packed stream is the same."""
        if not isinstance(other, Unpacked):
            return NotImplemented
        return (self.packed, self.method) == (other.packed, other.method)

    def __hash__(self) -> int:
        """Return a hash of the place."""
        return hash((self.packed, self.method))

    @property
    def size(self) -> int:
        """Number of bytes; unpacks them if it is not known before.

        Raises
        ------
        FrameError
            As `read_at`.
        """
        return len(self._bytes()) if self._size is None else self._size

    def start(self, length: int) -> bytes:
        """Return the first bytes; no more than these are unpacked, and nothing is held.

        Raises
        ------
        UnreadableError
            When they are damaged.
        FrameError
            When the packed bytes cannot be read any more.
        """
        data = self._data
        if data is not None:
            return bytes(memoryview(data)[:length])
        parts: list[bytes] = []
        stream, missing = PackedStream(self.packed, self.method), length
        while missing > 0 and (part := stream.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`.

        Raises
        ------
        FrameError
            When they are damaged, too many, or the packed bytes cannot be read any more.
        """
        data = self._bytes()
        if self._failure and offset + length > len(data):
            raise FrameError(self._failure)
        part = bytes(memoryview(data)[offset : offset + length])
        if 2 * len(part) >= len(data):
            # Most likely the one frame of a file, which is not read again soon.
            self.let_go()
        return part

    def let_go(self) -> None:
        """Free the memory; the bytes are unpacked anew when they are needed again."""
        self._data = None

    def _bytes(self) -> bytearray:
        data = self._data
        if data is None:
            with _large if self._is_large else nullcontext(), self._lock:
                data = self._data
                if data is None:
                    data = self._data = self._unpacked()
        _held.note(self, len(data))
        return data

    @property
    def _has_checksum(self) -> bool:
        return self.method != "deflate" or self._crc is not None

    @property
    def _is_large(self) -> bool:
        """Whether unpacking takes much memory, here or where the packed stream comes from."""
        outer = self.packed.container
        is_large = (self._size or MAX_UNPACKED) > _UNCHECKED
        return is_large or (isinstance(outer, Unpacked) and outer._is_large)  # noqa: SLF001

    def _unpacked(self) -> bytearray:
        if (self._size or 0) > MAX_UNPACKED:
            raise FrameError(TOO_LARGE)
        data = bytearray()
        try:
            self._unpack_into(data)
        except BaseException:
            # An error that is kept would keep its traceback, and that these bytes.
            data.clear()
            raise
        return data

    def _unpack_into(self, data: bytearray) -> None:
        room = _UNCHECKED
        try:
            for part in self._parts():
                data += part
                if len(data) > room:
                    room *= 2
                    _held.make_room(room, self)
        except FrameError:
            raise
        except UnreadableError as error:
            if self._has_checksum:
                raise FrameError(str(error)) from None
            self._failure = str(error)
        if self._crc is not None and (len(data), zlib.crc32(data)) != (self._size, self._crc):
            raise FrameError(CORRUPT)

    def _parts(self) -> Iterator[bytes]:
        stream, total = PackedStream(self.packed, self.method), 0
        most = MAX_UNPACKED if self._size is None else self._size
        while part := stream.read(min(_STEP, most + 1 - total)):
            total += len(part)
            if total > most:
                raise FrameError(TOO_LARGE if self._size is None else CORRUPT)
            if total > max(_UNCHECKED, MAX_RATIO * stream.taken):
                raise FrameError(SUSPICIOUS)
            yield part
        if self._has_checksum and not stream.ended:
            raise FrameError(TRUNCATED)


_large = threading.RLock()
"""One large stream is unpacked at a time, so that the memory for it is needed once.

Who waits for it holds no other lock: it is taken before the stream's own, and by whatever comes
from a large stream, too.
"""


class _Held:
    """Which unpacked bytes are in memory, those used last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[int, tuple[weakref.ref[Unpacked], int]] = {}
        self._total = 0

    def note(self, unpacked: Unpacked, size: int) -> None:
        """Take note of bytes that were just used; let others go when they are too many."""
        with self._lock:
            self._forget(id(unpacked))
            self._sizes[id(unpacked)] = weakref.ref(unpacked), size
            self._total += size
        if self._total > HELD:
            self.make_room(0, unpacked)

    def make_room(self, size: int, needed: Unpacked) -> None:
        """Let go what was used longest ago, until there is room for `size` bytes more.

        Neither `needed` nor what it is unpacked from is let go.
        """
        kept, place = {id(needed)}, needed.packed.container
        while isinstance(place, Unpacked):
            kept.add(id(place))
            place = place.packed.container
        with self._lock:
            known = [(key, place()) for key, (place, _) in self._sizes.items()]
            for key, other in known:
                if other is None or other._data is None:  # noqa: SLF001 - of this module
                    self._forget(key)
            for key, other in known:
                if self._total + size > HELD and key in self._sizes and key not in kept:
                    self._forget(key)
                    if other is not None:
                        other.let_go()

    def _forget(self, key: int) -> None:
        self._total -= self._sizes.pop(key, (None, 0))[1]


_held = _Held()
