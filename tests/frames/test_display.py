"""DisplayArray: what napari draws a LazyStack by."""

from __future__ import annotations

from copy import deepcopy

import numpy as np

from napari_medscan.frames import FrameCache, LazyStack


class Numbered:
    """Frames filled with their number."""

    def read(self, index, out):
        out[...] = index


def build():
    return LazyStack(Numbered(), np.arange(4), (2, 3), np.dtype(np.int16), 0, FrameCache())


def test_display_is_one_object_with_shape_and_type_of_the_array():
    stack = build()
    display = stack.display
    assert display is stack.display
    assert deepcopy(display) is display
    assert display.stack is stack
    for name in ("shape", "dtype", "ndim", "size", "nbytes"):
        assert getattr(display, name) == getattr(stack, name), name
    assert len(display) == 4
    assert np.array_equal(display[2], np.full((2, 3), 2))
