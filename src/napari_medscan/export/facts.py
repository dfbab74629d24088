"""What is written beside a volume: facts of the acquisition that identify nobody."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from napari_medscan import __version__
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.series.axis_values import AxisValues
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.tags.reading import read_tree
from napari_medscan.export.volume import Volume

_MR_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.4"
_EVEN: Final = 1e-3
"""Time points whose steps differ by less than this share are evenly spaced."""
_BIDS: Final = {
    "EchoTime": 1e-3,
    "RepetitionTime": 1e-3,
    "InversionTime": 1e-3,
    "FlipAngle": 1.0,
}
"""Attributes of MR that BIDS names, and what makes its units (seconds, degrees) of DICOM's."""


def axis_step(volume: Volume) -> tuple[float, bool]:
    """Return the step of the time axis in seconds, and whether it is a time at all.

    The step is 1 without an axis of evenly spaced times: a format that has one step for all
    cannot hold others.
    """
    axis = volume.stack.axis_values
    if axis is None or axis.unit != "s" or len(axis.values) < 2 or "t" not in volume.axes:
        return 1.0, False
    steps = np.diff(np.asarray(axis.values, dtype=np.float64))
    step = float(steps.mean())
    if step <= 0 or np.abs(steps - step).max() > _EVEN * step:
        return 1.0, False
    return step, True


def sidecar(volume: Volume) -> bytes:
    """Return facts of a volume as JSON, without any text that a person has entered."""
    stack = volume.stack
    facts: dict[str, Any] = {
        "Modality": stack.modality,
        "ConversionSoftware": "napari-medscan",
        "ConversionSoftwareVersion": __version__,
        "Axes": volume.axes,
        "VoxelSizeMillimeters": list(stack.voxel_size or ()) or None,
        "GantryTiltDegrees": round(stack.geometry.tilt, 4) or None,
        "Warnings": list(stack.warnings) or None,
        "BlankSlices": sorted(volume.blank) or None,
    }
    if volume.labels is None:
        facts["Units"] = stack.unit
        if stack.suv is not None:
            facts["SUVbwFactor"] = stack.suv.bw
        facts |= _fourth_axis(stack.axis_values)
        dimensions = stack.typical_frame.dimensions
        for name, factor in _BIDS.items():
            value = dimensions.get(name)
            if isinstance(value, int | float) and stack.modality == "MR":
                facts[name] = round(value * factor, 9)
    if not stack.geometry.measurable:
        facts["SlicePositionsLPS"] = [record.position for record in stack.slices]
    present = {name: value for name, value in facts.items() if value is not None}
    return (json.dumps(present, indent=1, allow_nan=False) + "\n").encode("ascii")


def _fourth_axis(axis: AxisValues | None) -> dict[str, Any]:
    if axis is None:
        return {}
    values = [v if isinstance(v, str) else float(v) for v in axis.values]
    return {"FourthAxis": axis.name, "FourthAxisUnit": axis.unit, "FourthAxisValues": values}


def diffusion_files(volume: Volume) -> tuple[dict[str, str], list[str]]:
    """Return the texts of a ``.bval`` and a ``.bvec`` file by suffix, and warnings.

    There are none of images without diffusion weighting. Directions are relative to the axes
    of the voxels, x mirrored if those are right-handed in RAS: FSL's convention.
    """
    stack = volume.stack
    if (
        volume.labels is not None
        or "DiffusionGradient" not in stack.typical_frame.dimensions
        or "t" not in volume.axes
    ):
        return {}, []
    try:
        # One slice of every volume tells.
        firsts = [int(row[row >= 0][0]) for row in stack.array.places]
        weightings = [_weighting(stack, number) for number in firsts]
        are_of_the_patient = _are_of_the_patient(stack)
    except UnreadableError as error:
        return {}, [f"Diffusion weighting cannot be read ({error})"]
    if not any(b_value for b_value, _ in weightings):
        return {}, []
    files = {".bval": " ".join(f"{b:g}" for b, _ in weightings) + "\n"}
    affine = volume.affine
    if affine is None or not are_of_the_patient:
        return files, ["Gradient directions are not in patient coordinates: no .bvec was written"]
    vectors = np.array([direction for _, direction in weightings])
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    along = vectors @ axes
    if np.linalg.det(affine[:3, :3]) > 0:  # LPS and RAS have the same handedness
        along[:, 0] *= -1
    rows = (" ".join(f"{value + 0.0:.6g}" for value in row) for row in np.round(along.T, 6))
    files[".bvec"] = "\n".join(rows) + "\n"
    return files, []


def _weighting(stack: Stack, number: int) -> tuple[float, tuple[float, ...]]:
    """Return the b-value and the direction of a slice; (0, 0, 0) if it has none."""
    header = stack.read_header(number)
    value = header.frames[stack.slices[number].index].dimensions.get("DiffusionGradient")
    b_value, direction = value if isinstance(value, tuple) else (None, ())
    return b_value or 0.0, direction if len(direction) == 3 else (0.0, 0.0, 0.0)


def _are_of_the_patient(stack: Stack) -> bool:
    """Whether gradient directions are in patient coordinates.

    All makers write them like that but GE, which has the axes of the scan: frequency, phase and
    slice encoding. Enhanced images have the standard's, in patient coordinates.
    """
    if stack.sop_class != _MR_IMAGE:
        return True
    tree = read_tree(stack.slices[stack.typical].file)
    values = {tree.what(row).tag: tree.values[row] or "" for row in tree.children(-1)}
    return Tag.DiffusionGradientOrientation in values or not values.get(
        Tag.Manufacturer, ""
    ).upper().startswith("GE")
