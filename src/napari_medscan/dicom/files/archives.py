"""From dropped files to the files within the archives among them, in place and with bounds.

ZIP, tar and images of discs are read where they are; what is compressed as a whole is unpacked into
memory. No temporary file is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files import iso_archive, tar_archive, unpack, zip_archive
from napari_medscan.dicom.files.decoders import METHODS
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.member import EXTRACT, Member, distinct
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.files.walk import DroppedFile, reason_of

_DISC: Final = ".iso"
ENDINGS: Final = (".zip", ".tar", ".tgz", ".gz", ".tbz", ".tbz2", ".bz2", ".txz", ".xz", _DISC)
MAX_DEPTH: Final = 2
"""An archive, and an archive within it."""
MAX_MEMBERS: Final = 500_000
"""Files in all archives of a drop."""
MAX_LISTED: Final = unpack.HELD
"""Bytes that archives of a drop are unpacked to: as many as can be held at the same time."""
PEEKED: Final = (1 << 20, 16 << 20)
"""Bytes of a compressed tar archive in which DICOM has to appear when it is only peeked at; the
second number counts if the first does not do, because to unpack them takes a tenth of a second."""
NESTED = f"nested archive ({EXTRACT})"
EMPTY = "empty archive"
TOO_LARGE = f"archive too large to open in place ({EXTRACT})"
_NOT_DICOM = "compressed file, not DICOM"

IsDicom = Callable[[bytes], bool]
"""Whether a file that starts with such bytes is wanted."""
_LISTED: Final[Mapping[str, Callable[[FileRef], Iterable[Member]]]] = {
    "zip": zip_archive.zip_members,
    "tar": tar_archive.tar_members,
    "iso": iso_archive.iso_members,
}
"""What lists the files in an archive of each kind."""


def is_named_like_archive(name: str) -> bool:
    """Whether a file has the ending of an archive or of a compressed file."""
    return name[-5:].lower().endswith(ENDINGS)


def open_archives(
    files: Iterable[DroppedFile], is_dicom: IsDicom, *, peek: bool = False
) -> Iterator[DroppedFile]:
    """Yield files, and in place of each archive the files within it.

    An archive that cannot be opened, or not as a whole, is yielded itself, with the reason.

    Parameters
    ----------
    files : iterable of DroppedFile
        As `walk` gives them.
    is_dicom : callable
        Whether a file that starts with some bytes is DICOM: a compressed file that is neither an
        archive nor DICOM is not unpacked.
    peek : bool
        Look at the start of compressed archives only, to tell quickly what is in them.
    """
    room = _Room(MAX_MEMBERS, MAX_LISTED)
    for file in files:
        if file.refusal or file.status is None or not is_named_like_archive(file.name):
            yield file
            continue
        state = file.status.st_size, file.status.st_mtime_ns
        ref = file.ref._replace(length=file.status.st_size, state=state)
        yield from _Opening(is_dicom, room, peek).of(file, ref, 1)


@dataclass(slots=True)
class _Room:
    """What the archives of a drop may still take together."""

    members: int
    unpacked: int

    def take(self, size: int) -> None:
        """Take room for unpacking an archive; raise UnreadableError when there is none."""
        self.unpacked -= size
        if self.unpacked < 0:
            raise UnreadableError(TOO_LARGE)


@dataclass(frozen=True, slots=True)
class _Opening:
    """Opens one archive and those within it; the parameters are those of `open_archives`."""

    is_dicom: IsDicom
    room: _Room
    peek: bool

    def of(self, file: DroppedFile, ref: FileRef, depth: int) -> Iterator[DroppedFile]:
        """Yield the files in `file`, whose bytes are at `ref`, or the file itself."""
        try:
            kind = _kind_of_disc(file.name, ref) or _kind(ref.prefix(tar_archive.BLOCK))
            if not kind:
                yield file
                return
            if depth > MAX_DEPTH:
                yield file._replace(refusal=NESTED, readable=False)
            elif kind in METHODS:
                yield from self._compressed(file, ref, kind, depth)
            else:
                yield from self._members(file, ref, kind, depth)
        except UnreadableError as error:
            yield file._replace(refusal=str(error), readable=False)
        except OSError as error:
            yield file._replace(refusal=reason_of(error), readable=False)

    def _compressed(
        self, file: DroppedFile, ref: FileRef, method: str, depth: int
    ) -> Iterator[DroppedFile]:
        """Yield the files of a compressed tar archive, or one compressed file."""
        inner = ref.unpacked(method)
        start = inner.prefix(1024)
        kind = _kind(start)
        if kind in _LISTED:
            yield from (self._peeked if self.peek else self._members)(file, inner, kind, depth)
        elif self.is_dicom(start):
            yield file._replace(ref=inner)
        else:
            yield file._replace(refusal=_NOT_DICOM)

    def _peeked(
        self, file: DroppedFile, ref: FileRef, kind: str, depth: int
    ) -> Iterator[DroppedFile]:
        """Yield the first files of a compressed archive, and some of them once more."""
        for length in PEEKED:
            start = ref.prefix(length)
            is_whole = len(start) < length
            try:
                yield from self._members(file, FileRef(Memory(start)), kind, depth)
            except UnreadableError:
                if is_whole:
                    raise
            if is_whole:
                return

    def _members(
        self, file: DroppedFile, ref: FileRef, kind: str, depth: int
    ) -> Iterator[DroppedFile]:
        if ref.is_unpacked:
            # What is in it is read from memory: all of it is unpacked.
            self.room.take(ref.size)
        is_empty = True
        for member in distinct(_LISTED[kind](ref)):
            is_empty = False
            self.room.members -= 1
            if self.room.members < 0:
                raise UnreadableError(TOO_LARGE)
            yield from self._member(file, member, depth)
        if is_empty:
            yield file._replace(refusal=EMPTY)

    def _member(self, file: DroppedFile, member: Member, depth: int) -> Iterator[DroppedFile]:
        name = f"{file.name}/{member.label}"
        ref = file.ref if member.ref is None else member.ref
        found = DroppedFile(ref, name, member.refusal, member.readable, file.status)
        if member.refusal or not is_named_like_archive(member.label):
            yield found
        else:
            yield from self.of(found, ref, depth + 1)


def _kind_of_disc(name: str, ref: FileRef) -> str:
    """Return "iso" for an image of a disc, which begins with zeros as an empty tar does."""
    is_named = name.lower().endswith(_DISC)
    return "iso" if is_named and iso_archive.is_iso(ref.prefix(iso_archive.PREFIX)) else ""


def _kind(start: bytes) -> str:
    """Return what a file is by its first bytes: "zip", "tar", a method of compression, or ""."""
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        return "zip"
    for method, (_, magic) in METHODS.items():
        if magic and start.startswith(magic):
            return method
    return "tar" if tar_archive.is_tar(start) else ""
