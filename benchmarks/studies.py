"""The studies that are measured, made once and kept for the next run.

Every file is a header made by pydicom, with its numbers stamped into places of a fixed width,
and pixels: fifty thousand files take seconds.
"""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    SegmentationStorage,
)

import slide_files

SIZE = 512
_SOURCES = Path(__file__), Path(slide_files.__file__)
_VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:12]
_DEFLATED = "1.2.840.10008.1.2.1.99"
_NUMBER, _SERIES, _PLACE, _TIME = "555000000001", "6660001", "777001", "888001"
"""Stand in a template where numbers of the same width are put."""


@dataclass(frozen=True)
class Syntax:
    """A transfer syntax: its UID, its bits, and how one frame of it is encoded.

    Parameters
    ----------
    uid : str
        Transfer Syntax UID.
    bits : int
        Bits Stored.
    encode : callable, optional
        From pixels to the code stream; None leaves them as they are.
    """

    uid: str
    bits: int = 12
    encode: Callable[[NDArray[np.uint16]], bytes] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the stored values."""
        return np.dtype("u1") if self.bits == 8 else np.dtype("<u2")


def _rle(pixels: NDArray[np.uint16]) -> bytes:
    from rle import rle

    return bytes(rle.encode_frame(pixels.tobytes(), *pixels.shape, 1, 16, "<"))


SYNTAXES = {
    "uncompressed": Syntax(ExplicitVRLittleEndian),
    "deflated": Syntax(_DEFLATED),
    "RLE": Syntax("1.2.840.10008.1.2.5", encode=_rle),
    "JPEG baseline 8-bit": Syntax(
        "1.2.840.10008.1.2.4.50", 8, partial(imagecodecs.jpeg8_encode, level=90)
    ),
    "JPEG extended 12-bit": Syntax(
        "1.2.840.10008.1.2.4.51", 12, partial(imagecodecs.jpeg8_encode, level=90, bitspersample=12)
    ),
    "JPEG lossless SV1": Syntax(
        "1.2.840.10008.1.2.4.70",
        12,
        partial(imagecodecs.jpeg8_encode, lossless=True, predictor=1, bitspersample=16),
    ),
    "JPEG-LS": Syntax("1.2.840.10008.1.2.4.80", 12, imagecodecs.jpegls_encode),
    "JPEG 2000 lossless": Syntax(
        "1.2.840.10008.1.2.4.90",
        12,
        partial(imagecodecs.jpeg2k_encode, level=0, reversible=True, codecformat="j2k"),
    ),
    "HTJ2K lossless": Syntax(
        "1.2.840.10008.1.2.4.201", 12, partial(imagecodecs.htj2k_encode, reversible=True)
    ),
}


class Studies:
    """Hands out folders of files, making those that are not there yet.

    Parameters
    ----------
    folder : Path
        Where they are kept. What an older version of this module made is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _VERSION
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old != self._folder:
                shutil.rmtree(old)

    def series(self, slices: int, syntax: str = "uncompressed") -> Path:
        """Return a CT series of 512 x 512 slices, a file each, with 6 KB of header each."""
        return self._made(
            f"{syntax} {slices}", lambda to: _write_series(to, slices, SYNTAXES[syntax])
        )

    def dynamic(self, times: int, slices: int) -> Path:
        """Return a series of several times, a file each slice."""
        return self._made(f"4-D {times} {slices}", lambda to: _write_dynamic(to, times, slices))

    def multiframe(self, frames: int, size: int) -> Path:
        """Return a folder with one enhanced CT file."""
        return self._made(f"frames {frames}", lambda to: _write_multiframe(to, frames, size))

    def segmentation(self, segments: int, frames: int, size: int) -> Path:
        """Return a folder with one binary segmentation; each frame is a plane of one segment."""
        return self._made(
            f"segments {segments} {frames}",
            lambda to: _write_segmentation(to, segments, frames, size),
        )

    def structures(self, regions: int, contours: int, points: int) -> Path:
        """Return a folder with a series of 100 slices, and closed contours on them."""
        return self._made(
            f"structures {regions} {contours} {points}",
            lambda to: _write_structures(to, regions, contours, points),
        )

    def slide(self, extent: int, *, sparse: bool, holes: bool = False) -> Path:
        """Return a folder with a slide in three levels; see `write_slide`."""
        write = partial(slide_files.write_slide, extent=extent, sparse=sparse, holes=holes)
        return self._made(f"slide {extent} {sparse:d} {holes:d}", write)

    def small(self, series: int, slices: int) -> Path:
        """Return many series of few 16 x 16 slices in one folder."""
        return self._made(f"small {series} {slices}", lambda to: _write_small(to, series, slices))

    def sparse(self, series: int, slices: int) -> Path:
        """Return series of 512 x 512 slices whose pixels are holes in the files."""
        return self._made(f"sparse {series} {slices}", lambda to: _write_sparse(to, series, slices))

    def _made(self, name: str, write: Callable[[Path], None]) -> Path:
        folder = self._folder / name
        if not folder.exists():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            write(part)
            part.rename(folder)
        return folder


class _Template:
    """A header whose number, series, place and time are put in; pixels follow it."""

    def __init__(self, data: Dataset, syntax: Syntax) -> None:
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = syntax.uid
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        meta, body = DicomBytesIO(), DicomBytesIO()
        write_file_meta_info(meta, data.file_meta)
        body.is_little_endian, body.is_implicit_VR = True, False
        write_dataset(body, data)
        self._meta, self._body = bytes(128) + b"DICM" + meta.getvalue(), body.getvalue()
        self._syntax = syntax

    def header(self, length: int, place: int, series: int = 0, time: int = 0) -> bytes:
        """Return everything before `length` bytes of pixels that follow as they are."""
        return self._filled(self._meta + self._body, place, series, time) + _pixels(b"OW", length)

    def file(self, pixels: NDArray[Any], place: int, series: int = 0, time: int = 0) -> bytes:
        """Return a whole file."""
        if self._syntax.encode is not None:
            fragments = encapsulate([bytes(self._syntax.encode(pixels))])
            body = _pixels(b"OB", 0xFFFFFFFF) + fragments + b"\xfe\xff\xdd\xe0" + bytes(4)
        else:
            body = _pixels(b"OW", pixels.nbytes) + pixels.tobytes()
        body = self._filled(self._body, place, series, time) + body
        if self._syntax.uid == _DEFLATED:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
        return self._filled(self._meta, place, series, time) + body

    @staticmethod
    def _filled(template: bytes, place: int, series: int, time: int) -> bytes:
        number = (series * 100 + time) * 100_000 + place
        for mark, value in ((_NUMBER, number), (_SERIES, series), (_PLACE, place), (_TIME, time)):
            digits = b"%0*d" % (len(mark), value)
            if len(digits) > len(mark):
                raise ValueError(f"{value} is longer than its place in the header")
            template = template.replace(mark.encode(), digits)
        return template


def _pixels(vr: bytes, length: int) -> bytes:
    return b"\xe0\x7f\x10\x00" + vr + bytes(2) + length.to_bytes(4, "little")


def _header(**changes: object) -> Dataset:
    """Return what scanners write about a slice: what differs between slices, and much more."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, f"2.25.7.1{_NUMBER}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "2.25.8", f"2.25.9.1{_SERIES}"
    data.FrameOfReferenceUID = "2.25.10"
    data.PatientName, data.PatientID, data.Modality = "BENCH^MARK", "B1", "CT"
    data.ImageType, data.SeriesNumber, data.InstanceNumber = "ORIGINAL", _SERIES, _PLACE
    data.ContentTime = data.AcquisitionTime = f"100000.{_PLACE}"
    data.SliceLocation = data.XRayTubeCurrent = _PLACE
    data.SliceThickness, data.ImageOrientationPatient = 1, [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient, data.PixelSpacing = ["-180", "-180", _PLACE], [0.7, 0.7]
    block = data.private_block(0x0029, "BENCHMARK", create=True)
    for element in range(80):
        block.add_new(element, "LO", f"private text number {element:02d} of a header that is long")
    data.Rows = data.Columns = SIZE
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleIntercept, data.RescaleSlope = -1024, 1
    data.WindowCenter, data.WindowWidth = 40, 400
    for name, value in changes.items():
        setattr(data, name, value)
    return data


@cache
def _anatomy() -> NDArray[np.uint16]:
    """Return something as compressible as a CT: smooth organs and noise."""
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    body = np.where(x**2 / 0.8 + y**2 / 0.5 < 1, 1064.0, 24.0)
    body += 60 * np.sin(9 * x) * np.cos(7 * y)
    noise = np.random.default_rng(11).normal(0, 12, body.shape)
    return np.clip(body + noise, 0, 4095).astype("<u2")


def _slice(number: int, bits: int = 12) -> NDArray[Any]:
    pixels = np.roll(_anatomy(), number, axis=0)
    return (pixels >> 4).astype("u1") if bits == 8 else pixels


def _write_series(folder: Path, slices: int, syntax: Syntax) -> None:
    bits = syntax.bits
    allocated = 8 if bits == 8 else 16
    header = _header(BitsAllocated=allocated, BitsStored=bits, HighBit=bits - 1)
    template = _Template(header, syntax)
    for place in range(slices):
        (folder / f"IM{place:05d}").write_bytes(template.file(_slice(place, bits), place))


def _write_dynamic(folder: Path, times: int, slices: int) -> None:
    header = _header(TemporalPositionIdentifier=_TIME, NumberOfTemporalPositions=times)
    template = _Template(header, SYNTAXES["uncompressed"])
    for time in range(times):
        for place in range(slices):
            data = template.file(_slice(place), place, time=time)
            (folder / f"IM{time:03d}_{place:04d}").write_bytes(data)


def _write_small(folder: Path, series: int, slices: int) -> None:
    template = _Template(_header(Rows=16, Columns=16), SYNTAXES["uncompressed"])
    pixels = np.ascontiguousarray(_anatomy()[:16, :16])
    for number in range(series):
        for place in range(slices):
            data = template.file(pixels, place, number)
            (folder / f"IM{number:05d}_{place:05d}").write_bytes(data)


def _write_sparse(folder: Path, series: int, slices: int) -> None:
    template = _Template(_header(), SYNTAXES["uncompressed"])
    length = SIZE * SIZE * 2
    for number in range(series):
        below = folder / f"S{number:03d}"
        below.mkdir()
        for place in range(slices):
            header = template.header(length, place, number)
            with (below / f"IM{place:05d}").open("wb") as stream:
                stream.write(header)
                stream.truncate(len(header) + length)


def _write_multiframe(folder: Path, frames: int, size: int) -> None:
    header = _multiframe_header(frames, SOPClassUID=EnhancedCTImageStorage, Rows=size, Columns=size)
    header.PerFrameFunctionalGroupsSequence = [
        _item(
            FrameContentSequence=[_item(StackID="1", InStackPositionNumber=place + 1)],
            PlanePositionSequence=[_item(ImagePositionPatient=[-180, -180, place])],
        )
        for place in range(frames)
    ]
    template = _Template(header, SYNTAXES["uncompressed"])
    with (folder / "enhanced.dcm").open("wb") as stream:
        stream.write(template.header(frames * size * size * 2, 0))
        for place in range(frames):
            stream.write(np.ascontiguousarray(_slice(place)[:size, :size]).tobytes())


def _write_segmentation(folder: Path, segments: int, frames: int, size: int) -> None:
    header = _multiframe_header(
        frames, SOPClassUID=SegmentationStorage, Modality="SEG", Rows=size, Columns=size
    )
    for name in ("RescaleIntercept", "RescaleSlope", "WindowCenter", "WindowWidth"):
        delattr(header, name)
    header.BitsAllocated, header.BitsStored, header.HighBit = 1, 1, 0
    header.SegmentationType, header.SegmentsOverlap = "BINARY", "NO"
    header.SegmentSequence = [
        _item(SegmentNumber=n + 1, SegmentLabel=f"Organ {n + 1}", SegmentAlgorithmType="MANUAL")
        for n in range(segments)
    ]
    numbers = [frame * segments // frames for frame in range(frames)]
    header.PerFrameFunctionalGroupsSequence = [
        _item(
            SegmentIdentificationSequence=[_item(ReferencedSegmentNumber=number + 1)],
            PlanePositionSequence=[
                _item(ImagePositionPatient=[-180, -180, frame - numbers.index(number)])
            ],
        )
        for frame, number in enumerate(numbers)
    ]
    template = _Template(header, SYNTAXES["uncompressed"])
    masks = np.zeros((frames, size, size), np.uint8)
    for frame, number in enumerate(numbers):
        # Each segment has rows of its own.
        row = number * size // segments
        masks[frame, row : row + size // segments] = 1
    data = np.packbits(masks.ravel(), bitorder="little").tobytes()
    (folder / "seg.dcm").write_bytes(template.header(len(data), 0) + data)


def _write_structures(folder: Path, regions: int, contours: int, points: int) -> None:
    slices = 100
    _write_series(folder, slices, SYNTAXES["uncompressed"])
    header = _item(
        SOPClassUID=RTStructureSetStorage,
        SOPInstanceUID="2.25.7.9",
        StudyInstanceUID="2.25.8",
        SeriesInstanceUID="2.25.9.9",
        PatientName="BENCH^MARK",
        PatientID="B1",
        Modality="RTSTRUCT",
        SeriesNumber=9,
    )
    header.StructureSetROISequence = [
        _item(ROINumber=n, ReferencedFrameOfReferenceUID="2.25.10", ROIName=f"Region {n}")
        for n in range(1, regions + 1)
    ]
    turns = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = np.column_stack((np.cos(turns), np.sin(turns), np.zeros(points)))
    header.ROIContourSequence = [
        _item(
            ReferencedROINumber=n,
            ROIDisplayColor=[255, 8 * n % 256, 0],
            ContourSequence=[
                _item(
                    ContourGeometricType="CLOSED_PLANAR",
                    NumberOfContourPoints=points,
                    ContourData=[f"{x:.2f}" for x in (circle * (20 + n) + (0, 0, z)).ravel()],
                )
                for z in range(contours // regions)
            ],
        )
        for n in range(1, regions + 1)
    ]
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(folder / "rs.dcm", enforce_file_format=True)


def _multiframe_header(frames: int, **changes: object) -> Dataset:
    """Return the header of an axial multi-frame image without its frames' functional groups."""
    header = _header(**changes)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(header, name)
    header.NumberOfFrames = frames
    header.SharedFunctionalGroupsSequence = [
        _item(
            PixelMeasuresSequence=[_item(PixelSpacing=[0.7, 0.7], SliceThickness=1)],
            PlaneOrientationSequence=[_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        )
    ]
    return header


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return item
