"""What is measured of this package: opening and reading, as a library."""

from __future__ import annotations

import importlib
import pkgutil
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.ma  # what numpy imports with its first set operation, and napari at its start
from numpy.typing import NDArray

import napari_medscan
from napari_medscan.dicom import Segmentation, Slide, Stack, load
from napari_medscan.dicom.elements import isolation
from napari_medscan.dicom.pixels import read_frames
from napari_medscan.dicom.pixels.codecs import decode
from napari_medscan.dicom.pixels.decoding import decode_request
from napari_medscan.dicom.pixels.encapsulated import read_frame_bytes
from napari_medscan.frames import FrameCache, TiledArray

# What the first use of a function imports is not what it takes.
for _room in ("dicom", "frames", "workers"):
    _folder = Path(napari_medscan.__file__).parent / _room
    for _module in pkgutil.walk_packages([str(_folder)], f"napari_medscan.{_room}."):
        importlib.import_module(_module.name)


def opened(folder: str, budget: int = 1 << 28) -> Stack:
    """Return the one stack of a folder."""
    (stack,) = load(folder, cache=FrameCache(budget)).stacks
    return stack


def open_first(folder: str) -> None:
    """Find the stacks with their geometry, read a slice of one."""
    stack = load(folder, cache=FrameCache(1 << 28)).stacks[0]
    stack.array[(0,) * (len(stack.array.shape) - 2)]


def open_segmentation(folder: str) -> None:
    """Open a segmentation, lay its segments on their grid, and read the labels of a slice."""
    cache = FrameCache(1 << 28)
    (segmentation,) = load(folder, cache=cache).objects
    if not isinstance(segmentation, Segmentation):
        raise TypeError("the file is no segmentation")
    placement = segmentation.place()
    numbers = segmentation.label_sets(placement)[0]
    np.asarray(segmentation.labels(placement, numbers, cache)[0])


def slide_levels(folder: str) -> tuple[TiledArray, ...]:
    """Return the levels of the one slide of a folder."""
    cache = FrameCache(1 << 28)
    (slide,) = load(folder, cache=cache).objects
    if not isinstance(slide, Slide):
        raise TypeError("the files are no slide")
    return slide.pyramid(cache=cache)


def open_slide(folder: str) -> None:
    """Open a slide, with the place of each tile."""
    slide_levels(folder)


def slide_screen(folder: str) -> dict[str, float]:
    """Read a region of an open slide that was not read before; tell the seconds."""
    largest = slide_levels(folder)[0]
    np.asarray(largest[:256, :256])  # workers start
    middle = largest.shape[0] // 2
    began = time.perf_counter()
    np.asarray(largest[middle : middle + 1024, middle : middle + 1024])
    return {"seconds": time.perf_counter() - began}


def volume(folder: str) -> None:
    """Open a series and read all of it."""
    np.asarray(opened(folder, 1).array)


def array(folder: str) -> dict[str, float]:
    """Read all of a series that is open; tell the seconds."""
    stack = opened(folder, 1)
    began = time.perf_counter()
    np.asarray(stack.array)
    return {"seconds": time.perf_counter() - began}


def array_one_thread(folder: str) -> dict[str, float]:
    """Read all of an open series in this process, frame by frame; tell the seconds."""
    stack = opened(folder, 1)
    began = time.perf_counter()
    read_here(stack)
    return {"seconds": time.perf_counter() - began}


def read_here(stack: Stack) -> None:
    """Read all of an open series in this process, frame by frame."""
    out = np.empty(stack.array.shape, stack.array.dtype)
    with mock.patch.object(isolation.workers, "fill", _filled_here):
        for number, place in enumerate(out):
            read_frames.read_slice(stack.read_header(number), stack.slices[number].index, place)


def _filled_here(
    _function: str,
    data: bytes,
    out: NDArray[np.generic],
    *,
    seconds: float,  # noqa: ARG001 - nobody watches the clock here
    **arguments: Any,  # noqa: ANN401 - what a worker is told
) -> list[str | None]:
    """Decode in this process what a worker is asked to."""
    return decode_request(data, out=out, **arguments)


def decoded(stack: Stack, number: int) -> NDArray[np.generic]:
    """Read and decode one compressed frame in this process."""
    header = stack.read_header(number)
    data = read_frame_bytes(header, stack.slices[number].index)
    return decode(data, header.transfer_syntax, header.layout).pixels
