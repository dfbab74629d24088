"""DisplayArray: the face of a LazyStack that a layer draws, blank where a frame is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    from napari_medscan.frames.lazy import LazyStack
    from napari_medscan.frames.many import Index


class DisplayArray:
    """What ``layer.data`` is: a LazyStack, drawn blank where a frame cannot be read.

    napari leaves the slice before on screen when indexing raises, while the slider moves on.

    Parameters
    ----------
    stack : LazyStack
        The array, of which this is ``stack.display``.
    """

    def __init__(self, stack: LazyStack) -> None:
        self._stack = stack

    @property
    def stack(self) -> LazyStack:
        """The array of which this is the display face."""
        return self._stack

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._stack.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._stack.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._stack.ndim

    @property
    def size(self) -> int:
        """Number of values."""
        return self._stack.size

    @property
    def nbytes(self) -> int:
        """Bytes that all values would take in memory."""
        return self._stack.nbytes

    def __len__(self) -> int:
        """Return the extent of the first axis."""
        return len(self._stack)

    def __repr__(self) -> str:
        """Return shape and dtype."""
        return f"DisplayArray(shape={self.shape}, dtype={self.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> DisplayArray:
        """Return self: napari deep-copies a layer's data to duplicate it."""
        return self

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every frame into one new array."""
        return self._stack.__array__(dtype, copy)

    def __getitem__(self, key: Index | tuple[Index, ...]) -> NDArray[Any]:
        """Read what `key` selects."""
        return self._stack[key]
