"""When the frames of a clip or of a dynamic image of nuclear medicine begin.

PS3.3 C.7.6.5 (Cine) and C.8.4.14 (NM Phase).
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want

WANTED_FRAME_TIMES: Final[Wanted] = want(
    Tag.FrameTime,
    Tag.FrameTimeVector,
    Tag.RecommendedDisplayFrameRate,
    Tag.CineRate,
    Tag.PhaseVector,
    Tag.TimeSliceVector,
    {
        Tag.PhaseInformationSequence: want(
            Tag.PhaseDelay,
            Tag.ActualFrameDuration,
            Tag.PauseBetweenFrames,
            Tag.NumberOfFramesInPhase,
        )
    },
)
_LONGEST: Final = 1e9
"""Milliseconds: no acquisition lasts for eleven days."""


def frame_duration(data_set: DataSet) -> float | None:
    """Return milliseconds a frame of a cine (PS3.3 C.7.6.5)."""
    time = _positive(data_set, Tag.FrameTime)
    if time is not None:
        return time
    # The first increment of a vector is 0 (PS3.3 C.7.6.5.1.2).
    increments = data_set.numbers(Tag.FrameTimeVector)[1:]
    if increments and 1e-6 < (mean := sum(increments) / len(increments)) < 1e4:
        return mean
    for tag in (Tag.RecommendedDisplayFrameRate, Tag.CineRate):
        rate = _positive(data_set, tag)
        if rate is not None:
            return 1000 / rate
    return None


def frame_times(data_set: DataSet, frames: int) -> tuple[float, ...]:
    """Return when each frame begins, ms: by Frame Time Vector, or by the phases of a dynamic image.

    Empty where the file does not give all of them.
    """
    if _positive(data_set, Tag.FrameTime) is not None:
        return ()
    increments = data_set.numbers(Tag.FrameTimeVector)
    if len(increments) == frames and all(0 <= i < 1e7 for i in increments):
        return tuple(accumulate((0.0, *increments[1:])))
    return _times_by_phase(data_set, frames)


def _times_by_phase(data_set: DataSet, frames: int) -> tuple[float, ...]:
    phases = data_set.integers(Tag.PhaseVector) or (1,) * frames
    slices = data_set.integers(Tag.TimeSliceVector)
    begins: list[float] = []
    steps: list[float] = []
    now = 0.0
    for item in data_set.items(Tag.PhaseInformationSequence):
        duration = item.number(Tag.ActualFrameDuration)
        count = item.integer(Tag.NumberOfFramesInPhase)
        if duration is None or not 0 < duration < _LONGEST or count is None or count < 1:
            return ()
        begins.append(now + (item.number(Tag.PhaseDelay) or 0.0))
        steps.append(duration + (item.number(Tag.PauseBetweenFrames) or 0.0))
        now = begins[-1] + count * steps[-1]
    are_known = all(1 <= phase <= len(begins) for phase in phases) and 0 <= now < _LONGEST
    if not len(phases) == len(slices) == frames or not are_known or min(slices) < 1:
        return ()
    return tuple(
        begins[phase - 1] + (number - 1) * steps[phase - 1]
        for phase, number in zip(phases, slices, strict=True)
    )


def _positive(data_set: DataSet, tag: Tag) -> float | None:
    values = data_set.exactly(1, tag)
    return values[0] if values and 1e-6 < values[0] < 1e4 else None
