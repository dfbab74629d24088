"""Scanning by pydicom, for files that the project's own scanner refuses.

pydicom knows far more oddities. Only its structural parsing is used: values
stay bytes, so that both ways of scanning convert them in the same manner. It
runs in a worker process: pydicom's work on a hostile file has no bound.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from napari_medscan.dicom.elements.element_head import UNDEFINED
from napari_medscan.dicom.elements.private_elements import (
    ODD_GROUP,
    PrivateBlocks,
    is_private_creator,
)
from napari_medscan.dicom.elements.scanner import MAX_VALUE, PixelElement
from napari_medscan.dicom.elements.values import DataSet, Deferred, Element, Value, holds_items
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag, Wanted
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.files.wire import from_message

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DEFER_FROM = 1 << 20
_LOGGERS = ("pydicom", "highdicom.base")

Packed = dict[str, Any]
"""Plain data that goes between processes as JSON."""


@contextmanager
def silent_pydicom() -> Iterator[None]:
    """Keep pydicom quiet, and highdicom: what they say quotes values, which can name a patient."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    disabled = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, was_disabled in zip(loggers, disabled, strict=True):
            logger.disabled = was_disabled


@dataclass(frozen=True, slots=True)
class FallbackScan:
    """What pydicom found: the same shape as a scan of our own."""

    data_set: DataSet
    pixels: PixelElement | None
    transfer_syntax: str


def scan_request(data: bytes, *, wanted: Packed) -> tuple[Packed, None]:
    """Parse a file with pydicom, as a worker is asked to.

    Parameters
    ----------
    data : bytes
        The file, from `to_message`.
    wanted : dict
        From `pack_wanted`.

    Returns
    -------
    packed : dict
        For `unpack_scan`.
    array : None
        There are no pixels.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it either.
    """
    (file,) = from_message(data)
    found = scan_with_pydicom(file, _unpack_wanted(wanted))
    pixels = None if found.pixels is None else list(found.pixels[:3])
    return {
        "values": _pack_values(found.data_set),
        "big_endian": found.data_set.big_endian,
        "pixels": pixels,
        "syntax": found.transfer_syntax,
    }, None


def unpack_scan(packed: Packed) -> FallbackScan:
    """Return what a worker found, having checked that it is what it should be."""
    pixels = None
    if packed["pixels"] is not None:
        tag, offset, length = packed["pixels"]
        pixels = PixelElement(int(tag), int(offset), None if length is None else int(length))
    data_set = _unpack_values(packed["values"], big_endian=bool(packed["big_endian"]))
    return FallbackScan(data_set, pixels, str(packed["syntax"]))


def pack_wanted(wanted: Wanted) -> Packed:
    """Return the wanted attributes as plain data."""
    return {
        str(int(tag)): pack_wanted(want) if isinstance(want, dict) else want.decode("ascii")
        for tag, want in wanted.items()
    }


def _unpack_wanted(packed: Packed) -> Wanted:
    # DEFER is told by identity.
    return {
        int(tag): _unpack_wanted(want)
        if isinstance(want, dict)
        else DEFER
        if want == DEFER.decode("ascii")
        else str(want).encode("ascii")
        for tag, want in packed.items()
    }


def _pack_values(data_set: DataSet) -> Packed:
    packed: Packed = {}
    for tag, value in data_set.values.items():
        if isinstance(value, Element):
            packed[str(int(tag))] = [value.vr.decode("latin-1"), value.data.decode("latin-1")]
        elif isinstance(value, Deferred):
            packed[str(int(tag))] = [value.offset, value.length]
        else:
            packed[str(int(tag))] = {"items": [_pack_values(item) for item in value]}
    return packed


def _unpack_values(packed: Packed, *, big_endian: bool) -> DataSet:
    values: dict[int, Value] = {}
    for tag, value in packed.items():
        if isinstance(value, dict):
            items = value["items"]
            values[int(tag)] = tuple(_unpack_values(i, big_endian=big_endian) for i in items)
        elif isinstance(value[0], str):
            values[int(tag)] = Element(value[0].encode("latin-1"), value[1].encode("latin-1"))
        else:
            values[int(tag)] = Deferred(int(value[0]), int(value[1]))
    return DataSet(values, big_endian)


def scan_with_pydicom(file: FileRef | str | PathLike[str], wanted: Wanted) -> FallbackScan:
    """Parse a file with pydicom in this process and keep the wanted elements.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it either.
    """
    import pydicom

    stream = file_ref(file).stream()
    with silent_pydicom():
        try:
            found = pydicom.dcmread(stream, force=True, defer_size=_DEFER_FROM)
            big_endian = not found.original_encoding[1]
            values = _wanted_values(found, wanted, big_endian=big_endian)
            pixels = _pixel_element(found)
        except Exception:  # noqa: BLE001
            # pydicom raises whatever its parsing meets, from KeyError to
            # NotImplementedError: here all mean the same.
            raise UnreadableError("corrupt header") from None
    syntax = str(getattr(found.file_meta, "TransferSyntaxUID", "")) if found.file_meta else ""
    if not values:
        raise UnreadableError("corrupt header")
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


def _wanted_values(
    found: Dataset, wanted: Wanted, *, big_endian: bool, is_item: bool = False
) -> dict[int, Value]:
    values: dict[int, Value] = {}
    for tag, key in _keys(found):
        want = wanted.get(key)
        if want is None or key in values:
            continue
        value: Value | None = None
        # As in `scan_with_pydicom`; one element that cannot be parsed spoils no other.
        with suppress(Exception):
            value = _wanted_value(found, tag, want, big_endian=big_endian, is_item=is_item)
        if value is not None:
            values[key] = value
    return values


def _keys(found: Dataset) -> Iterator[tuple[int, int]]:
    """Yield the tag of every element, and under which name it may be wanted."""
    blocks = PrivateBlocks(_raw_bytes(found, Tag.Manufacturer))
    for tag in sorted(map(int, found.keys())):
        if is_private_creator(tag):
            blocks.reserve(tag, _raw_bytes(found, tag))
        else:
            yield tag, blocks.key_of(tag) if tag & ODD_GROUP else tag


def _raw_bytes(found: Dataset, tag: int) -> bytes:
    """Return the bytes of a short value, b"" when there are none."""
    value: Any = found.get_item(tag).value if tag in found else b""
    return value if isinstance(value, bytes) else b""


def _wanted_value(
    found: Dataset, tag: int, want: bytes | Wanted, *, big_endian: bool, is_item: bool
) -> Value | None:
    """Return the value of one element, None when it is not what is wanted."""
    if isinstance(want, dict):
        element = found[tag]
        if element.VR != "SQ":
            return None
        return tuple(
            DataSet(_wanted_values(item, want, big_endian=big_endian, is_item=True), big_endian)
            for item in element.value
        )
    raw: Any = found.get_item(tag)
    # What pydicom has parsed already is a sequence, or of undefined length.
    if not raw.is_raw or raw.VR == "SQ" or raw.length == UNDEFINED:
        return None
    if want is DEFER:
        # In an item, pydicom counts from the start of the sequence.
        return None if is_item else Deferred(raw.value_tell, raw.length)
    if not isinstance(raw.value, bytes) or len(raw.value) > MAX_VALUE:
        return None
    if raw.VR == "UN" and holds_items(raw.value):
        return None
    vr = want if raw.VR in (None, "UN") else str(raw.VR).encode("ascii")
    return Element(vr, raw.value)


def _pixel_element(found: Dataset) -> PixelElement | None:
    for tag in (Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData):
        if tag in found:
            raw: Any = found.get_item(int(tag))
            length = None if raw.length == UNDEFINED else raw.length
            return PixelElement(tag, raw.value_tell, length)
    return None
