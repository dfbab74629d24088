"""A sealed image holds pixels and nothing else, and knows what has to be confirmed."""

from __future__ import annotations

import hashlib
import struct
import zlib

import imagecodecs
import numpy as np
import pytest

from napari_medscan.privacy.errors import ImageError
from napari_medscan.privacy.painting import Painted, paint
from napari_medscan.privacy.sealed_image import (
    Concern,
    Facts,
    Format,
    SealedImage,
    seal,
)
from napari_medscan.privacy.signals import Signals
from napari_medscan.privacy.text_check import Box, Outline, TextCheck

from .test_painting import gray

LAYER = Painted(np.full((64, 96), 100), (1.0, 1.0), (0.0, 0.0), limits=(0.0, 100.0), colors=gray)


def made(**kwargs):
    return seal(paint([LAYER], longest=256), Facts(source=(64, 96)), **kwargs)


def pixels(image):
    return imagecodecs.jpeg8_decode(image.data)


def test_it_says_what_was_done():
    picture = made(masks=[Box(0, 0, 8, 8)], crop=Box(0, 0, 32, 48))
    assert picture.shape == (32, 48)
    assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()
    assert picture.description.startswith("48 × 32 pixels (slice: 96 × 64), cropped, 1 box")


def test_boxes_are_black_and_the_rest_is_not():
    picture = pixels(made(masks=[Box(8, 16, 16, 24), Box(56, 88, 100, 100)]))
    black = picture[..., 0] < 20
    expected = np.zeros((64, 96), bool)
    expected[8:24, 16:40] = expected[56:, 88:] = True
    assert np.array_equal(black, expected)


def test_a_box_that_reaches_over_the_edge_masks_what_is_there():
    picture = pixels(made(masks=[Box(-8, -8, 16, 16)]))
    assert (picture[:8, :8] < 20).all()
    assert (picture[16:, 16:] > 200).all()


def test_masks_are_under_the_crop():
    picture = pixels(made(masks=[Box(0, 0, 16, 16)], crop=Box(8, 8, 16, 16)))
    assert picture.shape == (16, 16, 3)
    assert (picture[:8, :8] < 20).all()
    assert (picture[8:, 8:] > 200).all()


def test_an_empty_crop_is_refused():
    with pytest.raises(ImageError, match="crop is empty"):
        made(crop=Box(64, 0, 10, 10))


def test_the_same_image_has_the_same_bytes():
    assert made().data == made().data
    assert made().data != made(quality=90).data


def test_sealed_image_png_holds_the_pixels_exactly():
    rgb = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    image = seal(rgb, format=Format.PNG)
    assert image.shape == (20, 30)
    assert np.array_equal(imagecodecs.png_decode(image.data), rgb)


def _chunk(name, content):
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


PNG = seal(np.zeros((8, 9, 3), np.uint8), format=Format.PNG).data
MORE = {
    "text": PNG[:33] + _chunk(b"tEXt", b"Canary\0Anna") + PNG[33:],
    "exif": PNG[:33] + _chunk(b"eXIf", b"MM\0*Canary") + PNG[33:],
    "private": PNG[:-12] + _chunk(b"prIv", b"Canary") + PNG[-12:],
    "behind": PNG + b"Canary",
    "in the stream": PNG[:33]
    + _chunk(b"IDAT", zlib.compress(bytes(8 * 28)) + b"Canary")
    + PNG[-12:],
    "another level": PNG[:33] + _chunk(b"IDAT", zlib.compress(bytes(8 * 28), 1)) + PNG[-12:],
    "cut": PNG[:-1],
    "nothing": b"",
    "text file": b"Canary",
}


@pytest.mark.parametrize("bad", MORE.values(), ids=MORE)
def test_sealed_image_with_anything_but_pixels_is_refused(bad):
    assert SealedImage(PNG).shape == (8, 9)
    with pytest.raises(ImageError) as caught:
        SealedImage(bad)
    assert "Canary" not in str(caught.value)


@pytest.mark.parametrize("format_", Format)
def test_sealed_image_name_comes_from_closed_lists(format_):
    rgb = np.zeros((8, 8, 3), np.uint8)
    for modality, plane, name in (
        ("CT", "axial", "ct-axial"),
        ("CANARY ANNA", "", "image"),
        ("MR", "", "mr"),
    ):
        image = seal(rgb, Facts(modality=modality, plane=plane), format=format_)
        assert image.name == f"{name}.{format_}"


OUTLINE = Outline(Box(10, 10, 5, 20), is_sure=True)
EXPOSED = {
    "nothing drawn": ({}, True),
    "masked": ({"masks": [Box(9, 9, 7, 22)]}, False),
    "masked in part": ({"masks": [Box(9, 9, 7, 10), Box(9, 19, 7, 12)]}, True),
    "cropped away": ({"crop": Box(20, 0, 40, 90)}, False),
    "cropped in part": ({"crop": Box(12, 0, 40, 90)}, True),
}


@pytest.mark.parametrize("case", EXPOSED)
def test_text_is_a_concern_until_all_of_it_is_masked_or_cropped_away(case):
    drawn, is_exposed = EXPOSED[case]
    facts = Facts(text=TextCheck((OUTLINE,)))
    image = seal(np.zeros((64, 96, 3), np.uint8), facts, **drawn)
    assert (Concern.TEXT in image.concerns) is is_exposed


def test_headers_are_concerns_whatever_was_masked():
    signals = Signals(text=("Burned In Annotation is YES",), face="shows the head")
    image = seal(np.zeros((64, 96, 3), np.uint8), Facts(signals), masks=[Box(0, 0, 64, 96)])
    assert image.concerns == {Concern.HEADER, Concern.FACE}
