"""Whole-slide images that are measured: levels of JPEG tiles, in files without or with holes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage

TILE = 256
ZOOMS = (1, 4, 16)
_IMAGES = 16


def write_slide(folder: Path, extent: int, *, sparse: bool, holes: bool = False) -> None:
    """Write a slide of `extent` x `extent` pixels in three levels.

    Parameters
    ----------
    folder : Path
        Where to.
    extent : int
        Rows and columns of the largest level.
    sparse : bool
        Whether each tile says where it lies.
    holes : bool
        Whether tiles take as many bytes as uncompressed ones, most of them a hole in the file.
    """
    images = [_encoded(number) for number in range(_IMAGES)]
    for zoom in ZOOMS:
        size = extent // zoom
        count = (-(-size // TILE)) ** 2
        with (folder / f"level{zoom}.dcm").open("wb") as stream:
            stream.write(_header(size, zoom, count, sparse=sparse))
            _write_tiles(stream, images, count, TILE * TILE * 3 if holes else 0)


def _write_tiles(stream: BinaryIO, images: list[bytes], count: int, least: int) -> None:
    """Write encapsulated pixel data with an Extended Offset Table."""
    chosen = [images[number * 7 % _IMAGES] for number in range(count)]
    lengths = np.array([max(least, len(each)) for each in chosen])
    starts = np.cumsum([0, *(8 + lengths)])[:-1]
    for element, values in ((1, starts), (2, lengths)):
        stream.write(struct.pack("<HH2sHI", 0x7FE0, element, b"OV", 0, 8 * count))
        stream.write(values.astype("<u8").tobytes())
    stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF))
    stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
    for each, length in zip(chosen, lengths.tolist(), strict=True):
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, length) + each)
        stream.seek(length - len(each), 1)
    stream.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))


def _encoded(number: int) -> bytes:
    """Return a tile with some structure, as JPEG of 4:2:2."""
    y, x = np.mgrid[:TILE, :TILE]
    waves = (np.sin(x / (7 + number)), np.sin(y / (9 + number)), np.cos((x + y) / (11 + number)))
    noise = np.random.default_rng(number).normal(0, 8, (TILE, TILE, 3))
    pixels = np.stack([190 + 40 * wave for wave in waves], -1) + noise
    data: bytes = imagecodecs.jpeg_encode(np.clip(pixels, 0, 255).astype(np.uint8), level=80)
    return data + b"\0" * (len(data) % 2)


def _header(size: int, zoom: int, count: int, *, sparse: bool) -> bytes:
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = VLWholeSlideMicroscopyImageStorage, f"1.2.3.{zoom}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.1", "1.2.2"
    data.FrameOfReferenceUID, data.Modality, data.SeriesNumber = "1.2.4", "SM", 1
    data.PatientID, data.PatientName = "bench", "Bench^Slide"
    data.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.DimensionOrganizationType = "TILED_SPARSE" if sparse else "TILED_FULL"
    data.TotalPixelMatrixRows = data.TotalPixelMatrixColumns = size
    data.ImageOrientationSlide = [0, -1, 0, -1, 0, 0]
    data.SamplesPerPixel, data.PlanarConfiguration = 3, 0
    data.PhotometricInterpretation = "YBR_FULL_422"
    data.NumberOfFrames, data.Rows, data.Columns = count, TILE, TILE
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    spacing = 0.0005 * zoom
    measures = _item(PixelSpacing=[spacing, spacing], SliceThickness=0.001)
    data.SharedFunctionalGroupsSequence = [_item(PixelMeasuresSequence=[measures])]
    if sparse:
        across = -(-size // TILE)
        data.PerFrameFunctionalGroupsSequence = [
            _group(number // across * TILE, number % across * TILE, spacing)
            for number in range(count)
        ]
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta, body = DicomBytesIO(), DicomBytesIO()
    write_file_meta_info(meta, data.file_meta)
    body.is_little_endian, body.is_implicit_VR = True, False
    write_dataset(body, data)
    return bytes(128) + b"DICM" + meta.getvalue() + body.getvalue()


def _group(top: int, left: int, spacing: float) -> Dataset:
    return _item(
        PlanePositionSlideSequence=[
            _item(
                XOffsetInSlideCoordinateSystem=round(20 - top * spacing, 6),
                YOffsetInSlideCoordinateSystem=round(40 - left * spacing, 6),
                ZOffsetInSlideCoordinateSystem=0,
                ColumnPositionInTotalImagePixelMatrix=left + 1,
                RowPositionInTotalImagePixelMatrix=top + 1,
            )
        ]
    )


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return item
