"""Make the studies that are measured: the same slices in several transfer syntaxes."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": UID("1.2.840.10008.1.2.5"),
    "JPEG lossless": UID("1.2.840.10008.1.2.4.70"),
    "JPEG-LS": UID("1.2.840.10008.1.2.4.80"),
    "JPEG 2000": UID("1.2.840.10008.1.2.4.90"),
    "HTJ2K": UID("1.2.840.10008.1.2.4.201"),
}
SIZE = 512


def write_study(folder: Path, syntax: str, slices: int) -> None:
    """Write a CT series of 512 x 512 slices with 6 KB of header each."""
    folder.mkdir(parents=True)
    phantom = _anatomy()
    for number in range(slices):
        pixels = np.roll(phantom, number, axis=0)
        data = _header(number)
        if syntax == "uncompressed":
            data.PixelData = pixels.tobytes()
        else:
            data.PixelData = encapsulate([_encoded(pixels, syntax)])
            data["PixelData"].VR = "OB"
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
        data.file_meta.MediaStorageSOPClassUID = CTImageStorage
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.save_as(folder / f"IM{number:05d}", enforce_file_format=True)


def _anatomy() -> NDArray[np.uint16]:
    """Return something as compressible as a CT: smooth organs and noise."""
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    body = np.where(x**2 / 0.8 + y**2 / 0.5 < 1, 1064.0, 24.0)
    body += 60 * np.sin(9 * x) * np.cos(7 * y)
    noise = np.random.default_rng(11).normal(0, 12, body.shape)
    return np.clip(body + noise, 0, 4095).astype(np.uint16)


def _encoded(pixels: NDArray[np.uint16], syntax: str) -> bytes:
    match syntax:
        case "RLE":
            from rle import rle

            return bytes(rle.encode_frame(pixels.tobytes(), SIZE, SIZE, 1, 16, "<"))
        case "JPEG lossless":
            return bytes(imagecodecs.ljpeg_encode(pixels, bitspersample=16))
        case "JPEG-LS":
            return bytes(imagecodecs.jpegls_encode(pixels))
        case "HTJ2K":
            return bytes(imagecodecs.htj2k_encode(pixels, reversible=True))
        case _:
            return bytes(
                imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="j2k")
            )


def _header(number: int) -> pydicom.Dataset:
    data = pydicom.Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, f"2.25.7.{number + 1}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "2.25.8", "2.25.9"
    data.PatientName, data.PatientID, data.Modality = "BENCH^MARK", "B1", "CT"
    data.ImageType, data.SeriesNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], 1
    data.InstanceNumber, data.SliceThickness = number + 1, 1
    data.ImagePositionPatient = [-180, -180, number]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.PixelSpacing = [0.7, 0.7]
    block = data.private_block(0x0029, "BENCHMARK", create=True)
    for element in range(80):
        block.add_new(element, "LO", f"private text number {element:02d} of a header that is long")
    data.Rows = data.Columns = SIZE
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleIntercept, data.RescaleSlope = -1024, 1
    data.WindowCenter, data.WindowWidth = 40, 400
    return data
