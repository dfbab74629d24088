"""DisplayArray: the face of a LazyStack that a layer draws, blank where a frame is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.array_face import ArrayFace
from napari_medscan.frames.indexing import plain_key

if TYPE_CHECKING:
    from napari_medscan.frames.lazy import LazyStack
    from napari_medscan.frames.tiled import TiledArray


class DisplayArray(ArrayFace):
    """What ``layer.data`` is: frames or tiles, drawn blank where a frame is missing or unreadable.

    napari leaves the slice before on screen when indexing raises, while the slider moves on. It
    draws by integers and slices: these give blanks. Everything else raises as the array itself:
    what is computed or saved has no value that was not in a file.

    Parameters
    ----------
    stack : LazyStack or TiledArray
        The array, of which this is ``stack.display``.
    """

    def __init__(self, stack: LazyStack | TiledArray) -> None:
        self._stack = stack

    @property
    def stack(self) -> LazyStack | TiledArray:
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the array, and be the display face of what that becomes."""
        return getattr, (self._stack, "display")

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every frame into one new array; raise as `LazyStack.read`."""
        return self._stack.__array__(dtype, copy)

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Read what `key` selects; integers and slices never raise because of a frame."""
        plain = plain_key(key)
        return self._stack[key] if plain is None else self._stack.look(plain)

    def read_only(self) -> NDArray[Any]:
        """Return all values, which cannot be changed; raise as `LazyStack.read`."""
        return self._stack.read_only()

    def __iter__(self) -> Iterator[Any]:
        """Go along the first axis; raise at a frame that cannot be read."""
        return iter(self._stack)

    def __reversed__(self) -> Iterator[Any]:
        """Go back along the first axis; raise at a frame that cannot be read."""
        return reversed(self._stack)
