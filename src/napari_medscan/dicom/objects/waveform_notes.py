"""Annotations of a waveform: measurements, findings and marks (PS3.3 C.10.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import WANTED_CODE, Tag, Wanted


class _Tag(IntEnum):
    ConceptNameCodeSequence = 0x0040A043
    ReferencedWaveformChannels = 0x0040A0B0
    TemporalRangeType = 0x0040A130
    ReferencedSamplePositions = 0x0040A132
    ReferencedTimeOffsets = 0x0040A138
    ConceptCodeSequence = 0x0040A168
    NumericValue = 0x0040A30A
    UnformattedTextValue = 0x00700006


WANTED_ANNOTATION: Final[Wanted] = {
    Tag.MeasurementUnitsCodeSequence: WANTED_CODE,
    _Tag.ConceptNameCodeSequence: WANTED_CODE,
    _Tag.ConceptCodeSequence: WANTED_CODE,
    _Tag.ReferencedWaveformChannels: b"US",
    _Tag.TemporalRangeType: b"CS",
    _Tag.ReferencedSamplePositions: b"UL",
    _Tag.ReferencedTimeOffsets: b"DS",
    _Tag.NumericValue: b"DS",
    _Tag.UnformattedTextValue: b"ST",
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation.

    Parameters
    ----------
    name, value, unit : str
        "RR Interval", "982", "ms"; of free text the value alone.
    group : int or None
        Number of the multiplex group that it is about, from 0; None for all.
    channels : tuple of int
        Numbers of the channels of that group, from 0; () for all.
    times : tuple of float
        Seconds from the start of the acquisition; one for a mark, two for the ends of an interval.
    """

    name: str
    value: str = ""
    unit: str = ""
    group: int | None = None
    channels: tuple[int, ...] = ()
    times: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """What stands beside its mark."""
        value = " ".join(filter(None, (self.value, self.unit)))
        return ": ".join(filter(None, (self.name, value)))


def read_annotations(
    items: Sequence[DataSet],
    text: Callable[[DataSet, int], str],
    groups: Sequence[tuple[float, float]],
) -> tuple[Annotation, ...]:
    """Return the annotations of a waveform.

    Parameters
    ----------
    items : sequence of DataSet
        Of the Waveform Annotation Sequence.
    text : callable
        Reads a text without what names the patient.
    groups : sequence of (float, float)
        Start in seconds and sampling frequency of each multiplex group.
    """
    found = (_annotation(item, text, groups) for item in items)
    return tuple(each for each in found if each.name or each.value)


def _annotation(
    item: DataSet,
    text: Callable[[DataSet, int], str],
    groups: Sequence[tuple[float, float]],
) -> Annotation:
    numbers = item.integers(_Tag.ReferencedWaveformChannels)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    group = pairs[0][0] - 1 if pairs else None
    if group is not None and not 0 <= group < len(groups):
        group = None
    # Channel 0 stands for all channels of its group.
    channels = tuple(channel - 1 for number, channel in pairs if channel and number == pairs[0][0])
    unit = item.item(Tag.MeasurementUnitsCodeSequence)
    value = text(item, _Tag.UnformattedTextValue)
    value = value or text(item.item(_Tag.ConceptCodeSequence), Tag.CodeMeaning)
    if not value:
        value = " ".join(f"{number:g}" for number in item.numbers(_Tag.NumericValue))
    return Annotation(
        text(item.item(_Tag.ConceptNameCodeSequence), Tag.CodeMeaning),
        value,
        unit.text(Tag.CodeValue) or text(unit, Tag.CodeMeaning),
        group,
        channels,
        _times(item, groups[group or 0]),
    )


def _times(item: DataSet, group: tuple[float, float]) -> tuple[float, ...]:
    """Return the times of an annotation: sample positions count from 1, offsets are seconds."""
    start, frequency = group
    positions = item.integers(_Tag.ReferencedSamplePositions)
    if positions:
        return tuple(start + (position - 1) / frequency for position in positions)
    return tuple(start + offset for offset in item.numbers(_Tag.ReferencedTimeOffsets))
