"""Which files belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from napari_medscan.dicom.headers.header import Header, SliceRef
from napari_medscan.dicom.series.duplicates import CONFLICT
from napari_medscan.dicom.space.spacing import PROJECTIONS

_SAME_DIRECTION = 1e-4
_SINGLE_VIEWS = PROJECTIONS | {"RTIMAGE"}
_WHOLE_OBJECTS = frozenset(("RTDOSE", "SEG"))


def group(headers: Iterable[Header]) -> Iterator[list[SliceRef]]:
    """Yield the slices that may form one stack.

    A group shares patient, series, SOP class, extent, pixel type, photometric
    interpretation, in-plane spacing and orientation. Study Instance UID is not
    among them: a series UID is unique by itself (PS3.3 C.7.3.1), and some
    anonymisers give every file a study of its own.
    """
    by_series: dict[tuple[object, ...], list[Header]] = defaultdict(list)
    for header in headers:
        by_series[_series_key(header)].append(header)
    for series in by_series.values():
        if any(CONFLICT in header.notes for header in series):
            by_folder: dict[tuple[object, ...], list[Header]] = defaultdict(list)
            for number, header in _one_each(series):
                by_folder[number, header.folder].append(header)
            for part in by_folder.values():
                yield from _by_plane(part)
        else:
            yield from _by_plane(series)


def _one_each(series: Sequence[Header]) -> Iterator[tuple[int, Header]]:
    """Yield the files, those of a folder that share a SOP Instance UID numbered."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for header in series:
        key = header.folder, header.sop_instance
        yield seen[key], header
        seen[key] += 1


def _series_key(header: Header) -> tuple[object, ...]:
    layout = header.layout
    has_place = all(frame.position and frame.orientation for frame in header.frames)
    # Files that are whole in themselves do not belong together: without a
    # series UID, a clip or a view without a place, a dose grid, a segmentation.
    whole = layout.frames > 1 and (not has_place or header.modality in _WHOLE_OBJECTS)
    view = not has_place and header.modality in _SINGLE_VIEWS
    alone = header.name if not header.series or whole or view else ""
    return (
        header.patient,
        header.series,
        header.series_number,
        header.modality,
        header.sop_class,
        header.shape,
        layout.samples,
        layout.floating,
        layout.photometric if layout.samples == 1 else "color",
        has_place,
        alone,
    )


def _by_plane(series: Sequence[Header]) -> Iterator[list[SliceRef]]:
    """Split a series by orientation, in-plane spacing, segment, and known position."""
    planes: dict[tuple[object, ...], list[list[SliceRef]]] = defaultdict(list)
    # Most slices have the very values of the one before.
    known: dict[tuple[object, ...], list[SliceRef]] = {}
    for header in series:
        for index, frame in enumerate(header.frames):
            key = (
                frame.spacing,
                frame.orientation,
                frame.segment,
                frame.position is None,
                header.unit,
                frame.transform.unit,
                frame.transform.state,
            )
            plane = known.get(key)
            if plane is None:
                plane = known[key] = _plane_of(SliceRef(header, index), planes)
            plane.append(SliceRef(header, index))
    for found in planes.values():
        yield from found


def _meaning(ref: SliceRef) -> tuple[object, ...]:
    """Return what the values of a slice mean: a stack has one unit."""
    return ref.unit, ref.frame.transform.is_uncertain


def _plane_of(
    ref: SliceRef, planes: dict[tuple[object, ...], list[list[SliceRef]]]
) -> list[SliceRef]:
    """Return the slices that a frame belongs to, within rounding."""
    frame = ref.frame
    spacing = frame.spacing and tuple(round(value, 4) for value in frame.spacing)
    same_spacing = planes[spacing, frame.segment, frame.position is None, _meaning(ref)]
    for plane in same_spacing:
        if _same_orientation(plane[0].frame.orientation, frame.orientation):
            return plane
    same_spacing.append([])
    return same_spacing[-1]


def _same_orientation(a: tuple[float, ...] | None, b: tuple[float, ...] | None) -> bool:
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= _SAME_DIRECTION for x, y in zip(a, b, strict=True))
