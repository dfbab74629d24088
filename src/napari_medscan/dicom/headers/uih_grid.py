"""UIH grids: all slices of a volume as tiles of one image, with a position for each.

Image Type has VFRAME. The tiles stand row by row, ceil(sqrt(n)) of them in a row and as few rows
as that takes. Their number and their positions are in private elements; Image Position (Patient)
is absent at the top level.
"""

from __future__ import annotations

from dataclasses import replace

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Private, Tag, want
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.places import valid_position
from napari_medscan.dicom.headers.tiles import Tiles, layout_of

WANTED_GRID = want(
    Private.UIHNumberOfTiles, {Private.UIHTileSequence: want(Tag.ImagePositionPatient)}
)


def read_grid(header: ImageHeader, data_set: DataSet) -> Tiles | None:
    """Return the tiles of a UIH grid, or None when their number is unknown.

    Parameters
    ----------
    header : ImageHeader
        Of the sheet.
    data_set : DataSet
        The file's data set.
    """
    items = data_set.items(Private.UIHTileSequence)
    count = len(items) or data_set.number(Private.UIHNumberOfTiles)
    tiles = layout_of(count, (header.layout.rows, header.layout.columns), square=False)
    if tiles is None:
        return None
    positions = [valid_position(item.numbers(Tag.ImagePositionPatient)) for item in items]
    known = tuple(position for position in positions if position is not None)
    placed = header.frames[0].orientation is not None and len(known) == len(tiles.corners)
    return replace(tiles, positions=known) if placed else tiles
