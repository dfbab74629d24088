"""The whole way of a picture: rendered, masked, cropped, encoded."""

from __future__ import annotations

import hashlib

import imagecodecs
import numpy as np
import pytest

from napari_medscan.privacy.jpeg import JpegError
from napari_medscan.privacy.painting import Painted
from napari_medscan.privacy.picture import Box, make_picture

from .test_painting import grey

LAYER = Painted(np.full((64, 96), 100), (1.0, 1.0), (0.0, 0.0), limits=(0.0, 100.0), colours=grey)


def pixels(picture):
    return imagecodecs.jpeg8_decode(picture.data)


def test_it_says_what_was_done():
    picture = make_picture([LAYER], masks=[Box(0, 0, 8, 8)], crop=Box(0, 0, 32, 48))
    assert (picture.height, picture.width, picture.source) == (32, 48, (64, 96))
    assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()
    assert picture.description.startswith("48 × 32 pixels (slice: 96 × 64), cropped, 1 box")


def test_boxes_are_black_and_the_rest_is_not():
    picture = pixels(make_picture([LAYER], masks=[Box(8, 16, 16, 24), Box(56, 88, 100, 100)]))
    black = picture[..., 0] < 20
    expected = np.zeros((64, 96), bool)
    expected[8:24, 16:40] = expected[56:, 88:] = True
    assert np.array_equal(black, expected)


def test_a_box_that_reaches_over_the_edge_masks_what_is_there():
    picture = pixels(make_picture([LAYER], masks=[Box(-8, -8, 16, 16)]))
    assert (picture[:8, :8] < 20).all()
    assert (picture[16:, 16:] > 200).all()


def test_masks_are_under_the_crop():
    picture = pixels(make_picture([LAYER], masks=[Box(0, 0, 16, 16)], crop=Box(8, 8, 16, 16)))
    assert picture.shape == (16, 16, 3)
    assert (picture[:8, :8] < 20).all()
    assert (picture[8:, 8:] > 200).all()


def test_an_empty_crop_is_refused():
    with pytest.raises(JpegError, match="crop is empty"):
        make_picture([LAYER], crop=Box(64, 0, 10, 10))


def test_the_same_picture_has_the_same_bytes():
    assert make_picture([LAYER]).data == make_picture([LAYER]).data
    assert make_picture([LAYER]).data != make_picture([LAYER], quality=90).data
