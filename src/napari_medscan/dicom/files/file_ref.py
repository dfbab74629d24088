"""FileRef: where the bytes of one file are, on disk or within an archive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.files.decoders import method_of_data_set
from napari_medscan.dicom.files.source import Memory, OpenFile, Source, SourceStream
from napari_medscan.dicom.files.unpack import MAX_UNPACKED, TOO_LARGE, Unpacked

GONE = "the file can no longer be read"
_CHANGED = "the file has changed since it was opened"
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class FileRef(NamedTuple):
    """Where the bytes of one file are, so that any part of them can be read later.

    Every read opens, reads and closes the container: no handle is held between reads, so that
    discs can be ejected and files deleted while a study is open. Hashable and picklable; equal
    when the bytes come from the same place.

    Parameters
    ----------
    container : str, Unpacked or Memory
        Path of a file on disk, or bytes in memory. It is for `files/` alone.
    offset : int
        Where the file starts in its container.
    length : int or None
        How many bytes it has; None for all up to the end of the container.
    state : tuple of int or None
        Size and time of change of the container when its table of contents was read: a member of
        an archive that has changed is not read. None for a file that is not in an archive.
    whole : FileRef or None
        The file of which this is the inflated data set (PS3.5 A.5); offsets count inflated bytes.
    """

    container: str | Unpacked | Memory
    offset: int = 0
    length: int | None = None
    state: tuple[int, int] | None = None
    whole: FileRef | None = None

    def __repr__(self) -> str:
        """Return offset and length: a path can identify a patient."""
        return f"FileRef(offset={self.offset}, length={self.length})"

    def __hash__(self) -> int:
        """Return a hash of the place; of all fields it would take three times as long."""
        return hash((self.container, self.offset))

    @property
    def file(self) -> FileRef:
        """The file itself, be its data set deflated or not."""
        return self if self.whole is None else self.whole

    @property
    def path_on_disk(self) -> Path:
        """Where a user finds the file, or the archive that it is in."""
        if isinstance(self.container, Unpacked):
            return self.container.packed.path_on_disk
        return Path(self.container) if isinstance(self.container, str) else Path()

    @property
    def size(self) -> int:
        """Number of bytes.

        Raises
        ------
        FrameError
            As `read_at`.
        OSError
            When the file is gone.
        """
        if self.length is not None:
            return self.length
        if isinstance(self.container, str):
            return os.stat(self.container).st_size - self.offset  # noqa: PTH116 - once a file
        return self.container.size - self.offset

    @property
    def is_unpacked(self) -> bool:
        """Whether its bytes are compressed as a whole, and read from memory."""
        return isinstance(self.container, Unpacked)

    def identity(self) -> str:
        """Return a digest of place and state: another one if the file may have changed.

        Raises
        ------
        OSError
            When the file is gone.
        """
        steps: list[object] = []
        place: FileRef = self.file
        while True:
            steps.append((place.offset, place.length))
            if not isinstance(place.container, Unpacked):
                break
            steps.append(place.container.method)
            place = place.container.packed
        if isinstance(place.container, Memory):
            raise OSError("bytes in memory have no identity")
        found = os.stat(place.container)  # noqa: PTH116 - at every slice
        state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
        facts = repr((os.path.abspath(place.container), state, steps))  # noqa: PTH100
        return hashlib.blake2b(facts.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def changed_at(self) -> float:
        """Return when the container was changed last, in seconds since the epoch.

        Raises
        ------
        OSError
            When it is gone.
        """
        found = self.path_on_disk.stat()
        return max(found.st_mtime, found.st_ctime)

    def part(self, offset: int, length: int | None = None) -> FileRef:
        """Return a file that lies within this one."""
        if length is None and self.length is not None:
            length = self.length - offset
        return self._replace(offset=self.offset + offset, length=length)

    def unpacked(self, method: str, size: int | None = None, crc: int | None = None) -> FileRef:
        """Return the file that this one unpacks to; see `Unpacked`."""
        return FileRef(Unpacked(self, method, size, crc))

    def data_set_at(self, offset: int) -> FileRef:
        """Return the data set that is deflated from `offset` to the end (PS3.5 A.5).

        Raises
        ------
        FrameError
            As `read_at`.
        """
        packed = self.part(offset)
        return FileRef(Unpacked(packed, method_of_data_set(packed.read_at(0, 2))), whole=self)

    def start(self, length: int, size: int | None = None) -> tuple[bytes, int]:
        """Return the first bytes and the number of all, by opening the file once.

        Parameters
        ----------
        length : int
            How many bytes.
        size : int, optional
            Size of the container if it is known already: asking takes as long as reading.

        Raises
        ------
        OSError
            When the file cannot be read.
        UnreadableError
            When it is packed and damaged, or its archive has changed.
        """
        container = self.container
        if not isinstance(container, str):
            size = self.size
            if self.offset or isinstance(container, Memory):
                return container.read_at(self.offset, min(length, size)), size
            return container.start(min(length, size)), size
        descriptor = os.open(container, _FLAGS)
        try:
            if self.length is None:
                known = os.fstat(descriptor).st_size if size is None else size
                return os.read(descriptor, length), known
            self._check(os.fstat(descriptor))
            os.lseek(descriptor, self.offset, os.SEEK_SET)
            return os.read(descriptor, min(length, self.length)), self.length
        finally:
            os.close(descriptor)

    def prefix(self, length: int) -> bytes:
        """Return the first bytes; unlike `start`, without the number of all.

        Raises
        ------
        OSError, UnreadableError
            As `start`.
        """
        if isinstance(self.container, Unpacked) and not self.offset:
            return self.container.start(length)
        return self.start(length)[0]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`.

        Raises
        ------
        FrameError
            When the file is gone, has changed, is damaged or cannot be read any more.
        """
        if self.length is not None:
            length = max(0, min(length, self.length - offset))
        if not isinstance(self.container, str):
            return self.container.read_at(self.offset + offset, length)
        try:
            with self._stream(self.container) as stream:
                stream.seek(self.offset + offset)
                return stream.read(length)
        except OSError as error:
            raise FrameError(GONE) from error

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Read bytes from `offset` into a buffer and return how many.

        Raises
        ------
        FrameError
            As `read_at`.
        """
        if not isinstance(self.container, str):
            return Memory(self.read_at(offset, len(buffer))).read_into(0, buffer)
        if self.length is not None:
            buffer = buffer[: max(0, self.length - offset)]
        try:
            with self._stream(self.container) as stream:
                stream.seek(self.offset + offset)
                return stream.readinto(buffer) or 0
        except OSError as error:
            raise FrameError(GONE) from error

    @contextmanager
    def opened(self) -> Iterator[Source]:
        """Give the bytes with one handle for many reads, none if nobody reads.

        Its reads raise OSError when the file cannot be opened, FrameError when its archive has
        changed.
        """
        if not isinstance(self.container, str):
            yield self
            return
        source = OpenFile(partial(self._stream, self.container), self.offset, self.length)
        try:
            yield source
        finally:
            source.close()

    def mapped(self) -> mmap | bytes:
        """Return all bytes: mapped if the file is not in an archive, else read into memory.

        Raises
        ------
        OSError
            When the file cannot be opened, or is empty.
        UnreadableError
            When it is in an archive and too large or damaged.
        """
        if isinstance(self.container, str) and self.length is None:
            with self._stream(self.container) as stream:
                return mmap(stream.fileno(), 0, access=ACCESS_READ)
        if self.size > MAX_UNPACKED:
            raise UnreadableError(TOO_LARGE)
        return self.read_at(0, self.size)

    def stream(self) -> SourceStream:
        """Return the bytes as a binary stream, for libraries; no handle is held."""
        return SourceStream(self, self.size)

    def _stream(self, path: str) -> FileIO:
        stream = FileIO(path)
        if self.state is not None:
            try:
                self._check(os.fstat(stream.fileno()))
            except BaseException:
                stream.close()
                raise
        return stream

    def _check(self, found: os.stat_result) -> None:
        if self.state is not None and self.state != (found.st_size, found.st_mtime_ns):
            raise FrameError(_CHANGED)


def file_ref(file: FileRef | str | os.PathLike[str]) -> FileRef:
    """Return the reference of a file that is given by its path or by its reference."""
    return file if isinstance(file, FileRef) else FileRef(os.fspath(file))
