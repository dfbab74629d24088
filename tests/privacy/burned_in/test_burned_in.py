"""Text is found where it was drawn, and anatomy is not text."""

import logging

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from threadpoolctl import threadpool_info

from napari_medscan.privacy.burned_in import Box, Check, Level, find_text, reading, strings
from napari_medscan.privacy.burned_in.findings import merged

CANARY = "CANARY 4711"


def tissue(seed, shape=(256, 256)):
    """Smooth blobs with noise, other ones for each seed."""
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    blobs = ndimage.gaussian_filter(rng.normal(size=shape), 8)
    scaled = 90 + 60 * blobs / blobs.std() + rng.normal(0, 4, shape)
    return scaled.clip(0, 200).astype(np.uint8)


def share_found(picture, ink, at, contrast):
    """Draw ink, from 0 to 1, into a picture; return the share of it that boxes cover."""
    (y, x), (high, wide) = at, ink.shape
    part = picture[y : y + high, x : x + wide]
    value = min(255, int(np.median(part)) + contrast)
    picture[y : y + high, x : x + wide] = (part * (1 - ink) + value * ink).round()
    boxed = np.zeros(picture.shape, bool)
    for box in find_text(picture, ocr=False).boxes:
        boxed[box.top : box.top + box.height, box.left : box.left + box.width] = True
    return float(boxed[y : y + high, x : x + wide][ink > 0.3].mean())


def written(picture, size, value=255, at=(20, 20)):
    image = Image.fromarray(picture)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text(at, CANARY, fill=value, font=font)
    return np.asarray(image)


def holds(box, row, column):
    inside = box.top <= row < box.top + box.height
    return inside and box.left <= column < box.left + box.width


@pytest.mark.parametrize("size", [12, 16, 24])
def test_a_string_on_black_is_found_in_one_box(size):
    found = find_text(written(np.zeros((256, 256), np.uint8), size), ocr=False)
    assert found.level == Level.FOUND
    assert any(holds(box, 20 + size // 2, 20 + 2 * size) for box in found.boxes)


def test_a_string_that_stays_while_anatomy_moves_is_found():
    pictures = [written(tissue(seed), 14, 230) for seed in range(9)]
    found = find_text(pictures[0], pictures[1:], ocr=False)
    assert Check.STACK in found.checked_by
    sure = [box for box in found.boxes if box.level == Level.FOUND]
    assert any(holds(box, 28, 50) for box in sure)


def test_moving_anatomy_is_not_text():
    pictures = [tissue(seed) for seed in range(9)]
    assert find_text(pictures[0], pictures[1:], ocr=False).boxes == ()


def test_copies_of_one_picture_tell_nothing_about_the_stack():
    picture = tissue(0)
    assert Check.STACK not in find_text(picture, [picture] * 4, ocr=False).checked_by


@pytest.mark.parametrize("shape", [(0, 5), (1, 1), (1, 1, 3), (1, 4000), (4000, 1), (30, 40, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_nothing_is_found_in_what_is_constant(shape, value):
    picture = np.full(shape, value, np.uint8)
    assert find_text(picture, [picture, picture], ocr=False).boxes == ()


def test_a_huge_picture_is_looked_at_as_large_as_it_is_sent():
    picture = np.zeros((8192, 6000), np.uint8)
    picture[5000:5256, 3000:4024] = written(np.zeros((256, 1024), np.uint8), 130)
    found = find_text(picture, ocr=False)
    assert any(holds(box, 5100, 3300) for box in found.boxes)


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros(4, np.uint8)]
)
def test_other_pictures_are_refused(picture):
    with pytest.raises(ValueError, match="8 bits"):
        find_text(picture, ocr=False)


def test_others_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="same dtype"):
        find_text(np.zeros((4, 4), np.uint8), [np.zeros((4, 5), np.uint8)], ocr=False)


def blas_threads():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_a_check_leaves_the_other_cores_alone_and_gives_them_back(monkeypatch):
    before, during = blas_threads(), []
    monkeypatch.setattr(strings, "in_picture", lambda _: during.append(blas_threads()) or [])
    find_text(np.zeros((64, 64), np.uint8), ocr=False)
    assert during == [[1] * len(before)]
    assert blas_threads() == before


def test_without_the_extra_ocr_is_not_said_to_have_looked(monkeypatch):
    monkeypatch.setattr(reading, "ocr_installed", lambda: False)
    assert Check.OCR not in find_text(tissue(0), ocr=True).checked_by


def test_a_reader_that_fails_is_not_said_to_have_looked(monkeypatch):
    monkeypatch.setattr(reading, "ocr_installed", lambda: True)
    monkeypatch.setattr(reading, "SECONDS", 0.0)

    class Broken:
        def call(self, *_, **__):
            raise reading.WorkerError("timed out")

    monkeypatch.setattr(reading, "readers", Broken())
    assert Check.OCR not in find_text(tissue(0), ocr=True).checked_by


def test_what_is_read_is_neither_returned_nor_logged(monkeypatch, caplog, capfd):
    class Answer:
        boxes = np.array([[[2, 3], [20, 3], [20, 9], [2, 9]]], float)
        txts = (CANARY,)
        scores = (0.99,)

    monkeypatch.setattr(reading, "_engine", lambda: lambda _: Answer)
    with caplog.at_level(logging.DEBUG):
        rows, array = reading.read_request(bytes(400), shape=[10, 40])
    assert (rows, array) == ([[3, 2, 6, 18, Level.FOUND]], None)
    output = capfd.readouterr()
    assert CANARY not in caplog.text + output.out + output.err + repr(rows)


@pytest.mark.parametrize(
    ("text", "score", "level"),
    [
        ("A12", 0.9, Level.FOUND),
        ("A1", 0.95, Level.POSSIBLE),
        ("A12", 0.5, Level.POSSIBLE),
        ("A12", 0.49, None),
        (".-.A", 0.99, None),
    ],
)
def test_two_thresholds(text, score, level):
    assert reading._level(text, score) == level


def test_boxes_of_one_line_become_one_and_those_of_two_stay():
    one, two = Box(10, 10, 10, 20, Level.POSSIBLE), Box(11, 35, 10, 20, Level.FOUND)
    below = Box(40, 10, 10, 20, Level.POSSIBLE)
    assert merged([one, below, two]) == (Box(10, 10, 11, 45, Level.FOUND), below)
