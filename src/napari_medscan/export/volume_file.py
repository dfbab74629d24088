"""Reading NIfTI and NRRD files that other programs have made, such as segmentations.

nibabel and pynrrd (the extra ``volumes``) read the many dialects of these formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.export.errors import ExportError
from napari_medscan.export.nifti import LPS_TO_RAS

MOST_BYTES: Final = 4 << 30
"""A file that claims more than this is refused: it is read as a whole."""

_SPACES: Final = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
_MISSING: Final = 'Reading NIfTI and NRRD needs: pip install "napari-medscan[volumes]"'


@dataclass(frozen=True, slots=True, eq=False)
class VolumeFile:
    """The voxels of a file and where they lie.

    Parameters
    ----------
    data : ndarray
        Axes (…, slice, row, column) as the file calls its third, second and first axis; before
        them at most one, of time points, of layers of a segmentation, or of a vector's parts.
    affine : ndarray
        4x4 matrix from (column, row, slice, 1) to LPS (x, y, z, 1) in mm.
    """

    data: NDArray[Any]
    affine: NDArray[np.float64]


def read_volume(path: Path | str) -> VolumeFile:
    """Read a NIfTI file (``.nii``, ``.nii.gz``) or an NRRD file (``.nrrd``).

    Raises
    ------
    ExportError
        If it is neither, damaged, too large, or does not say where it lies in the patient.
    OSError
        If it cannot be opened.
    """
    path = Path(path)
    name = path.name.lower()
    try:
        if name.endswith((".nii", ".nii.gz")):
            return _read_nifti(path)
        if name.endswith(".nrrd"):
            return _read_nrrd(path)
    except ImportError:
        raise ExportError(_MISSING) from None
    except (OSError, ExportError):
        raise
    except Exception as error:  # noqa: BLE001 - the libraries raise whatever parsing came across
        raise ExportError(f"The file cannot be read ({type(error).__name__})") from None
    raise ExportError("Only .nii, .nii.gz and .nrrd files can be laid onto a series")


def _read_nifti(path: Path) -> VolumeFile:
    import nibabel as nib

    image = nib.load(path)
    if not isinstance(image, nib.Nifti1Image):
        raise ExportError("The file is not NIfTI")
    header = image.header
    if not (int(header["sform_code"]) or int(header["qform_code"])):
        raise ExportError("The file has no position in the patient")
    shape = tuple(extent for i, extent in enumerate(image.shape) if i < 3 or extent > 1)
    dtype: np.dtype[Any] = header.get_data_dtype()  # type: ignore[no-untyped-call]
    _check_size(image.shape, dtype.itemsize)
    if dtype.fields or len(shape) not in (3, 4):
        raise ExportError("Only images with one value per voxel can be laid onto a series")
    data = np.asanyarray(image.dataobj).reshape(shape, order="F").T
    return VolumeFile(data, LPS_TO_RAS @ np.asarray(image.affine, dtype=np.float64))


def _read_nrrd(path: Path) -> VolumeFile:
    import nrrd

    with path.open("rb") as file:
        header: Mapping[str, Any] = nrrd.read_header(file)
        if {"data file", "datafile"} & header.keys():
            raise ExportError("The voxels are in another file, which is not opened")
        signs = _SPACES.get(str(header.get("space", "")).lower())
        directions, origin = header.get("space directions"), header.get("space origin")
        if signs is None or directions is None or origin is None:
            raise ExportError("The file has no position in the patient")
        sizes = [int(size) for size in header["sizes"]]
        _check_size(sizes, 8)
        data = nrrd.read_data(header, file, index_order="F")
    directions = np.array(directions, dtype=np.float64)
    spatial = [axis for axis, vector in enumerate(directions) if np.isfinite(vector).all()]
    if len(spatial) != 3 or data.ndim not in (3, 4):
        raise ExportError("Only images of three axes in space can be laid onto a series")
    affine = np.eye(4)
    affine[:3, :3] = directions[spatial].T
    affine[:3, 3] = origin
    others = [axis for axis in range(data.ndim) if axis not in spatial]
    return VolumeFile(data.transpose(*others, *reversed(spatial)), np.diag((*signs, 1)) @ affine)


def _check_size(shape: Any, itemsize: int) -> None:  # noqa: ANN401 - any sequence of numbers
    voxels = np.prod([int(extent) for extent in shape], dtype=np.float64)
    if min(shape, default=0) < 1 or voxels * itemsize > MOST_BYTES:
        raise ExportError("The size in the file's header is not plausible")
