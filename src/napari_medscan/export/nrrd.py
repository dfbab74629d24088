"""NRRD: a series as one file for 3D Slicer and ITK, with its exact affine.

Format: https://teem.sourceforge.net/nrrd/format.html. Coordinates are LPS+ as in DICOM; the voxels
stay in acquisition order, columns fastest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from napari_medscan import __version__
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.facts import axis_step, sidecar
from napari_medscan.export.new_files import NewFiles, compressed
from napari_medscan.export.volume import Exported, LabelArray, Options, Progress, Volume, volume_of

_TYPES = {
    "uint8": "uint8", "int16": "int16", "int32": "int32", "float32": "float", "float64": "double",
    "int8": "int8", "uint16": "uint16", "uint32": "uint32", "int64": "int64", "uint64": "uint64",
}  # fmt: skip


def save_nrrd(
    stack: Stack,
    path: Path | str,
    labels: LabelArray | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Exported:
    """Write a series, or labels drawn on it, as NRRD, and facts without identity as JSON.

    The space directions are the affine of the series, a shear included.

    Parameters
    ----------
    stack, labels, progress, **options
        As in `save_nifti`.
    path : path
        Ends in ``.nrrd``. Its folder exists.

    Returns
    -------
    Exported
        The files.

    Raises
    ------
    ExportError
        If the series cannot be written like this.
    OSError
        If the folder cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() != ".nrrd":
        raise ExportError("The name of an NRRD file ends in .nrrd")
    volume = volume_of(stack, labels, options)
    beside = path.with_suffix(".json")
    with NewFiles(overwrite=options.get("overwrite", False)) as files:
        main, facts = files.open(path), files.open(beside)
        main.write(nrrd_header(volume).encode("ascii"))
        with compressed(main) as out:
            for block in volume.blocks(progress):
                out.write(block.data)
        facts.write(sidecar(volume))
    warnings: tuple[str, ...] = ()
    if volume.affine is None:
        warnings = ("The position in the patient is unknown: the file has no space",)
    return Exported((path, beside), tuple(volume.blank), warnings)


def nrrd_header(volume: Volume) -> str:
    """Return the header of an NRRD file, up to the empty line that ends it."""
    axes = volume.axes[::-1]
    affine = volume.affine
    sizes = " ".join(map(str, volume.shape[::-1]))
    kinds = {
        "c": "RGB-color",
        "x": "domain",
        "y": "domain",
        "z": "domain",
        "t": "list",
    }  # ITK refuses "time"
    step, is_time = axis_step(volume)
    lines = [
        "NRRD0005",
        f"# napari-medscan {__version__}",
        f"type: {_TYPES[volume.dtype.newbyteorder('=').name]}",
        f"dimension: {len(axes)}",
    ]
    if affine is not None:
        lines.append("space: left-posterior-superior")
    lines.append(f"sizes: {sizes}")
    if affine is not None:
        vectors = {axis: _vector(affine[:3, i]) for i, axis in enumerate("xyz")}
        lines.append(f"space directions: {' '.join(vectors.get(axis, 'none') for axis in axes)}")
    else:
        spacings = dict(zip("zyx", volume.stack.geometry.spacing, strict=True))
        lines.append(f"spacings: {' '.join(f'{spacings.get(a, np.nan):.17g}' for a in axes)}")
    lines.append(f"kinds: {' '.join(kinds[axis] for axis in axes)}")
    if volume.dtype.itemsize > 1:
        lines.append("endian: little")
    lines.append("encoding: gzip")
    if affine is not None:
        lines.append(f"space origin: {_vector(affine[:3, 3])}")
    if is_time:
        lines.append(f"TimeStepSeconds:={step:.17g}")
    if volume.stack.unit and volume.labels is None:
        lines.append(f"Unit:={volume.stack.unit}")
    return "\n".join(lines) + "\n\n"


def _vector(values: NDArray[np.float64]) -> str:
    return f"({','.join(f'{value:.17g}' for value in values)})"
