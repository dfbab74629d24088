"""Long lines as short ones that look alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def envelope(
    times: NDArray[np.float64], values: NDArray[np.float64], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most about `most` points that look like a longer line: lows and highs in turn."""
    count = len(values) // max(1, most // 2)
    if count < 2:
        return times, values
    whole = len(values) // count * count
    blocks = values[:whole].reshape(-1, count)
    lows, highs = blocks.min(1), blocks.max(1)
    # The order within a block is that of the signal, roughly.
    falls = blocks[:, 0] > blocks[:, -1]
    pairs = np.where(falls[:, None], np.stack((highs, lows), 1), np.stack((lows, highs), 1))
    at = times[:whole].reshape(-1, count)[:, [0, count // 2]]
    rest = slice(whole, None)
    return np.append(at.ravel(), times[rest]), np.append(pairs.ravel(), values[rest])
