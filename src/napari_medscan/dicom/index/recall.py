"""A LoadReport to and from the index: opening a folder again without reading it again.

The index stores what the whole of a drop decides (which files make a stack, in which order,
where it lies) and where each slice lies. The headers of the first and of the middle slice are
read when the folder is opened, every other one when its pixels or tags are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.index import index_file
from napari_medscan.dicom.objects.registry import objects_of, parts_of
from napari_medscan.dicom.objects.value_mapping import ValueMapping
from napari_medscan.dicom.pixels import decoded_cache
from napari_medscan.dicom.series.axis_values import AxisValues
from napari_medscan.dicom.series.completion import COMPLETED
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.part_names import with_parts
from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.dicom.series.slice_headers import FileHeaders, RecalledHeaders
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.series.stacking import Plan, assemble
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.frames import FrameCache


def remember(roots: Sequence[Path], files: Sequence[DroppedFile], report: LoadReport) -> None:
    """Keep what was found in a drop.

    Not so when a file could not be read, which may have been for this once, or
    was changed a moment ago, or when files define the values or the places of others.

    Parameters
    ----------
    roots : sequence of Path
        What was dropped.
    files : sequence of DroppedFile
        What was in it before any of it was read, as `walk` gives them.
    report : LoadReport
        What was made of them.
    """
    if not index_file.is_used() or report.unreadable:
        return
    if not index_file.is_settled(files, time.time()):
        return
    if any(isinstance(each, ValueMapping) for each in report.objects):
        # Headers are read again one by one, and what other files say of them is not.
        return
    if any(COMPLETED.intersection(stack.warnings) for stack in report.stacks):
        return
    numbers = {file.name: number for number, file in enumerate(files)}
    entry = {
        "fingerprint": index_file.fingerprint(files),
        "skipped": [[numbers[name], why] for name, why in report.skipped.items()],
        "duplicates": [[numbers[name], numbers[of]] for name, of in report.duplicates.items()],
        "warnings": report.warnings,
        "stacks": [_packed(stack, numbers) for stack in report.stacks],
        "objects": [
            [numbers[name] for name in each.files] for each in report.objects if each.files
        ],
    }
    index_file.write(index_file.key_of(roots), entry)


def recall(
    roots: Sequence[Path], files: Sequence[DroppedFile], cache: FrameCache
) -> LoadReport | None:
    """Return what was found in a drop the last time, None if it is not known or not the same.

    Parameters
    ----------
    roots, files
        As in `remember`.
    cache : FrameCache
        Keeps the decoded frames of all stacks.
    """
    entry = index_file.read(index_file.key_of(roots)) if index_file.is_used() else None
    if entry is None or entry.get("fingerprint") != index_file.fingerprint(files):
        return None
    names = [file.name for file in files]
    headers = FileHeaders(HeaderReader())
    try:
        stacks = with_parts(
            [_unpacked(packed, files, headers, cache) for packed in entry["stacks"]]
        )
        objects = _objects([files[n] for same in entry["objects"] for n in same], headers)
        return LoadReport(
            stacks=tuple(stacks),
            skipped={names[number]: str(why) for number, why in entry["skipped"]},
            duplicates={names[number]: names[of] for number, of in entry["duplicates"]},
            warnings=tuple(map(str, entry["warnings"])),
            objects=(*objects, *parts_of(stacks)),
        )
    except (MedscanError, OSError, KeyError, IndexError, TypeError, ValueError):
        return None


def forget() -> int:
    """Wipe all that is kept on disk, headers and slices; return how many bytes that were."""
    return index_file.CACHE.clear() + decoded_cache.CACHE.clear()


def _packed(stack: Stack, numbers: Mapping[str, int]) -> dict[str, Any]:
    plan = Plan(
        times=stack.array.shape[0] if stack.axes.startswith("t") else 1,
        geometry=stack.geometry,
        dtype=stack.array.dtype.str,
        dimension=stack.dimension,
        transfer_syntaxes=stack.transfer_syntaxes,
        is_compressed=stack.is_compressed,
        suv=None,
        warnings=stack.warnings,
        holes=stack.holes,
    )
    axis = stack.axis_values
    return {
        **asdict(plan),
        "axis_values": None if axis is None else axis.packed(),
        # Not the factors: weight and height could be worked out from them.
        "suv": stack.suv is not None,
        "slices": stack.slices.packed(numbers),
    }


def _unpacked(
    packed: dict[str, Any], files: Sequence[DroppedFile], headers: FileHeaders, cache: FrameCache
) -> Stack:
    slices = SliceTable.unpacked(packed.pop("slices"), files)
    geometry = {name: _frozen(value) for name, value in packed.pop("geometry").items()}
    has_suv, axis = packed.pop("suv"), packed.pop("axis_values")
    values = {name: _frozen(value) for name, value in packed.items()}
    plan = Plan(
        geometry=Geometry(**geometry),
        suv=None,
        axis_values=None if axis is None else AxisValues.unpacked(axis, values["times"]),
        **values,
    )
    stack = assemble(slices, RecalledHeaders(slices, headers), plan, cache)
    return replace(stack, suv=stack.read_header(stack.typical).suv) if has_suv else stack


def _objects(files: Sequence[DroppedFile], headers: FileHeaders) -> tuple[DicomObject, ...]:
    """Return the objects that some files make; ValueError if there is more in them now."""
    found = [headers.read_any(file.ref, file.name) for file in files]
    images = [each for each in found if isinstance(each, ImageHeader)]
    others = [each for each in found if not isinstance(each, ImageHeader)]
    objects, images = objects_of(images, others)
    if images or len({name for each in objects for name in each.files}) < len(files):
        raise ValueError("the files have changed")
    return objects


def _frozen(value: object) -> Any:  # noqa: ANN401 - whatever JSON gave
    return tuple(value) if isinstance(value, list) else value
