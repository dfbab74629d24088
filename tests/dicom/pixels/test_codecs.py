"""Decoding: round trips of every codec, and what is refused before it."""

from __future__ import annotations

import time

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.elements.transfer_syntaxes import check_supported
from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.pixels import codecs
from napari_medscan.dicom.pixels.codecs import decode

from ..building import make_layout
from .test_codestream import COLUMNS, ROWS, image, j2k, jpeg, pillow

PREFIX = "1.2.840.10008.1.2.4."
BASELINE, EXTENDED, LOSSLESS, LS, J2K, HTJ2K = (f"{PREFIX}{n}" for n in (50, 51, 70, 80, 90, 201))
RGB = {"samples": 3, "photometric": "RGB"}


def layout(bits=8, *, signed=False, rows=ROWS, columns=COLUMNS, **changes):
    allocated = changes.pop("allocated", 8 if bits <= 8 else 16)
    return make_layout(rows, columns, allocated, bits_stored=bits, signed=signed, **changes)


def lossless_jpeg(pixels, bits):
    return jpeg(pixels, lossless=True, bitspersample=bits)


def jpeg_ls(pixels, bits):
    # The format knows no sign: the pattern of the bits stored is encoded.
    del bits
    return imagecodecs.jpegls_encode(pixels)


def jpeg2000(pixels, bits):
    return j2k(pixels, bitspersample=bits)


def high_throughput(pixels, bits):
    del bits
    return imagecodecs.htj2k_encode(pixels)


ENCODERS = [
    (LOSSLESS, lossless_jpeg),
    (LS, jpeg_ls),
    (J2K, jpeg2000),
    (HTJ2K, high_throughput),
]


@pytest.mark.parametrize(("syntax", "encode"), ENCODERS)
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_grey_comes_back_bit_for_bit(syntax, encode, bits):
    pixels = image(bits)
    decoded, ycc = decode(encode(pixels, bits), syntax, layout(bits))
    assert decoded.dtype == pixels.dtype
    assert np.array_equal(decoded, pixels)
    assert ycc is None


@pytest.mark.parametrize(("syntax", "encode"), ENCODERS)
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_signed_values_keep_their_sign(syntax, encode, bits):
    pattern = image(bits)
    low = pattern.astype(np.int32)
    signed = np.where(low >= 1 << bits - 1, low - (1 << bits), low)
    decoded, _ = decode(encode(pattern, bits), syntax, layout(bits, signed=True))
    assert decoded.dtype == np.dtype(f"i{pattern.itemsize}")
    assert np.array_equal(decoded, signed)


@pytest.mark.parametrize("encode", [j2k, imagecodecs.htj2k_encode])
def test_jpeg_2000_that_knows_its_sign_is_not_extended_twice(encode):
    pixels = image(16, signed=True)
    for bits in (12, 16):
        decoded, _ = decode(encode(pixels), J2K, layout(bits, signed=True))
        assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize(("syntax", "encode"), ENCODERS)
def test_eight_bit_streams_in_sixteen_bit_files(syntax, encode):
    pixels = image(8)
    decoded, _ = decode(encode(pixels, 8), syntax, layout(8, allocated=16))
    assert decoded.dtype == np.uint16
    assert np.array_equal(decoded, pixels)


def smooth(bits):
    """A ramp that lossy codecs keep within a few units."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    ramp = (rows * COLUMNS + columns) * ((1 << bits) - 1) / (ROWS * COLUMNS)
    return ramp.astype(np.uint8 if bits == 8 else np.uint16)


def test_twelve_bit_extended_jpeg():
    pixels = smooth(12)
    data = jpeg(pixels, bitspersample=12, level=98)
    decoded, _ = decode(data, EXTENDED, layout(12))
    assert decoded.dtype == np.uint16
    assert decoded.max() > 3500
    assert np.abs(decoded.astype(int) - pixels).max() < 80


@pytest.mark.parametrize("encode", [jpeg, pillow])
def test_baseline_grey_is_as_imagecodecs_decodes_it(encode):
    pixels = smooth(8)
    decoded, _ = decode(encode(pixels), BASELINE, layout())
    assert np.abs(decoded.astype(int) - pixels).max() < 40
    assert np.array_equal(decoded, imagecodecs.jpeg8_decode(encode(pixels)))


def test_lossy_jpeg_2000():
    pixels = smooth(12)
    data = j2k(pixels, bitspersample=12, reversible=False, level=60)
    decoded, _ = decode(data, f"{PREFIX}91", layout(12))
    assert np.abs(decoded.astype(int) - pixels).max() < 50


# --- color


FLAT = np.empty((ROWS, COLUMNS, 3), dtype=np.uint8)
FLAT[:] = (200, 60, 20)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_jfif_color_is_rgb_whatever_the_header_says(photometric, subsampling):
    facts = layout(samples=3, photometric=photometric)
    decoded, ycc = decode(pillow(FLAT, subsampling=subsampling, quality=95), BASELINE, facts)
    assert ycc is False
    assert np.abs(decoded.astype(int) - FLAT).max() < 6


def test_jpeg_that_holds_rgb_stays_rgb():
    data = jpeg(FLAT, colorspace="RGB", outcolorspace="RGB", level=95)
    decoded, ycc = decode(data, BASELINE, layout(**RGB))
    assert ycc is False
    assert np.abs(decoded.astype(int) - FLAT).max() < 6


@pytest.mark.parametrize(("photometric", "expected"), [("YBR_FULL", FLAT), ("RGB", None)])
def test_of_a_jpeg_that_does_not_say_the_header_decides(photometric, expected):
    data = jpeg(FLAT, level=95)
    bare = data[:2] + data[data.index(b"\xff\xdb") :]
    decoded, _ = decode(bare, BASELINE, layout(samples=3, photometric=photometric))
    expected = (97, 84, 201) if expected is None else expected
    assert np.abs(decoded.astype(int) - expected).max() < 6


def test_lossless_color_is_never_converted():
    pixels = image(color=True)
    for syntax, data in [
        (LOSSLESS, jpeg(pixels, lossless=True)),
        (LS, imagecodecs.jpegls_encode(pixels)),
        (J2K, j2k(pixels, mct=False)),
    ]:
        for photometric in ("RGB", "YBR_FULL"):
            facts = layout(samples=3, photometric=photometric)
            decoded, ycc = decode(data, syntax, facts)
            assert np.array_equal(decoded, pixels), syntax
            # The header says what the components are.
            assert ycc is None


def test_an_adobe_marker_in_lossless_jpeg_converts_nothing():
    pixels = image(color=True)
    data = jpeg(pixels, lossless=True)
    bare = data[:2] + data[data.index(b"\xff\xc3") :]
    claim = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01"
    decoded, _ = decode(bare[:2] + claim + bare[2:], LOSSLESS, layout(**RGB))
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("encode", [j2k, imagecodecs.htj2k_encode])
def test_the_color_transform_of_jpeg_2000_is_undone_by_the_decoder(encode):
    pixels = image(color=True)
    facts = layout(samples=3, photometric="YBR_RCT")
    decoded, ycc = decode(encode(pixels), J2K, facts)
    assert np.array_equal(decoded, pixels)
    assert ycc is False


# --- the code stream decides, not the header


@pytest.mark.parametrize("syntax", [BASELINE, LOSSLESS, LS, J2K, HTJ2K, "1.2.3", ""])
def test_a_wrong_transfer_syntax_does_not_matter(syntax):
    pixels = image(16)
    for data in (j2k(pixels), imagecodecs.jpegls_encode(pixels), lossless_jpeg(pixels, 16)):
        assert np.array_equal(decode(data, syntax, layout(16))[0], pixels)


def test_a_jp2_file_around_the_code_stream_does_not_matter():
    pixels = image(12)
    data = j2k(pixels, codecformat="jp2", bitspersample=12)
    assert np.array_equal(decode(data, J2K, layout(12))[0], pixels)


# --- refused before decoding


@pytest.fixture
def no_decoder(monkeypatch):
    def refuse(*_):
        raise AssertionError("decoded all the same")

    monkeypatch.setattr(codecs, "_decode_stream", refuse)


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"rows": ROWS + 1}, r"\(21 × 13\) does not match the header \(21 × 14\)"),
        ({"columns": COLUMNS - 1}, "does not match the header"),
        (RGB, "color channels"),
        ({"bits": 8}, "bit depth"),
    ],
)
def test_a_stream_that_is_not_the_headers_picture_is_refused_undecoded(facts, message):
    for data in (
        j2k(image(16)),
        imagecodecs.jpegls_encode(image(16)),
        lossless_jpeg(image(16), 16),
    ):
        with pytest.raises(FrameError, match=message):
            decode(data, J2K, layout(**{"bits": 16, **facts}))


@pytest.mark.usefixtures("no_decoder")
def test_a_cut_off_stream_is_refused_undecoded():
    for data in (j2k(image()), imagecodecs.jpegls_encode(image()), jpeg(image())):
        with pytest.raises(FrameError, match="truncated pixel data"):
            decode(data[:-2], J2K, layout())


@pytest.mark.usefixtures("no_decoder")
def test_a_stream_that_claims_a_giant_picture_is_refused_at_once():
    data = bytearray(j2k(image()))
    data[8:16] = (2**31 - 1).to_bytes(4, "big") * 2
    started = time.perf_counter()
    with pytest.raises(FrameError, match="image size"):
        decode(bytes(data), J2K, layout())
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("data", [b"", b"no stream", b"\xff\xd8\xff", bytes(1000)])
def test_what_is_no_stream_is_refused(data):
    with pytest.raises(FrameError, match="corrupt or unsupported"):
        decode(data, J2K, layout())


@pytest.mark.parametrize("data", [jpeg(image()), imagecodecs.jpegls_encode(image()), j2k(image())])
@given(seed=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_damaged_streams_give_a_picture_or_a_frame_error(data, seed):
    damaged = bytearray(data)
    for _ in range(10):
        damaged[seed.randrange(4, len(data))] = seed.randrange(256)
    try:
        pixels, _ = decode(bytes(damaged), J2K, layout())
    except FrameError:
        return
    assert pixels.shape == (ROWS, COLUMNS)
    assert pixels.dtype == np.uint8


def test_too_little_memory_is_not_called_damage(monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(codecs, "_decode_stream", no_memory)
    with pytest.raises(MemoryError):
        decode(jpeg(image()), BASELINE, layout())


# --- what no decoder here can show


@pytest.mark.parametrize(
    ("number", "word"), [(100, "video"), (102, "video"), (107, "video"), (94, "server")]
)
def test_video_and_pixels_on_a_server_are_refused_in_words(number, word):
    with pytest.raises(UnreadableError, match=word):
        check_supported(f"{PREFIX}{number}", encapsulated=True)


@pytest.mark.parametrize("syntax", [BASELINE, J2K, HTJ2K, codecs.RLE, "1.2.3"])
def test_everything_else_is_tried(syntax):
    check_supported(syntax, encapsulated=True)


def test_native_pixels_are_never_refused_for_their_syntax():
    check_supported(f"{PREFIX}100", encapsulated=False)
