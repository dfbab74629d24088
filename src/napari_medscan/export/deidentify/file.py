"""De-identifying one file."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_partial
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from napari_medscan import __version__
from napari_medscan.dicom.elements.file_meta import dicom_in, looks_like_dicom
from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.errors import MedscanError, NotDicomError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.read_many import read_headers
from napari_medscan.dicom.headers.stored_frames import WRONG_LENGTH
from napari_medscan.dicom.tags.confidentiality import BASIC
from napari_medscan.dicom.tags.walk import Walker
from napari_medscan.export.deidentify.data_set import Cleaner
from napari_medscan.export.deidentify.layout import layout_names, restore_layout
from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.pixels import cleaned_pixels
from napari_medscan.export.deidentify.pseudonyms import Pseudonyms
from napari_medscan.export.deidentify.rules import BINARY, PIXELS
from napari_medscan.export.deidentify.slack import remove_slack
from napari_medscan.export.deidentify.words import KNOWN, identifying_words
from napari_medscan.export.errors import ExportError
from napari_medscan.privacy.text_check import Box

DIRECTORY: Final = "1.2.840.10008.1.3.10"
_IMPLEMENTATION: Final = "2.25.302563174213446410912738162386459718034"
_FREE_TEXT: Final = {
    "1.2.840.10008.5.1.4.1.1.88.": "a report, whose text cannot be checked",
    "1.2.840.10008.5.1.4.1.1.104.": "an encapsulated document, which cannot be checked",
}
_PREFIX: Final = 1024
MOST_ELEMENTS: Final = 2_000_000
"""Elements and items of a file; pydicom would take a minute for more, and much memory."""
_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]+")
_PATIENT: Final = 0x0010
_NAMES: Final = frozenset(("PN",))
_PATIENT_TEXTS: Final = frozenset(("PN", "LO", "SH", "ST", "LT"))
_SHORT: Final = 3
"""Letters of a word that may stand anywhere in bytes that are no text."""


class RefusedError(ExportError):
    """A file that cannot be de-identified; the text is why."""


@dataclass(slots=True)
class Deidentified:
    """A de-identified file before it is written.

    Parameters
    ----------
    data : FileDataset
        All of it.
    pseudonyms : Pseudonyms
        Of its patient.
    changes : Counter of str
        What was done how often, without values.
    masked : tuple of Box
        What was blacked out in its frames.
    """

    data: FileDataset
    pseudonyms: Pseudonyms
    changes: Counter[str]
    masked: tuple[Box, ...] = ()

    def write(self, file: BinaryIO) -> None:
        """Write the file, in the transfer syntax of the original unless it was masked."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta = self.data.file_meta
            if meta.TransferSyntaxUID.is_transfer_syntax:
                dcmwrite(file, self.data, enforce_file_format=True)
                return
            # One that is newer than pydicom, or private.
            meta.FileMetaInformationGroupLength = 0
            meta.FileMetaInformationVersion = b"\0\1"
            implicit, little = map(bool, self.data.original_encoding)
            dcmwrite(
                file, self.data, implicit_vr=implicit, little_endian=little, force_encoding=True
            )


def deidentified(
    file: FileRef, key: bytes, profile: Profile, *, is_examined: bool = False
) -> Deidentified:
    """Return a file without identity.

    Parameters
    ----------
    file : FileRef
        The original.
    key : bytes
        Of the run.
    profile : Profile
        What is retained, and masked.
    is_examined : bool
        Whether the gate has let its images out, masked as the profile says.

    Raises
    ------
    NotDicomError
        If it is not DICOM, or a DICOMDIR.
    RefusedError
        If it cannot be de-identified.
    OSError
        If it cannot be read.
    """
    if not looks_like_dicom(file.prefix(_PREFIX)):
        raise NotDicomError("not DICOM")
    file = dicom_in(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _check_size(file)
            data = read_partial(cast("BinaryIO", file.stream()), _is_padding, force=True)
            _check(data, file, key)
            _check_pixels(data, file)
            masked = cleaned_pixels(data, file, profile, is_examined=is_examined)
            names, header = layout_names(data), _image_header(data, file)
            has_slack = header is not None and not masked and remove_slack(data, header)
            cleaned = _cleaned(data, key, profile, masked)
            if has_slack:
                cleaned.changes["PixelData cleared outside its images"] += 1
            if header is not None:
                restore_layout(cleaned.data, names, header.layout)
        except (RefusedError, NotDicomError, OSError):
            raise
        except ExportError as error:
            raise RefusedError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - pydicom raises whatever parsing came across
            raise RefusedError(f"cannot be parsed ({type(error).__name__})") from None
    return cleaned


def _image_header(data: Dataset, file: FileRef) -> ImageHeader | None:
    """Return how MedScan reads the image in a file, None if there is none that it can show."""
    if not PIXELS & data.keys():
        return None
    header = next(iter(read_headers([DroppedFile(file, "")]).images), None)
    if header is not None and WRONG_LENGTH in header.notes:
        raise RefusedError("the length of its pixel data is wrong")
    return header


def _is_padding(tag: int, *_: object) -> bool:
    """Whether the data set is over: pydicom would take zeros for millions of elements."""
    return tag == 0


def _check_size(file: FileRef) -> None:
    """Refuse a file that has too many elements, or too much of it packed in a few bytes."""
    try:
        visits = Walker(file).visits(MOST_ELEMENTS + 1)
        if sum(1 for _ in visits) > MOST_ELEMENTS:
            raise RefusedError("it has too many elements")
    except UnreadableError as error:
        raise RefusedError(str(error)) from None


def _check(data: FileDataset, file: FileRef, key: bytes) -> None:
    """Refuse what holds free text, and give a file that has no SOP Instance UID one."""
    sop_class = str(data.get("SOPClassUID") or data.file_meta.get("MediaStorageSOPClassUID") or "")
    if sop_class == DIRECTORY or "DirectoryRecordSequence" in data:
        raise NotDicomError("index of the disc (DICOMDIR)")
    if not sop_class:
        raise RefusedError("no SOP Class UID")
    data.SOPClassUID = sop_class
    if not data.get("SOPInstanceUID"):
        # The standard forbids it, and other programs open such files all the same.
        # The same one in every run.
        content = hashlib.file_digest(file.stream(), "sha256").hexdigest()
        own = data.file_meta.get("MediaStorageSOPInstanceUID")
        data.SOPInstanceUID = own or Pseudonyms(key, "").uid(content)
    for start, reason in _FREE_TEXT.items():
        if sop_class.startswith(start):
            raise RefusedError(reason)
    if "ContentSequence" in data or "EncapsulatedDocument" in data:
        raise RefusedError("free text, which cannot be checked")


def _check_pixels(data: FileDataset, file: FileRef) -> None:
    """Refuse a file of which other pixels, or none, would be in the copy than those shown.

    Elements that are there twice, and pixel data that do not end, are no DICOM (PS3.5 7.1 and
    A.4); pydicom takes the last of the former, and leaves the latter out.
    """
    try:
        found = scan_file(file, want(Tag.Rows))
    except MedscanError:
        return  # It is not shown.
    if found.notes:
        raise RefusedError("its header is corrupt")
    pixels = found.pixels
    if pixels is not None:
        tag = BaseTag(pixels.tag)
        element = data.get_item(tag) if tag in data else None
        if getattr(element, "value_tell", None) != pixels.offset:
            raise RefusedError("its pixel data do not end, or are there twice")


def _cleaned(
    data: FileDataset, key: bytes, profile: Profile, masked: tuple[Box, ...]
) -> Deidentified:
    words = _identity(data)
    pseudonyms = Pseudonyms(key, _patient(data))
    syntax = data.file_meta.get("TransferSyntaxUID") or _guessed_syntax(data)
    cleaner = Cleaner(profile, pseudonyms, words)
    cleaner.clean(data)
    if _leaks(data, words):
        raise RefusedError("the name or ID of the patient remains in it")
    data.PatientName = data.PatientID = pseudonyms.name
    _declare(data, profile, is_masked=bool(masked))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION)
    meta.ImplementationVersionName = f"MEDSCAN_{__version__}"[:16]
    data.file_meta = meta
    data.preamble = bytes(128)
    if masked:
        cleaner.changes["PixelData masked"] += 1
    return Deidentified(data, pseudonyms, cleaner.changes, masked)


def _guessed_syntax(data: FileDataset) -> str:
    """Return the encoding that pydicom found in a file that does not name it."""
    implicit, _ = data.original_encoding
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _identity(data: Dataset) -> frozenset[str]:
    """Return the words by which the patient, or a physician, could be recognized."""
    texts: list[str] = []
    for tag in list(data.keys()):
        if tag.is_private or not dictionary_has_tag(tag):
            continue
        is_patient = tag.group == _PATIENT and tag in BASIC
        if dictionary_VR(tag) not in (_PATIENT_TEXTS if is_patient else _NAMES):
            continue
        try:
            value = data[tag].value
        except Exception:  # noqa: BLE001, S112 - what cannot be read is not retained either
            continue
        texts += map(str, value if isinstance(value, MultiValue) else [value or ""])
    return identifying_words(texts)


def _patient(data: Dataset) -> str:
    """Return what tells the patient of a file from others; '' if the file does not say."""
    for names in (("PatientID", "IssuerOfPatientID"), ("PatientName", "PatientBirthDate")):
        first, second = (str(data.get(name) or "").strip() for name in names)
        if first:
            return f"{first}\0{second}"
    return ""


def _leaks(data: FileDataset, words: frozenset[str]) -> bool:
    """Whether a word that identifies the patient is anywhere in the bytes but those of pixels."""
    # Digits may be those of a time; `values` checks numbers as a whole.
    texts = (word for word in words - KNOWN if len(word) > _SHORT and not word.isdecimal())
    names = {word.encode() for word in texts}
    if not names:
        return False
    rest = Dataset({tag: data.get_item(tag) for tag in list(data.keys()) if tag not in BINARY})
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = map(bool, data.original_encoding)
    # Texts that were decoded are written in ASCII, with escapes for what it lacks.
    write_dataset(buffer, rest)
    return any(word.upper() in names for word in _WORD.findall(buffer.getvalue()))


def _declare(data: FileDataset, profile: Profile, *, is_masked: bool) -> None:
    """State what was done (PS3.15 E.1.1, steps 3 to 6)."""
    codes = list(profile.codes(is_masked=is_masked))
    if is_masked and profile.pixels_checked:
        data.BurnedInAnnotation = "NO"
    data.PatientIdentityRemoved = "YES"
    data.DeidentificationMethod = [
        f"napari-medscan {__version__}",
        *(meaning[:64] for _, meaning in codes),
    ]
    items = []
    for value, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning[:64]
        items.append(item)
    data.DeidentificationMethodCodeSequence = items
    data.LongitudinalTemporalInformationModified = "MODIFIED" if profile.dates else "REMOVED"
