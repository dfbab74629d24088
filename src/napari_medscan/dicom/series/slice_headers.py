"""Headers of the slices of a stack: in memory, or read again from their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from napari_medscan.dicom.errors import FrameError, MedscanError
from napari_medscan.dicom.files.file_ref import GONE, FileRef
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.patient import may_be_one_patient
from napari_medscan.dicom.series.slice_table import SliceRecord, SliceTable


class SliceHeaders(Protocol):
    """Whatever gives the header of a slice by its number."""

    def read(self, number: int) -> SliceRef:
        """Return the slice with its header; raise FrameError when its file cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class ParsedHeaders:
    """Headers that were parsed when the stack was opened.

    Parameters
    ----------
    refs : sequence of SliceRef
        Time by time, slice by slice.
    """

    refs: Sequence[SliceRef]

    def read(self, number: int) -> SliceRef:
        """Return the slice with its header; no file is opened."""
        return self.refs[number]


class FileHeaders:
    """Headers of files, each parsed once however many stacks show frames of it.

    A segmentation is one file and a stack for every segment. Safe to use from several threads.

    Parameters
    ----------
    reader : HeaderReader
        Reads the headers.
    """

    def __init__(self, reader: HeaderReader) -> None:
        self._reader = reader
        self._headers: dict[FileRef, ImageHeader] = {}

    def read(self, file: FileRef, name: str) -> ImageHeader:
        """Return the header of a file, parsed if it was not before; raise as `HeaderReader.read`.

        Two threads that ask at the same time may both parse it, and get the same header.
        """
        header = self._headers.get(file)
        if header is None:
            header = self._headers.setdefault(file, self._reader.read(file, name))
        return header

    def read_any(self, file: FileRef, name: str) -> ImageHeader | Instance:
        """Return the header of a file that need not be an image; raise as `HeaderReader.scan`."""
        return self._headers.get(file) or self._reader.read_any(file, name)


class RecalledHeaders:
    """Headers of a stack that comes from the index: read from the files, each once.

    Safe to use from several threads.

    Parameters
    ----------
    table : SliceTable
        What the index says of the slices.
    files : FileHeaders
        Parses the files; the other stacks of the drop share it.
    """

    def __init__(self, table: SliceTable, files: FileHeaders) -> None:
        self._table, self._files = table, files
        self._patient: bytes | None = None

    def read(self, number: int) -> SliceRef:
        """Return the slice with its header, read from its file when that was not done before.

        Raises
        ------
        FrameError
            When the file cannot be read, or holds another slice than the index says.
        """
        record = self._table[number]
        header = self._of_file(record)
        if record.index >= len(header.frames):
            raise FrameError("the file has changed since it was opened")
        ref = SliceRef(header, record.index)
        if SliceRecord.of(ref) != record:
            raise FrameError("the file has changed since it was opened")
        return ref

    def _of_file(self, record: SliceRecord) -> ImageHeader:
        try:
            header = self._files.read(record.file, record.name)
        except OSError:
            raise FrameError(GONE) from None
        except FrameError:
            # Of a compressed file, or of an archive that has changed.
            raise
        except MedscanError:
            # It was an image when the folder was indexed.
            raise FrameError("the file has changed since it was opened") from None
        if self._patient is None:
            self._patient = header.patient
        elif not may_be_one_patient(self._patient, header.patient):
            raise FrameError("the file has changed since it was opened")
        return header
