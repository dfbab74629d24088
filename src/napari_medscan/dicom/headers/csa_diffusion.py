"""Diffusion weighting that stands only in the CSA header of a Siemens image.

Scanners of the first years of this century write it nowhere else. The header takes some 10 kB of
each file: it is read only of series whose images nothing else tells apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Private, Tag, Wanted, deferred, want
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.siemens_csa import parse_csa

WANTED_CSA: Final[Wanted] = want(
    Tag.Manufacturer, deferred(Private.SiemensCSAImageHeader, Private.SiemensCSASeriesHeader)
)
_LONGEST: Final = 2**22
"""Bytes of a CSA header: they take some hundred kilobytes."""


def csa_header(source: FileRef, data_set: DataSet, tag: Private) -> bytes:
    """Return a CSA header of a file, b"" if it has none that can be read."""
    place = data_set.deferred(tag)
    if place is None or place.length > _LONGEST:
        return b""
    return source.read_at(place.offset, place.length)


def diffusion_of(fields: Mapping[str, tuple[str, ...]]) -> tuple[float | None, tuple[float, ...]]:
    """Return b-value, s/mm2, and direction of a parsed CSA image header."""
    b_values = numbers(fields.get("B_value", ()))
    return next(iter(b_values), None), numbers(fields.get("DiffusionGradientDirection", ()))


def read_csa_diffusion(file: FileRef) -> dict[str, object]:
    """Return b-value and direction as `read_diffusion` does, {} if the file has no such header."""
    try:
        scanned = scan_file(file, WANTED_CSA)
        data = csa_header(scanned.source, scanned.data_set, Private.SiemensCSAImageHeader)
    except (MedscanError, OSError):
        return {}
    b_value, direction = diffusion_of(parse_csa(data))
    if b_value is None:
        return {}
    return {"DiffusionBValue": b_value, "DiffusionGradient": (b_value, direction)}


def numbers(values: tuple[str, ...]) -> tuple[float, ...]:
    """Return the numbers of a field, () if one of them is none."""
    try:
        return tuple(map(float, values))
    except ValueError:
        return ()
