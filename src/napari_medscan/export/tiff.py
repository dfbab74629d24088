"""TIFF: a series as one file for ImageJ and other programs of microscopy, in OME-TIFF.

OME-TIFF (https://docs.openmicroscopy.org/ome-model/latest/ome-tiff) holds voxel sizes and units,
but no direction in the patient. Pages are compressed slices, in the order of the array.
"""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path
from typing import Any, Final, Unpack
from uuid import uuid4

import numpy as np

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.facts import axis_step
from napari_medscan.export.new_files import NewFiles
from napari_medscan.export.volume import Exported, LabelArray, Options, Progress, Volume, volume_of

SUFFIXES: Final = (".tif", ".tiff")
_PROGRAM: Final = "napari-medscan"
_TYPES: Final = frozenset(
    ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
)
_CLASSIC_BYTES: Final = (1 << 32) - (1 << 25)
"""Above this, offsets may need more than the 32 bits that they have in a TIFF that is no BigTIFF;
tifffile leaves the same room."""
_LEVEL: Final = 1
"""Of zlib, as in napari's own TIFF files."""


def is_tiff_type(dtype: np.dtype[Any]) -> bool:
    """Return whether OME-TIFF has values of a type; truth values are written as bytes."""
    return dtype.kind == "b" or dtype.newbyteorder("=").name in _TYPES


def save_tiff(
    stack: Stack,
    path: Path | str,
    labels: LabelArray | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Exported:
    """Write a series, or labels drawn on it, as OME-TIFF, slice by slice.

    The file has the values of the array, voxel sizes in mm and the time step in seconds, each if
    it is known and the same for all slices, and nothing else of the series.

    Parameters
    ----------
    stack, labels, progress
        As in `save_nifti`.
    path : path
        Ends in ``.tif`` or ``.tiff``. Its folder exists.
    **options
        See `Options`; unevenly spaced slices are always written, without a slice step.

    Returns
    -------
    Exported
        The file.

    Raises
    ------
    ExportError
        If a slice is missing or cannot be read, or the values have a type that OME-TIFF has not.
    OSError
        If the folder cannot be written to.
    """
    from tifffile import TiffWriter

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ExportError("The name of a TIFF file ends in .tif or .tiff")
    volume = volume_of(stack, labels, {**options, "uneven": True})
    if not is_tiff_type(volume.dtype):
        raise ExportError("OME-TIFF does not have the type of these values")
    size = math.prod(volume.shape) * volume.dtype.itemsize
    pages = chain.from_iterable(volume.blocks(progress))
    with NewFiles(overwrite=options.get("overwrite", False)) as files:
        file = files.open(path)
        with TiffWriter(file, bigtiff=size > _CLASSIC_BYTES, ome=True) as out:
            out.write(
                pages,
                shape=volume.shape,
                dtype=volume.dtype,
                photometric="rgb" if volume.axes.endswith("c") else "minisblack",
                compression="zlib",
                compressionargs={"level": _LEVEL},
                software=_PROGRAM,
                metadata=_metadata(volume),
                **_resolution(volume),
            )
        # tifffile asks for no more pages than there are: this ends the reading, and may cancel it.
        next(pages, None)
    warnings = ("TIFF files have no position in the patient",)
    return Exported((path,), tuple(volume.blank), warnings if stack.affine is not None else ())


def _metadata(volume: Volume) -> dict[str, Any]:
    """Return what the OME-XML of a file says."""
    facts: dict[str, Any] = {
        "axes": volume.axes.upper().replace("C", "S"),
        "Creator": _PROGRAM,
        # Random: that of tifffile is made of the time and of this computer's network address.
        "UUID": f"urn:uuid:{uuid4()}",
    }
    geometry = volume.stack.geometry
    if geometry.calibrated:
        for axis, size in zip("ZYX", geometry.spacing, strict=True):
            if axis != "Z" or (geometry.measurable and "z" in volume.stack.axes):
                facts |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "mm"}
    step, is_time = axis_step(volume)
    if is_time:
        facts |= {"TimeIncrement": step, "TimeIncrementUnit": "s"}
    return facts


def _resolution(volume: Volume) -> dict[str, Any]:
    """Return pixels per cm, for programs that read nothing but the tags of TIFF."""
    geometry = volume.stack.geometry
    if not geometry.calibrated:
        return {}
    _, y, x = geometry.spacing
    return {"resolution": (10 / x, 10 / y), "resolutionunit": "CENTIMETER"}
