"""One overlay plane of a file: what it is, and its pixels (PS3.3 C.9.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import ScannedFile, scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet, Deferred
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.graphic_planes import (
    BIT_POSITION,
    BITS_ALLOCATED,
    OVERLAY_DATA,
    WANTED_PLANES,
    plane_bit,
)
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY, identifiers_of
from napari_medscan.dicom.pixels.read_frames import read_with_unused_bits

_ROWS, _COLUMNS, _FRAMES, _DESCRIPTION, _TYPE = 0x0010, 0x0011, 0x0015, 0x0022, 0x0040
_ORIGIN, _FRAME_ORIGIN, _LABEL = 0x0050, 0x0051, 0x1500
_TEXTS = {
    _ROWS: b"US",
    _COLUMNS: b"US",
    _FRAMES: b"IS",
    _DESCRIPTION: b"LO",
    _TYPE: b"CS",
    _ORIGIN: b"SS",
    _FRAME_ORIGIN: b"US",
    _LABEL: b"LO",
    BITS_ALLOCATED: b"US",
    BIT_POSITION: b"US",
}


@dataclass(frozen=True, slots=True)
class OverlayData:
    """What a file says of one of its overlay planes.

    Parameters
    ----------
    source : FileRef
        Reads the file.
    shape : tuple of int
        Rows and columns; (0, 0) if they are those of the image.
    origin : tuple of int
        Row and column of the image, from 0, on which its first pixel lies; it may be negative.
    label : str
        Overlay Label, else Overlay Description, without what names the patient.
    is_region : bool
        It marks a region of interest (type R), and is no graphics.
    frames : int or None
        Number of its frames; None if its only frame holds for all of the image.
    first_frame : int
        The frame of the image, from 0, on which the first one lies.
    data : Deferred or None
        Where its bits are; None if they are in the pixel data.
    big_endian : bool
        Byte order of its 16-bit words.
    """

    source: FileRef
    shape: tuple[int, int]
    origin: tuple[int, int]
    label: str
    is_region: bool
    frames: int | None
    first_frame: int
    data: Deferred | None
    big_endian: bool

    @property
    def is_truncated(self) -> bool:
        """Whether its data end before its first frame does."""
        rows, columns = self.shape
        return self.data is not None and self.data.length * 8 < rows * columns

    def frame_of(self, image_frame: int) -> int | None:
        """Return which of its frames lies on a frame of the image, None if none does."""
        if self.frames is None:
            return 0
        frame = image_frame - self.first_frame
        return frame if 0 <= frame < self.frames else None

    def read(self, frame: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return one of its frames on the pixels of an image; what lies outside is cut off.

        Raises
        ------
        FrameError
            If the plane is truncated.
        """
        out = np.zeros(shape, bool)
        rows, columns = self.shape
        top, left = self.origin
        first, last = max(0, -top), min(rows, shape[0] - top)
        if first >= last or self.data is None:
            return out
        # Frames and rows follow each other bit by bit (PS3.5 8.1.1).
        start = (frame * rows + first) * columns
        bits = self._bits(start, (last - first) * columns).reshape(-1, columns)
        into = out[first + top : last + top, max(0, left) : max(0, left + columns)]
        part = bits[:, max(0, -left) :]
        into[...] = part[:, : into.shape[1]]
        return out

    def overhangs(self, shape: tuple[int, int]) -> bool:
        """Return whether some of its pixels lie outside of an image."""
        ends = (at + size for at, size in zip(self.origin, self.shape, strict=True))
        return min(self.origin) < 0 or any(e > s for e, s in zip(ends, shape, strict=True))

    def _bits(self, start: int, count: int) -> NDArray[np.uint8]:
        """Return some bits, the lowest of a byte first."""
        assert self.data is not None  # noqa: S101 - for mypy
        first, last = start // 16 * 2, -(-(start + count) // 16) * 2
        wanted = min(last, self.data.length) - first
        if wanted * 8 < start - first * 8 + count:
            raise FrameError("truncated overlay plane")
        data = self.source.read_at(self.data.offset + first, wanted)
        if len(data) < wanted:
            raise FrameError("the file was truncated after it was opened")
        words = np.frombuffer(data, np.uint8)
        if self.big_endian:
            words = words[: len(words) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
        skipped = start - first * 8
        return np.unpackbits(words, bitorder="little")[skipped : skipped + count]


def wanted_of_group(group: int) -> Wanted:
    """Return what is read of a file for one of its overlay planes."""
    own = {group << 16 | element: vr for element, vr in _TEXTS.items()}
    return want(WANTED_IDENTITY, WANTED_PLANES, want(Tag.Rows, Tag.Columns), own)


def read_overlay_data(file: FileRef, group: int) -> OverlayData:
    """Read what a file says of one of its overlay planes.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    return overlay_data(scan_file(file, wanted_of_group(group)), group)


def overlay_data(scanned: ScannedFile, group: int) -> OverlayData:
    """Return what a scanned file says of one of its overlay planes."""
    data_set = scanned.data_set
    rows = data_set.integer(group << 16 | _ROWS) or data_set.integer(Tag.Rows) or 0
    columns = data_set.integer(group << 16 | _COLUMNS) or data_set.integer(Tag.Columns) or 0
    origin = data_set.integers(group << 16 | _ORIGIN)
    top, left = origin[:2] if len(origin) >= 2 else (1, 1)
    frames = data_set.integer(group << 16 | _FRAMES)
    first = data_set.integer(group << 16 | _FRAME_ORIGIN)
    # One plane without a frame of its own holds for all frames.
    is_for_all = not frames or (frames == 1 and not first)
    return OverlayData(
        scanned.source,
        (rows, columns) if 0 < rows < 65536 and 0 < columns < 65536 else (0, 0),
        # The first row and column are number 1, whatever old writers thought.
        (max(top, -65536) - 1 if top else 0, max(left, -65536) - 1 if left else 0),
        _label(data_set, group),
        data_set.text(group << 16 | _TYPE) == "R",
        None if is_for_all else frames,
        max(first or 1, 1) - 1,
        data_set.deferred(group << 16 | OVERLAY_DATA),
        data_set.big_endian,
    )


def read_plane(
    header: ImageHeader, index: int, group: int, known: dict[FileRef, OverlayData]
) -> NDArray[np.bool_] | None:
    """Return an overlay plane on a slice of an image file, None if it has none there.

    Parameters
    ----------
    header : ImageHeader
        The file.
    index : int
        Which of ``header.frames``.
    group : int
        Of the overlay plane: 0x6000, 0x6002 …
    known : dict of FileRef to OverlayData
        What was read of files before; takes what is read of others.

    Raises
    ------
    MedscanError, OSError
        When the file or the plane cannot be read.
    """
    file = header.source.file
    data = known.get(file)
    if data is None:
        data = known[file] = read_overlay_data(file, group)
    tile, layout = header.frames[index].tile, header.layout
    stored = 0 if tile is not None else index
    shape = layout.rows, layout.columns
    if data.data is None:
        scanned = scan_file(file, wanted_of_group(group))
        bit = plane_bit(scanned.data_set, group, layout, header.pixels)
        if bit is None:
            return None
        plane: NDArray[np.bool_] = read_with_unused_bits(header, stored) >> bit & 1 != 0
    else:
        frame = data.frame_of(stored)
        if frame is None:
            return None
        plane = data.read(frame, shape)
    if tile is None:
        return plane
    (top, left), (rows, columns) = tile, header.shape
    return plane[top : top + rows, left : left + columns]


def _label(data_set: DataSet, group: int) -> str:
    charsets, identifiers = data_set.texts(Tag.SpecificCharacterSet), identifiers_of(data_set)
    texts = (
        clean(decode(data_set.data(group << 16 | element), charsets), identifiers)
        for element in (_LABEL, _DESCRIPTION)
    )
    return next(filter(None, texts), "")
