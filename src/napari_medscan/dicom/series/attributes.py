"""The attributes of the slices of a group as columns, one value a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from napari_medscan.dicom.elements.date_times import DAY, days_of, moment_of, seconds_of
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.alike import kinds_of
from napari_medscan.dicom.space.tolerances import SAME_NUMBER

Column = list[object]

FOURTH_AXIS: Final = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalPositionTimeOffset",
    "DiffusionBValue",
    "DiffusionGradient",
    "InversionTime",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "NominalPercentageOfRespiratoryPhase",
    "NominalRespiratoryTriggerDelayTime",
    "EchoTime",
    "EchoNumbers",
    "FlipAngle",
    "RepetitionTime",
    "ASLContext",
    "MagnetizationTransfer",
    "SpectrallySelectedSuppression",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
    "TimeSlotVector",
    "TimeSliceVector",
    "PhaseVector",
    "RRIntervalVector",
    "DetectorVector",
    "RotationVector",
    "AngularViewVector",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ContentTime",
    "StackID",
    "ImageType",
    "SequenceName",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "ReceiveCoilName",
    "PhaseNumber",
    "PrivateCardiacPhase",
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

UNNUMBERED: Final = (
    "DiffusionGradient",
    "EchoTime",
    "InversionTime",
    "FlipAngle",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionTime",
)
"""Those that tell the volumes of a series apart whose positions move from one to the next."""

RANKED: Final = (
    "InversionTime",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "NominalPercentageOfRespiratoryPhase",
    "NominalRespiratoryTriggerDelayTime",
    "EchoTime",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
    "AcquisitionTime",
    "ContentTime",
    "ImageIndex",
    "AcquisitionNumber",
)
"""Those that differ from slice to slice, and are compared by their rank within a position."""


class Attributes:
    """The attributes of some slices, each a column that is made when it is asked for.

    Parameters
    ----------
    slices : sequence of SliceRef
        In the order of the columns.
    """

    def __init__(self, slices: Sequence[SliceRef]) -> None:
        self._slices, self._kinds = slices, kinds_of(slices)
        firsts = self._kinds.firsts
        self._common = [ref.header.common_dimensions(ref.index) for ref in firsts]
        self._own = set[str]().union(*(ref.header.own_dimensions for ref in firsts))

    def column(self, name: str) -> Column:
        """Return the values of an attribute, None where a slice has none.

        AcquisitionTime and ContentTime are seconds, with their dates. Numbers that are the same
        but for their precision are the same number.
        """
        if name == "AcquisitionTime":
            moments = self._moments("AcquisitionDateTime", "")
            # That of the series says nothing about its images.
            if None in moments or len(set(moments)) == 1:
                moments = self._moments("AcquisitionTime", "AcquisitionDate")
            return list(moments)
        if name == "ContentTime":
            return list(self._moments("ContentTime", "ContentDate"))
        if name == "FrameReferenceDateTime":
            return list(self._moments("FrameReferenceDateTime", ""))
        return same_numbers(self._values(name))

    def may_vary(self, name: str) -> bool:
        """Whether slices may differ in an attribute; quicker than its column."""
        common = [dimensions.get(name) for dimensions in self._common]
        return name in self._own or common != [common[0]] * len(common)

    def columns(self, name: str) -> list[Column]:
        """Return the columns of an attribute: of Dimension Index Values one a component."""
        if name != "DimensionIndexValues":
            return [self.column(name)]
        values = self._values(name)
        tuples = [value for value in values if isinstance(value, tuple)]
        if len(tuples) < len(values) or len(set(map(len, tuples))) != 1:
            return []
        return [list(component) for component in zip(*tuples, strict=True)]

    def _moments(self, time: str, date: str) -> list[float | None]:
        """Return times in seconds; with their dates where all slices have one.

        One that is the same for all may have been put there, to hide the true ones.
        """
        texts = self._texts(time)
        if not any(texts):
            return [None] * len(texts)
        read = moment_of if not date else seconds_of
        seconds = {text: read(text) for text in set(texts)}
        times = [seconds[text] for text in texts]
        if not date:
            return times
        dates = self._texts(date)
        days = {text: days_of(text) for text in set(dates)}
        if None in days.values() or len(days) == 1:
            return _over_midnight(times)
        return [
            None if second is None else second + DAY * (days[day] or 0)
            for second, day in zip(times, dates, strict=True)
        ]

    def _texts(self, name: str) -> list[str]:
        return ["" if value is None else str(value) for value in self._values(name)]

    def _values(self, name: str) -> Column:
        """Return an attribute of all slices as it is: once for all that have it in common."""
        if name in self._own:
            return [ref.header.dimension_of(ref.index, name) for ref in self._slices]
        values = [dimensions.get(name) for dimensions in self._common]
        which = self._kinds.which
        if len(values) == 1:
            return values * len(which)
        return [values[number] for number in which]


def same_numbers(values: Sequence[object]) -> Column:
    """Return the values with numbers that differ by their precision only made equal."""
    floats = sorted(value for value in set(values) if isinstance(value, float))
    if len(floats) < 2:
        return list(values)
    one: dict[float, float] = {}
    last = floats[0]
    for value in floats:
        last = last if abs(value - last) <= SAME_NUMBER * abs(last) else value
        one[value] = last
    return [one[value] if isinstance(value, float) else value for value in values]


def _over_midnight(seconds: Sequence[float | None]) -> list[float | None]:
    """Return times of unknown dates in one order: no series lasts for half a day."""
    given = [second for second in seconds if second is not None]
    if not given or max(given) - min(given) <= DAY / 2:
        return list(seconds)
    return [s + DAY if s is not None and s < DAY / 2 else s for s in seconds]
