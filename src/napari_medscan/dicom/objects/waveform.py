"""Waveform: an ECG or another recording over time, channel by channel (PS3.3 A.34, C.10.9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import agreeing
from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import DEFER, WANTED_CODE, Tag, Wanted
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY, identifiers_of
from napari_medscan.dicom.objects.waveform_notes import (
    WANTED_ANNOTATION,
    Annotation,
    read_annotations,
)
from napari_medscan.dicom.series.dicom_object import ObjectBesideImages

_MOST_BYTES: Final = 512 * 2**20
_MOST_CHANNELS: Final = 512
_MOST_FREQUENCY: Final = 1e9
UNKNOWN_VALUES: Final = "stored values"
"""The unit of a channel whose sensitivity is missing, zero or unreadable."""


class _Tag(IntEnum):
    MultiplexGroupTimeOffset = 0x00181068
    NumberOfWaveformChannels = 0x003A0005
    NumberOfWaveformSamples = 0x003A0010
    SamplingFrequency = 0x003A001A
    MultiplexGroupLabel = 0x003A0020
    ChannelDefinitionSequence = 0x003A0200
    ChannelLabel = 0x003A0203
    ChannelSourceSequence = 0x003A0208
    ChannelSensitivity = 0x003A0210
    ChannelSensitivityUnitsSequence = 0x003A0211
    ChannelSensitivityCorrectionFactor = 0x003A0212
    ChannelBaseline = 0x003A0213
    ChannelTimeSkew = 0x003A0214
    ChannelSampleSkew = 0x003A0215
    WaveformSequence = 0x54000100
    WaveformBitsAllocated = 0x54001004
    WaveformSampleInterpretation = 0x54001006
    WaveformPaddingValue = 0x5400100A
    WaveformData = 0x54001010
    WaveformAnnotationSequence = 0x0040B020


_WANTED: Final[Wanted] = {
    **WANTED_IDENTITY,
    _Tag.WaveformAnnotationSequence: WANTED_ANNOTATION,
    _Tag.WaveformSequence: {
        _Tag.MultiplexGroupTimeOffset: b"DS",
        _Tag.NumberOfWaveformChannels: b"US",
        _Tag.NumberOfWaveformSamples: b"UL",
        _Tag.SamplingFrequency: b"DS",
        _Tag.MultiplexGroupLabel: b"SH",
        _Tag.WaveformBitsAllocated: b"US",
        _Tag.WaveformSampleInterpretation: b"CS",
        _Tag.WaveformPaddingValue: b"OB",
        _Tag.WaveformData: DEFER,
        _Tag.ChannelDefinitionSequence: {
            _Tag.ChannelLabel: b"SH",
            _Tag.ChannelSourceSequence: WANTED_CODE,
            _Tag.ChannelSensitivity: b"DS",
            _Tag.ChannelSensitivityUnitsSequence: WANTED_CODE,
            _Tag.ChannelSensitivityCorrectionFactor: b"DS",
            _Tag.ChannelBaseline: b"DS",
            _Tag.ChannelTimeSkew: b"DS",
            _Tag.ChannelSampleSkew: b"DS",
        },
    },
}
_DTYPES: Final = {
    "SB": "i1",
    "UB": "u1",
    "MB": "u1",
    "AB": "u1",
    "SS": "i2",
    "US": "u2",
    "SL": "i4",
    "UL": "u4",
    "SV": "i8",
    "UV": "u8",
}
"""By Waveform Sample Interpretation (PS3.3 C.10.9.1.5)."""
_COMPANDED: Final = ("MB", "AB")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a waveform.

    Parameters
    ----------
    name : str
        Channel Label, else the meaning of its source ("Lead I (Einthoven)"), cleaned.
    unit : str
        UCUM code of its values ("uV"), `UNKNOWN_VALUES` when they are stored values.
    scale, baseline : float
        A value is ``stored * scale + baseline`` (PS3.3 C.10.9.1.4).
    skew : float
        Seconds from the time of a sample to that of this channel's.
    """

    name: str
    unit: str
    scale: float = 1.0
    baseline: float = 0.0
    skew: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class MultiplexGroup:
    """Channels that were sampled together.

    Parameters
    ----------
    label : str
        Multiplex Group Label, cleaned; '' when absent.
    frequency : float
        Samples a second.
    start : float
        Seconds from the start of the acquisition.
    channels : tuple of Channel
        In their order.
    stored : ndarray
        Shape (samples, channels), read-only.
    padding : int or None
        Stored value that means no data.
    notes : tuple of str
        What the user should know, each a sentence without the last period.
    """

    label: str
    frequency: float
    start: float
    channels: tuple[Channel, ...]
    stored: NDArray[Any]
    padding: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.stored) / self.frequency

    def times(self, channel: int = 0) -> NDArray[np.float64]:
        """Return when the samples of a channel were taken, in seconds."""
        offset = self.start + self.channels[channel].skew
        return offset + np.arange(len(self.stored)) / self.frequency

    def values(self, channel: int, samples: slice = slice(None)) -> NDArray[np.float64]:
        """Return values of a channel in its unit, NaN where there are none."""
        stored = self.stored[samples, channel]
        scale, baseline = self.channels[channel].scale, self.channels[channel].baseline
        found = stored.astype(np.float64) * scale + baseline
        if self.padding is not None:
            found[stored == self.padding] = np.nan
        return found


@dataclass(frozen=True, slots=True)
class WaveformContent:
    """What a waveform file holds.

    Parameters
    ----------
    groups : tuple of MultiplexGroup
        At least one.
    annotations : tuple of Annotation
        Measurements, findings and marks.
    notes : tuple of str
        What the user should know of groups that are not among them.
    """

    groups: tuple[MultiplexGroup, ...]
    annotations: tuple[Annotation, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Waveform(ObjectBesideImages):
    """An ECG, a hemodynamic or another waveform.

    Parameters
    ----------
    instance : Instance
        Its file.
    """

    def read(self) -> WaveformContent:
        """Read the channels.

        Raises
        ------
        UnreadableError
            If no group of channels can be read.
        MedscanError, OSError
            When the file cannot be read.
        """
        return read_waveform(self.instance.source.file)


def read_waveform(file: FileRef) -> WaveformContent:
    """Read a waveform file; see `Waveform.read`."""
    scanned = scan_file(file, _WANTED)
    reader = _Reader(scanned.data_set, scanned.source)
    groups, notes = [], []
    for number, item in enumerate(scanned.data_set.items(_Tag.WaveformSequence), 1):
        try:
            groups.append(reader.group(item))
        except UnreadableError as error:
            notes.append(f"Group {number} of channels cannot be shown: {error}")
    if not groups:
        raise UnreadableError(notes[0].partition(": ")[2] if notes else "no waveform in it")
    annotations = read_annotations(
        scanned.data_set.items(_Tag.WaveformAnnotationSequence),
        reader.text,
        [(group.start, group.frequency) for group in groups],
    )
    return WaveformContent(tuple(groups), annotations, tuple(notes))


class _Reader:
    """Reads the groups of one file."""

    def __init__(self, data_set: DataSet, source: FileRef) -> None:
        self._source = source
        self._big_endian = data_set.big_endian
        self._charsets = data_set.texts(Tag.SpecificCharacterSet)
        self._identifiers = identifiers_of(data_set)

    def text(self, item: DataSet, tag: int) -> str:
        """Return a text without what names the patient."""
        return clean(decode(item.data(tag), self._charsets), self._identifiers)

    def group(self, item: DataSet) -> MultiplexGroup:
        frequency = item.number(_Tag.SamplingFrequency) or 0.0
        if not 0 < frequency < _MOST_FREQUENCY:
            raise UnreadableError("no sampling frequency")
        definitions = item.items(_Tag.ChannelDefinitionSequence)
        count = item.integer(_Tag.NumberOfWaveformChannels) or len(definitions)
        if not 0 < count <= _MOST_CHANNELS:
            raise UnreadableError("no channels")
        stored, notes = self._samples(item, count)
        if len(definitions) != count:
            verb = agreeing(len(definitions), "is")
            notes.append(f"{len(definitions)} of {count} channels {verb} described")
        names = [self._channel(d, n, frequency) for n, d in enumerate(definitions[:count], 1)]
        names += [Channel(f"Channel {n + 1}", UNKNOWN_VALUES) for n in range(len(names), count)]
        if unknown := [channel.name for channel in names if channel.unit == UNKNOWN_VALUES]:
            few = ", ".join(unknown[:3]) + (" …" if len(unknown) > 3 else "")
            notes.append(f"Sensitivity is unknown, values are stored values: {few}")
        padding = item.data(_Tag.WaveformPaddingValue)[: stored.itemsize]
        order: Literal["big", "little"] = "big" if self._big_endian else "little"
        is_padded = len(padding) == stored.itemsize and not self._is_companded(item)
        return MultiplexGroup(
            label=self.text(item, _Tag.MultiplexGroupLabel),
            frequency=frequency,
            start=(item.number(_Tag.MultiplexGroupTimeOffset) or 0.0) / 1000,
            channels=tuple(names),
            stored=stored,
            padding=int.from_bytes(padding, order, signed=stored.dtype.kind == "i")
            if is_padded
            else None,
            notes=tuple(notes),
        )

    @staticmethod
    def _is_companded(item: DataSet) -> bool:
        return item.text(_Tag.WaveformSampleInterpretation) in _COMPANDED

    def _samples(self, item: DataSet, channels: int) -> tuple[NDArray[Any], list[str]]:
        """Return the stored values, (samples, channels), and notes (PS3.3 C.10.9.1.6)."""
        interpretation = item.text(_Tag.WaveformSampleInterpretation)
        name = _DTYPES.get(interpretation)
        if name is None:
            raise UnreadableError("unsupported sample interpretation")
        dtype = np.dtype(name).newbyteorder(">" if self._big_endian else "<")
        bits = item.integer(_Tag.WaveformBitsAllocated) or dtype.itemsize * 8
        if bits != dtype.itemsize * 8:
            raise UnreadableError("bits allocated do not fit the sample interpretation")
        data = self._data(item)
        there = len(data) // (dtype.itemsize * channels)
        wanted = item.integer(_Tag.NumberOfWaveformSamples)
        count = there if wanted is None else min(wanted, there)
        if count < 1:
            raise UnreadableError("no samples")
        notes = []
        if wanted is not None and wanted > there:
            notes.append(f"The recording is truncated: {there:,} of {wanted:,} samples are present")
        stored = np.frombuffer(data, dtype, count * channels).reshape(count, channels)
        return (_expanded(stored, interpretation) if self._is_companded(item) else stored), notes

    def _data(self, item: DataSet) -> bytes:
        place = item.deferred(_Tag.WaveformData)
        if place is None:
            return item.data(_Tag.WaveformData)
        if place.length > _MOST_BYTES:
            raise UnreadableError("it is larger than 512 MB")
        return self._source.read_at(place.offset, place.length)

    def _channel(self, item: DataSet, number: int, frequency: float) -> Channel:
        source = self.text(item.item(_Tag.ChannelSourceSequence), Tag.CodeMeaning)
        name = self.text(item, _Tag.ChannelLabel) or source or f"Channel {number}"
        skew = item.number(_Tag.ChannelTimeSkew)
        if skew is None:
            skew = (item.number(_Tag.ChannelSampleSkew) or 0.0) / frequency
        sensitivity = item.number(_Tag.ChannelSensitivity)
        tags = (_Tag.ChannelSensitivityCorrectionFactor, _Tag.ChannelBaseline)
        if not sensitivity or any(item.is_unreadable(tag) for tag in tags):
            return Channel(name, UNKNOWN_VALUES, skew=skew)
        correction = item.number(tags[0])
        unit = item.item(_Tag.ChannelSensitivityUnitsSequence)
        return Channel(
            name,
            unit.text(Tag.CodeValue) or self.text(unit, Tag.CodeMeaning),
            sensitivity * (1.0 if correction is None else correction),
            item.number(tags[1]) or 0.0,
            skew,
        )


def _expanded(stored: NDArray[Any], interpretation: str) -> NDArray[np.int16]:
    """Return the linear values of 8-bit µ-law or A-law samples (ITU-T G.711)."""
    codes = np.arange(256)
    if interpretation == "MB":
        code = ~codes & 0xFF
        size = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
        table = np.where(code & 0x80, -size, size)
    else:
        code = codes ^ 0x55
        exponent, mantissa = code >> 4 & 7, (code & 0x0F) << 4
        size = np.where(exponent > 0, mantissa + 0x108 << np.maximum(exponent - 1, 0), mantissa + 8)
        table = np.where(code & 0x80, size, -size)
    linear: NDArray[np.int16] = table.astype(np.int16)[stored]
    return linear
