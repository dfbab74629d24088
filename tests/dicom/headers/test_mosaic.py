"""Siemens mosaics: layout from the CSA header, places of the tiles."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.values import EMPTY, DataSet, Element
from napari_medscan.dicom.headers.mosaic import (
    MAX_TILES,
    Mosaic,
    first_tile_position,
    parse_csa,
    read_mosaic,
)
from napari_medscan.dicom.headers.parse_header import read_header

from ..making import ct, write

FIELDS = {
    "EchoLinePosition": ("64",),
    "NumberOfImagesInMosaic": ("5", "", ""),
    "SliceNormalVector": ("0.0", "-0.6", "0.8"),
    "Empty": (),
}


def csa(fields: dict[str, tuple[str, ...]], *, kind: int) -> bytes:
    """Encode a CSA header; type 1 adds the first field's number of items to each length."""
    head = b"SV10\4\3\2\1" if kind == 2 else b""
    data = head + struct.pack("<II", len(fields), 77)
    offset = len(next(iter(fields.values()), ())) if kind == 1 else 0
    for name, values in fields.items():
        data += name.encode().ljust(64, b"\0")
        data += struct.pack("<i4siii", len(values), b"IS\0\0", 6, len(values), 77)
        for value in values:
            text = value.encode() + b"\0" if value else b""
            size = len(text) + offset
            data += struct.pack("<4i", size, len(text) if kind == 2 else size, 77, size)
            data += text + bytes(-len(text) % 4)
    return data


@pytest.mark.parametrize("kind", [1, 2])
def test_both_types_of_csa_header_are_parsed(kind):
    found = parse_csa(csa(FIELDS, kind=kind))
    assert found == {
        "EchoLinePosition": ("64",),
        "NumberOfImagesInMosaic": ("5",),
        "SliceNormalVector": ("0.0", "-0.6", "0.8"),
        "Empty": (),
    }


@pytest.mark.parametrize("kind", [1, 2])
def test_a_csa_header_may_end_anywhere_or_be_damaged_anywhere(kind):
    whole = csa(FIELDS, kind=kind)
    for end in range(len(whole)):
        assert set(parse_csa(whole[:end])) <= set(FIELDS)
        for value in (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"):
            parse_csa(whole[:end] + value + whole[end + 4 :])


@pytest.mark.parametrize("kind", [1, 2])
def test_layout(kind):
    found = read_mosaic(EMPTY, csa(FIELDS, kind=kind), 30, 60)
    assert found == Mosaic(5, 3, (0.0, -0.6, 0.8))
    assert found.tile_shape(30, 60) == (10, 20)
    assert [found.corner(i, 30, 60) for i in range(5)] == [
        (0, 0),
        (0, 20),
        (0, 40),
        (10, 0),
        (10, 20),
    ]


def test_without_a_csa_header_the_private_count_serves():
    data_set = DataSet({Private.SiemensNumberOfImagesInMosaic: Element(b"US", b"\4\0")})
    assert read_mosaic(data_set, b"", 4, 4) == Mosaic(4, 2, None)


@pytest.mark.parametrize("count", ["0", "-3", "nan", "inf", str(MAX_TILES + 1), "many", "1e300"])
def test_an_impossible_number_of_tiles_is_refused(count):
    fields = FIELDS | {"NumberOfImagesInMosaic": (count,)}
    assert read_mosaic(EMPTY, csa(fields, kind=2), 30, 60) is None


def test_a_sheet_that_does_not_divide_is_refused():
    assert read_mosaic(EMPTY, csa(FIELDS, kind=2), 31, 60) is None


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
def test_a_normal_that_is_none_is_left_out(normal):
    found = read_mosaic(EMPTY, csa(FIELDS | {"SliceNormalVector": normal}, kind=2), 30, 60)
    assert found == Mosaic(5, 3, None)


def test_the_first_tile_has_the_same_centre_as_the_sheet():
    orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    position, spacing, sheet, tile = (1.0, 2.0, 3.0), (2.0, 3.0), (30, 60), (10, 20)
    row, column = np.array(orientation).reshape(2, 3)

    def centre(corner, shape):
        along, down = spacing[1] * shape[1] / 2, spacing[0] * shape[0] / 2
        return np.array(corner) + row * along + column * down

    first = first_tile_position(position, orientation, spacing, sheet, tile)
    assert centre(first, tile) == pytest.approx(centre(position, sheet))


def mosaic_file(path, header: bytes, **changes):
    data = ct(
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"],
        PixelSpacing=[2, 3],
        SpacingBetweenSlices=4,
        ImagePositionPatient=[-9, -4, 7],
        **changes,
    )
    data.private_block(0x29, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", header)
    return write(path, data)


def test_a_file_unfolds_into_slices(tmp_path):
    fields = FIELDS | {
        "NumberOfImagesInMosaic": ("4",),
        "SliceNormalVector": ("0.0", "0.0", "-1.0"),
    }
    found = read_header(mosaic_file(tmp_path / "a", csa(fields, kind=2)), "a")
    assert found.tile_shape == found.shape == (2, 3)
    assert [frame.tile for frame in found.frames] == [(0, 0), (0, 3), (2, 0), (2, 3)]
    # Half the difference of sheet and tile: 1.5 columns of 3 mm, 1 row of 2 mm.
    assert [frame.position for frame in found.frames] == [
        (-4.5, -2.0, 7.0),
        (-4.5, -2.0, 3.0),
        (-4.5, -2.0, -1.0),
        (-4.5, -2.0, -5.0),
    ]


def test_tiles_without_a_place_are_still_slices(tmp_path):
    header = csa({"NumberOfImagesInMosaic": ("4",)}, kind=2)
    path = mosaic_file(tmp_path / "a", header, ImageOrientationPatient=None)
    found = read_header(path, "a")
    assert [frame.position for frame in found.frames] == [None] * 4


def test_a_mosaic_that_does_not_say_how_many_is_shown_as_it_is(tmp_path):
    found = read_header(mosaic_file(tmp_path / "a", b"damaged!"), "a")
    assert found.tile_shape is None
    assert len(found.frames) == 1
    assert "without slice count" in found.notes[0]
