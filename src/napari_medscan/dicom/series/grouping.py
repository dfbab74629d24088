"""Which images may form one stack: of one patient, series, kind, meaning and plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.patient import may_be_one_patient
from napari_medscan.dicom.series.alike import one_of_each
from napari_medscan.dicom.series.completion import told_by_rescale
from napari_medscan.dicom.series.duplicates import CONFLICT
from napari_medscan.dicom.series.incomplete import with_holes_filled
from napari_medscan.dicom.series.meaning import (
    MEANINGS,
    Meaning,
    meaning_in_clip,
    meaning_of,
    raw_meaning,
)
from napari_medscan.dicom.series.planes import split_by_plane
from napari_medscan.dicom.series.positions import distances_of, middles_of, number_positions
from napari_medscan.dicom.space.geometry import measure_gaps

JOINED = "Each image has its own Series Instance UID; the series was joined by position"
NUMBERED = "Each image has its own series number; the series was joined by position"
NAMED = "Some images lack the series number or the patient's name, ID or birth date; joined by UID"
_UID: Final = 1
_NUMBER: Final = 2
_PLACE: Final = 10
"""Index into a key of a series: its UID, its number, whether its images have a place."""
_FEWEST_JOINED: Final = 3
"""Images of a series UID each from which on they can be seen to make a volume."""

_SeriesKey = tuple[object, ...]
_Key = tuple[Meaning, int, bool, *tuple[object, ...]]


def group(headers: Iterable[ImageHeader]) -> Iterator[list[SliceRef]]:
    """Yield the slices that may form one stack, in the order of the files.

    A group shares patient, series, SOP class, extent, pixel type, unit, photometric
    interpretation, in-plane spacing and orientation, and its values have one meaning. Study
    Instance UID is not among them: a series UID is unique by itself (PS3.3 C.7.3.1), and some
    anonymizers give every file a study of its own.
    """
    by_series: dict[_SeriesKey, list[ImageHeader]] = defaultdict(list)
    known: dict[int, list[ImageHeader]] = {}
    for header in headers:
        alike = id(header.alike)
        series = known.get(alike)
        if series is None:
            key = _series_key(header)
            series = by_series[key]
            # Else it depends on the file's name, which no two have in common.
            if header.series and not key[-1]:
                known[alike] = series
        series.append(header)
    whole = _with_placeless_joined(_with_incomplete_joined(by_series))
    for series in _with_lone_images_joined(whole):
        for version in _versions(series):
            yield from _groups(version)


def _with_incomplete_joined(
    by_series: dict[_SeriesKey, list[ImageHeader]],
) -> dict[_SeriesKey, list[ImageHeader]]:
    """Return the series; those of one UID of which some lack number or identity are one."""
    alike: dict[Hashable, list[_SeriesKey]] = defaultdict(list)
    for key in by_series:
        alike[key[1], key[3:]].append(key)
    found = dict(by_series)
    for keys in (same for each in alike.values() for same in _of_one_number(each)):
        if len(keys) > 1 and _may_be_one([by_series[key] for key in keys]):
            first, *others = (header for key in keys for header in by_series[key])
            found[keys[0]] = [first.noted(NAMED), *others]
            for key in keys[1:]:
                del found[key]
    return found


def _of_one_number(keys: Sequence[_SeriesKey]) -> list[list[_SeriesKey]]:
    """Return the keys that may be of one series number: all of them, or those of each."""
    numbers = dict.fromkeys(key[_NUMBER] for key in keys if key[_NUMBER] is not None)
    if len(numbers) < 2:
        return [list(keys)]
    return [[key for key in keys if key[_NUMBER] == number] for number in numbers]


def _with_placeless_joined(
    by_series: dict[_SeriesKey, list[ImageHeader]],
) -> dict[_SeriesKey, list[ImageHeader]]:
    """Return the series; a few images without a place are looked at with those that have one."""
    alike: dict[_SeriesKey, list[_SeriesKey]] = defaultdict(list)
    for key in by_series:
        alike[key[:_PLACE]].append(key)
    found = dict(by_series)
    for keys in alike.values():
        placed = [key for key in keys if key[_PLACE]]
        placeless = [key for key in keys if not key[_PLACE]]
        if len(placed) != 1 or len(placeless) != 1:
            continue
        whole, few = found[placed[0]], found[placeless[0]]
        is_single = all(len(header.frames) == 1 for header in one_of_each([*whole, *few]))
        if is_single and whole[0].series and not placeless[0][-1] and len(few) < len(whole):
            whole += few
            del found[placeless[0]]
    return found


def _may_be_one(parts: Sequence[Sequence[ImageHeader]]) -> bool:
    """Whether parts of a series differ in what some of them lack only."""
    firsts = [part[0] for part in parts]
    if not firsts[0].series:
        return False
    studies = {header.study for part in parts for header in one_of_each(part)} - {""}
    pairs = combinations((header.patient for header in firsts), 2)
    return len(studies) < 2 and all(may_be_one_patient(*pair) for pair in pairs)


def _with_lone_images_joined(
    by_series: Mapping[_SeriesKey, list[ImageHeader]],
) -> list[list[ImageHeader]]:
    """Return the series; images of an even volume that have a UID or a number each are one.

    Some anonymizers give every file a series UID of its own, some converters a series number.
    """
    found = dict(by_series)
    for own, note in ((_UID, JOINED), (_NUMBER, NUMBERED)):
        lone: dict[Hashable, list[_SeriesKey]] = defaultdict(list)
        for key, (header, *others) in found.items():
            space = header.frame_of_reference or header.study
            is_named = header.series_number is not None or header.frame_of_reference
            is_lone = header.series and not others and len(header.frames) == 1
            if is_lone and space and is_named and header.frames[0].position:
                patient = header.patient or header.study
                common = key[1:own] + key[own + 1 :]
                lone[patient, space, header.description, common].append(key)
        for keys in lone.values():
            headers = [found[key][0] for key in keys]
            if len(headers) >= _FEWEST_JOINED and _is_even_volume(headers):
                found[keys[0]] = [headers[0].noted(note), *headers[1:]]
                for key in keys[1:]:
                    del found[key]
    return list(found.values())


def _is_even_volume(headers: Sequence[ImageHeader]) -> bool:
    """Whether images of one frame each, with numbers of their own, are slices of one volume.

    They are of several volumes, too, if all positions repeat as often and no number is left out.
    """
    slices = [SliceRef(header, 0) for header in headers]
    numbers = {header.instance_number for header in headers}
    if len(numbers) < len(headers):
        return False
    if slices[0].frame.orientation is None or len(split_by_plane([[ref] for ref in slices])) > 1:
        return False
    distances = distances_of(slices)
    position = number_positions(slices, distances)
    repeats = np.bincount(position)
    known = [number for number in numbers if number is not None]
    is_run = max(known) - min(known) < len(known) == len(slices)
    if len(repeats) < _FEWEST_JOINED or not (repeats == (repeats[0] if is_run else 1)).all():
        return False
    middles, spread = middles_of(distances, position)
    return measure_gaps(middles.tolist(), spread).regular


def _series_key(header: ImageHeader) -> _SeriesKey:
    layout = header.layout
    has_place = _has_place(header)
    # Files that are whole in themselves do not belong together: without places a clip, a view
    # or a file of no series, and a dose grid or a segmentation in any case.
    whole = layout.frames > 1 and (not has_place or header.kind.is_whole)
    view = not has_place and (header.kind.is_single_view or not header.series)
    return (
        header.patient,
        header.series or (header.study, header.folder),
        header.series_number,
        header.modality,
        header.sop_class,
        header.shape,
        layout.samples,
        layout.floating,
        layout.photometric if layout.samples == 1 else "color",
        header.is_inverted,
        # At _PLACE.
        has_place,
        # Photographs of both eyes follow each other in one series.
        "" if has_place else header.laterality,
        header.object_name if whole or view else "",
    )


def _has_place(header: ImageHeader) -> bool:
    return all(frame.position and frame.orientation for frame in header.frames)


def _versions(series: Sequence[ImageHeader]) -> list[list[ImageHeader]]:
    """Separate what has one series UID, and is of two patients or two versions of one series.

    A UID that several images share tells nothing about them, but two images of one SOP Instance
    UID at one place in two folders are two versions. Without any identity, two images at one
    place in two studies are of two patients. Without places, no image of one UID follows another.
    """
    kinds = one_of_each(series)
    conflict = any(CONFLICT in header.notes for header in kinds)
    studies = set() if series[0].patient else {header.study for header in kinds}
    if not conflict and len(studies) < 2:
        return [list(series)]
    folders: dict[tuple[object, ...], set[str]] = defaultdict(set)
    patients: dict[object, set[str]] = defaultdict(set)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    numbers = []
    for header in series:
        place = header.frames[0].position if _has_place(header) else None
        folders[header.sop_instance, place].add(header.folder)
        patients[place].add(header.study)
        key = header.folder, header.sop_instance
        numbers.append(0 if place else seen[key])
        seen[key] += 1
    by_study = len(studies) > 1 and max(map(len, patients.values())) > 1
    by_folder = conflict and max(map(len, folders.values())) > 1
    parts: dict[tuple[object, ...], list[ImageHeader]] = defaultdict(list)
    for header, number in zip(series, numbers, strict=True):
        study = header.study if by_study else ""
        folder = header.folder if by_folder or (conflict and not _has_place(header)) else ""
        parts[study, folder, number if conflict else 0].append(header)
    return list(parts.values())


def _key(header: ImageHeader, frame: FrameHeader) -> _Key:
    return (
        raw_meaning(frame.dimensions),
        frame.segment,
        frame.position is None,
        frame.spacing,
        frame.orientation,
        header.unit,
        id(frame.transform),
        _quantity(header, frame),
    )


def _quantity(header: ImageHeader, frame: FrameHeader) -> str:
    """Return what the values of a parametric map are, '' if it does not say so."""
    maps = header.kind.measures == "parameters" and frame.real_world
    return maps[0].name if maps else ""


def _groups(series: Sequence[ImageHeader]) -> Iterator[list[SliceRef]]:
    """Split a series by meaning, segment, known position, orientation and in-plane spacing."""
    alike: dict[_Key, list[SliceRef]] = defaultdict(list)
    known: dict[int, list[SliceRef]] = {}
    for header in series:
        same = known.get(id(header.alike))
        if same is not None:
            same.append(SliceRef(header, 0))
            continue
        for index, frame in enumerate(header.frames):
            slices = alike[_key(header, frame)]
            slices.append(SliceRef(header, index))
            if header.alike is not header and not any(n in MEANINGS for n in header.own_dimensions):
                known[id(header.alike)] = slices
    if len(alike) == 1:
        yield from alike.values()
        return
    kinds: dict[tuple[object, ...], list[list[SliceRef]]] = defaultdict(list)
    for (raw, segment, has_none, *_), slices in alike.items():
        first = slices[0]
        # Frames of a clip are images of one thing, however the exposure was set for each.
        has_place = first.frame.position is not None or first.frame.frame_location is not None
        means = has_place or first.header.frames_are_slices
        # A stack has one unit, and one quantity.
        unit = first.unit, first.frame.transform.is_uncertain, _quantity(first.header, first.frame)
        meaning = meaning_of(raw) if means else meaning_in_clip(raw)
        kinds[meaning, segment, has_none, unit].append(slices)
    files = {header.name: number for number, header in enumerate(series)}

    def place(ref: SliceRef) -> tuple[int, int]:
        return files[ref.header.name], ref.index

    found: list[list[SliceRef]] = []
    for of_kind in kinds.values():
        for planes in told_by_rescale(of_kind):
            planes.sort(key=len, reverse=True)
            found += split_by_plane(planes)
    whole = (sorted(slices, key=place) for slices in with_holes_filled(found))
    yield from sorted(whole, key=lambda slices: place(slices[0]))
