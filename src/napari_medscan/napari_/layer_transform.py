"""Where the layer of a series lies in napari's world."""

from __future__ import annotations

from napari_medscan.dicom import Stack


def layer_transform(stack: Stack) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and translate of a layer that shows a stack.

    Data stay in acquisition order: scale is (step, row spacing, column spacing) in mm, and
    translate the position along the stack's own axes. A time axis is scaled in seconds if the
    frames of a clip have a duration, else each step is 1.

    Parameters
    ----------
    stack : Stack
        A series.
    """
    geometry = stack.geometry
    if not stack.axes.startswith("t"):
        return geometry.scale, geometry.translate
    duration = stack.header.frame_duration
    seconds = duration / 1000 if duration and is_timed(stack) else 1.0
    return (seconds, *geometry.scale), (0.0, *geometry.translate)


def is_timed(stack: Stack) -> bool:
    """Return whether the time axis of a series is in seconds."""
    return stack.is_clip and bool(stack.header.frame_duration)
