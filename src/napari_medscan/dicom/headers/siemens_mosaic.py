"""Siemens mosaics: all slices of a volume as tiles of one image.

The tiles stand row by row in a square grid. Image Position (Patient) is that of the whole sheet
around the first slice's center. How many tiles there are, and which way they step, stands in
private elements: the CSA image header, or the protocol's text in the CSA series header.
"""

from __future__ import annotations

from dataclasses import replace

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Private, deferred, want
from napari_medscan.dicom.headers.csa_diffusion import (
    WANTED_CSA,
    csa_header,
    diffusion_of,
    numbers,
)
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.siemens_csa import SliceArray, parse_csa, read_slice_array
from napari_medscan.dicom.headers.tiles import Tiles, layout_of
from napari_medscan.dicom.headers.unreadable import step_problem
from napari_medscan.dicom.space.vectors import (
    Vector,
    difference,
    dot,
    moved,
    norm,
    normal_of,
    split_orientation,
    toward_left_back_head,
)

WANTED_MOSAIC = want(
    Private.SiemensNumberOfImagesInMosaic,
    deferred(Private.SiemensMosaicRefAcqTimes),
    WANTED_CSA,
)
ASSUMED_DIRECTION = "Siemens mosaic without slice direction: the usual one is assumed"
ASSUMED_SPACING = "Slice spacing assumed equal to slice thickness"
_PARALLEL = 0.99
_NEAR = 0.25
"""Motion correction moves a volume by less than this part of its depth."""


def read_mosaic(header: ImageHeader, data_set: DataSet) -> Tiles | None:
    """Return the tiles of a mosaic, or None when their number is unknown.

    Parameters
    ----------
    header : ImageHeader
        Of the sheet.
    data_set : DataSet
        The file's data set.
    """
    source = header.source
    fields = parse_csa(csa_header(source, data_set, Private.SiemensCSAImageHeader))
    normal = _unit_vector(numbers(fields.get("SliceNormalVector", ())))
    array = None
    count = next(iter(numbers(fields.get("NumberOfImagesInMosaic", ()))), None)
    if count is None:
        count = data_set.number(Private.SiemensNumberOfImagesInMosaic)
    if count is None or normal is None or header.slice_spacing is None:
        array = read_slice_array(
            csa_header(header.source, data_set, Private.SiemensCSASeriesHeader)
        )
    if count is None:
        # One FD, eight bytes, for each slice.
        times = data_set.deferred(Private.SiemensMosaicRefAcqTimes)
        count = times.length // 8 if times is not None else None
    if not count and array is not None:
        count = array.count
    if array is not None and array.count != count:
        array = None
    tiles = layout_of(count, (header.layout.rows, header.layout.columns), square=True)
    if tiles is None:
        return None
    tiles = replace(tiles, dimensions=_diffusion(fields, header.frames[0]))
    placed = _placed(tiles, header, normal, array)
    unreadable = step_problem(data_set) if header.slice_spacing is None else ()
    return replace(placed, notes=(*unreadable, *placed.notes))


def _placed(
    tiles: Tiles, header: ImageHeader, normal: Vector | None, array: SliceArray | None
) -> Tiles:
    """Return the tiles with positions, if the sheet says where it is."""
    (sheet,) = header.frames
    known = header.slice_spacing or _step(array)
    step = known or header.slice_thickness
    if sheet.position is None or sheet.orientation is None or sheet.spacing is None:
        return tiles
    if step is None and len(tiles.corners) > 1:
        return tiles
    shape = header.layout.rows, header.layout.columns
    first = first_tile_position(
        sheet.position, sheet.orientation, sheet.spacing, shape, tiles.shape
    )
    direction = normal or _planned_direction(sheet, shape, array)
    notes = (
        *([] if direction else [ASSUMED_DIRECTION]),
        *([] if known else [ASSUMED_SPACING]),
    )
    # As scanners number slices by default.
    direction = direction or toward_left_back_head(normal_of(sheet.orientation))
    positions = [moved(first, direction, (step or 0.0) * i) for i in range(len(tiles.corners))]
    return replace(tiles, positions=tuple(positions), notes=notes)


def first_tile_position(
    position: Vector,
    orientation: tuple[float, ...],
    spacing: tuple[float, float],
    sheet: tuple[int, int],
    tile: tuple[int, int],
) -> Vector:
    """Return the position of the first slice from that of the sheet.

    Siemens gives the corner that the sheet would have if it were centered on the slice; half the
    difference in extent leads to the slice's own corner.
    """
    row_direction, column_direction = split_orientation(orientation)
    down, right = (sheet[0] - tile[0]) / 2, (sheet[1] - tile[1]) / 2
    corner = moved(position, row_direction, spacing[1] * right)
    return moved(corner, column_direction, spacing[0] * down)


def _planned_direction(
    sheet: FrameHeader, shape: tuple[int, int], array: SliceArray | None
) -> Vector | None:
    """Return which way the slices step, by the end of the protocol's slices that is the first.

    None when neither end is where the sheet is, or the slices lie otherwise.
    """
    if array is None or array.first is None or array.last is None:
        return None
    assert sheet.position is not None  # noqa: S101 - for the type checker
    assert sheet.orientation is not None  # noqa: S101 - for the type checker
    assert sheet.spacing is not None  # noqa: S101 - for the type checker
    center = first_tile_position(sheet.position, sheet.orientation, sheet.spacing, shape, (0, 0))
    across = difference(array.last, array.first)
    depth = norm(across)
    if not depth > 0 or abs(dot(across, normal_of(sheet.orientation))) < _PARALLEL * depth:
        return None
    x, y, z = across
    for end, sign in ((array.first, 1.0), (array.last, -1.0)):
        if norm(difference(center, end)) <= _NEAR * depth:
            return sign * x / depth, sign * y / depth, sign * z / depth
    return None


def _step(array: SliceArray | None) -> float | None:
    if array is None or array.first is None or array.last is None or array.count < 2:
        return None
    step = norm(difference(array.last, array.first)) / (array.count - 1)
    return step if 1e-6 < step < 1e4 else None


def _diffusion(fields: dict[str, tuple[str, ...]], sheet: FrameHeader) -> dict[str, object]:
    """Return b-value and direction from the CSA header: older scanners have them only there."""
    own, direction = diffusion_of(fields)
    b_value = sheet.dimensions.get("DiffusionBValue", own)
    known = sheet.dimensions.get("DiffusionGradient")
    if b_value is None or (isinstance(known, tuple) and known[1]):
        return {}
    return {"DiffusionBValue": b_value, "DiffusionGradient": (b_value, direction)}


def _unit_vector(values: tuple[float, ...]) -> Vector | None:
    if len(values) != 3:
        return None
    x, y, z = values
    # Written this way round, the comparison refuses NaN as well.
    return (x, y, z) if abs(norm((x, y, z)) - 1) < 0.01 else None
