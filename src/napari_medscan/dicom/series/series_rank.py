"""How useful a series is to look at first: placed images before scouts and screenshots."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum

from napari_medscan.dicom.series.stack import Stack

_SCREENSHOT_TYPES = frozenset(("SCREEN SAVE", "SCREENSHOT", "SCREEN CAPTURE", "PASTED"))
_LOCALIZER_TYPES = frozenset(("LOCALIZER", "SCOUT"))


class SeriesRank(IntEnum):
    """The kinds of series in the order in which a reader wants them."""

    PLACED = 0
    """Images with a known place in the patient."""
    PROJECTION = 1
    """Radiographs, clips, and all other images without a place."""
    LOCALIZER = 2
    SCREENSHOT = 3
    DERIVED = 4
    """Objects made from other images: segmentations, dose."""


def rank_of(stack: Stack) -> SeriesRank:
    """Return how useful a series is, as far as its first header says. No file is opened."""
    if stack.kind.is_derived:
        return SeriesRank.DERIVED
    kind = stack.header.frames[0].dimensions.get("ImageType")
    # Vendors append their own words to the values of PS3.3 C.7.6.1.1.2.
    words = {str(word).upper() for word in kind} if isinstance(kind, tuple) else set()
    if words & _LOCALIZER_TYPES:
        return SeriesRank.LOCALIZER
    placed = stack.geometry.origin is not None and stack.geometry.orientation is not None
    if words & _SCREENSHOT_TYPES or (stack.kind.is_capture and not placed):
        return SeriesRank.SCREENSHOT
    if placed:
        return SeriesRank.PLACED
    # A cross-section in color and without a place is a report page or an exam summary.
    if stack.is_rgb and stack.kind.is_gray:
        return SeriesRank.SCREENSHOT
    return SeriesRank.PROJECTION


def displayed_pixels(stack: Stack) -> int:
    """Return the number of pixels of all slices; the three samples of a color count as one."""
    return math.prod(stack.array.shape[: len(stack.axes.rstrip("c"))])


def by_number(stacks: Iterable[Stack]) -> list[Stack]:
    """Return series by modality and number; of equals in the order given, without one last.

    Where each image of a series is a stack of its own, as radiographs are, those are in the order
    of their instance numbers.
    """
    ordered = sorted(stacks, key=_number)
    places: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, stack in enumerate(ordered):
        header = stack.header
        if header.series and len(stack.files) == 1 and header.instance_number is not None:
            places[header.patient, header.series, *_number(stack)].append(place)
    for same in places.values():
        images = sorted((ordered[place] for place in same), key=_instance_number)
        for place, stack in zip(same, images, strict=True):
            ordered[place] = stack
    return ordered


def by_rank(stacks: Iterable[Stack]) -> list[Stack]:
    """Return series by rank; those of one rank by modality and number, however they were found."""
    return sorted(stacks, key=lambda stack: (rank_of(stack), _number(stack)))


def most_useful(stacks: Sequence[Stack]) -> Stack:
    """Return the series of the best rank that has the most pixels; grayscale before color.

    Of the two sides of a paired organ the right one, which hangs on the left.

    Parameters
    ----------
    stacks : sequence of Stack
        One or more. Of equals the first is returned.
    """
    return min(
        stacks,
        key=lambda s: (
            rank_of(s),
            -displayed_pixels(s),
            s.is_rgb,
            bool(s.kind.organ) and side_of(s) == "L",
        ),
    )


def side_of(stack: Stack) -> str:
    """Return "R", "L" or "B" for both sides, '' when the file does not say."""
    side = stack.typical_frame.dimensions.get("FrameLaterality")
    return side if isinstance(side, str) and side else stack.header.laterality


def _instance_number(stack: Stack) -> int:
    return stack.header.instance_number or 0


def _number(stack: Stack) -> tuple[str, float]:
    return stack.modality, math.inf if stack.series_number is None else stack.series_number
