"""Scanning by pydicom, for files that the project's own scanner refuses.

pydicom knows far more oddities. Only its structural parsing is used: values
stay bytes, so that both ways of scanning convert them in the same manner.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.scanner import MAX_VALUE, UNDEFINED, PixelElement
from napari_medscan.dicom.tags import DEFER, Tag, Wanted
from napari_medscan.dicom.values import DataSet, Deferred, Element, Value

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DEFER_FROM = 1 << 20


@contextmanager
def _silent() -> Iterator[None]:
    """Keep pydicom quiet: its warnings and log lines quote values, which can name a patient."""
    logger = logging.getLogger("pydicom")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = disabled


@dataclass(frozen=True, slots=True)
class FallbackScan:
    """What pydicom found: the same shape as a scan of our own."""

    data_set: DataSet
    pixels: PixelElement | None
    transfer_syntax: str


def scan_with_pydicom(path: Path, wanted: Wanted) -> FallbackScan:
    """Parse a file with pydicom and keep the wanted elements.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it either.
    """
    import pydicom

    with _silent():
        try:
            found = pydicom.dcmread(path, force=True, defer_size=_DEFER_FROM)
            big_endian = not found.original_encoding[1]
            values = _wanted_values(found, wanted, big_endian=big_endian)
            pixels = _pixel_element(found)
        except Exception:  # noqa: BLE001
            # pydicom raises whatever its parsing meets, from KeyError to
            # NotImplementedError: here all mean the same.
            raise UnreadableError("the header is damaged") from None
    syntax = str(getattr(found.file_meta, "TransferSyntaxUID", "")) if found.file_meta else ""
    if not values:
        raise UnreadableError("the header is damaged")
    if not syntax:
        implicit = found.original_encoding[0]
        syntax = (
            "1.2.840.10008.1.2"
            if implicit
            else "1.2.840.10008.1.2.2"
            if big_endian
            else "1.2.840.10008.1.2.1"
        )
    return FallbackScan(DataSet(values, big_endian), pixels, syntax)


def _wanted_values(found: Dataset, wanted: Wanted, *, big_endian: bool) -> dict[int, Value]:
    values: dict[int, Value] = {}
    for tag, want in wanted.items():
        if tag not in found:
            continue
        if isinstance(want, dict):
            element = found[tag]
            if element.VR == "SQ":
                values[tag] = tuple(
                    DataSet(_wanted_values(item, want, big_endian=big_endian), big_endian)
                    for item in element.value
                )
            continue
        raw: Any = found.get_item(tag)
        if want is DEFER:
            values[tag] = Deferred(raw.value_tell, raw.length)
        elif isinstance(raw.value, bytes) and len(raw.value) <= MAX_VALUE:
            vr = want if raw.VR in (None, "UN") else str(raw.VR).encode("ascii")
            values[tag] = Element(vr, raw.value)
    return values


def _pixel_element(found: Dataset) -> PixelElement | None:
    for tag in (Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData):
        if tag in found:
            raw: Any = found.get_item(int(tag))
            length = None if raw.length == UNDEFINED else raw.length
            return PixelElement(tag, raw.value_tell, length)
    return None
