"""Labels as a DICOM segmentation (PS3.3 A.51), written by highdicom (the extra ``seg``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, Unpack, cast

import numpy as np
import psutil
from numpy.typing import NDArray

from napari_medscan import __version__
from napari_medscan.dicom.elements.pydicom_fallback import silent_pydicom
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.objects.segmentation import Segmentation
from napari_medscan.dicom.objects.segments import CREATOR_TAG, VALUE_TAG, Segment
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.new_files import NewFiles
from napari_medscan.export.segment_items import original_items, segment_item
from napari_medscan.export.source_headers import SourceSlice, refer_to_images, source_slices
from napari_medscan.export.volume import Exported, LabelArray, Progress, read_labels

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription
    from pydicom.dataset import Dataset

Encoding = Literal["BINARY", "LABELMAP"]
MISSING: Final = 'Saving segmentations needs: pip install "napari-medscan[seg]"'
_NUMBER_AFTER: Final = 1000
"""A segmentation of series 3 is series 1003."""
_MOST: Final = 65535
_LONGEST: Final = 64
"""Characters of a Series Description (PS3.5 6.2, LO)."""
_MEMORY: Final = 0.5
"""Share of free memory that overlapping segments may take."""
_Key = tuple[int, int]
"""Which array of labels, and the value in it."""


class SegOptions(TypedDict, total=False):
    """How a segmentation is written.

    Parameters
    ----------
    description : str
        Series Description; "Segmentation" by default.
    encoding : {"BINARY", "LABELMAP"}
        BINARY by default. Label maps (Supplement 243) keep all numbers and are small; few programs
        read them yet, and their segments cannot overlap.
    source : Segmentation or None
        The segmentation that was opened and edited: what it says beyond `Segment` stays.
    overwrite : bool
        Replace a file that exists; False by default.
    """

    description: str
    encoding: Encoding
    source: Segmentation | None
    overwrite: bool


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is painted: the slices that are not empty.

    Parameters
    ----------
    planes : mapping of int to sequence of ndarray
        By slice, one of each array of labels.
    keys : frozenset of tuple of int
        Values that occur.
    has_overlap : bool
        Some voxel is painted in more than one array.
    """

    planes: Mapping[int, Sequence[NDArray[Any]]]
    keys: frozenset[_Key]
    has_overlap: bool


def save_dicom_seg(
    stack: Stack,
    path: Path | str,
    labels: LabelArray | Sequence[LabelArray],
    segments: Sequence[Segment] | Sequence[Sequence[Segment]] = (),
    progress: Progress | None = None,
    **options: Unpack[SegOptions],
) -> Exported:
    """Write labels drawn on a series as a DICOM segmentation.

    It is a new series of the same patient and study, and identifies the patient as the images do.

    Parameters
    ----------
    stack : Stack
        The series.
    path : path
        Its folder exists.
    labels : array of int, or several
        Slices, rows and columns of the series; 0 is background. Segments that overlap are in
        several arrays.
    segments : sequence of Segment, or one such sequence for each array
        What is known of the labels, by value (`Segment.number`). Those that are not painted are
        written as empty segments; painted ones that are not described are called "Segment 3".
    progress : callable, optional
        Called with (slices read, slices in all). What it raises stops the export.
    **options
        See `SegOptions`.

    Returns
    -------
    Exported
        The file.

    Raises
    ------
    ExportError
        If highdicom is not installed, nothing is painted, or labels or series do not allow it.
    MedscanError
        If a slice of the labels or a header of the series cannot be read.
    OSError
        If the file cannot be written.

    Notes
    -----
    Segments of a binary segmentation are numbered from 1 without gaps (PS3.3 C.8.20.2.4). Where
    values of labels differ from that, a private element of the segment keeps them for MedScan.
    """
    _require_highdicom()
    encoding = options.get("encoding", "BINARY")
    arrays, described = _sets(labels, segments)
    depth = _check(stack, arrays)
    drawn = _read(arrays, depth, progress)
    if not drawn.planes:
        raise ExportError("Nothing is painted in these labels")
    if drawn.has_overlap and encoding == "LABELMAP":
        raise ExportError("Segments overlap, which a label map cannot hold")
    numbered = _numbered(described, drawn.keys, encoding)
    slices = source_slices(stack)
    pixels = _pixels(drawn, {key: number for number, (key, _) in numbered.items()})
    originals = original_items(options.get("source"))
    with _library():
        items = [
            segment_item(number, segment, originals.get(segment.number))
            for number, (_, segment) in numbered.items()
        ]
        _keep_unique_values(items)
        found = _build(stack, slices, tuple(drawn.planes), pixels, items, encoding)
        found.SeriesDescription = options.get("description", "Segmentation")[:_LONGEST]
        refer_to_images(found, slices)
    if progress is not None:
        # Writing cannot be stopped half-way: the last chance to cancel.
        progress(depth, depth)
    with NewFiles(overwrite=options.get("overwrite", False)) as files:
        file = files.open(Path(path))
        with _library():
            found.save_as(file, enforce_file_format=True)
    return Exported((Path(path),), warnings=_warnings(stack))


@contextmanager
def _library() -> Iterator[None]:
    """Keep highdicom and pydicom quiet: their messages and errors quote values of headers."""
    try:
        with silent_pydicom():
            yield
    except (MedscanError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever their checks of real headers meet
        raise ExportError(f"The header does not allow it ({type(error).__name__})") from None


def _require_highdicom() -> None:
    try:
        import highdicom  # noqa: F401 - takes a second, and is an extra
    except ImportError:
        raise ExportError(MISSING) from None


def _sets(
    labels: LabelArray | Sequence[LabelArray],
    segments: Sequence[Segment] | Sequence[Sequence[Segment]],
) -> tuple[list[LabelArray], list[dict[int, Segment]]]:
    """Return arrays of labels, and what is known of the values of each."""
    arrays = cast(
        "list[LabelArray]", list(labels) if isinstance(labels, list | tuple) else [labels]
    )
    given: list[Any] = list(segments)
    if given and isinstance(given[0], Segment):
        given = [given]
    given += [()] * (len(arrays) - len(given))
    if len(given) > len(arrays):
        raise ExportError("There are more lists of segments than arrays of labels")
    return arrays, [{each.number: each for each in same} for same in given]


def _check(stack: Stack, arrays: Sequence[LabelArray]) -> int:
    """Return how many slices there are; raise ExportError for labels that do not fit."""
    shape = stack.array.shape[: stack.array.ndim - stack.is_rgb]
    for array in arrays:
        if array.ndim == 4 and array.shape == shape:
            raise ExportError("A segmentation has no time points. Save labels of three axes")
        if array.shape != shape[-3:] or array.dtype.kind not in "biu":
            raise ExportError("The labels do not have the shape of the series")
    return shape[-3]


def _read(arrays: Sequence[LabelArray], depth: int, progress: Progress | None) -> _Drawn:
    planes: dict[int, list[NDArray[Any]]] = {}
    keys: set[_Key] = set()
    has_overlap = False
    for number in range(depth):
        if progress is not None:
            progress(number, depth)
        found = [read_labels(array, (np.array([number]),))[0] for array in arrays]
        if not any(plane.any() for plane in found):
            continue
        planes[number] = found
        for index, plane in enumerate(found):
            keys |= {(index, int(value)) for value in np.unique(plane)}
        has_overlap = has_overlap or sum((plane != 0).astype(np.uint8) for plane in found).max() > 1
    values = [value for _, value in keys]
    if values and (min(values) < 0 or max(values) > _MOST):
        raise ExportError("Labels are numbers from 1 to 65535")
    return _Drawn(planes, frozenset(key for key in keys if key[1]), has_overlap)


def _numbered(
    described: Sequence[Mapping[int, Segment]], painted: frozenset[_Key], encoding: Encoding
) -> dict[int, tuple[_Key, Segment]]:
    """Return the segments by Segment Number: from 1 without gaps, in the order of their values.

    Label maps keep the values themselves.
    """
    known = {(index, value) for index, same in enumerate(described) for value in same if value > 0}
    keys = sorted(painted | known, key=lambda key: (key[1], key[0]))
    numbers = [value for _, value in keys] if encoding == "LABELMAP" else range(1, len(keys) + 1)
    if len(set(numbers)) < len(keys):
        raise ExportError("Two arrays have the same label, which a label map cannot hold")
    found = {}
    for number, (index, value) in zip(numbers, keys, strict=True):
        segment = described[index].get(value) or Segment(value)
        found[number] = ((index, value), segment)
    return found


def _pixels(drawn: _Drawn, numbers: Mapping[_Key, int]) -> NDArray[Any]:
    """Return the slices that are not empty, as highdicom takes them.

    Segment Numbers of (slices, rows, columns); where segments overlap, 0 or 1 of (slices, rows,
    columns, segments).
    """
    dtype = np.dtype(np.uint8 if max(numbers.values()) < 256 else np.uint16)
    arrays = len(next(iter(drawn.planes.values())))
    tables = []
    for index in range(arrays):
        mine = {value: number for (array, value), number in numbers.items() if array == index}
        table = np.zeros(max(mine, default=0) + 1, dtype)
        table[list(mine)] = list(mine.values())
        tables.append(table)
    mapped = (
        [table[plane] for table, plane in zip(tables, planes, strict=True)]
        for planes in drawn.planes.values()
    )
    shape = next(iter(drawn.planes.values()))[0].shape
    if not drawn.has_overlap:
        together = np.zeros((len(drawn.planes), *shape), dtype)
        for place, planes in enumerate(mapped):
            for plane in planes:
                together[place] += plane
        return together
    _check_memory(len(numbers) * len(drawn.planes) * shape[0] * shape[1])
    apart = np.zeros((len(numbers), len(drawn.planes), *shape), np.uint8)
    for place, planes in enumerate(mapped):
        for plane in planes:
            for number in np.unique(plane[plane != 0]).tolist():
                apart[number - 1, place] |= plane == number
    return np.moveaxis(apart, 0, -1)


def _check_memory(size: int) -> None:
    if size > _MEMORY * psutil.virtual_memory().available:
        raise ExportError(
            f"Overlapping segments need {size / 1e9:.1f} GB of memory. "
            "Save some of the layers in a file of their own"
        )


def _keep_unique_values(items: Sequence[SegmentDescription]) -> None:
    """Take the values of labels out if two segments, of two arrays, have the same."""
    values = [item[VALUE_TAG].value if VALUE_TAG in item else item.SegmentNumber for item in items]
    if len(set(values)) == len(values):
        return
    for item in items:
        for tag in (CREATOR_TAG, VALUE_TAG):
            item.pop(tag, None)


def _build(
    stack: Stack,
    slices: Sequence[SourceSlice],
    planes: Sequence[int],
    pixels: NDArray[Any],
    items: Sequence[SegmentDescription],
    encoding: Encoding,
) -> Dataset:
    import highdicom as hd
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid

    geometry = stack.geometry
    headers = [each.header for each in slices]
    measures = hd.PixelMeasuresSequence(
        pixel_spacing=geometry.spacing[1:],
        slice_thickness=float(headers[0].SliceThickness),
        spacing_between_slices=abs(geometry.scale[0]) if geometry.measurable else None,
    )
    return hd.seg.Segmentation(
        source_images=headers,
        pixel_array=pixels,
        segmentation_type=encoding,
        segment_descriptions=items,
        series_instance_uid=generate_uid(None),
        series_number=(stack.series_number or 0) % 10**6 + _NUMBER_AFTER,
        sop_instance_uid=generate_uid(None),
        instance_number=1,
        manufacturer="napari-medscan",
        manufacturer_model_name="napari-medscan",
        software_versions=__version__,
        device_serial_number="1",
        content_label="SEGMENTATION",
        transfer_syntax_uid=RLELossless if encoding == "LABELMAP" else ExplicitVRLittleEndian,
        pixel_measures=measures,
        plane_positions=[
            hd.PlanePositionSequence("PATIENT", headers[plane].ImagePositionPatient)
            for plane in planes
        ],
        specific_character_set="ISO_IR 192",
    )


def _warnings(stack: Stack) -> tuple[str, ...]:
    if stack.header.frame_of_reference:
        return ()
    return ("The series has no frame of reference; the segmentation refers to its images instead",)
