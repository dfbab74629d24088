"""ArrayFace: what numpy and its users ask of an array, answered by an array that is read.

An array of frames behaves like a read-only `numpy.ndarray`: operators, functions and methods give
what numpy gives of the values, which are read for it; what would change the values raises. What
only shape and type decide reads nothing.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray

_MADE_LIKE = frozenset({np.empty_like, np.zeros_like, np.ones_like, np.full_like})
"""Functions that ask their first argument for its shape and type only."""
_OF_TYPE = frozenset(
    {
        np.can_cast,
        np.common_type,
        np.iscomplexobj,
        np.isrealobj,
        np.may_share_memory,
        np.min_scalar_type,
        np.ndim,
        np.result_type,
        np.shape,
        np.shares_memory,
        np.size,
    }
)
"""Functions that ask all arguments for shape and type only."""


def _method(name: str) -> Callable[..., Any]:
    def method(self: ArrayFace, /, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        return getattr(self.read_only(), name)(*args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Read all frames, and return what `numpy.ndarray.{name}` gives of them."
    return method


def _change(name: str) -> Callable[..., NoReturn]:
    def method(_self: ArrayFace, /, *_args: object, **_kwargs: object) -> NoReturn:
        raise _read_only_error()

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Raise ValueError: `numpy.ndarray.{name}` changes an array in place."
    return method


def _read_only_error() -> ValueError:
    return ValueError("The values of a series are read-only. Change a copy: numpy.array(…)")


class ArrayFace(NDArrayOperatorsMixin):
    """An array-like with numpy's operators, functions and methods.

    Whoever inherits gives `shape`, `dtype`, `__array__` and `__getitem__`.
    """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    @abstractmethod
    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read all frames into a new array."""

    @abstractmethod
    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Read what `key` selects."""

    # --- what shape and type say

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes that all values would take in memory."""
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one value to the next along each axis, of the array that numpy makes."""
        return tuple(self.itemsize * math.prod(self.shape[axis + 1 :]) for axis in range(self.ndim))

    @property
    def flags(self) -> Any:  # noqa: ANN401 - numpy does not publish the type
        """Flags of an array that is read-only."""
        return self._stand_in().flags

    def __len__(self) -> int:
        """Return the extent of the first axis."""
        return self.shape[0]

    def __repr__(self) -> str:
        """Return shape and dtype."""
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype})"

    def __eq__(self, other: object) -> Any:  # noqa: ANN401 - as numpy
        """Compare values; what cannot be compared, such as text, is not equal."""
        return self.read_only() == _read(other)

    def __ne__(self, other: object) -> Any:  # noqa: ANN401 - as numpy
        """Compare values."""
        return self.read_only() != _read(other)

    def __hash__(self) -> int:
        """Return a hash of the object itself: `==` compares values."""
        return object.__hash__(self)

    # --- numpy's protocols

    def __array_ufunc__(
        self,
        ufunc: np.ufunc,
        method: str,
        *inputs: Any,  # noqa: ANN401 - numpy's protocol
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Apply a ufunc to the values."""
        if method == "at" and isinstance(inputs[0], ArrayFace):
            raise _read_only_error()
        if any(isinstance(out, ArrayFace) for out in kwargs.get("out", ())):
            raise _read_only_error()
        return getattr(ufunc, method)(*_read(inputs), **_read(kwargs))

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # noqa: ANN401 - numpy's protocol
        """Call a function of numpy with the values, or with shape and type if they are enough."""
        if func in _OF_TYPE:
            return func(*_unread(args), **_unread(kwargs))
        if func in _MADE_LIKE:
            first = {name: _unread(kwargs[name]) for name in ("a", "prototype") if name in kwargs}
            rest = {name: value for name, value in kwargs.items() if name not in first}
            return func(*_unread(args[:1]), *_read(args[1:]), **first, **_read(rest))
        return func(*_read(args), **_read(kwargs))

    def read_only(self) -> NDArray[Any]:
        """Return all values in an array that cannot be changed, nor can its views."""
        values = np.asarray(self)
        values.flags.writeable = False
        return values

    def _stand_in(self) -> NDArray[Any]:
        """Return an array of the same shape and type without values."""
        return np.broadcast_to(np.empty((), self.dtype), self.shape)

    # --- what Python asks

    def __copy__(self) -> Self:
        """Return self: a copy would read the same."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return self: napari deep-copies a layer's data to duplicate it."""
        return self

    def __bool__(self) -> bool:
        """Return the truth of the only value; ValueError if there are more."""
        return bool(self.read_only() if self.size == 1 else self._stand_in())

    def __int__(self) -> int:
        """Return the only value."""
        return int(self._only())

    def __float__(self) -> float:
        """Return the only value."""
        return float(self._only())

    def __complex__(self) -> complex:
        """Return the only value."""
        return complex(self._only())

    def __index__(self) -> int:
        """Return nothing: numpy takes arrays without axes only."""
        raise TypeError("only integer scalar arrays can be converted to a scalar index")

    def _only(self) -> Any:  # noqa: ANN401 - a value of any type
        if self.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self.read_only().item()

    def __contains__(self, value: object) -> bool:
        """Whether any value equals one."""
        return value in self.read_only()

    def __iter__(self) -> Iterator[Any]:
        """Go along the first axis, reading as it goes."""
        return (self[place] for place in range(len(self)))

    def __reversed__(self) -> Iterator[Any]:
        """Go back along the first axis, reading as it goes."""
        return (self[place] for place in reversed(range(len(self))))

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - whatever numpy takes
        """Raise ValueError."""
        raise _read_only_error()

    # --- attributes and methods of numpy's arrays

    @property
    def T(self) -> NDArray[Any]:  # noqa: N802 - numpy's name
        """All values, with the axes in reverse order."""
        return self.read_only().T

    @property
    def mT(self) -> NDArray[Any]:  # noqa: N802 - numpy's name
        """All values, with the last two axes swapped."""
        return self.read_only().mT

    @property
    def real(self) -> NDArray[Any]:
        """All values."""
        return self.read_only().real

    @property
    def imag(self) -> NDArray[Any]:
        """Zeros."""
        return self.read_only().imag

    @property
    def flat(self) -> Any:  # noqa: ANN401 - numpy.flatiter takes a parameter in stubs only
        """All values one after the other."""
        return self.read_only().flat

    all = _method("all")
    any = _method("any")
    argmax = _method("argmax")
    argmin = _method("argmin")
    argpartition = _method("argpartition")
    argsort = _method("argsort")
    astype = _method("astype")
    choose = _method("choose")
    clip = _method("clip")
    compress = _method("compress")
    conj = _method("conj")
    conjugate = _method("conjugate")
    copy = _method("copy")
    cumprod = _method("cumprod")
    cumsum = _method("cumsum")
    diagonal = _method("diagonal")
    dot = _method("dot")
    dump = _method("dump")
    dumps = _method("dumps")
    flatten = _method("flatten")
    getfield = _method("getfield")
    item = _method("item")
    max = _method("max")
    mean = _method("mean")
    min = _method("min")
    nonzero = _method("nonzero")
    prod = _method("prod")
    ravel = _method("ravel")
    repeat = _method("repeat")
    reshape = _method("reshape")
    round = _method("round")
    searchsorted = _method("searchsorted")
    squeeze = _method("squeeze")
    std = _method("std")
    sum = _method("sum")
    swapaxes = _method("swapaxes")
    take = _method("take")
    tobytes = _method("tobytes")
    tofile = _method("tofile")
    tolist = _method("tolist")
    trace = _method("trace")
    transpose = _method("transpose")
    var = _method("var")
    view = _method("view")

    byteswap = _method("byteswap")
    itemset = _change("itemset")
    partition = _change("partition")
    put = _change("put")
    resize = _change("resize")
    setfield = _change("setfield")
    setflags = _change("setflags")
    sort = _change("sort")


def _read(value: Any) -> Any:  # noqa: ANN401 - any argument of numpy's functions
    """Return an argument with arrays of values for those of frames."""
    return _replaced(value, ArrayFace.read_only)


def _unread(value: Any) -> Any:  # noqa: ANN401
    """Return an argument with arrays without values for those of frames."""
    return _replaced(value, ArrayFace._stand_in)  # noqa: SLF001 - of this module


def _replaced(value: Any, by: Callable[[ArrayFace], NDArray[Any]]) -> Any:  # noqa: ANN401
    if isinstance(value, ArrayFace):
        return by(value)
    if type(value) in (list, tuple):
        return type(value)(_replaced(item, by) for item in value)
    if type(value) is dict:
        return {name: _replaced(item, by) for name, item in value.items()}
    return value
