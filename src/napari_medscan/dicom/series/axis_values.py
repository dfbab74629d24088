"""What the volumes of a stack with a fourth axis are: times, b-values, echo times and the like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.attributes import PHYSICAL, TEMPORAL, Attributes, Column
from napari_medscan.dicom.series.repeats import FILE_NAME, NUMBER

FRAME: Final = "frame"
"""What tells the images of a clip apart."""

_SECONDS: Final = {
    "TemporalPositionTimeOffset": 1.0,
    "TriggerTime": 1e-3,
    "NominalRespiratoryTriggerDelayTime": 1e-3,
    "FrameReferenceTime": 1e-3,
    "FrameReferenceDateTime": 1.0,
    "AcquisitionTime": 1.0,
    "ContentTime": 1.0,
}
"""Attributes that are times, and their unit in seconds."""
_CLOCKS: Final = (
    "TemporalPositionTimeOffset",
    "AcquisitionTime",
    "ContentTime",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
    "TriggerTime",
)
"""Those that give the times of numbered time points."""
_QUANTITIES: Final = {
    "DiffusionBValue": ("b-value", "s/mm2"),
    "DiffusionGradient": ("b-value", "s/mm2"),
    "NominalPercentageOfCardiacPhase": ("Cardiac phase", "%"),
    "NominalPercentageOfRespiratoryPhase": ("Respiratory phase", "%"),
    "EchoTime": ("Echo time", "ms"),
    "EchoNumbers": ("Echo", ""),
    "InversionTime": ("Inversion time", "ms"),
    "FlipAngle": ("Flip angle", "°"),
    "RepetitionTime": ("Repetition time", "ms"),
    "AcquisitionNumber": ("Acquisition", ""),
    "PhaseNumber": ("Phase", ""),
    "TemporalPositionIdentifier": ("Time point", ""),
    "TemporalPositionIndex": ("Time point", ""),
    "TimeSlotVector": ("Time slot", ""),
    "PhaseVector": ("Phase", ""),
    "TimeSliceVector": ("Time slice", ""),
    "RotationVector": ("Rotation", ""),
    "AngularViewVector": ("View", ""),
}
_ORDERS: Final = (NUMBER, FILE_NAME, "ImageIndex")
_WEIGHTED: Final = "DiffusionBValue"
_NUMBERING: Final = frozenset(
    (*TEMPORAL, NUMBER, "AcquisitionNumber", "AcquisitionTime", "ContentTime", "TriggerTime")
)
"""Attributes that number the volumes or say when they were made, and not what they are."""
_VECTORS: Final = tuple(name for name in _QUANTITIES if name.endswith("Vector"))
"""Those that number the frames of nuclear medicine (PS3.3 C.8.4.8), from the outer to the inner."""
_COUNTED: Final = {
    "StackID": "Stack",
    "ImageType": "Image type",
    "SequenceName": "Sequence",
    "ScanningSequence": "Sequence",
    "SequenceVariant": "Sequence",
    "ScanOptions": "Scan options",
    "ASLContext": "Spin labeling",
    "MagnetizationTransfer": "Magnetization transfer",
    "SpectrallySelectedSuppression": "Fat suppression",
    "ReceiveCoilName": "Coil",
    "PrivateCardiacPhase": "Cardiac phase",
    "DimensionIndexValues": "Volume",
    FRAME: "Frame",
}
"""Attributes whose values are texts or tuples: the volumes are counted from 1."""
_TERMS: Final = (
    "CONTROL LABEL M_ZERO_SCAN CRUSHED NOT_CRUSHED NONE ON_RESONANCE OFF_RESONANCE FAT WATER "
    "FAT_AND_WATER SILICON_GEL"
)
"""Values that are named instead: defined terms, so that no text of a file becomes a name."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisValues:
    """Name, unit and values of the fourth axis of a stack.

    Parameters
    ----------
    name : str
        "Time", "b-value", "Echo time" …; several of them separated by ", ".
    unit : str
        "s", "s/mm2", "ms" …; '' if there is none, or there are several.
    values : array of float64 or tuple of str
        One for each volume; times are in seconds from the first. Texts if several attributes tell
        the volumes apart.
    """

    name: str
    unit: str
    values: NDArray[np.float64] | tuple[str, ...]

    def text(self, number: int) -> str:
        """Return the value of a volume with its unit: "1000 s/mm2"."""
        value = self.values[number]
        return value if isinstance(value, str) else _with_unit(float(value), self.unit)

    def packed(self) -> list[Any]:
        """Return the same as JSON can hold it."""
        return [self.name, self.unit, list(self.values)]

    @classmethod
    def unpacked(cls, packed: Sequence[Any], volumes: int) -> AxisValues:
        """Return what `packed` made; raise ValueError or TypeError if it is damaged."""
        name, unit, values = packed
        if len(values) != volumes:
            raise ValueError("another number of volumes was expected")
        if all(isinstance(value, str) for value in values):
            return cls(str(name), str(unit), tuple(values))
        numbers = np.array([float(value) for value in values], dtype=np.float64)
        return cls(str(name), str(unit), numbers)


def axis_values(rows: Sequence[Sequence[SliceRef | None]], dimension: str) -> AxisValues | None:
    """Return the values of the fourth axis, None if there is one volume.

    Parameters
    ----------
    rows : sequence of sequence of SliceRef or None
        The slices of each volume.
    dimension : str
        Attributes that tell them apart, as in `Grid`.
    """
    volumes = [[ref for ref in row if ref is not None] for row in rows]
    if len(volumes) < 2:
        return None
    # Numbers of images and file names are an order, and no quantity.
    names = [n for n in dimension.split(", ") if n not in _ORDERS] or [NUMBER]
    first = volumes[0][0].header
    if names == [FRAME] and not first.frame_duration and not first.frame_times:
        numbered = [name for name in _VECTORS if len(set(_by_volume(volumes, name))) > 1]
        names = numbered or names
    if _WEIGHTED not in names and _NUMBERING.issuperset(names):
        # Repeats of one b-value are told apart by numbers: what they are is said all the same.
        weights = _by_volume(volumes, _WEIGHTED)
        names = [_WEIGHTED] if None not in weights and len(set(weights)) > 1 else names
    attributes = Attributes([ref for volume in volumes for ref in volume])
    if len(names) == 1:
        return _of_one(volumes, attributes, names[0])
    times = _clock_times(volumes, attributes) if _NUMBERING.issuperset(names) else None
    if times is not None:
        return AxisValues("Time", "s", times)
    parts = [_of_one(volumes, attributes, name) for name in names]
    texts = tuple(", ".join(part.text(i) for part in parts) for i in range(len(volumes)))
    return AxisValues(", ".join(dict.fromkeys(part.name for part in parts)), "", texts)


def mixture_warnings(
    rows: Sequence[Sequence[SliceRef | None]], dimension: str, kinds: Sequence[SliceRef]
) -> list[str]:
    """Return in what the slices of one volume differ that says how they were made.

    Parameters
    ----------
    rows, dimension
        As in `axis_values`.
    kinds : sequence of SliceRef
        One of each kind; see `Kinds`.
    """
    # A gradient is a direction as well.
    physical = [n for n in _QUANTITIES if n in PHYSICAL and n != "DiffusionGradient"]
    few = Attributes(kinds)
    names = [name for name in physical if name not in dimension and few.may_vary(name)]
    if not names:
        return []
    volumes = [[ref for ref in row if ref is not None] for row in rows]
    attributes = Attributes([ref for volume in volumes for ref in volume])
    mixed = []
    for name in names:
        column = attributes.column(name)
        values = iter(column)
        parts = (islice(values, len(volume)) for volume in volumes)
        if len(set(column)) > 1 and any(len(set(part) - {None}) > 1 for part in parts):
            mixed.append(_QUANTITIES[name][0].lower())
    if not mixed:
        return []
    return [f"Slices differ in {' and '.join(mixed)}: their values may not be comparable"]


def _of_one(volumes: Sequence[Sequence[SliceRef]], attributes: Attributes, name: str) -> AxisValues:
    counted = np.arange(1.0, len(volumes) + 1)
    if name == FRAME:
        times = _times_of_frames(volumes, attributes)
        return AxisValues("Frame", "", counted) if times is None else AxisValues("Time", "s", times)
    if name in _SECONDS:
        times = _times(volumes, attributes.column(name), _SECONDS[name])
        title = "Trigger time" if name == "TriggerTime" else "Time"
        return AxisValues("Volume", "", counted) if times is None else AxisValues(title, "s", times)
    if name in (*TEMPORAL, NUMBER, "AcquisitionNumber"):
        times = _clock_times(volumes, attributes)
        if times is not None:
            return AxisValues("Time", "s", times)
    title, unit = _QUANTITIES.get(name, (_COUNTED.get(name, "Time point"), ""))
    column = _by_volume(volumes, name)
    values = [v[0] if isinstance(v, tuple) and name == "DiffusionGradient" else v for v in column]
    # No b-value is b = 0.
    numbers = [0.0 if v is None and title == "b-value" else v for v in values]
    if all(isinstance(value, int | float) for value in numbers):
        return AxisValues(title, unit, np.array(numbers, dtype=np.float64))
    if set(_TERMS.split()).issuperset(values):
        return AxisValues(title, "", tuple(str(v).lower().replace("_", " ") for v in values))
    return AxisValues(title if name in _COUNTED else "Volume", "", counted)


def _times_of_frames(
    volumes: Sequence[Sequence[SliceRef]], attributes: Attributes
) -> NDArray[np.float64] | None:
    """Return when each image of a clip begins, in seconds from the first; None if unknown.

    Images of several files are stills, and no clip: when they were made is no time between frames.
    """
    first = volumes[0][0].header
    if first.frame_times:
        begins = [first.frame_times[volume[0].index] for volume in volumes]
        return np.array([begin - begins[0] for begin in begins], dtype=np.float64) / 1000
    of_one_file = len({volume[0].header.object_name for volume in volumes}) == 1
    times = _clock_times(volumes, attributes) if of_one_file else None
    if times is None and first.frame_duration:
        times = np.arange(len(volumes)) * first.frame_duration / 1000
    return times


def _clock_times(
    volumes: Sequence[Sequence[SliceRef]], attributes: Attributes
) -> NDArray[np.float64] | None:
    """Return when each volume began by the first attribute by which they follow each other."""
    for clock in _CLOCKS:
        times = _times(volumes, attributes.column(clock), _SECONDS[clock])
        if times is not None and (np.diff(times) > 0).all():
            return times
    return None


def _times(
    volumes: Sequence[Sequence[SliceRef]], column: Column, unit: float
) -> NDArray[np.float64] | None:
    """Return when each volume began, in seconds from the first; None if that is unknown."""
    starts = []
    # All of them: times without dates go on after midnight.
    values = iter(column)
    for volume in volumes:
        times = [v for v in islice(values, len(volume)) if isinstance(v, int | float)]
        if not times:
            return None
        starts.append(min(times))
    # Times are given in microseconds at most (PS3.5 6.2); seconds of an era have fewer digits.
    return np.round((np.array(starts, dtype=np.float64) - starts[0]) * unit, 6)


def _by_volume(volumes: Sequence[Sequence[SliceRef]], name: str) -> Column:
    """Return the value of each volume: that of its first slice."""
    return Attributes([volume[0] for volume in volumes]).column(name)


def _with_unit(value: float, unit: str) -> str:
    return f"{value:.6g}{unit if unit in ('', '°', '%') else f' {unit}'}"
