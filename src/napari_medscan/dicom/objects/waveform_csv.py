"""Waveforms as CSV, with a line of headings."""

from __future__ import annotations

import csv
import io

import numpy as np

from napari_medscan.dicom.objects.waveform import MultiplexGroup, WaveformContent


def samples_csv(group: MultiplexGroup, samples: slice) -> str:
    """Return samples as CSV: seconds, then the value of each channel; no value is left empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    heads = [f"{each.name} ({each.unit})" if each.unit else each.name for each in group.channels]
    writer.writerow(["Time (s)", *heads])
    times = group.start + np.arange(len(group.stored))[samples] / group.frequency
    columns = [group.values(number, samples) for number in range(len(group.channels))]
    for time, values in zip(times.tolist(), np.column_stack(columns).tolist(), strict=True):
        writer.writerow([f"{time:.9g}", *("" if v != v else f"{v:.9g}" for v in values)])  # noqa: PLR0124 - NaN is not
    return text.getvalue()


def annotations_csv(content: WaveformContent) -> str:
    """Return annotations as CSV: name, value, unit, times, channels."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Name", "Value", "Unit", "From (s)", "To (s)", "Channels"))
    for each in content.annotations:
        times = [f"{time:.9g}" for time in (each.times[:1] + each.times[-1:])] or ["", ""]
        writer.writerow(
            (
                each.name,
                each.value,
                each.unit,
                *times,
                channel_names(content, each.group, each.channels),
            )
        )
    return text.getvalue()


def channel_names(content: WaveformContent, group: int | None, channels: tuple[int, ...]) -> str:
    """Return the names of some channels, '' for all."""
    if group is None or group >= len(content.groups):
        return ""
    known = content.groups[group].channels
    return ", ".join(known[number].name for number in channels if 0 <= number < len(known))
