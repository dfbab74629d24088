"""NIfTI-1: a series as one file for research tools, with its exact affine.

The header follows nifti1.h (https://nifti.nimh.nih.gov/nifti-1). Voxels stay in acquisition order:
columns vary fastest, then rows, slices and time points. World coordinates of NIfTI are RAS+, those
of DICOM LPS+.

Writing is our own because libraries for NIfTI take whole arrays: here a series larger than memory
is written block by block.
"""

from __future__ import annotations

import struct
from contextlib import nullcontext
from pathlib import Path
from typing import Final, Unpack

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.facts import axis_step, diffusion_files, sidecar
from napari_medscan.export.new_files import NewFiles, compressed
from napari_medscan.export.volume import Exported, LabelArray, Options, Progress, Volume, volume_of

LPS_TO_RAS: Final = np.diag((-1.0, -1.0, 1.0, 1.0))
_DATATYPES: Final = {
    "uint8": 2, "int16": 4, "int32": 8, "float32": 16, "float64": 64, "int8": 256,
    "uint16": 512, "uint32": 768, "int64": 1024, "uint64": 1280,
}  # fmt: skip
_RGB24: Final = 128
_MILLIMETERS: Final = 2
_SECONDS: Final = 8
_SCANNER: Final = 1
"""NIFTI_XFORM_SCANNER_ANAT: the matrix leads to the scanner's coordinates."""
_LONGEST: Final = 32767
_ORTHOGONAL: Final = 1e-4
"""Axes whose directions' scalar products are below this have a q-form (the cosines of a file have
six digits)."""
_HEADER_BYTES: Final = 352


def save_nifti(
    stack: Stack,
    path: Path | str,
    labels: LabelArray | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Exported:
    """Write a series, or labels drawn on it, as NIfTI.

    Beside the file is a JSON file without identity, and of diffusion images ``.bval`` and
    ``.bvec`` (FSL's convention). The s-form is the affine of the series, a shear included; a
    sheared series has no q-form, because that cannot hold one.

    Parameters
    ----------
    stack : Stack
        The series.
    path : path
        Ends in ``.nii.gz`` or ``.nii``. Its folder exists.
    labels : ndarray of int, optional
        Labels on the grid of the series: the shape of its array or of one of its volumes.
    progress : callable, optional
        Called with (slices written, slices in all). What it raises stops the export, and no file
        is left.
    **options
        See `Options`.

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
    stem = _stem(path)
    volume = volume_of(stack, labels, options)
    header = nifti_header(volume)
    written = [path, path.with_name(f"{stem}.json")]
    with NewFiles(overwrite=options.get("overwrite", False)) as files:
        main, facts = map(files.open, written)
        packed = path.suffix.lower() == ".gz"
        with compressed(main) if packed else nullcontext(main) as out:
            out.write(header)
            for block in volume.blocks(progress):
                out.write(block.data)
        beside, warnings = diffusion_files(volume)
        for suffix, text in beside.items():
            written.append(path.with_name(stem + suffix))
            files.open(written[-1]).write(text.encode("ascii"))
        facts.write(sidecar(volume))
    if volume.affine is None:
        warnings.append("The position in the patient is unknown: the file has no s-form")
    return Exported(tuple(written), tuple(volume.blank), tuple(warnings))


def _stem(path: Path) -> str:
    for suffix in (".nii.gz", ".nii"):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    raise ExportError("The name of a NIfTI file ends in .nii.gz or .nii")


def nifti_header(volume: Volume) -> bytes:
    """Return the 352 bytes before the voxels of a single-file NIfTI-1 image.

    Raises
    ------
    ExportError
        If NIfTI-1 cannot hold the grid.
    """
    rgb = volume.axes.endswith("c")
    sizes = tuple(reversed(volume.shape))[rgb:]
    if max(sizes) > _LONGEST:
        raise ExportError(f"NIfTI-1 allows {_LONGEST:,} voxels along an axis. NRRD allows more")
    datatype = _RGB24 if rgb else _DATATYPES[volume.dtype.newbyteorder("=").name]
    if rgb and volume.dtype != np.uint8:
        raise ExportError("NIfTI-1 stores color with 8 bits only")
    bits = volume.dtype.itemsize * 8 * (3 if rgb else 1)
    spacing = volume.stack.geometry.spacing[::-1]
    step, is_time = axis_step(volume)
    affine = volume.affine
    quaternion, handedness = (np.zeros(3), 1.0) if affine is None else _quaternion(affine)
    ras = np.zeros((4, 4)) if affine is None else LPS_TO_RAS @ affine
    offset = ras[:3, 3]
    has_q_form = affine is not None and bool(handedness)
    units = volume.stack.geometry.calibrated * _MILLIMETERS + is_time * _SECONDS
    dim = (len(sizes), *sizes, *(1,) * (7 - len(sizes)))
    pixdim = (handedness or 1.0, *spacing, step, 1.0, 1.0, 1.0)
    return struct.pack(
        "<i35xB8h14xhhh8ffffhbBffff8x80s24xhh6f12f16x4s4x",
        348,
        0,
        *dim,
        datatype,
        bits,
        0,
        *pixdim,
        float(_HEADER_BYTES),
        1.0,  # scl_slope, scl_inter: the values are the values
        0.0,
        0,
        0,
        units,
        0.0,
        0.0,
        0.0,
        0.0,
        b"napari-medscan",
        _SCANNER if has_q_form else 0,
        _SCANNER if affine is not None else 0,
        *quaternion,
        *(offset if has_q_form else np.zeros(3)),
        *ras[:3].ravel(),
        b"n+1\0",
    )


def _quaternion(affine: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return (b, c, d) of the q-form and its handedness; 0 if the axes are not at right angles."""
    axes = (LPS_TO_RAS @ affine)[:3, :3]
    axes = axes / np.linalg.norm(axes, axis=0)
    if np.abs(axes.T @ axes - np.eye(3)).max() > _ORTHOGONAL:
        return np.zeros(3), 0.0
    handedness = 1.0 if np.linalg.det(axes) > 0 else -1.0
    axes[:, 2] *= handedness
    x, y, z, w = _rotation(axes)
    # A quaternion and its negative are the same rotation; a = w is positive in NIfTI.
    return np.array((x, y, z)) * (-1.0 if w < 0 else 1.0), handedness


def _rotation(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quaternion (x, y, z, w) of the rotation nearest to axes that are rounded.

    By the eigenvector of Bar-Itzhack (doi 10.2514/2.4654): scipy's rotations take 30 MB of memory.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = axes
    lower = np.array([
        [xx - yy - zz, 0, 0, 0],
        [xy + yx, yy - xx - zz, 0, 0],
        [xz + zx, yz + zy, zz - xx - yy, 0],
        [zy - yz, xz - zx, yx - xy, xx + yy + zz],
    ])  # fmt: skip
    vectors: NDArray[np.float64] = np.linalg.eigh(lower)[1]
    return vectors[:, -1]
