"""The attributes of the slices of a group as columns, one value a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from napari_medscan.dicom.elements.date_times import DAY, days_of, moment_of, seconds_of
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.space.tolerances import SAME_NUMBER

Column = list[object]

FOURTH_AXIS: Final = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalPositionTimeOffset",
    "DiffusionBValue",
    "DiffusionGradient",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "EchoTime",
    "EchoNumbers",
    "InversionTime",
    "FlipAngle",
    "RepetitionTime",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
    "TimeSlotVector",
    "TimeSliceVector",
    "PhaseVector",
    "RRIntervalVector",
    "EnergyWindowVector",
    "DetectorVector",
    "RotationVector",
    "AngularViewVector",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ContentTime",
    "StackID",
    "ImageType",
    "SequenceName",
    "DimensionIndexValues",
)
"""Attributes that may tell repeats at one position apart, in the order of preference."""

PHYSICAL: Final = frozenset(
    ("DiffusionBValue", "DiffusionGradient", "EchoTime", "InversionTime", "FlipAngle")
)
"""Those that say how an image was made: a volume that mixes them is none."""

TEMPORAL: Final = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalPositionTimeOffset",
)
"""Those that number the time points of a series."""

RANKED: Final = (
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "InversionTime",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
    "AcquisitionTime",
    "ContentTime",
    "AcquisitionNumber",
)
"""Those that differ from slice to slice, and are compared by their rank within a position."""


def column_of(slices: Sequence[SliceRef], name: str) -> Column:
    """Return the values of an attribute, None where a slice has none.

    AcquisitionTime and ContentTime are seconds, with their dates. Numbers that are the same but
    for their precision are the same number.
    """
    if name == "AcquisitionTime":
        moments = _moments(slices, "AcquisitionDateTime", "")
        # That of the series says nothing about its images.
        if None in moments or len(set(moments)) == 1:
            moments = _moments(slices, "AcquisitionTime", "AcquisitionDate")
        return list(moments)
    if name == "ContentTime":
        return list(_moments(slices, "ContentTime", "ContentDate"))
    if name == "FrameReferenceDateTime":
        return list(_moments(slices, "FrameReferenceDateTime", ""))
    values = [ref.frame.dimensions.get(name) for ref in slices]
    return same_numbers(values)


def columns_of(slices: Sequence[SliceRef], name: str) -> list[Column]:
    """Return the columns of an attribute: of Dimension Index Values one a component."""
    if name != "DimensionIndexValues":
        return [column_of(slices, name)]
    values = [ref.frame.dimensions.get(name) for ref in slices]
    tuples = [value for value in values if isinstance(value, tuple)]
    if len(tuples) < len(values) or len(set(map(len, tuples))) != 1:
        return []
    return [list(component) for component in zip(*tuples, strict=True)]


def same_numbers(values: Sequence[object]) -> Column:
    """Return the values with numbers that differ by their precision only made equal."""
    floats = sorted({value for value in values if isinstance(value, float)})
    one: dict[float, float] = {}
    for value in floats:
        last = next(reversed(one.values()), None) if one else None
        is_same = last is not None and abs(value - last) <= SAME_NUMBER * abs(last)
        one[value] = last if is_same and last is not None else value
    return [one[value] if isinstance(value, float) else value for value in values]


def _moments(slices: Sequence[SliceRef], time: str, date: str) -> list[float | None]:
    """Return times in seconds; with their dates where all slices have one."""
    texts = [str(ref.frame.dimensions.get(time, "")) for ref in slices]
    if not any(texts):
        return [None] * len(slices)
    if not date:
        return [moment_of(text) for text in texts]
    seconds = [seconds_of(text) for text in texts]
    days = [days_of(str(ref.frame.dimensions.get(date, ""))) for ref in slices]
    if None not in days:
        return [
            None if second is None or day is None else day * DAY + second
            for second, day in zip(seconds, days, strict=True)
        ]
    return _over_midnight(seconds)


def _over_midnight(seconds: Sequence[float | None]) -> list[float | None]:
    """Return times without a date in one order: no series lasts for half a day."""
    given = [second for second in seconds if second is not None]
    if not given or max(given) - min(given) <= DAY / 2:
        return list(seconds)
    return [s + DAY if s is not None and s < DAY / 2 else s for s in seconds]
