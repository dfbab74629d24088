"""Segmentations as label volumes on the grid of the series that they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.objects.segmentation import Segmentation
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.volume import Exported, Options
from napari_medscan.frames import FrameCache, LazyStack

Save = Callable[..., Exported]
_CACHE = 64 << 20


def save_segmentation(
    segmentation: Segmentation,
    stacks: Sequence[Stack],
    save: Save,
    paths: Callable[[int], Path],
    **options: Unpack[Options],
) -> list[Exported]:
    """Write a segmentation: one file for each set of segments that do not overlap.

    Voxels are segment numbers.

    Parameters
    ----------
    segmentation : Segmentation
        What is written.
    stacks : sequence of Stack
        Series that are known.
    save : callable
        `save_nifti` or `save_nrrd`.
    paths : callable
        Returns the path of a file by its number, from 0.
    **options
        See `Options`.

    Raises
    ------
    ExportError
        If it lies on the grid of no series, or a frame cannot be read.
    """
    placement = segmentation.place(stacks)
    if placement.stack is None:
        raise ExportError("The segmentation lies on the grid of no series")
    done: list[Exported] = []
    sets = segmentation.label_sets(placement)
    # The first file is the last one: when it exists, so do the others.
    for number in reversed(range(len(sets))):
        labels = segmentation.labels(placement, sets[number], FrameCache(_CACHE))
        done.append(save(placement.stack, paths(number), _Labels(labels), **options))
    return done[::-1]


class _Labels:
    """Labels that are read slice by slice; a frame that cannot be read is an error.

    Parameters
    ----------
    array : LazyStack
        What is read.
    """

    def __init__(self, array: LazyStack) -> None:
        self._array = array
        self._errors: list[Exception] = []
        array.watch(lambda _, error: self._errors.append(error))

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:  # noqa: ANN401 - as numpy
        found: NDArray[Any] = np.asarray(self._array.display[key])
        if self._errors:
            raise ExportError(f"A frame cannot be read ({self._errors[0]})")
        return found
