"""FrameForm: shape, type and blank value, which all frames of an array share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class FrameForm(NamedTuple):
    """What all frames of an array have in common.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns) or (rows, columns, channels).
    dtype : dtype
        Type of the values.
    fill : float
        Value of blank frames.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fill: float

    def empty(self) -> NDArray[Any]:
        """Return a frame whose values are not set."""
        return np.empty(self.shape, self.dtype)

    def blank(self, extents: tuple[int, ...]) -> NDArray[Any]:
        """Return blank frames, so many along every leading axis; they cannot be written to."""
        return np.broadcast_to(np.array(self.fill, self.dtype), extents + self.shape)
