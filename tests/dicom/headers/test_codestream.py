"""What code streams say of themselves is what the encoder was told."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_medscan.dicom.headers.codestream import read_codestream

ROWS, COLUMNS = 13, 21
RNG = np.random.default_rng(3)


def image(bits=8, *, signed=False, color=False, shape=(ROWS, COLUMNS)):
    """Noise that uses all bits."""
    shape = (*shape, 3) if color else shape
    pixels = RNG.integers(0, 1 << bits, shape).astype(np.uint8 if bits <= 8 else np.uint16)
    pixels.flat[0] = (1 << bits) - 1
    return pixels.view(f"i{pixels.itemsize}") if signed else pixels


def j2k(pixels, **changes):
    options = {"codecformat": "j2k", "reversible": True, "level": 0, **changes}
    return imagecodecs.jpeg2k_encode(pixels, **options)


def jpeg(pixels, **changes):
    return imagecodecs.jpeg8_encode(pixels, **changes)


def pillow(pixels, **changes):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", **changes)
    return stream.getvalue()


STREAMS = {
    "baseline": (jpeg(image()), "jpeg", 1, 8, False, None),
    "baseline, Pillow": (pillow(image()), "jpeg", 1, 8, False, None),
    "progressive": (pillow(image(), progressive=True), "jpeg", 1, 8, False, None),
    "optimized": (pillow(image(), optimize=True, quality=95), "jpeg", 1, 8, False, None),
    "restarts": (pillow(image(color=True), restart_marker_rows=1), "jpeg", 3, 8, False, True),
    "JFIF color": (jpeg(image(color=True)), "jpeg", 3, 8, False, True),
    "4:2:0": (pillow(image(color=True), subsampling=2), "jpeg", 3, 8, False, True),
    "RGB JPEG": (
        jpeg(image(color=True), colorspace="RGB", outcolorspace="RGB"), "jpeg", 3, 8, False, False,
    ),
    "extended": (jpeg(image(12), bitspersample=12), "jpeg", 1, 12, False, None),
    "lossless 8": (jpeg(image(), lossless=True), "jpeg-lossless", 1, 8, False, None),
    "lossless 12": (
        jpeg(image(12), lossless=True, bitspersample=12), "jpeg-lossless", 1, 12, False, None,
    ),
    "lossless 16": (
        jpeg(image(16), lossless=True, bitspersample=16), "jpeg-lossless", 1, 16, False, None,
    ),
    "lossless RGB": (
        jpeg(image(color=True), lossless=True), "jpeg-lossless", 3, 8, False, None,
    ),
    "JPEG-LS 8": (imagecodecs.jpegls_encode(image()), "jpeg-ls", 1, 8, False, None),
    "JPEG-LS 16": (imagecodecs.jpegls_encode(image(16)), "jpeg-ls", 1, 16, False, None),
    "JPEG-LS RGB": (imagecodecs.jpegls_encode(image(color=True)), "jpeg-ls", 3, 8, False, None),
    "J2K 8": (j2k(image()), "jpeg2000", 1, 8, False, None),
    "J2K 12": (j2k(image(12), bitspersample=12), "jpeg2000", 1, 12, False, None),
    "J2K 16": (j2k(image(16)), "jpeg2000", 1, 16, False, None),
    "J2K signed": (j2k(image(16, signed=True)), "jpeg2000", 1, 16, True, None),
    "J2K lossy": (j2k(image(16), reversible=False, level=60), "jpeg2000", 1, 16, False, None),
    "J2K, colors transformed": (j2k(image(color=True)), "jpeg2000", 3, 8, False, False),
    "J2K, colors as they are": (j2k(image(color=True), mct=False), "jpeg2000", 3, 8, False, None),
    "JP2 file": (
        j2k(image(12), codecformat="jp2", bitspersample=12), "jpeg2000", 1, 12, False, None,
    ),
    "HTJ2K 8": (imagecodecs.htj2k_encode(image()), "htj2k", 1, 8, False, None),
    "HTJ2K 16": (imagecodecs.htj2k_encode(image(16)), "htj2k", 1, 16, False, None),
    "HTJ2K signed": (imagecodecs.htj2k_encode(image(16, signed=True)), "htj2k", 1, 16, True, None),
    "HTJ2K RGB": (imagecodecs.htj2k_encode(image(color=True)), "htj2k", 3, 8, False, False),
}  # fmt: skip
JPEG_FAMILY = [name for name in STREAMS if not name.startswith(("J2K", "JP2", "HTJ2K"))]


@pytest.mark.parametrize("name", STREAMS)
def test_the_facts_are_the_encoders(name):
    data, kind, samples, precision, signed, ycc = STREAMS[name]
    found = read_codestream(data)
    assert (found.rows, found.columns) == (ROWS, COLUMNS)
    assert (found.kind, found.samples, found.precision) == (kind, samples, precision)
    assert (found.signed, found.ycc) == (signed, ycc)
    assert found.complete


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("padding", [b"\0", b"\xff\0", b"\0" * 300, b"odd"])
def test_padding_after_the_end_marker_is_no_cut(name, padding):
    assert read_codestream(STREAMS[name][0] + padding).complete


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_off_stream_is_known_as_such(name):
    data = STREAMS[name][0]
    for part in (0.6, 0.9):
        found = read_codestream(data[: int(len(data) * part)])
        assert found is None or not found.complete
    assert not read_codestream(data[:-2]).complete


@pytest.mark.parametrize("name", JPEG_FAMILY)
def test_fill_bytes_and_comments_before_a_marker_are_skipped(name):
    data = STREAMS[name][0]
    comment = b"\xff\xff\xff\xfe\0\x08\xff\xc0\0\x0b\x08\0"
    assert read_codestream(data[:2] + comment + data[2:]) == read_codestream(data)


@pytest.mark.parametrize(("subsampling", "ycc"), [(0, None), (1, True), (2, True)])
def test_coarser_components_are_chrominance(subsampling, ycc):
    data = pillow(image(color=True), subsampling=subsampling)
    bare = data[:2] + data[data.index(b"\xff\xdb") :]
    assert read_codestream(bare).ycc is ycc


def test_an_adobe_marker_tells_the_color_model():
    data = jpeg(image(color=True), colorspace="RGB", outcolorspace="RGB")
    bare = data[:2] + data[data.index(b"\xff\xdb") :]
    for transform, ycc in ((0, False), (1, True)):
        adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes((transform,))
        assert read_codestream(bare[:2] + adobe + bare[2:]).ycc is ycc


def test_component_letters_mean_rgb_and_numbers_mean_nothing():
    data = jpeg(image(color=True), subsampling="444")
    bare = data[:2] + data[data.index(b"\xff\xdb") :]
    assert read_codestream(bare).ycc is None
    frame = bare.index(b"\xff\xc0") + 10
    named = bytearray(bare)
    named[frame : frame + 9 : 3] = b"RGB"
    assert read_codestream(bytes(named)).ycc is False


def test_an_image_offset_within_the_j2k_grid_is_no_pixels():
    data = bytearray(j2k(image()))
    # SIZ: XOsiz and YOsiz are 8 bytes after Xsiz (T.800 A.5.1).
    data[16:24] = (5).to_bytes(4, "big") + (3).to_bytes(4, "big")
    found = read_codestream(bytes(data))
    assert (found.rows, found.columns) == (ROWS - 3, COLUMNS - 5)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"GIF89a",
                                  b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50)])  # fmt: skip
def test_what_is_no_stream_is_nothing(data):
    assert read_codestream(data) is None


@pytest.mark.parametrize("name", STREAMS)
def test_streams_cut_off_anywhere_never_raise(name):
    data = STREAMS[name][0]
    for length in range(min(len(data), 700)):
        read_codestream(data[:length])


@given(
    st.sampled_from([data[:200] for data, *_ in STREAMS.values()]),
    st.lists(st.tuples(st.integers(0, 199), st.integers(0, 255)), max_size=8),
    st.integers(0, 200),
)
@settings(deadline=None, max_examples=300)
def test_damaged_streams_never_raise(data, changes, length):
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    read_codestream(bytes(damaged[:length]))
