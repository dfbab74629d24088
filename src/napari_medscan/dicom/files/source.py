"""Bytes that can be read at a position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO, RawIOBase
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WINDOW = 1 << 16


class Source(Protocol):
    """Bytes that can be read at a position; short at the end of the data."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        ...


class OpenFile:
    """A source over a file, or over a part of one, that is opened by the first read.

    Parameters
    ----------
    opened : callable
        Opens the file.
    start : int
        Where the part starts.
    size : int or None
        Bytes in the part; None for all up to the end of the file.
    """

    def __init__(
        self, opened: Callable[[], FileIO], start: int = 0, size: int | None = None
    ) -> None:
        self._opened, self._start, self._size = opened, start, size
        self._stream: FileIO | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; raise what opening raises."""
        if self._size is not None:
            length = max(0, min(length, self._size - offset))
        if self._stream is None:
            self._stream = self._opened()
        self._stream.seek(self._start + offset)
        return self._stream.read(length)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()


@dataclass(frozen=True, slots=True)
class Memory:
    """A source over bytes in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        return self.data[offset : offset + length]

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Read bytes from `offset` into a buffer and return how many."""
        part = self.read_at(offset, len(buffer))
        buffer[: len(part)] = part
        return len(part)


class SourceStream(RawIOBase):
    """A source as the binary stream that a library asks for; it reads ahead by `WINDOW` bytes.

    Parameters
    ----------
    source : Source
        The bytes.
    size : int
        How many there are.
    """

    def __init__(self, source: Source, size: int) -> None:
        super().__init__()
        self._source, self._size, self._at = source, size, 0
        self._window, self._window_at = b"", 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a position and return it."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer from the position on and return how many bytes that were."""
        view = memoryview(buffer)
        first = self._at - self._window_at
        if not 0 <= first <= first + len(view) <= len(self._window):
            self._window_at, first = self._at, 0
            self._window = self._source.read_at(self._at, max(WINDOW, len(view)))
        part = self._window[first : first + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)
