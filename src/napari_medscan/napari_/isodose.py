"""Isodose lines: where a dose grid crosses certain levels, as paths on its slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from napari.layers import Shapes
from napari.utils.colormaps import AVAILABLE_COLORMAPS
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.fusion import highest_dose
from napari_medscan.napari_.layer_transform import grid_place

PERCENT, GRAY = "% of reference", "Gy"
_WIDTH = 0.5
"""Of lines, in pixels of the dose grid, which are some millimeters wide."""


_LEVEL = "dose"
"""The column of features that holds the level of each line."""


def isodose_layer(stack: Stack, levels: Sequence[float], reference: float | None = None) -> Shapes:
    """Return the isodose lines of a dose grid on its own slices.

    Parameters
    ----------
    stack : Stack
        A dose grid.
    levels : sequence of float
        In the unit of the grid, Gy or relative.
    reference : float, optional
        The dose that is drawn in red; the highest one if it is left out.

    Notes
    -----
    Reads all slices. Lines lie between the centers of pixels, where linear interpolation of the
    grid gives the level. The features of the layer hold the level of each line.
    """
    top = reference or highest_dose(stack)
    levels = sorted({level for level in levels if level > 0})
    paths: list[NDArray[np.float64]] = []
    crossed: list[float] = []
    volume = stack.read(errors="blank")
    for number in np.flatnonzero(stack.valid):
        for level in levels:
            for line in lines_at(volume[number], level):
                at = np.full((len(line), 1), float(number))
                paths.append(np.hstack((at, line)))
                crossed.append(level)
    shares = np.array(crossed) / top if top > 0 else np.zeros(len(crossed))
    # napari does not annotate it.
    colors = AVAILABLE_COLORMAPS["turbo"].map(np.clip(shares, 0, 1))  # type: ignore[no-untyped-call]
    return Shapes(
        paths or None,
        ndim=3,
        shape_type="path",
        edge_width=_WIDTH,
        edge_color=colors if paths else "white",
        face_color="transparent",
        opacity=1.0,
        features={_LEVEL: crossed},
        name=f"Isodose · {defuse(stack.name)}",
        **grid_place(stack.geometry),
    )


def levels_of(layer: Shapes) -> dict[float, int]:
    """Return the levels of isodose lines, each with the number of one of its shapes.

    Empty if the layer has none.
    """
    doses = layer.features.get(_LEVEL, ())
    return {float(dose): number for number, dose in enumerate(doses)}


@dataclass(frozen=True, slots=True)
class IsodoseCut:
    """Isodose lines of a dose grid in any plane along its axes.

    Parameters
    ----------
    stack : Stack
        The dose grid.
    levels : mapping of float to int
        Of `levels_of`.
    """

    stack: Stack
    levels: Mapping[float, int]

    def lines(self, axis: int, at: float) -> list[tuple[int, NDArray[np.float64]]]:
        """Return the lines in the plane of voxels nearest to a place.

        Parameters
        ----------
        axis : {0, 1, 2}
            The axis across the plane.
        at : float
            Slice, row or column of the plane.

        Returns
        -------
        list of (int, ndarray of shape (lines, 2 ends, 2))
            What `levels` has for a level; places along the two axes within the plane.
        """
        number = round(at)
        if not 0 <= number < self.stack.array.shape[axis]:
            return []
        key: list[int | slice] = [slice(None)] * 3
        key[axis] = number
        plane = np.asarray(self.stack.array.display[tuple(key)])
        return [
            (shape, np.stack((line[:-1], line[1:]), axis=1))
            for level, shape in self.levels.items()
            for line in lines_at(plane, level)
        ]


def lines_at(plane: NDArray[np.floating], level: float) -> list[NDArray[np.float64]]:
    """Return the lines at which a slice crosses a level, (points, 2) rows and columns each.

    A region that reaches the edge of the grid is open there.
    """
    from skimage.measure import find_contours

    if not plane.min() < level < plane.max():
        return []
    # scikit-image does not annotate it.
    lines: list[NDArray[np.float64]] = find_contours(plane, level)  # type: ignore[no-untyped-call]
    return lines
