"""Blending: images in color over others in gray (PS3.3 C.11.14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.intensity.rescale import (
    WANTED_MODALITY_LUT,
    WANTED_RESCALE,
    ModalityTransform,
    read_transform,
)
from napari_medscan.dicom.objects.image_references import WANTED_IMAGES, Images, read_images
from napari_medscan.dicom.objects.softcopy_voi import WANTED_VOIS, Vois, read_vois


class _Tag(IntEnum):
    BlendingSequence = 0x00700402
    RelativeOpacity = 0x00700403
    BlendingPosition = 0x00700405


WANTED_REFERENCES: Final[Wanted] = {
    Tag.ReferencedSeriesSequence: {Tag.SeriesInstanceUID: b"UI", **WANTED_IMAGES}
}
_POSITION: Final[Wanted] = {_Tag.BlendingPosition: b"CS"}
WANTED_BLENDED: Final[Wanted] = {_Tag.BlendingSequence: want(WANTED_REFERENCES, _POSITION)}
WANTED_BLENDING: Final[Wanted] = {
    _Tag.RelativeOpacity: b"FL",
    _Tag.BlendingSequence: want(
        WANTED_REFERENCES,
        _POSITION,
        WANTED_MODALITY_LUT,
        WANTED_RESCALE,
        WANTED_VOIS,
    ),
}
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class BlendingPart:
    """One of the two sets of images that are blended.

    Parameters
    ----------
    opacity : float or None
        Of images that lie over the others, 0 to 1; None for those below.
    vois : tuple of (tuple of ImageReference, tuple of Window or VoiLut)
        Windows and VOI LUTs, and the images that they are for.
    modality : ModalityTransform
        Makes the values that windows are for of stored values.
    """

    opacity: float | None
    vois: Vois
    modality: ModalityTransform


def read_blended(data_set: DataSet) -> dict[str, Images]:
    """Return the images that are blended, by Series Instance UID; () for all of a series."""
    return referenced(data_set.items(_Tag.BlendingSequence))


def has_unclear_order(data_set: DataSet) -> bool:
    """Whether a state that blends does not say which images lie over the others."""
    items = data_set.items(_Tag.BlendingSequence)
    return bool(items) and not any(_are_above(items))


def read_blending(data_set: DataSet, identifiers: tuple[str, ...]) -> Mapping[str, BlendingPart]:
    """Return how each series is blended, by Series Instance UID; none of a state that does not."""
    found: dict[str, BlendingPart] = {}
    stated = data_set.number(_Tag.RelativeOpacity)
    opacity = min(max(_HALF if stated is None else stated, 0.0), 1.0)
    items = data_set.items(_Tag.BlendingSequence)
    for item, is_above in zip(items, _are_above(items), strict=True):
        part = BlendingPart(
            opacity if is_above else None,
            read_vois(item, identifiers),
            read_transform(item, signed=False),
        )
        found |= dict.fromkeys(referenced([item]), part)
    return found


def _are_above(items: Sequence[DataSet]) -> list[bool]:
    """Return which images lie over the others; one that does not say so, if the other is below."""
    stated = [item.text(_Tag.BlendingPosition) for item in items]
    return [p == "SUPERIMPOSED" or (not p and "UNDERLYING" in stated) for p in stated]


def referenced(items: Iterable[DataSet]) -> dict[str, Images]:
    """Return the images in the Referenced Series Sequences of items, by Series Instance UID."""
    found: dict[str, Images] = {}
    for item in items:
        for each in item.items(Tag.ReferencedSeriesSequence):
            series = each.uid(Tag.SeriesInstanceUID)
            found[series] = (*found.get(series, ()), *read_images(each))
    return found
