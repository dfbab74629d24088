"""The command "Load into memory": from slices that are read when looked at to a plain array."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_medscan.counted import agreeing
from napari_medscan.dicom import CancelledError, ReadCanceledError, Stack, UnreadableFramesError
from napari_medscan.napari_.gui import has_gui
from napari_medscan.napari_.layer_identity import note_in_memory, series_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.progress import reading_progress
from napari_medscan.napari_.question import is_wanted
from napari_medscan.napari_.series_command import canvas_command

_READING = "Loading series into memory…"
_SHARE = 0.9
"""Of the free memory that a series may take: napari needs some to draw it."""


@canvas_command
def load_into_memory(_viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Make the data of the current series a numpy array, for tools that need one."""
    load_layer(layer)


def load_layer(layer: Image) -> None:
    """Make the data of a series' layer a numpy array; place, window and tags stay.

    A series that exceeds the free memory is refused. If slices cannot be read, the user decides
    whether they become blank.
    """
    stack = series_of(layer)
    if stack is None or isinstance(layer.data, np.ndarray):
        tell("This layer is in memory already.")
        return
    needed, free = stack.array.nbytes, free_memory()
    if needed > _SHARE * free:
        tell(f"Not enough memory: the series takes {_size(needed)}, and {_size(free)} are free.")
        return
    array = _read(stack)
    if array is not None:
        hold_in_memory(layer, stack, array)


def hold_in_memory(layer: Image, stack: Stack, array: NDArray[np.generic]) -> None:
    """Let a layer of a series show an array with the values of the series."""
    note_in_memory(array, stack)
    layer.data = array


def free_memory() -> int:
    """Return how many bytes this computer can give without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


def _read(stack: Stack) -> NDArray[np.generic] | None:
    """Return all values of a series, None if the user cancels."""
    try:
        try:
            with reading_progress(_READING, "slices") as report:
                return stack.array.read(progress=_until_canceled(report))
        except UnreadableFramesError as error:
            if not _wants_blanks(error):
                return None
        with reading_progress(_READING, "slices") as report:
            return stack.array.read(errors="blank", progress=_until_canceled(report))
    except ReadCanceledError:
        return None


def _until_canceled(
    report: Callable[[int, int], object] | None,
) -> Callable[[int, int], bool] | None:
    """Return the progress of an array, which stops its reading by a value."""
    if report is None:
        return None

    def goes_on(done: int, total: int) -> bool:
        try:
            report(done, total)
        except CancelledError:
            return False
        return True

    return goes_on


def _wants_blanks(error: UnreadableFramesError) -> bool:
    """Say how many slices cannot be read; return whether the user wants blanks in their place."""
    verb = agreeing(error.bad, "is")
    what = f"{error.bad:,} of {error.asked:,} slices {verb} missing or cannot be read."
    if not has_gui():
        tell(f"{what} The series was not loaded.")
        return False
    return is_wanted(
        f"{what}\nLoad the series with blank slices in their place?", "Load with blanks"
    )


def _size(count: int) -> str:
    """Return "3.2 GB" or "85 MB"."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6)):,} MB"
