"""From a scanned file to a Header, with every size checked against the bytes."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from os import PathLike

from napari_medscan.dicom.elements.part10 import ScannedFile, scan_file
from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.transfer_syntaxes import LOSSY, unsupported
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import NoImageError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.functional_groups import read_frame_headers
from napari_medscan.dicom.headers.header import Concatenation, Header
from napari_medscan.dicom.headers.intensity_facts import read_padding, stored_values_of
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.headers.places import frames_are_slices, slice_spacing, slice_thickness
from napari_medscan.dicom.headers.stored_frames import frame_count, stored_frames
from napari_medscan.dicom.headers.tiled_sheets import unfold_sheet
from napari_medscan.dicom.headers.unreadable import find_grid_problems
from napari_medscan.dicom.intensity.palette import Palette, read_palette
from napari_medscan.dicom.intensity.suv import read_suv
from napari_medscan.dicom.kinds import Kind, kind_of
from napari_medscan.dicom.space.spacing import read_aspect, read_spacing

MAX_FRAMES = 2**20
"""Each takes a quarter of a kilobyte; the largest slides have half a million tiles."""
_CODE = re.compile(r"[A-Z]{2,12}")
_LETTERS = re.compile(r"[LRPAHF]{1,3}")
"""One value of Patient Orientation."""
_HASH_KEY = os.urandom(16)
"""Made anew in every process: patient hashes mean nothing outside it."""


def read_header(file: FileRef | str | PathLike[str], name: str) -> Header:
    """Read the header of one image file; see `header_of`.

    Parameters
    ----------
    file : FileRef or path
        The file.
    name : str
        Its name relative to what was dropped.

    Raises
    ------
    NotDicomError, NoImageError, UnreadableError
        When there is nothing to show, with the reason.
    OSError
        When the file cannot be opened.
    """
    return header_of(scan_file(file), name)


def header_of(scanned: ScannedFile, name: str) -> Header:
    """Return the header of a scanned image file.

    Raises
    ------
    NoImageError, UnreadableError
        When there is nothing to show, with the reason.
    """
    data_set = scanned.data_set
    _require_image(scanned)
    assert scanned.pixels is not None  # noqa: S101 - for the type checker
    layout = _layout(data_set, scanned.pixels)
    offset_table = _offset_table(data_set)
    layout, pixels, notes = stored_frames(layout, scanned, scanned.pixels, offset_table)
    if layout.frames > MAX_FRAMES:
        raise UnreadableError("too many frames")
    modality = _modality(data_set)
    sop_class = data_set.uid(Tag.SOPClassUID) or scanned.sop_class
    kind = kind_of(sop_class, modality)
    identifiers = identifiers_of(data_set)
    spacing, spacing_note = read_spacing(data_set, kind)
    suv, no_suv = read_suv(data_set) if kind.measures == "uptake" else (None, "")
    stored = stored_values_of(data_set, kind, layout)
    padding, padding_notes = read_padding(data_set, layout)
    frames = read_frame_headers(
        data_set,
        frames=layout.frames,
        stored=stored,
        spacing=spacing,
        grid_problems=find_grid_problems(data_set, spacing),
        identifiers=identifiers,
    )
    header = Header(
        name=name,
        source=scanned.source,
        size=scanned.size,
        transfer_syntax=scanned.transfer_syntax,
        sop_class=sop_class,
        sop_instance=data_set.text(Tag.SOPInstanceUID),
        study=data_set.text(Tag.StudyInstanceUID),
        series=data_set.text(Tag.SeriesInstanceUID),
        frame_of_reference=data_set.text(Tag.FrameOfReferenceUID),
        patient=_patient(data_set),
        modality=modality,
        description=_label(data_set, Tag.SeriesDescription, identifiers),
        series_number=data_set.integer(Tag.SeriesNumber),
        instance_number=data_set.integer(Tag.InstanceNumber),
        layout=layout,
        pixels=pixels,
        frames=frames,
        palette=_palette(data_set, layout, kind),
        padding=padding,
        unit=stored.unit,
        suv=suv,
        no_suv=no_suv,
        slice_thickness=slice_thickness(data_set),
        slice_spacing=slice_spacing(data_set),
        spacing_note=spacing_note,
        frame_duration=_frame_duration(data_set),
        frames_are_slices=frames_are_slices(data_set, kind, layout.frames),
        aspect=read_aspect(data_set),
        patient_orientation=_patient_orientation(data_set),
        offset_table=offset_table,
        lossy=_is_lossy(data_set, scanned.transfer_syntax),
        segments=_segments(data_set, identifiers),
        study_date=_study_date(data_set),
        study_description=_label(data_set, Tag.StudyDescription, identifiers),
        body_part=_label(data_set, Tag.BodyPartExamined, identifiers),
        notes=(*notes, *padding_notes),
        concatenation=_concatenation(data_set),
    )
    return unfold_sheet(header, data_set)


def _require_image(scanned: ScannedFile) -> None:
    data_set = scanned.data_set
    name = kind_of(data_set.text(Tag.SOPClassUID) or scanned.sop_class).name
    has_size = Tag.Rows in data_set and Tag.Columns in data_set
    if name:
        raise NoImageError(name)
    if scanned.pixels is None:
        if not has_size:
            raise NoImageError("no pixel data")
        raise UnreadableError(unsupported(scanned.transfer_syntax) or "missing pixel data")
    if not has_size:
        raise UnreadableError("missing or invalid image size")


def _layout(data_set: DataSet, pixels: PixelElement) -> PixelLayout:
    """Return the pixel layout, refusing what cannot be (PS3.3 C.7.6.3)."""
    rows, columns = data_set.integer(Tag.Rows), data_set.integer(Tag.Columns)
    # Both are 16-bit numbers, whatever a wrong VR makes of them.
    if not rows or not columns or not 0 < rows < 65536 or not 0 < columns < 65536:
        raise UnreadableError("missing or invalid image size")
    samples = data_set.integer(Tag.SamplesPerPixel) or 1
    floating = pixels.tag != Tag.PixelData
    allocated = data_set.integer(Tag.BitsAllocated) or 0
    if floating:
        allocated = 32 if pixels.tag == Tag.FloatPixelData else 64
    if allocated not in (1, 8, 16, 32, 64) or (allocated == 64 and not floating):
        raise UnreadableError("unsupported bit depth")
    stored = data_set.integer(Tag.BitsStored) or allocated
    if not 0 < stored <= allocated:
        raise UnreadableError("invalid Bits Stored")
    high_bit = data_set.integer(Tag.HighBit)
    photometric = data_set.text(Tag.PhotometricInterpretation) or (
        "MONOCHROME2" if samples == 1 else "RGB"
    )
    if samples not in (1, 3) or (samples == 3) != (photometric[:3] in ("RGB", "YBR")):
        raise UnreadableError("unsupported photometric interpretation")
    return PixelLayout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit
        if high_bit is not None and stored <= high_bit + 1 <= allocated
        else stored - 1,
        signed=data_set.integer(Tag.PixelRepresentation) == 1,
        floating=floating,
        planar=samples > 1 and data_set.integer(Tag.PlanarConfiguration) == 1,
        photometric=photometric,
        frames=frame_count(data_set) or 1,
        big_endian=data_set.big_endian,
    )


def _modality(data_set: DataSet) -> str:
    """Return the modality, '' when what stands there is no code string.

    It becomes part of layer names: free text in it could be a name.
    """
    value = data_set.text(Tag.Modality)
    return value if _CODE.fullmatch(value) else ""


def identifiers_of(data_set: DataSet) -> tuple[str, ...]:
    """Return what names the patient: name, ID, birth date."""
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    tags = (Tag.PatientName, Tag.PatientID, Tag.PatientBirthDate)
    return tuple(decode(data_set.data(tag), charsets) for tag in tags)


def _label(data_set: DataSet, tag: Tag, identifiers: tuple[str, ...]) -> str:
    return clean(decode(data_set.data(tag), data_set.texts(Tag.SpecificCharacterSet)), identifiers)


def _study_date(data_set: DataSet) -> datetime | None:
    """Return Study Date and Time (PS3.5 6.2, DA and TM); midnight if the time is no time."""
    date = data_set.text(Tag.StudyDate).replace(".", "")
    time = data_set.text(Tag.StudyTime).replace(":", "")[:6]
    if not re.fullmatch(r"\d{8}", date):
        return None
    time = time if re.fullmatch(r"(\d\d){1,3}", time) else ""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    hour, minute, second = (int(time[i : i + 2] or 0) for i in (0, 2, 4))
    for clock in ((hour, minute, second), (0, 0, 0)):
        try:
            return datetime(year, month, day, *clock)  # noqa: DTZ001 - DA has no time zone
        except ValueError:
            continue
    return None


def _patient(data_set: DataSet) -> bytes:
    """Return a hash of ID, name and birth date; b"" if the file has none of them."""
    tags = (Tag.PatientID, Tag.PatientName, Tag.PatientBirthDate)
    values = [data_set.data(tag).strip(b" \0^") for tag in tags]
    if not any(values):
        return b""
    digest = hashlib.blake2b(key=_HASH_KEY, digest_size=16)
    for value in values:
        digest.update(value + b"\0")
    return digest.digest()


def _palette(data_set: DataSet, layout: PixelLayout, kind: Kind) -> Palette | None:
    # A segmentation's indices are its labels: its colors are for display only.
    if layout.photometric != "PALETTE COLOR" or kind.measures == "segments":
        return None
    return read_palette(data_set)


def _positive(data_set: DataSet, tag: Tag) -> float | None:
    values = data_set.exactly(1, tag)
    return values[0] if values and 1e-6 < values[0] < 1e4 else None


def _frame_duration(data_set: DataSet) -> float | None:
    """Return milliseconds a frame of a cine (PS3.3 C.7.6.5)."""
    time = _positive(data_set, Tag.FrameTime)
    if time is not None:
        return time
    # The first increment of a vector is 0 (PS3.3 C.7.6.5.1.2).
    increments = data_set.numbers(Tag.FrameTimeVector)[1:]
    if increments and 1e-6 < (mean := sum(increments) / len(increments)) < 1e4:
        return mean
    for tag in (Tag.RecommendedDisplayFrameRate, Tag.CineRate):
        rate = _positive(data_set, tag)
        if rate is not None:
            return 1000 / rate
    return None


def _patient_orientation(data_set: DataSet) -> tuple[str, ...]:
    if data_set.text(Tag.AnatomicalOrientationType) == "QUADRUPED":
        return ()
    # What is not in the standard's letters (PS3.3 C.7.6.1.1.1) is free text: the index would store
    # it on disk.
    texts = data_set.texts(Tag.PatientOrientation)
    return texts if all(_LETTERS.fullmatch(text) for text in texts) else ()


def _offset_table(data_set: DataSet) -> tuple[tuple[int, int], tuple[int, int]] | None:
    offsets = data_set.deferred(Tag.ExtendedOffsetTable)
    lengths = data_set.deferred(Tag.ExtendedOffsetTableLengths)
    if offsets is None or lengths is None:
        return None
    return (offsets.offset, offsets.length), (lengths.offset, lengths.length)


def _concatenation(data_set: DataSet) -> Concatenation | None:
    uid = data_set.uid(Tag.ConcatenationUID)
    number = data_set.integer(Tag.InConcatenationNumber) or 0
    total = data_set.integer(Tag.InConcatenationTotalNumber) or 0
    return Concatenation(uid, number, total) if uid else None


def _is_lossy(data_set: DataSet, syntax: str) -> bool:
    """Whether an image has been through lossy compression (PS3.3 C.7.6.1.1.5)."""
    return data_set.text(Tag.LossyImageCompression) == "01" or syntax in LOSSY


def _segments(data_set: DataSet, identifiers: tuple[str, ...]) -> dict[int, str]:
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    found = {}
    for item in data_set.items(Tag.SegmentSequence):
        number = item.integer(Tag.SegmentNumber)
        if number is not None:
            found[number] = clean(decode(item.data(Tag.SegmentLabel), charsets), identifiers)
    return found
