"""Decoding: round trips of every codec, and what is refused before it."""

from __future__ import annotations

import io
import time

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.pixels import codecs
from napari_medscan.dicom.pixels.codecs import decode as decode_frame

from ..building import make_layout
from ..headers.test_codestream import COLUMNS, ROWS, image, j2k, jpeg, pillow

PREFIX = "1.2.840.10008.1.2.4."
BASELINE, EXTENDED, LOSSLESS, LS, J2K, HTJ2K, XL = (
    f"{PREFIX}{n}" for n in (50, 51, 70, 80, 90, 201, 110)
)
RGB = {"samples": 3, "photometric": "RGB"}


def decode(data, syntax, facts):
    found = decode_frame(data, syntax, facts)
    return found.pixels, found.ycc


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


def jpeg_xl(pixels, bits):
    return imagecodecs.jpegxl_encode(pixels, lossless=True, bitspersample=bits)


ENCODERS = [
    (LOSSLESS, lossless_jpeg),
    (LS, jpeg_ls),
    (J2K, jpeg2000),
    (HTJ2K, high_throughput),
    (XL, jpeg_xl),
]


@pytest.mark.parametrize(("syntax", "encode"), ENCODERS)
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_gray_comes_back_bit_for_bit(syntax, encode, bits):
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
def test_baseline_gray_is_as_imagecodecs_decodes_it(encode):
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
    data = jpeg(FLAT, level=95, subsampling="444")
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
    ],
)
def test_a_stream_that_is_not_the_headers_image_is_refused_undecoded(facts, message):
    for data in (
        j2k(image(16)),
        imagecodecs.jpegls_encode(image(16)),
        lossless_jpeg(image(16), 16),
    ):
        with pytest.raises(FrameError, match=message):
            decode(data, J2K, layout(**{"bits": 16, **facts}))


@pytest.mark.usefixtures("no_decoder")
def test_a_stream_that_claims_a_giant_image_is_refused_at_once():
    data = bytearray(j2k(image()))
    data[8:16] = (2**31 - 1).to_bytes(4, "big") * 2
    started = time.perf_counter()
    with pytest.raises(FrameError, match="image size"):
        decode(bytes(data), J2K, layout())
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("data", [b"", b"no stream", b"\xff\xd8\xff", bytes(1000)])
def test_what_is_no_stream_is_refused(data):
    with pytest.raises(FrameError, match="corrupt pixel data"):
        decode(data, J2K, layout())


@pytest.mark.parametrize("data", [jpeg(image()), imagecodecs.jpegls_encode(image()), j2k(image())])
@given(seed=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_damaged_streams_give_an_image_or_a_frame_error(data, seed):
    damaged = bytearray(data)
    for _ in range(10):
        damaged[seed.randrange(4, len(data))] = seed.randrange(256)
    try:
        pixels, _ = decode(bytes(damaged), J2K, layout())
    except FrameError:
        return
    assert pixels.shape == (ROWS, COLUMNS)
    # The damaged byte may be the number of bits.
    assert pixels.dtype.itemsize <= 4


def test_too_little_memory_is_not_called_damage(monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(codecs, "_decode_stream", no_memory)
    with pytest.raises(MemoryError):
        decode(jpeg(image()), BASELINE, layout())


# --- where a stream ends


def tiled(pixels):
    """JPEG 2000 in tiles of 8 x 8."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG2000", tile_size=(8, 8), no_jp2=True)
    return stream.getvalue()


STREAMS = {
    "baseline": (jpeg(smooth(8)), 8),
    "progressive": (pillow(smooth(8), progressive=True), 8),
    "restarts": (pillow(smooth(8), restart_marker_rows=1), 8),
    "extended": (jpeg(smooth(12), bitspersample=12), 12),
    "lossless": (lossless_jpeg(image(12), 12), 12),
    "JPEG-LS": (jpeg_ls(image(12), 12), 12),
    "JPEG 2000": (jpeg2000(image(12), 12), 12),
    "JPEG 2000, tiles": (tiled(image(8)), 8),
    "HTJ2K": (high_throughput(image(12), 12), 12),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize(
    "padding", [b"\0", b"\0" * 1000, bytes(range(256)), b"\xff\xd8\xff\xd9" * 50]
)
def test_bytes_after_the_end_marker_are_padding(name, padding):
    data, bits = STREAMS[name]
    expected, _ = decode(data, J2K, layout(bits))
    assert np.array_equal(decode(data + padding, J2K, layout(bits))[0], expected)


@pytest.mark.parametrize("name", STREAMS)
def test_an_image_that_is_whole_needs_no_end_marker(name):
    data, bits = STREAMS[name]
    assert data.endswith(b"\xff\xd9")
    expected, _ = decode(data, J2K, layout(bits))
    assert np.array_equal(decode(data[:-2], J2K, layout(bits))[0], expected)
    assert np.array_equal(decode(data[:-1], J2K, layout(bits))[0], expected)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("lost", [0.06, 0.3, 0.6])
def test_an_image_that_ends_early_is_truncated(name, lost):
    data, bits = STREAMS[name]
    with pytest.raises(FrameError, match=r"truncated|corrupt"):
        decode(data[: round(len(data) * (1 - lost))], J2K, layout(bits))


# --- the precision of the stream


@pytest.mark.parametrize(("syntax", "encode"), ENCODERS)
@pytest.mark.parametrize(("stored", "bits"), [(10, 12), (12, 16), (12, 10)])
def test_values_are_those_of_the_stream_whatever_bits_stored_is(syntax, encode, stored, bits):
    pixels = image(bits)
    found = decode_frame(encode(pixels, bits), syntax, layout(stored))
    assert np.array_equal(found.pixels, pixels)


@pytest.mark.parametrize(("syntax", "encode"), [(LOSSLESS, lossless_jpeg), (J2K, jpeg2000)])
@pytest.mark.parametrize(("stored", "bits"), [(10, 12), (12, 16), (12, 10), (16, 12)])
def test_the_sign_is_the_highest_bit_of_the_stream(syntax, encode, stored, bits):
    pattern = image(bits)
    low = pattern.astype(np.int32)
    expected = np.where(low >= 1 << bits - 1, low - (1 << bits), low)
    found = decode_frame(encode(pattern, bits), syntax, layout(stored, signed=True, allocated=16))
    assert np.array_equal(found.pixels, expected)


def test_patterns_of_bits_stored_in_a_stream_of_more_bits_keep_their_sign():
    pattern = image(12)
    low = pattern.astype(np.int32)
    expected = np.where(low >= 1 << 11, low - (1 << 12), low)
    for data in (lossless_jpeg(pattern, 16), imagecodecs.htj2k_encode(pattern)):
        found = decode_frame(data, LOSSLESS, layout(12, signed=True))
        assert np.array_equal(found.pixels, expected)


@pytest.mark.parametrize("encode", [j2k, imagecodecs.htj2k_encode])
def test_a_stream_that_is_signed_is_so_whatever_the_header_says(encode):
    pixels = image(16, signed=True)
    found = decode_frame(encode(pixels), J2K, layout(16))
    assert found.pixels.min() < 0
    assert np.array_equal(found.pixels, pixels)


# --- what is no code stream


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1.98", J2K, codecs.RLE])
def test_a_fragment_of_the_length_of_a_native_frame_is_one(syntax):
    pixels = image(12)
    decoded, _ = decode(pixels.tobytes(), syntax, layout(12))
    assert np.array_equal(decoded, pixels)
    odd = image(8)
    assert np.array_equal(decode(odd.tobytes() + b"\0", syntax, layout(8))[0], odd)


@pytest.mark.parametrize(
    ("syntax", "message"),
    [
        (J2K, "corrupt pixel data"),
        (codecs.RLE, "corrupt pixel data"),
        ("1.2.3", "the transfer syntax does not name it"),
        ("1.2.840.10008.1.2.1", "the transfer syntax does not name it"),
        (f"{PREFIX}92", r"unsupported compression \(JPEG 2000 Part 2 Multi-component Lossless\)"),
        (XL, "corrupt pixel data"),
    ],
)
def test_what_no_decoder_here_reads_is_named_and_not_called_corrupt(syntax, message):
    with pytest.raises(FrameError, match=message):
        decode(b"something else", syntax, layout())


@pytest.mark.parametrize("marker", [0xC5, 0xC9, 0xCB, 0xCF])
def test_hierarchical_and_arithmetic_coded_jpeg_are_named(marker):
    data = bytearray(jpeg(image()))
    data[data.index(b"\xff\xc0") + 1] = marker
    with pytest.raises(FrameError, match="hierarchical or arithmetic-coded JPEG"):
        decode(bytes(data), BASELINE, layout())


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_jpeg_xl_of_any_extent_and_kind_is_what_its_encoder_was_given(data):
    rows, columns = (data.draw(st.integers(1, 300)) for _ in range(2))
    bits = data.draw(st.sampled_from([8, 9, 10, 12, 14, 16]))
    samples = data.draw(st.sampled_from([1, 3]))
    is_boxed = data.draw(st.booleans())
    shape = (rows, columns, 3) if samples == 3 else (rows, columns)
    seed = np.random.default_rng(rows * columns)
    pixels = seed.integers(0, 1 << bits, shape).astype(np.uint8 if bits == 8 else np.uint16)
    stream = imagecodecs.jpegxl_encode(
        pixels, lossless=True, effort=3, bitspersample=bits, usecontainer=is_boxed
    )
    facts = layout(bits, rows=rows, columns=columns, **(RGB if samples == 3 else {}))
    decoded, _ = decode(stream, XL, facts)
    assert np.array_equal(decoded, pixels)
    found = codecs.read_codestream(stream)
    assert (found.rows, found.columns, found.samples) == (rows, columns, samples)
    assert found.precision == bits


def test_jpeg_xl_of_another_image_or_cut_off_is_refused():
    stream = jpeg_xl(image(12), 12)
    with pytest.raises(FrameError, match="image size in the pixel data"):
        decode(stream, XL, layout(12, rows=ROWS + 1))
    with pytest.raises(FrameError, match="color channels"):
        decode(stream, XL, layout(12, **RGB))
    for end in range(3, len(stream) - 1, 7):
        with pytest.raises(FrameError):
            decode(stream[:end], XL, layout(12))
    movie = imagecodecs.jpegxl_encode(np.stack([image(8), image(8)]), lossless=True)
    with pytest.raises(FrameError, match="unusual JPEG XL"):
        decode(movie, XL, layout(8))


def test_recompressed_jpeg_is_the_jpeg():
    rows, columns = 61, 83
    color = np.random.default_rng(1).integers(0, 256, (rows, columns, 3)).astype(np.uint8)
    for pixels, more in ((color, RGB), (color[..., 0].copy(), {})):
        stream = imagecodecs.jpeg8_encode(pixels, level=95)
        facts = layout(8, rows=rows, columns=columns, **more)
        mine, _ = decode(imagecodecs.jpegxl_encode_jpeg(stream), f"{PREFIX}111", facts)
        theirs = imagecodecs.jpeg8_decode(stream)
        assert np.abs(mine.astype(int) - theirs).max() <= 6
