"""What a viewer shows of a layer as plain data, and its pixels the way up that they stand there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.orientation import axis_vectors
from napari_medscan.privacy.painting import Colors, Painted
from napari_medscan.render.snapshot import Index

PROJECTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "sum": np.sum,
}
"""What napari shows of the slices of a slab, by `Image.projection_mode`; "none" is one slice."""

_PLANES = ("sagittal", "coronal", "axial")
"""By the axis of the patient that they are across."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class LayerView:
    """What a viewer shows of an array, and where: to be read later, and in any thread.

    Parameters
    ----------
    data : array
        Of the layer.
    index : tuple of int or slice
        Of the array without color: the slice on screen, or the slices of a slab.
    axes : tuple of int
        Axes of the array that are on screen, the vertical one first.
    flips : tuple of bool
        Whether rows and columns run the other way there.
    spacing, origin, opacity, blending
        As of `Painted`.
    """

    data: Any
    index: Index
    axes: tuple[int, int]
    flips: tuple[bool, bool]
    spacing: tuple[float, float]
    origin: tuple[float, float]
    opacity: float = 1.0
    blending: str = "translucent"

    def at(self, index: Index) -> Self:
        """Return the same of other slices."""
        return replace(self, index=index)

    def as_displayed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return pixels in the order of the display: the array has its own axes and directions."""
        if self.axes[0] > self.axes[1]:
            values = values.swapaxes(0, 1)
        return np.flip(values, tuple(axis for axis, flip in enumerate(self.flips) if flip))


@dataclass(frozen=True, eq=False, kw_only=True)
class SeriesView(LayerView):
    """What a viewer shows of a series.

    Parameters
    ----------
    stack : Stack
        Whose slices they are.
    limits, colors, gamma
        As of `Painted`.
    state : tuple
        Equal while the layer is drawn in the same way, at the same place, whatever its index.
    projection : str
        What is shown of a slab; "none" of a slice.
    """

    stack: Stack
    limits: tuple[float, float]
    colors: Colors | None
    state: tuple[object, ...]
    projection: str = "none"
    gamma: float = 1.0

    @property
    def is_across(self) -> bool:
        """Whether it is made of more slices than one: a cut across them, or a slab."""
        return len(self.slices) > 1

    @property
    def slices(self) -> tuple[int, ...]:
        """Numbers of the slices that it is made of, in order; none where one is missing."""
        places = self.stack.array.places
        found = np.unique(places[self.index[: places.ndim]])
        return tuple(int(number) for number in found if number >= 0)

    @property
    def frame(self) -> tuple[int, int]:
        """Rows and columns of a slice as it was acquired."""
        lead = self.stack.array.places.ndim
        rows, columns = self.stack.array.shape[lead : lead + 2]
        return rows, columns

    @property
    def plane(self) -> str:
        """The patient plane nearest to the one on screen: "axial"; '' when it is unknown."""
        vectors = axis_vectors(self.stack.geometry)
        # An array without time or with it: z, y and x are the last three axes.
        across = {0, 1, 2} - {axis - len(self.index) + 3 for axis in self.axes}
        if vectors is None or len(across) != 1:
            return ""
        return _PLANES[int(np.argmax(np.abs(vectors[across.pop()])))]

    def read_header(self) -> ImageHeader:
        """Return the header of the slice on screen; of a typical one in a cut across slices.

        It may open the file, and raise FrameError: not for the GUI thread.
        """
        numbers = self.slices
        number = numbers[0] if len(numbers) == 1 else self.stack.typical
        return self.stack.read_header(number)

    def read(
        self, kept: Mapping[int, Mask] | None = None, pixels: NDArray[Any] | None = None
    ) -> Painted:
        """Read the pixels, the way up that they stand on screen.

        It may take its time: a cut across slices reads the whole stack, which napari holds then.

        Parameters
        ----------
        kept : mapping, optional
            By number of slice, (rows, columns) of its frame: pixels that may be seen; all of those
            that are not named. A pixel of a slab may be seen when all that it is made of may.
        pixels : ndarray, optional
            The array's values at the index, when they have been read already.
        """
        values = np.asarray(self.data[self.index]) if pixels is None else pixels
        seen = self._seen(kept) if kept else None
        project = PROJECTIONS.get(self.projection)
        if project is not None:
            across = tuple(axis for axis in range(len(self.index)) if axis not in self.axes)
            values = project(values, axis=across)
            seen = None if seen is None else np.all(seen, axis=across)
        return Painted(
            self.as_displayed(values),
            self.spacing,
            self.origin,
            self.limits,
            self.colors,
            self.gamma,
            self.opacity,
            self.blending,
            None if seen is None else self.as_displayed(seen),
        )

    def _seen(self, kept: Mapping[int, Mask]) -> Mask:
        places = self.stack.array.places
        lead = places.ndim
        numbers = np.asarray(places[self.index[:lead]])
        everything = np.ones(self.frame, bool)
        frames = [kept.get(int(n), everything)[self.index[lead:]] for n in numbers.ravel()]
        return np.reshape(frames, (*numbers.shape, *frames[0].shape))
