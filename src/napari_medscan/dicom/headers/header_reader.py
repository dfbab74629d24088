"""Reading the headers of many files, the sooner the more they are alike."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Final, NamedTuple

from napari_medscan.dicom.elements.file_meta import from_meta
from napari_medscan.dicom.elements.part10 import HEAD, ScannedFile, scan_source
from napari_medscan.dicom.errors import NoImageError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.like_header import OpenedFile
from napari_medscan.dicom.headers.parse_header import WANTED, header_of, object_of
from napari_medscan.dicom.headers.template import Template, learn

LONGEST: Final = 256 * 1024
"""Longer headers are scanned in full, file by file."""
MAX_FAMILIES: Final = 32
"""Series whose templates are kept, the last used ones: files may come in any order."""
MAX_TEMPLATES: Final = 4
"""Templates kept of a series, the last used first."""
_SERIES_INSTANCE_UID: Final = b"\x20\0\x0e\0"
_LONGEST_UID: Final = 64


class _Scanned(NamedTuple):
    """A file that was scanned in full, its header, and its first bytes."""

    file: ScannedFile
    header: ImageHeader
    head: bytes


class _Family:
    """The templates of the files of one series.

    A template is learned from a file when another one of its series comes: it takes as long as
    scanning, and many series have one file only.
    """

    def __init__(self, templates: Iterable[Template] = ()) -> None:
        self._templates = list(templates)
        self._scanned: _Scanned | None = None
        self._hopes = MAX_TEMPLATES
        self.reach = HEAD
        """Bytes within which the headers of the files end, as far as is known."""

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known yet that another file could be like."""
        return not self._templates and self._scanned is None

    def headers_of(self, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the headers of the first files, as far as they are like one before."""
        headers = self.known_headers_of(files)
        if headers:
            return headers
        learned = self._learn()
        return learned.headers_of(files) if learned else []

    def known_headers_of(self, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the same by the templates that there are."""
        for index, template in enumerate(self._templates):
            headers = template.headers_of(files)
            if headers:
                if index:
                    self._templates.insert(0, self._templates.pop(index))
                self._hopes = MAX_TEMPLATES
                return headers
        return []

    def next_series(self) -> _Family:
        """Return a family that starts with the last template of this one."""
        family = _Family(self._templates[:1])
        family.reach = self.reach
        return family

    def add(self, scanned: _Scanned) -> None:
        """Take note of a file that was like none before."""
        # Where every file differs from every other, learning would only cost.
        # Where the tiles of a slide lie, nothing but its own bytes can say.
        if self._hopes and len(scanned.header.frames) == 1 and scanned.header.matrix is None:
            self._scanned = scanned

    def _learn(self) -> Template | None:
        scanned, self._scanned = self._scanned, None
        template = learn(*scanned) if scanned else None
        if template is not None:
            self._hopes -= 1
            self._templates.insert(0, template)
            del self._templates[MAX_TEMPLATES:]
        return template


def family_of(head: bytes) -> bytes:
    """Return what all files have in common that one template may fit.

    It is the first Series Instance UID in them, the file's own or one that it refers to.
    b"" for files that start with none.
    """
    start = head.find(_SERIES_INSTANCE_UID)
    if start < 0:
        return b""
    explicit = head[start + 4 : start + 6] == b"UI"
    length = head[start + 6 : start + 8] if explicit else head[start + 4 : start + 8]
    return head[start : start + 8 + min(int.from_bytes(length, "little"), _LONGEST_UID)]


class HeaderReader:
    """Reads the headers of many files, the sooner the more they are alike.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._families: dict[bytes, _Family] = {}
        self._key, self._key_at = b"", 0
        self._head = HEAD

    def __reduce__(self) -> tuple[type[HeaderReader], tuple[()]]:
        """Pickle nothing of what was learned: it makes reading sooner, and is soon learned."""
        return HeaderReader, ()

    def start_of(self, file: FileRef, name: str, size: int | None = None) -> OpenedFile:
        """Read the first bytes of a file, as many as its header is likely to have.

        Parameters
        ----------
        file, name
            As in `parse_header.read_header`.
        size : int, optional
            As in `FileRef.start`.

        Raises
        ------
        OSError, UnreadableError
            When the file cannot be read.
        """
        head, size = file.start(self._head, size)
        if head[128:132] != b"DICM":
            file, head, size = from_meta(file, head, size)
        return OpenedFile(file, name, size, head)

    def recognize(self, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the headers of the first of some files, as far as they are like one before.

        Parameters
        ----------
        files : sequence of OpenedFile
            At least one. If the first is like none before, no header is returned.
        """
        first = files[0]
        with self._lock:
            key = self._key_of(first.head)
            family = self._families.get(key)
            if family is None or family.is_unknown:
                return self._recognize_next_series(key, files)
            if family.reach > HEAD and len(first.head) < min(family.reach, first.size):
                try:
                    files = [first._replace(head=first.file.prefix(family.reach)), *files[1:]]
                except (OSError, UnreadableError):
                    return []
            # The next file is likely to be one of the same series.
            self._head = family.reach
            return family.headers_of(files)

    def _recognize_next_series(self, key: bytes, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the same of the first files of a series that is like the one before."""
        if not self._families:
            return []
        before = self._families[next(reversed(self._families))]
        headers = before.known_headers_of(files)
        if headers:
            self._add_family(key, before.next_series())
        return headers

    def _add_family(self, key: bytes, family: _Family) -> None:
        self._families.pop(key, None)
        self._families[key] = family
        if len(self._families) > MAX_FAMILIES:
            del self._families[next(iter(self._families))]

    def scan(self, opened: OpenedFile) -> ImageHeader | Instance:
        """Read the header of a file that is like none before, and learn what it is like.

        Of a file without an image, but of a kind that is shown all the same, the instance.

        Raises
        ------
        NotDicomError, NoImageError, UnreadableError, OSError
            As `parse_header.read_header`.
        """
        file, name, size, head = opened
        with file.opened() as source:
            scanned = scan_source(source, size, head, file, WANTED)
            instance = object_of(scanned, name)
            if instance is not None:
                return instance
            header = header_of(scanned, name)
            end = scanned.pixels.offset if scanned.pixels is not None else 0
            if len(head) < end <= LONGEST and scanned.source.whole is None:
                head = source.read_at(0, end)
        with self._lock:
            key = self._key_of(head)
            family = self._families.get(key) or _Family()
            self._add_family(key, family)
            family.add(_Scanned(scanned, header, head))
            if HEAD < end <= LONGEST:
                # A header of this length, a little more or less, is likely to come again.
                family.reach = max(family.reach, min(end + HEAD, LONGEST))
            self._head = family.reach
        return header

    def _key_of(self, head: bytes) -> bytes:
        """Return `family_of` a file, sooner when it is that of the file before."""
        if not self._key or not head.startswith(self._key, self._key_at):
            self._key = family_of(head)
            self._key_at = head.find(self._key)
        return self._key

    def read(self, file: FileRef | str | PathLike[str], name: str) -> ImageHeader:
        """Read the header of one image file; see `parse_header.read_header`."""
        found = self.read_any(file, name)
        if not isinstance(found, ImageHeader):
            raise NoImageError(found.kind.name)
        return found

    def read_any(self, file: FileRef | str | PathLike[str], name: str) -> ImageHeader | Instance:
        """Read the header of one file, which need not be an image; raise as `scan`."""
        opened = self.start_of(file_ref(file), name)
        headers = self.recognize([opened])
        return headers[0] if headers else self.scan(opened)
