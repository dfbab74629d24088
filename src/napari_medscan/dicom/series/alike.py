"""One slice for all that have everything in common but their places, numbers and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from napari_medscan.dicom.headers.header import ImageHeader, SliceRef


def one_of_each(headers: Iterable[ImageHeader]) -> list[ImageHeader]:
    """Return the first of all headers that are alike; see `ImageHeader.alike`."""
    found: dict[int, ImageHeader] = {}
    for header in headers:
        found.setdefault(id(header.alike), header)
    return list(found.values())


class Kinds(NamedTuple):
    """Slices that stand for all that are alike.

    Parameters
    ----------
    firsts : list of SliceRef
        One of each kind.
    which : list of int
        Of each slice, the number of its kind.
    """

    firsts: list[SliceRef]
    which: list[int]


def kinds_of(slices: Sequence[SliceRef]) -> Kinds:
    """Return the first of all slices that are alike, and which of these each slice is like."""
    keys = [(id(ref.header.alike), ref.index) for ref in slices]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    # The first of one key comes last, and stays.
    firsts = dict(zip(reversed(keys), reversed(slices), strict=True))
    return Kinds([firsts[key] for key in numbers], [numbers[key] for key in keys])
