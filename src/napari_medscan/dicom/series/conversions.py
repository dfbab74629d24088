"""A stack as an image of SimpleITK, nibabel or xarray, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import GeometryError
from napari_medscan.dicom.series.axis_values import AxisValues
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.frames import LazyStack

_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_UNEVEN = "the slices are unevenly spaced, and the image would have one spacing for all of them"


class Series(Protocol):
    """What is converted: a `Stack`, which has these functions as methods."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def modality(self) -> str:
        """Modality."""

    @property
    def axes(self) -> str:
        """Its axes, as of `Stack`."""

    @property
    def array(self) -> LazyStack:
        """Its values."""

    @property
    def unit(self) -> str | None:
        """Their unit."""

    @property
    def geometry(self) -> Geometry:
        """Where it lies."""

    @property
    def axis_values(self) -> AxisValues | None:
        """Values of the axis t."""

    @property
    def is_rgb(self) -> bool:
        """Whether the last axis holds red, green and blue."""


def to_sitk(stack: Series) -> Any:  # noqa: ANN401 - SimpleITK.Image
    """Return a stack as ``SimpleITK.Image``; see `Stack.to_sitk`."""
    sitk = _imported("SimpleITK")
    _check_even(stack)
    image = sitk.GetImageFromArray(_voxels(stack), isVector=stack.is_rgb)
    count = image.GetDimension()
    spacing, direction, origin = np.ones(count), np.eye(count), np.zeros(count)
    spacing[:3] = stack.geometry.spacing[::-1]
    affine = stack.geometry.affine
    if affine is not None:
        columns = affine[:3, [2, 1, 0]]
        spacing[:3] = np.linalg.norm(columns, axis=0)
        direction[:3, :3] = columns / spacing[:3]
        origin[:3] = affine[:3, 3]
    if count > 3:
        spacing[3] = _time_step(stack)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(origin.tolist())
    image.SetDirection(direction.ravel().tolist())
    return image


def to_nibabel(stack: Series) -> Any:  # noqa: ANN401 - nibabel.Nifti1Image
    """Return a stack as ``nibabel.Nifti1Image``; see `Stack.to_nibabel`."""
    nibabel = _imported("nibabel")
    _check_even(stack)
    voxels = _voxels(stack)
    if stack.is_rgb:
        rgb = np.dtype([(channel, voxels.dtype) for channel in "RGB"])
        voxels = np.ascontiguousarray(voxels).view(rgb)[..., 0]
    affine = affine_ras(stack)
    if affine is None:
        affine = np.diag([*stack.geometry.spacing, 1.0])
    image = nibabel.Nifti1Image(voxels.T, affine[:, [2, 1, 0, 3]])
    image.header.set_xyzt_units("mm" if stack.geometry.calibrated else None, "sec")
    if stack.axes.startswith("t"):
        image.header["pixdim"][4] = _time_step(stack)
    return image


def to_xarray(stack: Series) -> Any:  # noqa: ANN401 - xarray.DataArray
    """Return a stack as ``xarray.DataArray``; see `Stack.to_xarray`."""
    xarray = _imported("xarray")
    geometry = stack.geometry
    coordinates: dict[str, Any] = {}
    unit = "mm" if geometry.calibrated else "pixel"
    shape = dict(zip(stack.axes, stack.array.shape, strict=True))
    for axis, step, start in zip("zyx", geometry.scale, geometry.translate, strict=True):
        values = start + step * np.arange(shape[axis])
        coordinates[axis] = (axis, values, {"units": unit})
    if stack.axis_values is not None and "t" in shape:
        facts_of_t = {"long_name": stack.axis_values.name, "units": stack.axis_values.unit}
        coordinates["t"] = ("t", np.asarray(stack.axis_values.values), facts_of_t)
    if stack.is_rgb:
        coordinates["c"] = ("c", ["red", "green", "blue"])
    facts: dict[str, Any] = {"units": stack.unit or "", "modality": stack.modality}
    if geometry.affine is not None:
        facts["affine_lps"] = geometry.affine
    return xarray.DataArray(_voxels(stack), coordinates, tuple(stack.axes), stack.name, facts)


def affine_ras(stack: Series) -> NDArray[np.float64] | None:
    """Return the affine to RAS, the patient coordinates of nibabel and NIfTI."""
    affine = stack.geometry.affine
    return None if affine is None else np.asarray(_TO_RAS @ affine)


def _voxels(stack: Series) -> NDArray[Any]:
    return np.asarray(stack.array)


def _check_even(stack: Series) -> None:
    if not stack.geometry.measurable:
        raise GeometryError(_UNEVEN)


def _time_step(stack: Series) -> float:
    """Return the step in seconds between time points, 1 if it is not constant or not of time."""
    axis = stack.axis_values
    if axis is None or axis.unit != "s" or isinstance(axis.values, tuple):
        return 1.0
    steps = np.diff(axis.values)
    is_constant = bool(len(steps)) and steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-3)
    return float(steps.mean()) if is_constant else 1.0


def _imported(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(name)
    except ImportError:
        package = name if name == "SimpleITK" else name.lower()
        raise ImportError(f"this needs {name}: pip install {package}", name=name) from None
