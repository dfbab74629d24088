"""Whole-slide images, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items

from ..making import ct, item

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
SPACING = 0.0005
"""Of the largest level, mm: 20 x."""
ORIGIN = (20.0, 40.0)
TURNED = (0.0, -1.0, 0.0, -1.0, 0.0, 0.0)
"""Image Orientation (Slide) of most scanners: rows run along -y, columns along -x."""
Tile = tuple[int, int, NDArray[Any]]
"""First row and first column from 0, pixels."""


def picture(rows: int, columns: int, *, gray: bool = False, seed: int = 0) -> NDArray[np.uint8]:
    """Return an image in which no two tiles are equal."""
    shape = (rows, columns) if gray else (rows, columns, 3)
    return np.random.default_rng(seed).integers(0, 255, shape, np.uint8)


def cut(image: NDArray[Any], tile: int) -> list[Tile]:
    """Return the tiles of an image row by row; those at its edges are filled up with zeros."""
    rows, columns = image.shape[:2]
    down, across = -(-rows // tile), -(-columns // tile)
    pads = [(0, down * tile - rows), (0, across * tile - columns), *[(0, 0)] * (image.ndim - 2)]
    full = np.pad(image, pads)
    corners = [(r * tile, c * tile) for r in range(down) for c in range(across)]
    return [(top, left, full[top : top + tile, left : left + tile]) for top, left in corners]


def slide(
    size: tuple[int, int],
    tiles: Sequence[Tile],
    *,
    sparse: bool = False,
    zoom: int = 1,
    flavor: str = "VOLUME",
    paths: Sequence[str] = ("1",),
    own: Callable[[int], dict[str, Any]] = lambda _: {},
    encode: Callable[[NDArray[Any]], bytes] | None = None,
    **changes: Any,
) -> Dataset:
    """Return a VL Whole Slide Microscopy image (PS3.3 A.32.8).

    Parameters
    ----------
    size : tuple of int
        Rows and columns of the total pixel matrix.
    tiles : sequence of (int, int, ndarray)
        Its frames.
    sparse : bool
        Frames say where they lie; else they are in order.
    zoom : int
        How many pixels of the largest level one is wide.
    flavor : str
        Value 3 of Image Type.
    paths : sequence of str
        Optical Path Identifiers; the first is that of all frames.
    own : callable
        Gives further functional groups of a frame by its number.
    encode : callable, optional
        Compresses a tile; the caller names the transfer syntax.
    """
    pixels = [tile for _, _, tile in tiles]
    gray = pixels[0].ndim == 2
    spacing = SPACING * zoom
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing, spacing], SliceThickness=0.001)],
        OpticalPathIdentificationSequence=[item(OpticalPathIdentifier=paths[0])],
    )
    groups = [
        item(
            **{
                "PlanePositionSlideSequence": [
                    item(
                        XOffsetInSlideCoordinateSystem=round(ORIGIN[0] - top * spacing, 6),
                        YOffsetInSlideCoordinateSystem=round(ORIGIN[1] - left * spacing, 6),
                        ZOffsetInSlideCoordinateSystem=0.0,
                        ColumnPositionInTotalImagePixelMatrix=left + 1,
                        RowPositionInTotalImagePixelMatrix=top + 1,
                    )
                ],
                **own(number),
            }
        )
        for number, (top, left, _) in enumerate(tiles)
    ]
    data = [encode(tile) for tile in pixels] if encode else [tile.tobytes() for tile in pixels]
    joined = encapsulate(data) if encode else b"".join(data)
    attributes = {
        "SOPClassUID": WHOLE_SLIDE,
        "SOPInstanceUID": f"1.2.3.8.{zoom}.{len(flavor)}",
        "SeriesInstanceUID": "1.2.3.8",
        "SeriesNumber": 8,
        "SeriesDescription": "Liver biopsy",
        "Modality": "SM",
        "ImageType": ["ORIGINAL", "PRIMARY", flavor, "NONE" if zoom == 1 else "RESAMPLED"],
        "ImagePositionPatient": None,
        "ImageOrientationPatient": None,
        "PixelSpacing": None,
        "RescaleIntercept": None,
        "RescaleSlope": None,
        "DimensionOrganizationType": "TILED_SPARSE" if sparse else "TILED_FULL",
        "ImageOrientationSlide": list(TURNED),
        "TotalPixelMatrixOriginSequence": [
            item(XOffsetInSlideCoordinateSystem=ORIGIN[0], YOffsetInSlideCoordinateSystem=ORIGIN[1])
        ],
        "TotalPixelMatrixRows": size[0],
        "TotalPixelMatrixColumns": size[1],
        "ImagedVolumeHeight": size[0] * spacing,
        "ImagedVolumeWidth": size[1] * spacing,
        "ImagedVolumeDepth": 0.001,
        "FocusMethod": "AUTO",
        "ExtendedDepthOfField": "NO",
        "SpecimenLabelInImage": "YES" if flavor == "LABEL" else "NO",
        "BurnedInAnnotation": "NO",
        "VolumetricProperties": "VOLUME",
        "AcquisitionDateTime": "20240101120000",
        "ContentDate": "20240101",
        "ContentTime": "120000",
        "OpticalPathSequence": Items(
            item(
                OpticalPathIdentifier=path,
                OpticalPathDescription=f"Path {path}",
                IlluminationTypeCodeSequence=_code("111744", "Brightfield illumination"),
                IlluminationColorCodeSequence=_code("11744", "Full spectrum"),
            )
            for path in paths
        ),
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": Items(groups) if sparse else None,
        "NumberOfFrames": len(tiles),
        "SamplesPerPixel": 1 if gray else 3,
        "PhotometricInterpretation": "MONOCHROME2" if gray else "RGB",
        "PlanarConfiguration": None if gray else 0,
        "Rows": pixels[0].shape[0],
        "Columns": pixels[0].shape[1],
        "BitsAllocated": pixels[0].itemsize * 8,
        "BitsStored": pixels[0].itemsize * 8,
        "HighBit": pixels[0].itemsize * 8 - 1,
        "PixelData": joined + b"\0" * (len(joined) % 2),
    }
    data_set = ct(**{**attributes, **changes})
    data_set["PixelData"].VR = "OB"
    return data_set


def swapped_profile() -> bytes:
    """Return an ICC profile of a device like sRGB whose red and blue primaries are exchanged."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"mXYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"mXYZ", b"bXYZ")


def _code(value: str, meaning: str) -> list[Dataset]:
    return [item(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)]
