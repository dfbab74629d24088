"""Positional reading of a file's bytes.

Every read opens, reads and closes the file: no handle is held between reads, so
discs can be ejected and files deleted while a study is open.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Protocol

from napari_medscan.dicom.errors import FrameError, UnreadableError

MAX_INFLATED = 512 * 2**20
"""Most bytes a deflated file may expand to (a bomb expands a thousandfold)."""


class Source(Protocol):
    """Bytes that can be read at a position; short at the end of the data."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A source over a file opened by the caller."""

    stream: FileIO

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        self.stream.seek(offset)
        return self.stream.read(length)


@dataclass(frozen=True, slots=True)
class Memory:
    """A source over bytes in memory."""

    data: bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        return self.data[offset : offset + length]

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Read bytes from `offset` into a buffer and return how many."""
        part = self.read_at(offset, len(buffer))
        buffer[: len(part)] = part
        return len(part)


@dataclass(frozen=True, slots=True)
class DicomBytes:
    """Where a file's data set is, so that any part of it can be read later.

    Parameters
    ----------
    path : str
        The file.
    deflated_at : int or None
        Offset at which a deflated data set starts (PS3.5 A.5), or None.
        Offsets into a deflated file count inflated bytes after that point.
    """

    path: str
    deflated_at: int | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`.

        Raises
        ------
        FrameError
            When the file is gone or cannot be read any more.
        """
        try:
            if self.deflated_at is not None:
                data = inflate(self.path, self.deflated_at, offset + length)
                return data[offset : offset + length]
            with FileIO(self.path) as stream:
                stream.seek(offset)
                return stream.read(length)
        except OSError as error:
            raise FrameError("the file can no longer be read") from error

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Read bytes from `offset` into a buffer and return how many.

        Raises
        ------
        FrameError
            As `read_at`.
        """
        if self.deflated_at is not None:
            return Memory(self.read_at(offset, len(buffer))).read_into(0, buffer)
        try:
            with FileIO(self.path) as stream:
                stream.seek(offset)
                return stream.readinto(buffer) or 0
        except OSError as error:
            raise FrameError("the file can no longer be read") from error


def inflate(path: str, start: int, length: int) -> bytes:
    """Inflate at most `length` bytes of a raw deflate stream (RFC 1951).

    Parameters
    ----------
    path : str
        The file.
    start : int
        Offset of the stream in the file.
    length : int
        Most bytes to produce; memory is bounded by it.

    Raises
    ------
    UnreadableError
        When the stream is damaged or more than `MAX_INFLATED` is asked for.
    """
    if length > MAX_INFLATED:
        raise UnreadableError("compressed data set larger than 512 MB (unsupported)")
    found = Path(path).stat()
    identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return _inflate(path, start, length, identity)


@lru_cache(maxsize=1)
def _inflate(path: str, start: int, length: int, _identity: tuple[int, ...]) -> bytes:
    """Inflate a file; `_identity` keeps a file that has changed apart from what it was."""
    with FileIO(path) as stream:
        stream.seek(start)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        parts: list[bytes] = []
        missing = length
        try:
            while missing > 0 and not inflater.eof:
                packed = inflater.unconsumed_tail or stream.read(1 << 20)
                if not packed:
                    break
                part = inflater.decompress(packed, missing)
                parts.append(part)
                missing -= len(part)
        except zlib.error as error:
            raise UnreadableError("corrupt compressed data set") from error
    return b"".join(parts)
