"""Decoders of compressed streams, as the standard library has them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final, Protocol

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.source import Source

CORRUPT = "corrupt compressed data"
_FIRST_READ, _LONGEST_READ = 16 << 10, 1 << 20
_MEMORY_OF_XZ = 256 << 20


class _Decoder(Protocol):
    """What `bz2` and `lzma` have: a decoder of one stream."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    """The decoder of `zlib` with the interface of the others."""

    def __init__(self, bits: int) -> None:
        self._decoder = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._decoder.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)


def _bzip2() -> _Decoder:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> _Decoder:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_OF_XZ)


METHODS: Final[dict[str, tuple[Callable[[], _Decoder], bytes]]] = {
    "deflate": (lambda: _Zlib(-zlib.MAX_WBITS), b""),
    "zlib": (lambda: _Zlib(zlib.MAX_WBITS), b""),
    "gzip": (lambda: _Zlib(zlib.MAX_WBITS | 16), b"\x1f\x8b"),
    "bzip2": (_bzip2, b"BZh"),
    "xz": (_xz, b"\xfd7zXZ\0"),
}
"""Decoder and first bytes by name. Streams with such a start may follow each other in a file."""


def method_of_data_set(start: bytes) -> str:
    """Return how a deflated data set is packed that starts with two bytes.

    PS3.5 A.5 wants what RFC 1951 describes. Some writers put the header of RFC 1950 before it: by
    its first byte that would be a stored block, whose length is checked.
    """
    has_header = len(start) == 2 and start[0] & 0x8F == 8 and int.from_bytes(start, "big") % 31 == 0
    return "zlib" if has_header else "deflate"


class PackedStream:
    """Unpacks a stream from its start.

    Attributes
    ----------
    ended : bool
        The whole of it was unpacked; False when the packed bytes end too early.
    """

    def __init__(self, packed: Source, method: str) -> None:
        self._packed, self._at, self._step = packed, 0, _FIRST_READ
        self._new, self._start = METHODS[method]
        self._decoder = self._decoder_or_refusal()
        self._pending = b""
        self.ended = False

    @property
    def taken(self) -> int:
        """Packed bytes read so far."""
        return self._at

    def read(self, most: int) -> bytes:
        """Return the next bytes, `most` of them or fewer; b"" at the end.

        Raises
        ------
        UnreadableError
            When they are damaged.
        """
        while not self.ended:
            if self._decoder.eof:
                self._next_stream()
                continue
            data, is_last = b"", False
            if self._decoder.needs_input:
                data = self._pending or self._packed_bytes()
                self._pending, is_last = b"", not data
            try:
                part = self._decoder.decompress(data, most)
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - zlib.error, OSError, LZMAError, EOFError, ValueError
                raise UnreadableError(CORRUPT) from None
            if part or is_last:
                return part
        return b""

    def _packed_bytes(self) -> bytes:
        data = self._packed.read_at(self._at, self._step)
        self._at += len(data)
        self._step = min(4 * self._step, _LONGEST_READ)
        return data

    def _next_stream(self) -> None:
        """Start with the stream that follows, if there is one."""
        rest = self._decoder.unused_data or (self._packed_bytes() if self._start else b"")
        if self._start and rest.startswith(self._start):
            self._decoder, self._pending = self._decoder_or_refusal(), rest
        else:
            # Padding, or whatever follows.
            self.ended = True

    def _decoder_or_refusal(self) -> _Decoder:
        try:
            return self._new()
        except ImportError:
            # Python may have been built without it.
            raise UnreadableError("unsupported compression") from None
