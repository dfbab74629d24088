"""Private elements by creator: in whichever block, by every way of reading, and nobody else's."""

from __future__ import annotations

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.private_elements import (
    Private,
    PrivateBlocks,
    is_private_creator,
    matters,
)
from napari_medscan.dicom.elements.pydicom_fallback import scan_with_pydicom
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.parse_header import WANTED

from ..making import ct, item, write

PLACES = st.sampled_from(list(Private))
BLOCKS = st.integers(0x10, 0xFF)


def put(data, place, block, value, *, vr="LO", creator=None):
    """Add a private element and its creator in a block of our choice."""
    creator_tag = pydicom.tag.Tag(place.group, block)
    data.add_new(creator_tag, "LO", place.creator if creator is None else creator)
    data.add_new(pydicom.tag.Tag(place.group, block << 8 | place.element), vr, value)


@given(PLACES, BLOCKS)
def test_an_element_is_found_in_the_block_of_its_creator(place, block):
    blocks = PrivateBlocks()
    blocks.reserve(place.group << 16 | block, place.creator.encode() + b" ")
    assert blocks.key_of(place.group << 16 | block << 8 | place.element) is place


@given(PLACES, BLOCKS, BLOCKS, st.text(max_size=20))
def test_an_element_is_not_found_in_another_block_or_of_another_creator(place, own, other, name):
    blocks = PrivateBlocks(b"SIEMENS")
    tag = place.group << 16 | other << 8 | place.element
    if name.strip(" \0") != place.creator:
        blocks.reserve(place.group << 16 | other, name.encode())
        assert blocks.key_of(tag) is not place
    if own != other:
        blocks = PrivateBlocks(b"SIEMENS")
        blocks.reserve(place.group << 16 | own, place.creator.encode())
        assert not blocks.key_of(tag)


@pytest.mark.parametrize(
    ("manufacturer", "place"),
    [
        (b"GE MEDICAL SYSTEMS", Private.GEBValue),
        (b"GE MEDICAL SYSTEMS", Private.GEGradientX),
        (b"SIEMENS ", Private.SiemensBValue),
        (b"Siemens Healthineers", Private.SiemensCSAImageHeader),
        (b"Philips Medical Systems", Private.PhilipsBValue),
    ],
)
def test_where_no_creator_is_left_block_10_is_the_manufacturers(manufacturer, place):
    tag = place.group << 16 | 0x1000 | place.element
    assert PrivateBlocks(manufacturer).key_of(tag) is place
    assert not PrivateBlocks().key_of(tag)
    assert not PrivateBlocks(b"ACME").key_of(tag)
    assert not PrivateBlocks(manufacturer).key_of(tag + 0x100)
    with_another = PrivateBlocks(manufacturer)
    with_another.reserve(place.group << 16 | 0x11, b"ACME")
    assert not with_another.key_of(tag)


def test_private_creators_are_0010_to_00ff():
    low = [number for number in range(0x2000) if is_private_creator(0x00290000 | number)]
    assert (low[0], low[-1], len(low)) == (0x10, 0xFF, 0xF0)
    assert all(place.group % 2 for place in Private)


@given(PLACES, BLOCKS)
def test_what_is_looked_at_includes_every_wanted_element_and_its_creator(place, block):
    assert matters(place.group << 16 | block << 8 | place.element)
    assert matters(place.group << 16 | block)
    assert not matters(0x00310010)
    assert not matters(0x00291011)


def test_no_private_element_has_a_number_that_is_a_tag():
    assert len(set(Private)) == len({(p.group, p.creator, p.element) for p in Private})
    assert min(Private) > 0xFFFFFFFF
    assert set(Private) <= set(WANTED)


@settings(max_examples=60, deadline=None)
@given(
    block=BLOCKS,
    encoding=st.sampled_from(["explicit", "implicit", "big", "deflated"]),
    depth=st.booleans(),
)
def test_all_ways_of_reading_find_the_same(tmp_path_factory, block, encoding, depth):
    data = ct(Manufacturer="ACME")
    inner = item()
    for target in (data, inner):
        put(target, Private.SiemensBValue, block, "700", vr="IS")
        put(target, Private.PhilipsBValue, block, 650.0, vr="FL", creator="OTHER")
    if depth:
        data.PerFrameFunctionalGroupsSequence = [inner]
    path = write(tmp_path_factory.mktemp("blocks") / "a", data, encoding)
    found = scan_file(path, WANTED).data_set
    if encoding != "deflated":
        assert scan_with_pydicom(path, WANTED).data_set == found
    for data_set in (found, *found.items(Tag.PerFrameFunctionalGroupsSequence)):
        assert data_set.number(Private.SiemensBValue) == 700
        assert Private.PhilipsBValue not in data_set


def test_the_first_of_two_blocks_of_one_creator_is_read(tmp_path):
    data = ct()
    put(data, Private.SiemensBValue, 0x42, "2", vr="IS")
    put(data, Private.SiemensBValue, 0x41, "1", vr="IS")
    path = write(tmp_path / "a", data)
    assert scan_file(path, WANTED).data_set.number(Private.SiemensBValue) == 1
    assert scan_with_pydicom(path, WANTED).data_set.number(Private.SiemensBValue) == 1


@pytest.mark.parametrize("block", [0x10, 0x33])
def test_files_that_are_alike_are_told_apart_by_their_private_values_and_creators(tmp_path, block):
    reader = HeaderReader()
    creators = ["SIEMENS MR HEADER"] * 3 + ["SOMEBODY ELSES NO"]
    b_values = []
    for number, creator in enumerate(creators):
        data = ct(Modality="MR", InstanceNumber=number)
        put(data, Private.SiemensBValue, block, f"{100 + number}", vr="IS", creator=creator)
        path = write(tmp_path / f"{number}", data)
        b_values.append(reader.read(path, "").frames[0].dimensions.get("DiffusionBValue"))
    assert b_values == [100, 101, 102, None]
