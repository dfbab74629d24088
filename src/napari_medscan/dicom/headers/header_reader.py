"""Reading the headers of many files, the sooner the more they are alike."""

from __future__ import annotations

import threading
from os import PathLike
from typing import Final

from napari_medscan.dicom.elements.part10 import HEAD, scan_source
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.headers.header import Header
from napari_medscan.dicom.headers.parse_header import header_of
from napari_medscan.dicom.headers.template import Template, learn

LONGEST: Final = 128 * 1024
"""Longer headers are scanned in full, file by file."""
MAX_TEMPLATES: Final = 12
"""Templates kept, the last used first: one a series, as files come in their order."""


class HeaderReader:
    """Reads the headers of many files, the sooner the more they are alike.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: list[Template] = []
        self._head = HEAD

    def start_of(self, file: FileRef) -> tuple[bytes, int]:
        """Return the first bytes of a file, as many as its header is likely to have, and its size.

        Raises
        ------
        OSError, UnreadableError
            When the file cannot be read.
        """
        return file.start(self._head)

    def recognise(self, head: bytes, size: int, file: FileRef, name: str) -> Header | None:
        """Return the header of a file that is like one before, None if there is none like it.

        Parameters
        ----------
        head : bytes
            Its first bytes.
        size : int
            How many it has in all.
        file, name
            As in `parse_header.read_header`.
        """
        with self._lock:
            for index, template in enumerate(self._templates):
                header = template.header_of(head, size, file, name)
                if header is not None:
                    if index:
                        self._templates.insert(0, self._templates.pop(index))
                    return header
        return None

    def scan(self, head: bytes, size: int, file: FileRef, name: str) -> Header:
        """Read the header of a file that is like none before, and learn what it is like.

        Raises
        ------
        NotDicomError, NoImageError, UnreadableError, OSError
            As `parse_header.read_header`.
        """
        with file.opened() as source:
            scanned = scan_source(source, size, head, file)
            header = header_of(scanned, name)
            end = scanned.pixels.offset if scanned.pixels is not None else 0
            if len(head) < end <= LONGEST and scanned.source.whole is None:
                # A header of this length, a little more or less, is likely to come again.
                head = source.read_at(0, end)
                self._head = min(end + HEAD, LONGEST)
        learned = learn(scanned, header, head)
        if learned is not None:
            with self._lock:
                self._templates.insert(0, learned)
                del self._templates[MAX_TEMPLATES:]
        return header

    def read(self, file: FileRef | str | PathLike[str], name: str) -> Header:
        """Read the header of one image file; see `parse_header.read_header`."""
        file = file_ref(file)
        head, size = self.start_of(file)
        return self.recognise(head, size, file, name) or self.scan(head, size, file, name)
