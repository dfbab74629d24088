"""What is measured of this package: opening and reading, as a library."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.ma  # what numpy imports with its first set operation, and napari at its start
from numpy.typing import NDArray

import napari_medscan
from napari_medscan.dicom import Stack, load, pixels
from napari_medscan.dicom.codecs import decode
from napari_medscan.dicom.encapsulated import read_frame_bytes
from napari_medscan.frames import FrameCache

# What the first use of a function imports is not what it takes.
for _room in ("dicom", "frames", "workers"):
    for _module in pkgutil.iter_modules([str(Path(napari_medscan.__file__).parent / _room)]):
        importlib.import_module(f"napari_medscan.{_room}.{_module.name}")


def opened(folder: str, budget: int = 1 << 28) -> Stack:
    """Return the one stack of a folder."""
    (stack,) = load(folder, cache=FrameCache(budget)).stacks
    return stack


def open_first(folder: str) -> None:
    """Find the stacks with their geometry, read a slice of one."""
    stack = load(folder, cache=FrameCache(1 << 28)).stacks[0]
    stack.array[(0,) * (len(stack.array.shape) - 2)]


def volume(folder: str) -> None:
    """Open a series and read all of it."""
    np.asarray(opened(folder, 1).array)


def volume_one_thread(folder: str) -> None:
    """Open a series and read all of it in this process, frame by frame."""
    stack = opened(folder, 1)
    out = np.empty(stack.array.shape, stack.array.dtype)
    with mock.patch.object(pixels, "decode", decode):
        for ref, place in zip(stack.slices, out, strict=True):
            pixels.read_slice(ref.header, ref.index, place)


def decoded(stack: Stack, number: int) -> NDArray[np.generic]:
    """Read and decode one compressed frame in this process."""
    ref = stack.slices[number]
    data = read_frame_bytes(ref.header, ref.index)
    return decode(data, ref.header.transfer_syntax, ref.header.layout)[0]
