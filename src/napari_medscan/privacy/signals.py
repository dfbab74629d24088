"""What headers say of text in the image, of faces, and of the regions of an ultrasound.

Headers alone cannot decide whether an image carries text: most that do say nothing. Each signal is
a reason to look, none a reason not to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.header import ImageHeader

_CAPTURE = (
    Tag.SecondaryCaptureDeviceID,
    Tag.DateOfSecondaryCapture,
    Tag.SecondaryCaptureDeviceManufacturer,
    Tag.SecondaryCaptureDeviceManufacturerModelName,
    Tag.SecondaryCaptureDeviceSoftwareVersions,
)
_WANTED: Wanted = want(
    Tag.SpecificCharacterSet,
    Tag.ImageType,
    Tag.SOPClassUID,
    Tag.SamplesPerPixel,
    Tag.Modality,
    Tag.ConversionType,
    Tag.BodyPartExamined,
    *_CAPTURE,
    {
        Tag.SequenceOfUltrasoundRegions: want(
            Tag.RegionLocationMinX0,
            Tag.RegionLocationMinY0,
            Tag.RegionLocationMaxX1,
            Tag.RegionLocationMaxY1,
        )
    },
    Tag.BurnedInAnnotation,
    Tag.RecognizableVisualFeatures,
)
_PHOTOGRAPHS = frozenset(("ES", "XC", "GM", "DMS", "OP"))
_OFTEN_WITH_TEXT = _PHOTOGRAPHS | {"US", "IVUS", "XA", "RF", "DX", "CR", "MG", "SC", "SM", "OT"}
WITH_REGIONS = frozenset(("US", "IVUS"))
"""Modalities whose images have regions, outside which names are written (PS3.3 C.8.5.5)."""
_COPIES = ("SECONDARY", "SCREEN", "SAVE")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_VISIBLE_LIGHT = "1.2.840.10008.5.1.4.1.1.77.1."
_ANYTHING = frozenset(("SC", "OT", ""))
_HEADS = (
    "HEAD",
    "BRAIN",
    "FACE",
    "SKULL",
    "ORBIT",
    "SINUS",
    "JAW",
    "MAXILLA",
    "EAR",
    "EYE",
    "NOSE",
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the header of one file says.

    Parameters
    ----------
    text : tuple of str
        Reasons to look for text in the image, each a phrase for the user; none of them quotes a
        value that could name somebody.
    face : str
        Why a face may be recognizable, as the end of "the image …"; '' when nothing suggests it.
    regions : tuple of (top, left, bottom, right)
        Regions of an ultrasound (PS3.3 C.8.5.5) in pixels, the last row and column included.
    body_part : str
        Body Part Examined, '' when the file names none.
    """

    text: tuple[str, ...] = ()
    face: str = ""
    regions: tuple[tuple[int, int, int, int], ...] = ()
    body_part: str = ""


def read_signals(header: ImageHeader) -> Signals:
    """Read the signals from the file of a slice. It may be slow: call it from a thread."""
    try:
        found = scan_file(header.source.file, _WANTED).data_set
    except (MedscanError, OSError):
        # Then everything is to be suspected.
        face = "could not be checked, because the header cannot be read"
        return Signals(("the header could not be read again",), face)
    part = found.text(Tag.BodyPartExamined)
    return Signals(_text_reasons(found), _face_reason(found), _regions(found), part)


def kept_pixels(signals: Signals, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    """Return which pixels of a frame lie in the regions of an ultrasound, (rows, columns).

    None when there are no regions: nothing can be said then.
    """
    if not signals.regions:
        return None
    kept = np.zeros(shape, dtype=bool)
    for top, left, bottom, right in signals.regions:
        kept[top : bottom + 1, left : right + 1] = True
    return kept


def _text_reasons(found: DataSet) -> tuple[str, ...]:
    """Return the reasons to suspect text (PS3.3 C.7.6.1, C.8.6.1)."""
    burned = found.text(Tag.BurnedInAnnotation).upper()
    modality = found.text(Tag.Modality).upper()
    kind = {part.upper() for part in found.texts(Tag.ImageType)}
    reasons = []
    if burned == "YES":
        reasons.append("Burned In Annotation is YES")
    elif burned != "NO" and modality in _OFTEN_WITH_TEXT:
        reasons.append(f"{modality} images often contain text, and the file does not rule it out")
    if any(part.startswith(_COPIES) for part in kind):
        reasons.append("derived copy or screenshot (Image Type)")
    if _is_secondary_capture(found) or any(tag in found for tag in _CAPTURE):
        reasons.append("captured from another device (Secondary Capture)")
    if found.text(Tag.ConversionType):
        reasons.append("converted from film, video or a screen (Conversion Type)")
    return tuple(reasons)


def _face_reason(found: DataSet) -> str:
    if found.text(Tag.RecognizableVisualFeatures).upper() == "YES":
        return "is marked as recognizable (Recognizable Visual Features is YES)"
    modality = found.text(Tag.Modality).upper()
    if modality in _PHOTOGRAPHS or found.uid(Tag.SOPClassUID).startswith(_VISIBLE_LIGHT):
        return "is a photograph"
    part = found.text(Tag.BodyPartExamined).upper()
    if part.startswith(_HEADS):
        return "shows the head"
    copied = modality in _ANYTHING or _is_secondary_capture(found)
    if copied and not part and (found.integer(Tag.SamplesPerPixel) or 1) > 1:
        return "is in color, of unknown source, and has no body part"
    return ""


def _is_secondary_capture(found: DataSet) -> bool:
    # With a period behind it: the classes of visible light begin with 1.2.840.10008.5.1.4.1.1.77.
    return f"{found.uid(Tag.SOPClassUID)}.".startswith(f"{_SECONDARY_CAPTURE}.")


def _regions(found: DataSet) -> tuple[tuple[int, int, int, int], ...]:
    regions = []
    for region in found.items(Tag.SequenceOfUltrasoundRegions):
        places = (
            region.integer(Tag.RegionLocationMinY0),
            region.integer(Tag.RegionLocationMinX0),
            region.integer(Tag.RegionLocationMaxY1),
            region.integer(Tag.RegionLocationMaxX1),
        )
        top, left, bottom, right = (-1 if place is None else place for place in places)
        if 0 <= top <= bottom and 0 <= left <= right:
            regions.append((top, left, bottom, right))
    return tuple(regions)
