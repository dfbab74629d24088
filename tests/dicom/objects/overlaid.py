"""Overlay planes and shutters, written for the tests of objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import Dataset


def add_overlay(
    data: Dataset,
    planes: ArrayLike,
    *,
    group: int = 0x6000,
    origin: tuple[int, int] | None = (1, 1),
    kind: str = "G",
    big_endian: bool = False,
    **others: Any,
) -> Dataset:
    """Add an overlay plane, (rows, columns) or (frames, rows, columns); see PS3.3 C.9.2.

    Others are ``label``, ``description``, ``frames`` and ``first_frame``, from 1.
    """
    bits = np.array(planes, bool)
    rows, columns = bits.shape[-2:]
    packed = np.packbits(bits.ravel(), bitorder="little")
    packed = np.append(packed, np.zeros(len(packed) % 2, np.uint8))
    if big_endian:
        packed = packed.reshape(-1, 2)[:, ::-1].ravel()
    values = [
        (0x10, "US", rows),
        (0x11, "US", columns),
        (0x40, "CS", kind),
        (0x50, "SS", None if origin is None else list(origin)),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x15, "IS", others.get("frames")),
        (0x51, "US", others.get("first_frame")),
        (0x22, "LO", others.get("description")),
        (0x1500, "LO", others.get("label")),
        (0x3000, "OW", packed.tobytes()),
    ]
    for element, vr, value in values:
        if value is not None:
            data.add_new((group, element), vr, value)
    return data


def add_overlay_bit(data: Dataset, position: int, *, group: int = 0x6000) -> Dataset:
    """Say that an overlay lies in a bit of the pixel data, as files did before 2004."""
    for element, value in ((0x100, data.BitsAllocated), (0x102, position)):
        data.add_new((group, element), "US", value)
    data.add_new((group, 0x40), "CS", "G")
    return data
