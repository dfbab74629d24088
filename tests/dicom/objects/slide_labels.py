"""Segmentations of slides, written by highdicom for the tests of objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from ..making import write
from .slides import cut, picture, slide

TILE = 16
SHAPE = 64, 96


def labels(zoom: int = 1) -> NDArray[np.uint8]:
    """Return two segments, neither of which ends at a tile's edge."""
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[5:30, 10:40] = 1
    drawn[33:60, 50:90] = 2
    return drawn[::zoom, ::zoom]


def write_source(path: Path, zoom: int = 1, **changes: Any) -> Dataset:
    """Write a slide of `SHAPE`, or a level of one, and return it."""
    image = picture(*SHAPE)[::zoom, ::zoom]
    header = {"PatientID": "p", "PatientName": "Doe^Jane", "PatientSex": "", "StudyID": ""}
    header |= {"PatientBirthDate": "", "AccessionNumber": "", "ReferringPhysicianName": ""}
    header |= {"StudyDate": "20240101", "StudyTime": "120000"}
    write(path, slide(image.shape[:2], cut(image, TILE), zoom=zoom, **{**header, **changes}))
    return pydicom.dcmread(path)


def slide_seg(source: Dataset, pixels: NDArray[Any], kind: str, tiling: str, **options: Any) -> Any:
    """Return a segmentation of a slide by highdicom; an uneven tile size is none of the slide's."""
    hd = pytest.importorskip("highdicom")
    tissue = codes.SCT.Tissue
    segments = [
        hd.seg.SegmentDescription(number, name, tissue, tissue, "MANUAL")
        for number, name in ((1, "Tumor"), (2, "Stroma"))
    ]
    whole = {
        "series_instance_uid": "1.2.3.77",
        "series_number": 77,
        "sop_instance_uid": hd.UID(),
        "instance_number": 1,
        "manufacturer": "m",
        "manufacturer_model_name": "m",
        "software_versions": "1",
        "device_serial_number": "1",
        "tile_pixel_array": True,
        "tile_size": (20, 24),
        "dimension_organization_type": tiling,
        "omit_empty_frames": tiling == "TILED_SPARSE",
        "series_description": "Regions",
    }
    return hd.seg.Segmentation([source], pixels, kind, segments, **{**whole, **options})
