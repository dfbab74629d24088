"""The values of a stack: which of them are padding, and which become black and white at first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.dicom.intensity.window import ascending, percentile_limits

if TYPE_CHECKING:
    from napari_medscan.dicom.series.stack import Stack


def padding(stack: Stack) -> tuple[float, float] | None:
    """Return the range of values that mean "no data"; see `Stack.padding`."""
    stored = stack.header.padding
    if stored is None:
        return None
    first, last = _transformed(stack, stored)
    if math.isnan(first) or math.isnan(last):
        # Beyond the range of a Real World Value LUT: these values are NaN, as good as padding.
        return None
    return min(first, last), max(first, last)


def default_limits(stack: Stack) -> tuple[float, float]:
    """Return contrast limits; see `Stack.default_limits`."""
    windows = stack.windows
    if windows:
        return ascending(*windows[0].limits)
    return percentile_limits(stack.array.frame(stack.typical), stack.padding)


def _transformed(stack: Stack, stored: Sequence[int]) -> tuple[float, ...]:
    """Return what stored values become in the middle slice, as the array has them."""
    transform = stack.typical_frame.transform
    values = transform.apply(np.array(stored, dtype=np.int64), stack.array.dtype)
    return tuple(float(value) for value in values)
