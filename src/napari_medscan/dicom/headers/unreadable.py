"""Attributes of place that are present and not usable.

They are never replaced in silence by what stands elsewhere in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.space.spacing import Spacing, valid_aspect, valid_spacing
from napari_medscan.dicom.space.vectors import Vector

_OTHER_SPACINGS = (
    Tag.ImagerPixelSpacing,
    Tag.ImagePlanePixelSpacing,
    Tag.NominalScannedPixelSpacing,
)
_ATTRIBUTES: dict[int, tuple[str, int]] = {
    Tag.ImagePositionPatient: ("Image position", 3),
    Tag.ImageOrientationPatient: ("Image orientation", 6),
    Tag.PixelSpacing: ("Pixel spacing", 2),
    **dict.fromkeys(_OTHER_SPACINGS, ("Pixel spacing", 2)),
    Tag.SpacingBetweenSlices: ("Spacing between slices", 1),
    Tag.SliceThickness: ("Slice thickness", 1),
    Tag.PixelAspectRatio: ("Pixel aspect ratio", 2),
}
"""How each is called, and how many values it has."""

_T = TypeVar("_T")


def find_problems(
    data_set: DataSet, position: Vector | None, orientation: tuple[float, ...] | None
) -> tuple[str, ...]:
    """Return what of position and orientation is present and not usable.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    position, orientation : tuple of float or None
        What was made of it.
    """
    if position is not None and orientation is not None:
        return ()
    problems = []
    # NM keeps both with its detector (PS3.3 C.8.4.11).
    detector = data_set.item(Tag.DetectorInformationSequence)
    for tag, value in (
        (Tag.ImagePositionPatient, position),
        (Tag.ImageOrientationPatient, orientation),
    ):
        if value is not None:
            continue
        if data_set.has_value(tag):
            problems.append(_problem(data_set, tag))
        elif detector.is_unreadable(tag, _ATTRIBUTES[tag][1]):
            problems.append(_problem(detector, tag))
    if position is None:
        problems += step_problem(data_set)
    return tuple(problems)


def find_grid_problems(data_set: DataSet, spacing: Spacing | None) -> tuple[str, ...]:
    """Return what of spacing, aspect and offsets of dose planes is present and not usable.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    spacing : tuple of float or None
        What was made of it.
    """
    problems = []
    if data_set.has_value(Tag.PixelSpacing):
        if valid_spacing(data_set.exactly(2, Tag.PixelSpacing)) is None:
            problems.append(_problem(data_set, Tag.PixelSpacing))
    elif spacing is None:
        others = filter(data_set.has_value, _OTHER_SPACINGS)
        problems += [_problem(data_set, tag) for tag in others][:1]
        if data_set.has_value(Tag.PixelAspectRatio) and valid_aspect(data_set) is None:
            problems.append(_problem(data_set, Tag.PixelAspectRatio))
    offsets = Tag.GridFrameOffsetVector
    if data_set.has_value(offsets) and not data_set.numbers(offsets):
        problems.append("Grid frame offsets are unreadable")
    return tuple(problems)


def step_problem(data_set: DataSet) -> tuple[str, ...]:
    """Return what makes the distance of slices without positions unreadable, if anything does."""
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    for place in (data_set, shared.item(Tag.PixelMeasuresSequence)):
        if place.has_value(Tag.SpacingBetweenSlices):
            unreadable = place.is_unreadable(Tag.SpacingBetweenSlices)
            return (_problem(place, Tag.SpacingBetweenSlices),) if unreadable else ()
    unreadable = data_set.is_unreadable(Tag.SliceThickness)
    return (_problem(data_set, Tag.SliceThickness),) if unreadable else ()


def own_value(
    read: Callable[[tuple[float, ...]], _T | None],
    item: DataSet,
    tag: Tag,
    base: _T | None,
    problems: set[str],
) -> _T | None:
    """Return a functional group item's own value, or `base` if it has none.

    What is present and unreadable gives None and is added to `problems`.
    """
    if not item.has_value(tag):
        return base
    name, count = _ATTRIBUTES[tag]
    value = read(item.exactly(count, tag))
    problems -= {problem for problem in problems if problem.startswith(name)}
    if value is None:
        problems.add(_problem(item, tag))
    return value


def _problem(data_set: DataSet, tag: Tag) -> str:
    name, count = _ATTRIBUTES[tag]
    return f"{name} is {'unreadable' if data_set.is_unreadable(tag, count) else 'invalid'}"
