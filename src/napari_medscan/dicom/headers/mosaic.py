"""Siemens mosaics: all slices of a volume as tiles of one image.

The tiles stand row by row in a square grid. Image Position (Patient) is that of
the whole sheet around the volume's centre, and how many tiles there are and
which way they step is said in the CSA image header, a private element.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.space.vectors import Vector, moved, norm, split_orientation

MAX_TILES = 1024


@dataclass(frozen=True, slots=True)
class Mosaic:
    """How a mosaic is laid out.

    Parameters
    ----------
    count : int
        Number of slices.
    across : int
        Tiles in a row (and in a column) of the sheet.
    normal : tuple of float or None
        Direction from one slice to the next, LPS.
    """

    count: int
    across: int
    normal: Vector | None

    def tile_shape(self, rows: int, columns: int) -> tuple[int, int]:
        """Return rows and columns of one slice."""
        return rows // self.across, columns // self.across

    def corner(self, index: int, rows: int, columns: int) -> tuple[int, int]:
        """Return first row and column of a slice within the sheet."""
        height, width = self.tile_shape(rows, columns)
        return index // self.across * height, index % self.across * width


def is_mosaic(data_set: DataSet) -> bool:
    """Whether a data set is a Siemens mosaic."""
    return "MOSAIC" in data_set.texts(Tag.ImageType)


def read_mosaic(data_set: DataSet, csa: bytes, rows: int, columns: int) -> Mosaic | None:
    """Return the layout of a mosaic, or None when it is not told.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    csa : bytes
        The CSA image header, b'' when there is none.
    rows, columns : int
        Extent of the whole sheet.
    """
    fields = parse_csa(csa)
    count = _first(fields.get("NumberOfImagesInMosaic", ()))
    if count is None:
        count = data_set.number(Private.SiemensNumberOfImagesInMosaic)
    if count is None or not 1 <= count <= MAX_TILES:
        return None
    across = math.ceil(math.sqrt(count))
    if rows % across or columns % across:
        return None
    return Mosaic(int(count), across, _normal(fields.get("SliceNormalVector", ())))


def first_tile_position(
    position: Vector,
    orientation: tuple[float, ...],
    spacing: tuple[float, float],
    sheet: tuple[int, int],
    tile: tuple[int, int],
) -> Vector:
    """Return the position of the first slice from that of the sheet.

    Siemens gives the corner that the sheet would have if it were centred on
    the slice; half the difference in extent leads to the slice's own corner.
    """
    row_direction, column_direction = split_orientation(orientation)
    down, right = (sheet[0] - tile[0]) / 2, (sheet[1] - tile[1]) / 2
    corner = moved(position, row_direction, spacing[1] * right)
    return moved(corner, column_direction, spacing[0] * down)


def parse_csa(data: bytes) -> dict[str, tuple[str, ...]]:
    """Parse a Siemens CSA header (types 1 and 2) into its text values.

    The format is not published by its maker; the layout is common knowledge:
    a count of tags, then for each a 64-byte name, six integers, and items
    with a 16-byte head and their data padded to four bytes.
    """
    position = 8 if data[:4] == b"SV10" else 0
    if len(data) < position + 8:
        return {}
    (count,) = struct.unpack_from("<I", data, position)
    position += 8
    fields: dict[str, tuple[str, ...]] = {}
    type_1 = data[:4] != b"SV10"
    offset = None
    for _ in range(min(count, 1000)):
        if position + 84 > len(data):
            break
        name = data[position : position + 64].split(b"\0")[0].decode("latin-1")
        (items,) = struct.unpack_from("<I", data, position + 76)
        # Type 1 adds the first field's number of items to every length.
        offset = items if offset is None else offset
        position += 84
        values = []
        for _ in range(min(items, 1000)):
            if position + 16 > len(data):
                return fields
            first, length = struct.unpack_from("<II", data, position)
            length = first - offset if type_1 else length
            position += 16
            if not 0 <= length <= len(data) - position:
                return fields
            text = data[position : position + length].split(b"\0")[0].decode("latin-1").strip()
            if text:
                values.append(text)
            position += (length + 3) // 4 * 4
        fields[name] = tuple(values)
    return fields


def _normal(values: tuple[str, ...]) -> Vector | None:
    """Return a unit vector, None when the values are none."""
    try:
        x, y, z = (float(value) for value in values)
    except ValueError:
        return None
    # Written this way round, the comparison refuses NaN as well.
    return (x, y, z) if abs(norm((x, y, z)) - 1) < 0.01 else None


def _first(values: tuple[str, ...]) -> float | None:
    try:
        return float(values[0])
    except (IndexError, ValueError):
        return None
