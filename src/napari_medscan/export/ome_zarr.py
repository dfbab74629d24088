"""OME-Zarr: a series as a folder of compressed slices, for data larger than one file should be.

NGFF 0.5 (https://ngff.openmicroscopy.org/0.5/), with Zarr 3, at full resolution only. It holds the
units, scale and translation of every axis, but no direction in the patient.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Unpack

import numpy as np

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.facts import axis_step
from napari_medscan.export.new_files import new_folder
from napari_medscan.export.volume import Exported, LabelArray, Options, Progress, Volume, volume_of

SUFFIX: Final = ".ome.zarr"
_MISSING: Final = 'Writing OME-Zarr needs: pip install "napari-medscan[zarr]"'
_UNITS: Final = {"t": "second", "z": "millimeter", "y": "millimeter", "x": "millimeter"}
_TYPES: Final = {"t": "time", "c": "channel"}


def save_ome_zarr(
    stack: Stack,
    folder: Path | str,
    labels: LabelArray | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Exported:
    """Write a series, or labels drawn on it, as OME-Zarr, slice by slice.

    Color is the axis c, before z, as NGFF has it. Scale and translation are in mm along the
    series' own axes, as in napari, and in seconds along t if it is a time.

    Parameters
    ----------
    stack, labels, progress
        As in `save_nifti`.
    folder : path
        Ends in ``.ome.zarr``; the folder that it is in exists.
    **options
        See `Options`.

    Returns
    -------
    Exported
        The folder.

    Raises
    ------
    ExportError
        If zarr is not installed, the folder exists, a slice is missing or cannot be read, or the
        slices are unevenly spaced.
    OSError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    if not folder.name.lower().endswith(SUFFIX):
        raise ExportError("The name of an OME-Zarr folder ends in .ome.zarr")
    try:
        import zarr
    except ImportError:
        raise ExportError(_MISSING) from None
    volume = volume_of(stack, labels, options)
    order = _order(volume.axes)
    shape = tuple(volume.shape[volume.axes.index(axis)] for axis in order)
    replaces = "zarr.json" if options.get("overwrite") else ""
    with new_folder(folder, replaces=replaces) as temporary:
        group = zarr.create_group(temporary, attributes={"ome": _multiscales(volume, order)})
        array = group.create_array(
            "0",
            shape=shape,
            dtype=volume.dtype.newbyteorder("="),
            chunks=tuple(1 if axis in "tcz" else n for axis, n in zip(order, shape, strict=True)),
            dimension_names=list(order),
        )
        first = 0
        depth = shape[order.index("z")]
        for block in volume.blocks(progress):
            time, z = divmod(first, depth)
            # Color comes before the slices.
            part = np.moveaxis(block, -1, 0) if "c" in order else block
            where = (time,) * ("t" in order) + (slice(None),) * ("c" in order)
            array[(*where, slice(z, z + len(block)))] = part
            first += len(block)
    return Exported((folder,), tuple(volume.blank))


def _order(axes: str) -> str:
    """Return the axes as NGFF orders them: time, channel, space."""
    return "".join(axis for axis in "tczyx" if axis in axes)


def _multiscales(volume: Volume, order: str) -> dict[str, Any]:
    """Return the metadata of the group (NGFF 0.5, section 2.4)."""
    geometry = volume.stack.geometry
    step, is_time = axis_step(volume)
    scale = {"t": step, **dict(zip("zyx", geometry.scale, strict=True))}
    start = dict(zip("zyx", geometry.translate, strict=True))
    axes = []
    for axis in order:
        facts = {"name": axis, "type": _TYPES.get(axis, "space")}
        if (geometry.calibrated and axis in "zyx") or (axis == "t" and is_time):
            facts["unit"] = _UNITS[axis]
        axes.append(facts)
    transforms = [
        {"type": "scale", "scale": [float(scale.get(axis, 1)) for axis in order]},
        {"type": "translation", "translation": [float(start.get(axis, 0)) for axis in order]},
    ]
    datasets = [{"path": "0", "coordinateTransformations": transforms}]
    return {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
