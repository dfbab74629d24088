"""The dtype of a stack holds what its code streams hold, whatever Bits Stored says."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import JPEGLSLossless

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.pixels.value_range import value_range

from ..building import (
    encapsulate,
    encapsulated_header,
    make_frame,
    make_header,
    make_layout,
    stacks_of,
)
from ..headers.test_codestream import j2k, jpeg
from ..making import ct, write_encoded

ROWS, COLUMNS = 9, 11


def lossless(pixels, bits):
    return jpeg(pixels, lossless=True, bitspersample=bits)


def ramp(low, high):
    """Values from `low` to `high`."""
    values = np.linspace(low, high, ROWS * COLUMNS).astype(np.int64).reshape(ROWS, COLUMNS)
    return values.astype(np.int16 if low < 0 else np.uint8 if high < 256 else np.uint16)


def file(stream, stored, *, allocated=16, signed=False, intercept=0.0, slope=1.0, number=0):
    layout = make_layout(ROWS, COLUMNS, allocated, bits_stored=stored, signed=signed)
    header = encapsulated_header(encapsulate([stream]), layout=layout)
    frame = make_frame((0.0, 0.0, float(number)), number=number)
    frame = replace(frame, transform=ModalityTransform(slope, intercept))
    return replace(header, frames=(frame,), name=f"{number}", sop_instance=f"1.{number}")


def shown(*headers):
    (stack,) = stacks_of(headers)
    return stack, stack.read(errors="blank")


@pytest.mark.parametrize(
    ("bits", "stored", "intercept", "dtype"),
    [
        (12, 10, 0, np.uint16),
        (12, 10, -1024, np.int16),
        (12, 12, -1024, np.int16),
        (16, 12, 0, np.uint16),
        (16, 12, -1024, np.float32),
        (12, 16, -1024, np.float32),
    ],
)
def test_values_beyond_bits_stored_fit(bits, stored, intercept, dtype):
    pixels = ramp(0, (1 << bits) - 1)
    stack, values = shown(file(lossless(pixels, bits), stored, intercept=float(intercept)))
    assert values.dtype == dtype
    assert np.array_equal(values[0], pixels.astype(int) + intercept)
    assert not stack.problems


def test_a_signed_stream_under_an_unsigned_header_keeps_its_negative_values():
    pixels = ramp(-2000, 2000)
    stack, values = shown(file(j2k(pixels), 16, intercept=-24.0))
    assert np.array_equal(values[0], pixels.astype(int) - 24)
    assert not stack.problems


def test_a_stream_of_more_bits_than_are_allocated_keeps_them():
    pixels = ramp(0, 4095)
    stack, values = shown(file(lossless(pixels, 12), 8, allocated=8))
    assert np.array_equal(values[0], pixels)
    assert not stack.problems


def test_a_frame_that_does_not_fit_its_series_is_marked_and_never_wraps():
    few, many = ramp(0, 255), ramp(0, 4095)
    headers = [
        file(lossless(few, 8), 8, allocated=8),
        file(lossless(many, 12), 8, allocated=8, number=1),
    ]
    stack, values = shown(*headers)
    assert np.array_equal(values[0], few)
    assert not values[1].any()
    assert stack.problems == {1: "bit depth of the pixel data differs from the rest of the series"}


def test_a_frame_of_more_bits_whose_values_fit_is_shown():
    headers = [
        file(lossless(ramp(0, 4095), 12), 12, intercept=-1024.0),
        file(lossless(ramp(0, 4000), 16), 12, intercept=-1024.0, number=1),
    ]
    stack, values = shown(*headers)
    assert values.dtype == np.int16
    assert not stack.problems
    assert values[1].max() == 4000 - 1024


def test_a_damaged_first_frame_leaves_what_the_header_describes():
    found = value_range(file(b"no stream at all", 12))
    assert (found.dtype, found.low, found.high) == (np.uint16, 0, 4095)
    endless = bytearray(j2k(ramp(0, 4095)))
    endless[42] = 37  # Ssiz: 38 bits
    assert value_range(file(bytes(endless), 12)) == found
    native = make_header(make_frame(), layout=make_layout(ROWS, COLUMNS, 16, bits_stored=12))
    assert value_range(native) == found


@given(
    bits=st.integers(8, 16),
    stored=st.integers(8, 16),
    signed=st.booleans(),
    encoder=st.sampled_from(["lossless", "signed J2K", "J2K", "JPEG-LS"]),
    intercept=st.sampled_from([0.0, -1024.0, 0.5, 40000.0]),
)
@settings(deadline=None, max_examples=60)
def test_any_stream_under_any_header_comes_out_whole(bits, stored, signed, encoder, intercept):
    # JPEG-LS is encoded with the bits of its dtype here.
    top = (1 << bits) - 1
    pixels = ramp(-(1 << bits - 1), top >> 1) if encoder == "signed J2K" else ramp(0, top)
    stream = {
        "lossless": lambda: lossless(pixels, bits),
        "signed J2K": lambda: j2k(pixels),
        "J2K": lambda: j2k(pixels, bitspersample=bits),
        "JPEG-LS": lambda: imagecodecs.jpegls_encode(pixels),
    }[encoder]()
    expected = pixels.astype(np.int64)
    if signed and encoder != "signed J2K":
        precision = bits if encoder != "JPEG-LS" else 8 * pixels.itemsize
        width = stored if stored < precision and top < 1 << stored else precision
        expected = np.where(expected >> (width - 1), expected - (1 << width), expected)
    stack, values = shown(file(stream, stored, signed=signed, intercept=intercept))
    assert not stack.problems
    assert np.array_equal(values[0].astype(np.float64), (expected + intercept).astype(np.float32))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("encode", [j2k, lambda p: lossless(p, 16), imagecodecs.jpegls_encode])
@pytest.mark.parametrize("position", [0, 12, 15])
def test_overlay_planes_in_a_stream_of_whole_words_are_no_values(
    tmp_path, position, encode, signed
):
    """Reported of pydicom (2260) and, with a bit position of 0, of fo-dicom (110)."""
    values = ramp(-2048, 2047) if signed else ramp(0, 4095)
    plane = (np.arange(values.size).reshape(values.shape) % 2).astype(np.uint16)
    words = (values.view(np.uint16) & 0xFFF) | plane << (position or 12)
    facts = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": int(signed)}
    stream = encode(words)
    data = ct(Rows=ROWS, Columns=COLUMNS, **facts, RescaleIntercept=0)
    write_encoded(tmp_path / "a", data, stream, JPEGLSLossless)
    (wrong,) = load(tmp_path).stacks
    assert not np.array_equal(wrong.array[0], values)
    data.add_new((0x6000, 0x0100), "US", 16)
    data.add_new((0x6000, 0x0102), "US", position)
    write_encoded(tmp_path / "a", data, stream, JPEGLSLossless)
    (stack,) = load(tmp_path).stacks
    assert np.array_equal(stack.array[0], values)
