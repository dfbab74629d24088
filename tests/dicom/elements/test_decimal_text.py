"""Numbers as text: each is read as it is meant, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.elements.attribute_tags import Tag
from napari_medscan.dicom.elements.decimal_text import UNITS, read_decimals, read_each_decimal


@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (b"0,5", (0.5,)),
        (b"-1024,0 ", (-1024.0,)),
        (b",5", (0.5,)),
        (b"0,500", (0.5,)),
        (b"1024,125", (1024.125,)),
        (b"12,5\\1,250", (12.5, 1.25)),
        (b"1,5e-3", (0.0015,)),
        (b"1.0\\", (1.0,)),
        (b"1.0 HU", (1.0,)),
        (b"-1024hu", (-1024.0,)),
        (b"+1.", (1.0,)),
        (b"  1e3\0", (1000.0,)),
        (b"\\", ()),
        (b"1,024", None),
        (b"-1,024", None),
        (b"1.024,5", None),
        (b"1,024.5", None),
        (b"1.5\\2,5", None),
        (b"1,2,3", None),
        (b"1.0 mm", None),
        (b"1.0 HUHU", None),
        (b"HU", None),
        (b"1.000.000", None),
        (b"1 000", None),
        (b"- 5", None),
        (b"\\1", None),
        (b"1\\\\3", None),
        (b"NaN", None),
        (b"1e999", None),
        (b"0x10", None),
        (b"1_0", None),
        (b"\xe2\x88\x925", None),
    ],
)
def test_only_certain_numbers_are_read(data, numbers):
    assert read_decimals(data, b"HU") == numbers


def test_one_uncertain_number_does_not_spoil_the_others():
    assert read_each_decimal(b"40 HU\\x\\1,5\\-3", b"HU") == (40.0, None, 1.5, -3.0)


def test_the_unit_is_that_of_the_attribute():
    assert UNITS[Tag.PixelSpacing] == UNITS[Tag.ImagePositionPatient] == b"MM"
    assert UNITS[Tag.RescaleIntercept] == UNITS[Tag.WindowCenter] == b"HU"
    assert Tag.EchoTime not in UNITS


@given(
    st.decimals(-99999, 99999, allow_nan=False, places=5),
    st.sampled_from(["", " ", "\0"]),
    st.sampled_from(["", "\\"]),
    st.sampled_from(["", " HU", "HU "]),
    st.booleans(),
)
def test_what_is_read_is_what_was_written(number: Decimal, blank, end, unit, comma):
    written = f"{number:f}".replace(".", "," if comma else ".")
    read = read_decimals(f"{blank}{written}{unit}{end}".encode(), b"HU")
    assert read == (float(number),)


@given(st.binary(max_size=12))
def test_whatever_is_read_python_reads_alike(data):
    read = read_decimals(data)
    if read:
        parts = data.replace(b"\0", b" ").replace(b",", b".").split(b"\\")
        assert read == tuple(float(part) for part in parts if part.strip())
