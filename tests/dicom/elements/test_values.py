"""Tolerant reading of values: what is certain is read, what is not is told apart from absent."""

from __future__ import annotations

import struct

import pytest

from napari_medscan.dicom.elements.values import EMPTY, DataSet, Deferred, Element
from napari_medscan.dicom.elements.wanted_tags import Tag

TAG = Tag.RescaleSlope


def one(vr: bytes, data: bytes, *, big_endian: bool = False) -> DataSet:
    return DataSet({TAG: Element(vr, data)}, big_endian)


@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (b"1", (1.0,)),
        (b" 12 ", (12.0,)),
        (b"+0.5\0", (0.5,)),
        (b"-1e-3 ", (-0.001,)),
        (b"1\\ 2 \\3", (1.0, 2.0, 3.0)),
        (b"", ()),
        (b"   ", ()),
        (b"1A", ()),
        (b"1\\\\3", ()),
        (b"1,5", (1.5,)),
        (b"1.5 HU", (1.5,)),
        (b"1.5\\", (1.5,)),
        (b"1,500", ()),
        (b"1_0", ()),
        (b"nan", ()),
        (b"inf", ()),
        (b"1\\-Infinity", ()),
        (b"1e999", ()),
        (b"\xb2", ()),
    ],
)
def test_decimal_strings(data, numbers):
    assert one(b"DS", data).numbers(TAG) == numbers
    assert one(b"DS", data).number(TAG) == (numbers[0] if numbers else None)


ABSENT, READABLE, UNREADABLE = "absent", "readable", "unreadable"


@pytest.mark.parametrize(
    ("vr", "data", "count", "state"),
    [
        (b"DS", b"", 1, ABSENT),
        (b"DS", b"  \0", 1, ABSENT),
        (b"DS", b"\\\\", 3, ABSENT),
        (b"FD", b"", 1, ABSENT),
        (b"DS", b"1.5", 1, READABLE),
        (b"DS", b"1,5\\0,5", 2, READABLE),
        (b"DS", b"1.5\\1.5", 1, READABLE),
        (b"DS", b"1.5\\2.5\\", 2, READABLE),
        (b"FD", bytes(8), 1, READABLE),
        (b"US", b"\2\0", 1, READABLE),
        (b"DS", b"1.0.0", 1, UNREADABLE),
        (b"DS", b"NaN", 1, UNREADABLE),
        (b"DS", b"1.5\\2.5", 1, UNREADABLE),
        (b"DS", b"1.5", 2, UNREADABLE),
        (b"DS", b"1.5\\1.5\\1.5", 2, UNREADABLE),
        (b"FD", struct.pack("<d", float("nan")), 1, UNREADABLE),
        (b"FD", bytes(4), 1, UNREADABLE),
        (b"FD", b"1.500000", 1, UNREADABLE),
        (b"US", b"10", 1, UNREADABLE),
        (b"OB", b"1.5", 1, UNREADABLE),
        (b"SQ", b"1.5", 1, UNREADABLE),
    ],
)
def test_absent_readable_and_unreadable_are_told_apart(vr, data, count, state):
    data_set = one(vr, data)
    assert data_set.has_value(TAG) == (state != ABSENT)
    assert data_set.is_unreadable(TAG, count) == (state == UNREADABLE)
    assert len(data_set.exactly(count, TAG)) == (count if state == READABLE else 0)


def test_a_sequence_in_place_of_a_number_is_unreadable():
    data_set = DataSet({TAG: (one(b"DS", b"2"),)})
    assert data_set.is_unreadable(TAG)
    assert not data_set.is_unreadable(Tag.RescaleIntercept)


@pytest.mark.parametrize(
    ("vr", "data", "numbers"),
    [
        (b"DS", b"1\\x\\3,5 HU", (1.0, None, 3.5)),
        (b"DS", b"1\\2", (1.0, 2.0)),
        (b"FD", struct.pack("<2d", 1, float("inf")), (None,)),
        (b"DS", b" ", ()),
    ],
)
def test_each_number_by_itself(vr, data, numbers):
    assert one(vr, data).each_number(TAG) == numbers


@pytest.mark.parametrize(
    ("data", "integers"),
    [(b"3", (3,)), (b" 3 ", (3,)), (b"3.0", (3,)), (b"3.5", ()), (b"1A", ()), (b"1\\x", ())],
)
def test_integer_strings(data, integers):
    assert one(b"IS", data).integers(TAG) == integers


@pytest.mark.parametrize("vr", [b"FL", b"FD"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_binary_values_that_are_no_numbers_are_refused(vr, bad):
    data_set = one(vr, struct.pack("<2" + ("f" if vr == b"FL" else "d"), 1.0, bad))
    assert data_set.numbers(TAG) == ()
    assert data_set.integers(TAG) == ()
    assert data_set.integer(TAG) is None
    assert data_set.number(TAG) is None


@pytest.mark.parametrize(
    ("vr", "code", "value"),
    [
        (b"US", "H", 65535),
        (b"SS", "h", -2),
        (b"UL", "I", 2**32 - 1),
        (b"SL", "i", -(2**31)),
        (b"UV", "Q", 2**64 - 1),
        (b"SV", "q", -(2**63)),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_integers_are_exact_in_both_byte_orders(vr, code, value, order):
    data_set = one(vr, struct.pack(order + code, value), big_endian=order == ">")
    assert data_set.integer(TAG) == value


def test_bytes_left_over_after_the_last_value_are_ignored():
    assert one(b"US", b"\1\0\2").integers(TAG) == (1,)
    assert one(b"AT", b"\x28\0\x10\0\x28").tags(TAG) == (0x00280010,)


def test_tags_follow_the_byte_order():
    assert one(b"AT", b"\0\x28\0\x10", big_endian=True).tags(TAG) == (0x00280010,)


def test_texts_lose_their_padding_but_keep_empty_parts():
    assert one(b"CS", b" A \\\\B\0").texts(TAG) == ("A", "", "B")
    assert one(b"CS", b"\0").texts(TAG) == ()
    assert one(b"CS", b"").text(TAG) == ""


def test_a_value_without_numbers_has_none():
    assert one(b"OW", b"1234").numbers(TAG) == ()
    assert one(b"SQ", b"1").integers(TAG) == ()


def test_an_element_without_a_value_and_a_sequence_without_items_count_as_absent():
    for empty in (one(b"DS", b""), DataSet({TAG: ()})):
        assert TAG not in empty
        assert not empty.has_value(TAG)
    for full in (one(b"DS", b"1"), DataSet({TAG: (EMPTY,)}), DataSet({TAG: Deferred(5, 6)})):
        assert TAG in full
        assert full.has_value(TAG)


def test_sequences_and_deferred_values_are_no_plain_values():
    inner = one(b"DS", b"2")
    data_set = DataSet({TAG: (inner,), Tag.Rows: Deferred(5, 6)})
    assert data_set.item(TAG) is inner
    assert data_set.data(TAG) == b""
    assert data_set.numbers(TAG) == ()
    assert data_set.deferred(Tag.Rows) == Deferred(5, 6)
    assert data_set.numbers(Tag.Rows) == ()
    assert data_set.deferred(TAG) is None


def test_what_is_not_there_is_empty():
    assert EMPTY.items(TAG) == ()
    assert EMPTY.item(TAG) is EMPTY
    assert EMPTY.texts(TAG) == ()
    assert EMPTY.numbers(TAG) == ()
    assert EMPTY.tags(TAG) == ()
