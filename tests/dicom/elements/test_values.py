"""Tolerant reading of values: what is clear is taken, what is not counts as absent."""

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
        (b"1,5", ()),
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


def test_an_empty_element_counts_as_absent():
    assert TAG not in one(b"DS", b"")
    assert TAG in one(b"DS", b"1")


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
