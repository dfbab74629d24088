"""Keys of arrays, as hypothesis draws them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


@st.composite
def keys(draw, shape):
    """Keys of every kind, mixed: some are errors in numpy too."""
    entries: list[object] = []
    axis = 0
    batch = draw(hnp.array_shapes(min_dims=1, max_dims=2, max_side=3))
    while axis < len(shape) and draw(st.integers(0, 7)):
        extent = shape[axis]
        kind = draw(
            st.sampled_from(["int", "slice", "array", "list", "mask", "new", "dots", "flag"])
        )
        if kind == "int":
            entries.append(
                draw(st.sampled_from([int, np.int64]))(draw(st.integers(-extent, extent - 1)))
            )
        elif kind == "slice":
            entries.append(draw(st.slices(extent)))
        elif kind == "array":
            one = draw(st.sampled_from([batch, (1,), (), batch[-1:]]))
            entries.append(
                draw(hnp.arrays(np.int64, one, elements=st.integers(-extent, extent - 1)))
            )
        elif kind == "list":
            entries.append(draw(st.lists(st.integers(-extent, extent - 1), max_size=3)))
        elif kind == "mask":
            width = draw(st.integers(1, len(shape) - axis))
            entries.append(draw(hnp.arrays(np.bool_, shape[axis : axis + width])))
            axis += width - 1
        elif kind == "new":
            entries.append(None)
            continue
        elif kind == "dots":
            entries.append(...)
            axis = max(axis, len(shape) - draw(st.integers(0, 2))) - 1
        else:
            entries.append(draw(st.booleans()))
            continue
        axis += 1
    return entries[0] if len(entries) == 1 and draw(st.booleans()) else tuple(entries)
