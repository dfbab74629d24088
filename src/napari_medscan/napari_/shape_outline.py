"""The outlines of shapes of napari, as lines through their vertices."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLOSED: Final = ("polygon", "rectangle", "ellipse")
"""Types of shapes that enclose something; a path does if it ends where it begins."""
_TURN: Final = np.linspace(0, 2 * np.pi, 65)


def shape_outline(kind: str, data: ArrayLike) -> NDArray[np.float64]:
    """Return the vertices along the outline of a shape; the last is the first if it is closed.

    Parameters
    ----------
    kind : str
        Type of the shape.
    data : array_like, shape (vertices, axes)
        As in ``layer.data``; of an ellipse the corners around it.
    """
    vertices = np.asarray(data, np.float64)
    if kind == "ellipse":
        first, second = (vertices[1] - vertices[0]) / 2, (vertices[3] - vertices[0]) / 2
        around = np.outer(np.cos(_TURN), first) + np.outer(np.sin(_TURN), second)
        return np.asarray(vertices.mean(axis=0) + around, np.float64)
    return np.vstack((vertices, vertices[:1])) if kind in CLOSED else vertices
