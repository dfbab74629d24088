"""Small studies on disk, made with pydicom."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.config
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from .dicom.making import ct, part10

HOSTILE = '<img src="file:///dev/zero">'
BIDI = "\N{RIGHT-TO-LEFT OVERRIDE}"


_written: dict[str, bytes] = {}
"""Files of earlier tests: encoding an image takes much longer than writing it."""


def write_series(folder: Path, slices: int = 3, *, series: int = 3, **changes: Any) -> list[Path]:
    """Write a CT series of 4 x 6 pixels 2 mm apart; slice i holds nothing but 10 i - 1024 HU."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for i in range(slices):
        attributes = {
            "SpecificCharacterSet": "ISO_IR 192",
            "PatientName": "Canary^Alice",
            "PatientID": "MRN77X",
            "SOPInstanceUID": f"1.2.3.{series}.{i + 1}",
            "SeriesInstanceUID": f"1.2.3.{series}",
            "SeriesNumber": series,
            "InstanceNumber": i + 1,
            "ImagePositionPatient": [0, 0, 2 * i],
            "PixelData": np.full((4, 6), 10 * i, dtype="<u2").tobytes(),
            **{k: v(i) if callable(v) else v for k, v in changes.items()},
        }
        content = repr(attributes)
        if content not in _written:
            with pydicom.config.disable_value_validation():
                _written[content] = part10(ct(**attributes))
        path = folder / f"s{series}_{i + 1}.dcm"
        path.write_bytes(_written[content])
        written.append(path)
    return written


def write_many(folder: Path, count: int, **changes: Any) -> None:
    """Write `count` series of two slices each."""
    for number in range(1, count + 1):
        description = {"SeriesDescription": f"Scan {number}", **changes}
        write_series(folder, 2, series=number, **description)


def damage(path: Path) -> None:
    """Cut a file in the middle of its pixels, after it was opened for instance."""
    data = path.read_bytes()
    path.write_bytes(data[:-10])


def write_undecodable(path: Path) -> Path:
    """Write one image whose RLE segments end before they have given all their bytes."""
    segments = struct.pack("<16I", 2, 64, 68, *[0] * 13) + bytes(8)
    data = ct(PatientName="Canary^Alice", PixelData=encapsulate([segments]))
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    path.parent.mkdir(parents=True, exist_ok=True)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = RLELossless
    data.save_as(path, enforce_file_format=True)
    return path
