"""Siemens mosaics: how many tiles, which way they step, and where they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.headers.siemens_mosaic import (
    ASSUMED_DIRECTION,
    ASSUMED_SPACING,
    first_tile_position,
)
from napari_medscan.dicom.headers.tiles import MAX_TILES

from ..making import write
from .mosaics import FIELDS, csa, mosaic, protocol

DOWNWARD = {"NumberOfImagesInMosaic": ("4",), "SliceNormalVector": ("0.0", "0.0", "-1.0")}
# The sheet's corner is (-9, -4, 7), and it is 18 mm wide and 8 mm high.
CENTERS = [(0, 0, 7 - 4 * i) for i in range(4)]
CORNERS = [(-4.5, -2.0, 7.0 - 4 * i) for i in range(4)]
"""Half the difference of sheet and tile is 1.5 columns of 3 mm and 1 row of 2 mm."""


@pytest.fixture
def header(tmp_path):
    def of(*args, private=(), **changes):
        data = mosaic(*args, **changes)
        for element, vr, value in private:
            block = data.private_block(0x19, "SIEMENS MR HEADER", create=True)
            block.add_new(element, vr, value)
        return read_header(str(write(tmp_path / "a", data)), "a")

    return of


def positions(header):
    return [frame.position for frame in header.frames]


@pytest.mark.parametrize("kind", [1, 2])
def test_a_file_unfolds_into_slices(header, kind):
    found = header(csa(DOWNWARD, kind=kind))
    assert found.tile_shape == found.shape == (2, 3)
    assert [frame.tile for frame in found.frames] == [(0, 0), (0, 3), (2, 0), (2, 3)]
    assert positions(found) == CORNERS
    assert not found.notes


@pytest.mark.parametrize(
    ("private", "series"),
    [
        ([(0x0A, "US", 4)], None),
        ([(0x29, "FD", [0.0, 500.0, 250.0, 750.0])], None),
        ([], protocol(4)),
        ([], protocol("0x4")),
    ],
)
def test_without_a_csa_image_header_other_counts_serve(header, private, series):
    found = header(None, series, private=private)
    assert len(found.frames) == 4
    assert found.tile_shape == (2, 3)
    # Toward the head, as scanners number slices by default.
    assert [z for _, _, z in positions(found)] == [7, 11, 15, 19]
    assert found.notes == (ASSUMED_DIRECTION,)


@pytest.mark.parametrize("shift", [0.0, 2.9])
def test_the_slices_step_from_the_end_of_the_protocol_where_the_sheet_is(header, shift):
    moved = [(x, y, z + shift) for x, y, z in CENTERS]
    for centers in (moved, moved[::-1]):
        found = header(None, protocol(4, centers))
        assert positions(found) == CORNERS
        assert not found.notes


@pytest.mark.parametrize(
    "centers",
    [
        [(x, y, z + 6) for x, y, z in CENTERS],
        [(0, -4 * i, 7) for i in range(4)],
        [(0, 0, 7)] * 4,
        CENTERS[:3],
    ],
)
def test_a_protocol_that_does_not_fit_the_sheet_gives_no_direction(header, centers):
    found = header(None, protocol(4, centers))
    assert [z for _, _, z in positions(found)] == [7, 11, 15, 19]
    assert found.notes == (ASSUMED_DIRECTION,)


@pytest.mark.parametrize("orientation", [[0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]])
def test_the_usual_direction_is_left_or_back(header, orientation):
    found = header(None, protocol(4), ImageOrientationPatient=orientation)
    steps = {tuple(np.subtract(b, a)) for a, b in pairwise(positions(found))}
    assert steps in ({(4.0, 0.0, 0.0)}, {(0.0, 4.0, 0.0)})


def test_the_spacing_is_the_protocols_or_else_the_thickness(header):
    changes = {"SpacingBetweenSlices": None, "SliceThickness": 3}
    found = header(csa(DOWNWARD), protocol(4, CENTERS), **changes)
    assert positions(found) == CORNERS
    assert not found.notes
    found = header(csa(DOWNWARD), protocol(9, CENTERS), **changes)
    assert [z for _, _, z in positions(found)] == [7, 4, 1, -2]
    assert found.notes == (ASSUMED_SPACING,)


@pytest.mark.parametrize(
    "absent",
    [
        {"ImagePositionPatient": None},
        {"ImageOrientationPatient": None},
        {"PixelSpacing": None},
        {"SpacingBetweenSlices": None},
    ],
)
def test_tiles_without_a_place_are_still_slices(header, absent):
    found = header(csa(DOWNWARD), **absent)
    assert len(found.frames) == 4
    assert positions(found) == [None] * 4
    assert "No slice positions" in found.notes[0]


@pytest.mark.parametrize("count", ["0", "-3", "nan", "inf", str(MAX_TILES + 1), "many", "1e300"])
def test_an_impossible_number_of_tiles_is_refused(header, count):
    found = header(csa(FIELDS | {"NumberOfImagesInMosaic": (count,)}))
    assert len(found.frames) == 1
    assert "without a valid slice count" in found.notes[0]


def test_a_sheet_that_does_not_divide_is_refused(header):
    # 17 tiles are 5 in a row.
    found = header(csa({"NumberOfImagesInMosaic": ("17",)}))
    assert found.tile_shape is None
    assert "without a valid slice count" in found.notes[0]


def test_a_mosaic_of_one_slice_is_a_slice(header):
    found = header(csa({"NumberOfImagesInMosaic": ("1",)}))
    assert positions(found) == [(-9, -4, 7)]
    assert found.notes == (ASSUMED_DIRECTION,) or not found.notes


@pytest.mark.parametrize(
    "normal",
    [
        ("nan", "0", "1"),
        ("0", "0", "0"),
        ("0", "0", "5"),
        ("1", "0"),
        ("a", "b", "c"),
        ("inf",) * 3,
    ],
)
def test_a_normal_that_is_none_is_left_out(header, normal):
    found = header(csa(DOWNWARD | {"SliceNormalVector": normal}))
    assert found.notes == (ASSUMED_DIRECTION,)


def test_the_csa_header_has_the_b_value_of_older_scanners(header):
    fields = DOWNWARD | {
        "B_value": ("1000",),
        "DiffusionGradientDirection": ("0.6", "0", "-0.8"),
    }
    for private, b_value in (([], 1000), ([(0x0C, "IS", "700")], 700)):
        found = header(csa(fields), private=private)
        assert {frame.dimensions["DiffusionBValue"] for frame in found.frames} == {b_value}
        gradients = {frame.dimensions["DiffusionGradient"] for frame in found.frames}
        assert gradients == {(b_value, (0.6, 0.0, -0.8))}
    private = [(0x0C, "IS", "700"), (0x0E, "FD", [0.0, 1.0, 0.0])]
    found = header(csa(fields), private=private)
    assert found.frames[0].dimensions["DiffusionGradient"] == (700.0, (0.0, 1.0, 0.0))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_the_private_headers_hold_the_file_opens(tmp_path_factory, image, series):
    path = tmp_path_factory.mktemp("odd") / "a"
    whole = csa(DOWNWARD)
    write(path, mosaic(whole[: len(image)] + image, b"### ASCCONV BEGIN " + series))
    assert read_header(str(path), "a").frames


def test_a_csa_header_of_any_length_is_not_read_whole(tmp_path):
    long = csa(DOWNWARD) + bytes(5 << 20)
    found = read_header(str(write(tmp_path / "a", mosaic(long))), "a")
    assert "without a valid slice count" in found.notes[0]


def test_the_first_tile_has_the_same_center_as_the_sheet():
    orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    position, spacing, sheet, tile = (1.0, 2.0, 3.0), (2.0, 3.0), (30, 60), (10, 20)
    row, column = np.array(orientation).reshape(2, 3)

    def center(corner, shape):
        along, down = spacing[1] * shape[1] / 2, spacing[0] * shape[0] / 2
        return np.array(corner) + row * along + column * down

    first = first_tile_position(position, orientation, spacing, sheet, tile)
    assert center(first, tile) == pytest.approx(center(position, sheet))
