"""Saving layers as NIfTI, NRRD and TIFF, and opening volumes on the grid of a series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import napari
import napari.viewer
import numpy as np
from napari.layers import Image, Labels, Layer
from numpy.typing import NDArray

from napari_medscan.dicom import CancelledError, MedscanError, Stack
from napari_medscan.export import (
    Exported,
    ExportError,
    lay_onto,
    read_volume,
    save_nifti,
    save_nrrd,
    save_ome_zarr,
    save_tiff,
)
from napari_medscan.export.errors import OptionNeededError
from napari_medscan.export.tiff import is_tiff_type
from napari_medscan.export.volume import Progress
from napari_medscan.napari_.compat.npe2_writers import other_writer
from napari_medscan.napari_.gui import is_interactive
from napari_medscan.napari_.layer_identity import METADATA_KEY, stack_of
from napari_medscan.napari_.notify import tell, tell_error
from napari_medscan.napari_.objects.labels_grid import labels_on_series, on_own_grid
from napari_medscan.napari_.progress import run_with_progress
from napari_medscan.napari_.question import is_wanted

Save = Callable[..., Exported]

VOLUMES: dict[str, Save] = {".nii.gz": save_nifti, ".nii": save_nifti, ".nrrd": save_nrrd}
SAVERS: dict[str, Save] = {
    **VOLUMES,
    ".tif": save_tiff,
    ".tiff": save_tiff,
    ".ome.zarr": save_ome_zarr,
}
NOT_OURS = "Only DICOM series can be saved as NIfTI or NRRD"
_QUESTIONS = {
    "uneven": (
        "Save with the mean slice spacing? The JSON file lists the exact positions of the slices.",
        "Save with mean spacing",
    ),
    "blanks": (
        "Save the series with blank slices where one is missing or cannot be read?",
        "Save with blanks",
    ),
}
"""What a person is asked where an option is needed, and the button that allows it."""
_MOST_LAYERS = 64
"""Layers of a segmentation file that are opened one by one."""


def save_image_data(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:  # noqa: ANN401
    """Save the series of an image layer, and return the files.

    What is not of a series is saved by whoever else writes such files.

    Raises
    ------
    ExportError, CancelledError, OSError
        If nobody else does, or as the functions of `export`.
    """
    stack = stack_of(_layer_with(data) or _layer_of(data, attributes))
    if stack is None or not _has_format(path, stack.array.dtype):
        return _saved_by_others(path, data, attributes, "image")
    return _saved(stack, None, path)


def save_labels_data(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:  # noqa: ANN401
    """Save labels on the grid of the series, or of its part, that they lie on; return the files.

    What lies on none is saved by whoever else writes such files.

    Raises
    ------
    ExportError, CancelledError, OSError
        If nobody else does, or as the functions of `export`.
    """
    layer = _layer_with(data) or Layer.create(data, attributes, "labels")
    try:
        placed = labels_on_series(cast("Labels", layer))
    except ExportError as reason:
        return _saved_by_others(path, data, attributes, "labels", reason)
    if not _has_format(path, placed.data.dtype):
        return _saved_by_others(path, data, attributes, "labels")
    return _saved(*on_own_grid(cast("Labels", layer), placed), path)


def save_series(layer: Image, suffix: str) -> None:
    """Ask for a file and save the series of a layer in it, in the format of a suffix."""
    from napari_medscan.napari_.file_traces import ask_where_to_save
    from napari_medscan.napari_.gui import main_window

    stack = stack_of(layer)
    if stack is None:
        tell(f"{NOT_OURS}.")
        return
    title = f"Save series as {'NRRD' if suffix == '.nrrd' else 'NIfTI'}"
    path = ask_where_to_save(main_window(), title, f"series{suffix}", f"*{suffix}", VOLUMES)
    if path is None:
        return
    try:
        # The dialog has asked whether an existing file is to be replaced.
        _saved(stack, None, str(path))
    except CancelledError:
        return
    except (MedscanError, OSError) as error:
        tell_error(error, "The file cannot be written.")
    else:
        tell("Series saved.")


def open_on_series(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Ask for a NIfTI or NRRD file and add it on the grid of the series of a layer."""
    from napari_medscan.napari_.file_traces import ask_for_file
    from napari_medscan.napari_.gui import main_window

    kinds = " ".join(f"*{suffix}" for suffix in VOLUMES)
    title = "Open NIfTI or NRRD on this series"
    path = ask_for_file(main_window(), title, f"NIfTI, NRRD ({kinds})")
    if path is not None:
        add_on_series(viewer, layer, path)


def add_on_series(viewer: napari.viewer.Viewer, layer: Image, path: Path) -> list[Layer]:
    """Add the voxels of a file on the grid of a series: whole numbers as labels, others as image.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they are added.
    layer : Image
        Shows the series.
    path : Path
        A NIfTI or NRRD file.

    Returns
    -------
    list of Layer
        What was added; none if the file does not fit, and a notification says why.
    """
    stack = stack_of(layer)
    if stack is None:
        tell(f"{NOT_OURS}.")
        return []
    try:
        data = run_with_progress(lambda _: lay_onto(read_volume(path), stack), "Reading volume…")
    except CancelledError:
        return []
    except (MedscanError, OSError) as error:
        tell_error(error, "The file cannot be read.")
        return []
    is_timed = stack.axes.startswith("t") and data.ndim == 4 and len(data) == stack.array.shape[0]
    parts = [data] if data.ndim == 3 or is_timed else list(data)
    if len(parts) > _MOST_LAYERS:
        tell(f"The file has {len(parts)} volumes, which do not fit the series.")
        return []
    kind = _label_type(data)
    added = [_layer(part, layer, kind) for part in parts]
    for number, one in enumerate(added, start=1):
        # The name of the file can name a patient.
        one.name = "Labels" if kind is not None else "Image"
        one.name += f" {number}" if len(added) > 1 else ""
        viewer.add_layer(one)
    return added


def _layer(data: NDArray[Any], series: Image, kind: np.dtype[Any] | None) -> Layer:
    offset = series.ndim - data.ndim
    place: dict[str, Any] = {
        "scale": series.scale[offset:],
        "translate": series.translate[offset:],
        "units": series.units[offset:],
        "axis_labels": series.axis_labels[offset:],
        "projection_mode": "none",
    }
    if kind is None:
        return Image(data, colormap="inferno", blending="additive", **place)
    return Labels(np.ascontiguousarray(data, kind), **place)


def _label_type(data: NDArray[Any]) -> np.dtype[Any] | None:
    """Return the type of labels, None if the values are no whole numbers from 0."""
    if data.dtype.kind == "b":
        return np.dtype(np.uint8)
    if data.dtype.kind == "f":
        # Some programs write labels as numbers with a decimal point.
        is_whole = np.isfinite(data).all() and (data == np.rint(data)).all() and data.min() >= 0
        return np.dtype(np.uint16) if is_whole and data.max() < 1 << 16 else None
    return data.dtype if data.dtype.kind == "u" or data.min() >= 0 else None


def _layer_with(data: object) -> Layer | None:
    viewer = napari.current_viewer()
    layers = () if viewer is None else viewer.layers
    return next((layer for layer in layers if layer.data is data), None)


def _layer_of(data: Any, attributes: dict[str, Any]) -> Layer | None:  # noqa: ANN401
    """Return an image layer that is in no viewer, None if it has nothing to do with a series."""
    if METADATA_KEY not in attributes.get("metadata", {}):
        return None
    return Layer.create(data, attributes, "image")


def _saver(path: str) -> Save | None:
    return next((s for suffix, s in SAVERS.items() if path.lower().endswith(suffix)), None)


def _has_format(path: str, dtype: np.dtype[Any]) -> bool:
    """Return whether we write values of a type to files of this name."""
    save = _saver(path)
    return save is not None and (save is not save_tiff or is_tiff_type(dtype))


def _saved_by_others(
    path: str,
    data: Any,  # noqa: ANN401 - as napari hands it over
    attributes: dict[str, Any],
    kind: str,
    reason: ExportError | None = None,
) -> list[str]:
    write = other_writer(path, kind)
    if write is None and _saver(path) is None:
        raise ExportError(f"Choose a name that ends in {', '.join(SAVERS)}")
    if write is None:
        raise reason or ExportError(NOT_OURS)
    return list(write(path, data, attributes))


def _saved(stack: Stack, labels: Any, path: str) -> list[str]:  # noqa: ANN401 - like an array
    """Save a series or labels, and return the names of the files."""
    done = _written(_saver(path) or save_nifti, stack, path, labels)
    for warning in done.warnings:
        tell(f"{warning}.")
    return [str(file) for file in done.files]


def _written(save: Save, stack: Stack, path: str, labels: object, **allowed: bool) -> Exported:
    """Save a series or labels; a person is asked about what only an option allows."""

    def write(progress: Progress | None) -> Exported:
        return save(stack, path, labels, progress, overwrite=True, **allowed)

    try:
        return run_with_progress(write, "Saving series…")
    except OptionNeededError as error:
        if not is_interactive():
            raise
        question, answer = _QUESTIONS[error.option]
        if not is_wanted(f"{error}.\n{question}", answer):
            raise CancelledError("canceled") from None
        option = error.option
    return _written(save, stack, path, labels, **{**allowed, option: True})
