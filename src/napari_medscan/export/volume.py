"""What is written of a series: its grid, its place in the patient, and its voxels in blocks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.series.shear import unsheared
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError, OptionNeededError
from napari_medscan.frames import UnreadableFramesError

Progress = Callable[[int, int], object]
"""Called with (slices written, slices in all); whatever it raises stops the export."""

BLOCK_BYTES = 16 << 20
"""Slices are read in blocks of this size; at most two blocks are in memory."""


class LabelArray(Protocol):
    """Labels: an array of numpy, or one that is read slice by slice."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        ...

    @property
    def ndim(self) -> int:
        """Number of axes."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the labels: whole numbers, or truth values."""
        ...

    def __getitem__(self, key: Any, /) -> Any: ...  # noqa: ANN401 - as numpy


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has written.

    Parameters
    ----------
    files : tuple of Path
        The main file first.
    blank : tuple of int
        Slices that were written blank, counted through time points.
    warnings : tuple of str
        What the user should know about the files, each a sentence without the period.
    """

    files: tuple[Path, ...]
    blank: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A series, or labels on its grid, ready to be written.

    Parameters
    ----------
    stack : Stack
        The series whose grid this is.
    labels : ndarray or None
        Written in place of the series' voxels; the stack's shape without its color axis, or that
        of one of its volumes.
    blanks : bool
        Write slices that are missing or cannot be decoded as blank ones.
    blank : list of int
        Indices of the slices that were written blank, counted through time points.
    """

    stack: Stack
    labels: LabelArray | None
    blanks: bool
    blank: list[int] = field(default_factory=list)

    @property
    def axes(self) -> str:
        """Axes of the voxels as in `Stack.axes`, with a "z" always, of labels without "c"."""
        if self.labels is None:
            return self.stack.axes if "z" in self.stack.axes else f"z{self.stack.axes}"
        return "tzyx" if self.labels.ndim == 4 else "zyx"

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        if self.labels is not None:
            return self.labels.shape if self.labels.ndim > 2 else (1, *self.labels.shape)
        return (1,) * ("z" not in self.stack.axes) + self.stack.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as they are written, little-endian; truth values are bytes."""
        dtype = self.stack.array.dtype if self.labels is None else self.labels.dtype
        return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("<")

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """4x4 matrix from (column, row, slice, 1) to LPS (x, y, z, 1) in mm; None if unknown."""
        affine = self.stack.geometry.affine
        return None if affine is None else affine[:, [2, 1, 0, 3]]

    def blocks(self, progress: Progress | None = None) -> Iterator[NDArray[Any]]:
        """Yield the voxels in order, C-contiguous and little-endian, some slices at a time.

        Raises
        ------
        ExportError
            If a slice is missing or cannot be decoded, unless `blanks`.
        """
        lead = self.shape[: self.axes.index("y")]
        slices = int(np.prod(lead))
        at_once = max(
            1, BLOCK_BYTES // (int(np.prod(self.shape[len(lead) :])) * self.dtype.itemsize)
        )
        starts = [
            (volume, first, min(first + at_once, lead[-1]))
            for volume in range(slices // lead[-1])
            for first in range(0, lead[-1], at_once)
        ]
        done = 0
        with closing(self._ahead(starts)) as blocks:
            for (_, first, end), block in zip(starts, blocks, strict=True):
                yield block
                done += end - first
                if progress is not None:
                    progress(done, slices)

    def _ahead(self, starts: Sequence[tuple[int, int, int]]) -> Generator[NDArray[Any], None, None]:
        """Yield the blocks that begin and end so; one is decoded while another is compressed."""
        if len(starts) == 1:
            # A thread would keep memory for itself.
            yield self._block(*starts[0])
            return
        pool = ThreadPoolExecutor(1, "medscan-export")
        try:
            ahead = pool.submit(self._block, *starts[0])
            for start in starts[1:]:
                block = ahead.result()
                ahead = pool.submit(self._block, *start)
                yield block
            yield ahead.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _block(self, volume: int, first: int, end: int) -> NDArray[Any]:
        """Read slices `first` to `end` of a time point."""
        where = (volume,) if self.axes.startswith("t") else ()
        lead = (*where, slice(first, end))
        if self.labels is not None:
            numbered = (*where, np.arange(first, end))
            block = read_labels(self.labels, numbered if self.labels.ndim > 2 else (np.newaxis,))
        else:
            key = lead if "z" in self.stack.axes else (slice(None),)
            read = np.asarray(self.stack.array.display[key])
            block = read.reshape(end - first, *self.shape[len(lead) :])
            self._check(where, first, end)
        return np.ascontiguousarray(block, dtype=self.dtype)

    def _check(self, where: tuple[int, ...], first: int, end: int) -> None:
        """Note which of the slices that were read are blank; raise unless `blanks`."""
        stack = self.stack
        valid, places = map(np.atleast_1d, (stack.array.valid, stack.array.places))
        depth = places.shape[-1]
        for z in np.flatnonzero(~valid[where][first:end]) + first:
            number = int(places[where][z])
            if not self.blanks:
                reason = stack.problems.get(number)
                why = "is missing" if number < 0 else "cannot be read"
                because = f" ({reason})" if reason else ""
                raise OptionNeededError(f"Slice {z + 1} of {depth} {why}{because}", "blanks")
            self.blank.append((where[0] if where else 0) * depth + int(z))


def read_labels(labels: LabelArray, key: tuple[Any, ...]) -> NDArray[Any]:
    """Return the labels that a key takes, with arrays in place of ranges.

    For arrays, labels that are read from a file raise where they would draw blanks for ranges.

    Raises
    ------
    ExportError
        If a slice cannot be read.
    """
    try:
        found: NDArray[Any] = np.asarray(labels[key])
    except UnreadableFramesError:
        raise ExportError("A slice of the labels cannot be read") from None
    return found


class Options(TypedDict, total=False):
    """How a volume is written; each is False by default.

    Parameters
    ----------
    unshear : bool
        Resample a tilted or sheared series to upright slices (linear interpolation).
    uneven : bool
        Write unevenly spaced slices at their mean distance; the JSON has their positions.
    blanks : bool
        Write slices that are missing or cannot be decoded as blank ones.
    overwrite : bool
        Replace files that exist.
    """

    unshear: bool
    uneven: bool
    blanks: bool
    overwrite: bool


def volume_of(stack: Stack, labels: LabelArray | None, options: Options) -> Volume:
    """Return what is written of a series.

    Parameters
    ----------
    stack : Stack
        The series.
    labels : ndarray of int or None
        Labels drawn on it, written in place of its voxels.
    options : Options
        How it is written.

    Raises
    ------
    ExportError
        If the labels do not fit the series, or it has no single slice step.
    """
    unshear = options.get("unshear", False)
    if labels is not None:
        voxels = stack.array.shape[: len(stack.array.shape) - stack.is_rgb]
        if labels.shape not in (voxels, voxels[-3:]) or labels.dtype.kind not in "biu":
            raise ExportError("The labels do not have the shape of the series")
        if unshear and stack.geometry.tilt:
            raise ExportError("Labels are on the sheared grid, and cannot be resampled")
    geometry = stack.geometry
    if not (geometry.measurable or options.get("uneven")):
        reason = "Slice spacing is uneven, and the format has one spacing for all slices"
        raise OptionNeededError(reason, "uneven")
    if unshear and geometry.tilt:
        try:
            stack = unsheared(stack)
        except UnreadableError as error:
            raise ExportError(str(error)) from None
    return Volume(stack, labels, options.get("blanks", False))
