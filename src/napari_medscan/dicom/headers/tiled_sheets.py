"""Images that are a whole volume: which ones they are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.siemens_mosaic import WANTED_MOSAIC, read_mosaic
from napari_medscan.dicom.headers.tiles import Tiles, unfold
from napari_medscan.dicom.headers.uih_grid import WANTED_GRID, read_grid

_MAKERS: dict[str, tuple[str, Callable[[ImageHeader, DataSet], Tiles | None]]] = {
    "MOSAIC": ("Siemens mosaic", read_mosaic),
    "VFRAME": ("UIH grid", read_grid),
}
"""By a value of Image Type (0008,0008)."""

WANTED_SHEETS = want(WANTED_MOSAIC, WANTED_GRID)
WIDEST_SLICE = 600.0
"""Millimeters: no scanner's field of view is wider, and most sheets are."""


def unfold_sheet(header: ImageHeader, data_set: DataSet) -> ImageHeader:
    """Return the header of an image with its tiles as slices, if it is a tiled sheet.

    A sheet that cannot be divided stays as it is stored. It lies nowhere, and sheets follow each
    other in time: their distance is not one of slices.
    """
    kind = next((kind for kind in data_set.texts(Tag.ImageType) if kind in _MAKERS), None)
    if kind is None:
        return _unmarked(header, data_set)
    name, read = _MAKERS[kind]
    # Scanners divide mosaics and leave the word in Image Type. Enhanced images have a place for
    # every frame (PS3.3 C.7.6.16).
    divided = header.layout.frames > 1 or _has_functional_groups(data_set)
    tiles = None if divided else read(header, data_set)
    # A tile that is wider than a slice holds several: the count is wrong.
    if tiles is not None and not _is_wide(header, tiles.shape):
        return unfold(header, tiles)
    wide = _is_wide(header, header.shape)
    if divided and not wide:
        return header
    note = f"Marked as a {name} without a valid slice count: shown unsplit"
    frames = header.frames
    if wide:
        frames = tuple(replace(frame, position=None) for frame in frames)
    return replace(header, frames=frames, frames_are_slices=False, notes=(*header.notes, note))


def _unmarked(header: ImageHeader, data_set: DataSet) -> ImageHeader:
    """Return the header of an image that is not marked as a sheet; unfolded, if it can be no slice.

    Anonymizers take Image Type away.
    """
    is_slice = header.kind.is_cross_section and header.layout.frames == header.layout.samples == 1
    if not is_slice or not _is_wide(header, header.shape):
        return header
    for _, read in _MAKERS.values():
        tiles = read(header, data_set)
        if tiles is not None and not _is_wide(header, tiles.shape):
            return unfold(header, tiles)
    return header


def _is_wide(header: ImageHeader, shape: tuple[int, int]) -> bool:
    """Whether so many rows and columns are more than a slice can have."""
    spacing = header.frames[0].spacing
    if spacing is None:
        return False
    return max(shape[0] * spacing[0], shape[1] * spacing[1]) > WIDEST_SLICE


def _has_functional_groups(data_set: DataSet) -> bool:
    groups = (Tag.SharedFunctionalGroupsSequence, Tag.PerFrameFunctionalGroupsSequence)
    return any(data_set.items(tag) for tag in groups)
