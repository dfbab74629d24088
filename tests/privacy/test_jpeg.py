"""A JPEG that leaves holds an image and nothing else."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from napari_medscan.privacy.errors import ImageError
from napari_medscan.privacy.jpeg import check, encode

NOISE = np.random.default_rng(1).integers(0, 256, (40, 56, 3)).astype(np.uint8)
GOOD = encode(NOISE)
SCAN = GOOD.index(b"\xff\xda")


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 33), st.integers(1, 33), st.just(3))),
    st.integers(1, 100),
)
def test_every_image_of_ours_passes(rgb, quality):
    assert check(encode(rgb, quality)) == rgb.shape[:2]


def test_it_is_the_image():
    decoded = imagecodecs.jpeg8_decode(GOOD)
    assert decoded.shape == NOISE.shape
    assert np.abs(decoded.astype(int) - NOISE).mean() < 5
    with Image.open(io.BytesIO(GOOD)) as image:
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def segment(marker, body):
    return b"\xff" + bytes((marker,)) + struct.pack(">H", len(body) + 2) + body


INJECTED = {
    "comment": segment(0xFE, b"PATIENT"),
    "EXIF": segment(0xE1, b"Exif\0\0PATIENT"),
    "ICC profile": segment(0xE2, b"ICC_PROFILE\0PATIENT"),
    "Photoshop": segment(0xED, b"PATIENT"),
    "Adobe": segment(0xEE, b"Adobe\0d\0\0\0\0\1"),
    "another JFIF": segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
    "restart interval": segment(0xDD, b"\0\4"),
    "number of lines": segment(0xDC, b"\0\x28"),
    "fill bytes": b"\xff\xff\xff",
    "bare bytes": b"PATIENT",
    "another table": GOOD[20:89],
}


def places():
    """Return where a segment ends."""
    found, position = [2], 2
    while position < SCAN:
        position += 2 + int.from_bytes(GOOD[position + 2 : position + 4], "big")
        found.append(position)
    return found


@pytest.mark.parametrize("what", INJECTED)
def test_nothing_can_be_put_between_segments(what):
    assert places()[-1] == SCAN
    for place in places():
        with pytest.raises(ImageError, match="extra data"):
            check(GOOD[:place] + INJECTED[what] + GOOD[place:])


@pytest.mark.parametrize(
    "bad",
    [
        GOOD + b"PATIENT",
        GOOD + b"\0",
        GOOD + GOOD,
        GOOD[:-2],
        GOOD[:-2] + INJECTED["comment"] + GOOD[-2:],
        GOOD[:-2] + b"\xff\xd0" + GOOD[-2:],
        GOOD[:-2] + GOOD[SCAN:],
        GOOD[:-2] + b"PATIENT" + GOOD[-2:],
        GOOD[:-2] + b"\0" + GOOD[-2:],
        GOOD[:-2] + b"\xff\0" + GOOD[-2:],
        GOOD[:-3] + GOOD[-2:],
        GOOD[: SCAN + 14] + GOOD[-2:],
        b"",
        b"\xff\xd8\xff\xd9",
        GOOD[1:],
    ],
)
def test_nothing_follows_or_lacks(bad):
    with pytest.raises(ImageError):
        check(bad)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 33), st.integers(1, 33), st.just(3))),
    st.binary(min_size=1, max_size=40).map(lambda data: data.replace(b"\xff", b"\xff\0")),
)
def test_nothing_hides_between_the_last_block_and_the_end(rgb, hidden):
    good = encode(rgb)
    bad = good[:-2] + hidden + good[-2:]
    assert imagecodecs.jpeg8_decode(bad).shape == rgb.shape, "decoders do not mind"
    with pytest.raises(ImageError):
        check(bad)


def test_a_marker_whose_bits_are_those_of_the_scan_is_refused():
    """0xFF that lacks the zero behind it begins a segment, of which nobody counts the bits."""
    place = next(at for at in range(SCAN, len(GOOD) - 3) if GOOD[at : at + 2] == b"\xff\0")
    with pytest.raises(ImageError):
        check(GOOD[: place + 1] + GOOD[place + 2 :])


def test_the_bits_that_fill_the_last_byte_are_ones():
    """Of an image of which they are known: black, 8 x 8, is six zero DC and end codes."""
    black = encode(np.zeros((8, 8, 3), np.uint8))
    assert black[-3] & 1
    with pytest.raises(ImageError):
        check(black[:-3] + bytes((black[-3] & 0xFE,)) + black[-2:])


def test_a_frame_of_another_size_than_its_scan_is_refused():
    frame = GOOD.index(b"\xff\xc0")
    for place in (frame + 6, frame + 8):
        for size in (8, 100):
            changed = bytearray(GOOD)
            changed[place] = size
            with pytest.raises(ImageError):
                check(bytes(changed))


def test_no_byte_of_the_tables_can_carry_anything():
    """Every byte before the scan is fixed but for the size of the image."""
    changed = [
        place
        for place in range(SCAN + 14)
        if _passes(GOOD[:place] + bytes((GOOD[place] ^ 1,)) + GOOD[place + 1 :])
    ]
    frame = GOOD.index(b"\xff\xc0")
    assert set(changed) <= set(range(frame + 5, frame + 9))


def _passes(data):
    try:
        check(data)
    except ImageError:
        return False
    return True


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"optimize": True},
        {"subsampling": 2},
        {"comment": b"PATIENT"},
        {"exif": b"Exif\0\0PATIENT"},
        {"icc_profile": b"PATIENT"},
        {"dpi": (300, 300)},
        {"restart_marker_rows": 1},
    ],
)
def test_other_forms_of_jpeg_are_refused(options):
    stream = io.BytesIO()
    Image.fromarray(NOISE).save(stream, "JPEG", **{"quality": 95, "subsampling": 0, **options})
    with pytest.raises(ImageError):
        check(stream.getvalue())


def test_gray_and_other_formats_are_refused():
    for name in ("PNG", "GIF", "JPEG"):
        stream = io.BytesIO()
        Image.fromarray(NOISE[..., 0]).save(stream, name)
        with pytest.raises(ImageError):
            check(stream.getvalue())
