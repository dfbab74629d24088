"""Siemens' private headers: fields of both types, and the protocol's slices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.headers.siemens_csa import SliceArray, parse_csa, read_slice_array

from .mosaics import FIELDS, csa, protocol


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


@pytest.mark.parametrize("count", ["3", "0x3"])
@pytest.mark.parametrize("begin", ["### ASCCONV BEGIN ###", "### ASCCONV BEGIN object=A@B ###"])
def test_the_slices_of_a_protocol_are_counted_and_placed(count, begin):
    centers = [(0, 1.5, -2), (0, 1.5, 3.25e1), (0, 1.5, 7)]
    found = read_slice_array(protocol(count, centers, begin=begin))
    assert found == SliceArray(3, (0.0, 1.5, -2.0), (0.0, 1.5, 7.0))


def test_a_slab_has_its_partitions_for_slices():
    assert read_slice_array(protocol(1, [(1, 2, 3)], partitions="0x10")) == SliceArray(
        16, None, None
    )
    assert read_slice_array(protocol(1, [(1, 2, 3)])) == SliceArray(1, (1, 2, 3), (1, 2, 3))
    assert read_slice_array(protocol(4, [], partitions=16)) == SliceArray(4, None, None)


@pytest.mark.parametrize(
    "data", [b"", b"sSliceArray.lSize = 3", protocol("many"), protocol(0), protocol("-3")]
)
def test_without_a_number_there_are_no_slices(data):
    assert read_slice_array(data) is None


@given(st.integers(0, 400), st.binary(max_size=40))
def test_a_damaged_protocol_breaks_nothing(position, data):
    whole = protocol(3, [(0, 1.5, -2), (0, 1.5, 2), (0, 1.5, 7)])
    found = read_slice_array(whole[:position] + data + whole[position + len(data) :])
    assert found is None or found.count >= 1
