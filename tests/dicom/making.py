"""DICOM files for the tests: whole ones through pydicom's writer, odd ones byte by byte."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
LONG = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

RGB_IMAGE: dict[str, Any] = {
    "SamplesPerPixel": 3,
    "PhotometricInterpretation": "RGB",
    "PlanarConfiguration": 0,
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "RescaleSlope": None,
    "RescaleIntercept": None,
}
"""What makes a slice one in color; its pixels have to be given, too."""


def ct(**changes: Any) -> Dataset:
    """Return a CT slice of 4 x 6 pixels; attributes given as None are left out."""
    data = Dataset()
    attributes = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": "1.2.3.4",
        "StudyInstanceUID": "1.2.3.1",
        "SeriesInstanceUID": "1.2.3.2",
        "FrameOfReferenceUID": "1.2.3.3",
        "Modality": "CT",
        "SeriesDescription": "Chest",
        "SeriesNumber": 3,
        "InstanceNumber": 1,
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.75],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 4,
        "Columns": 6,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
        "PixelData": bytes(range(48)),
    } | changes
    for name, value in attributes.items():
        if value is not None:
            setattr(data, name, value)
    if "PixelData" in data:
        data["PixelData"].VR = "OW"
    return data


def item(**attributes: Any) -> Dataset:
    """Return a sequence item."""
    data = Dataset()
    for name, value in attributes.items():
        setattr(data, name, value)
    return data


def part10(data: Dataset, encoding: str = "explicit", **meta: Any) -> bytes:
    """Return a whole file; `meta` replaces file meta attributes."""
    syntax = NATIVE[encoding]
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.get("SOPClassUID") or CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.get("SOPInstanceUID") or "1.2.3.4"
    for name, value in meta.items():
        setattr(data.file_meta, name, value)
    buffer = BytesIO()
    if syntax == data.file_meta.TransferSyntaxUID:
        pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    else:
        pydicom.dcmwrite(
            buffer,
            data,
            enforce_file_format=False,
            implicit_vr=encoding == "implicit",
            little_endian=encoding != "big",
        )
        return preamble(data.file_meta) + buffer.getvalue().partition(b"DICM")[2][_meta(data) :]
    return buffer.getvalue()


def _meta(data: Dataset) -> int:
    return len(preamble(data.file_meta)) - 132


def preamble(meta: FileMetaDataset) -> bytes:
    """Return preamble, prefix and file meta."""
    buffer = BytesIO()
    pydicom.filewriter.write_file_meta_info(buffer, meta)
    return bytes(128) + b"DICM" + buffer.getvalue()


def write(path: Path, data: Dataset, encoding: str = "explicit", **meta: Any) -> Path:
    """Write a whole file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(part10(data, encoding, **meta))
    return path


def write_encoded(path: Path, data: Dataset, stream: bytes, syntax: str) -> Path:
    """Write a whole file of one compressed frame and return its path."""
    data.PixelData = encapsulate([stream])
    data["PixelData"].is_undefined_length = True
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path, enforce_file_format=True)
    return path


def element(tag: int, vr: str, value: bytes = b"", *, length: int | None = None) -> bytes:
    """Encode one element, little endian; implicit when `vr` is ''."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    size = len(value) if length is None else length
    if not vr:
        return head + struct.pack("<I", size) + value
    if vr in LONG:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", size) + value
    return head + vr.encode() + struct.pack("<H", size) + value


def delimiter(tag: int, length: int = 0) -> bytes:
    """Encode an item or a delimiter."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length)


def file_of(*elements: bytes, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return a file of a preamble, the least file meta and these elements."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    body = b"".join(elements)
    if syntax == DeflatedExplicitVRLittleEndian:
        body = deflated(body)
    return bytes(128) + b"DICM" + element(0x00020010, "UI", uid) + body


def deflated(body: bytes) -> bytes:
    """Return a raw deflate stream."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def image_elements(rows: int = 2, columns: int = 2, frames: bytes | None = None) -> bytes:
    """Return the explicit elements of an 8-bit image, up to its pixel data."""

    def us(tag: int, value: int) -> bytes:
        return element(tag, "US", struct.pack("<H", value))

    return b"".join(
        (
            us(0x00280002, 1),
            element(0x00280004, "CS", b"MONOCHROME2 "),
            element(0x00280008, "IS", frames) if frames is not None else b"",
            us(0x00280010, rows),
            us(0x00280011, columns),
            us(0x00280100, 8),
            us(0x00280101, 8),
            us(0x00280102, 7),
            us(0x00280103, 0),
        )
    )


def pixel_data(value: bytes) -> bytes:
    """Return the pixel data element, explicit."""
    return element(0x7FE00010, "OW", value)
