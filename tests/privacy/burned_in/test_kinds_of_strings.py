"""Strings that are tilted, blurred or stacked are found, over anatomy and on black."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from napari_medscan.privacy.burned_in import tilted

from .test_burned_in import share_found, tissue

TEXTS = ("DOE^JANE", "ID 4711-0815", "12.03.1961 F", "Mary Hospital")
SIDE = 240


def ink_of(text, size, *, angle=0, blur=0, stacked=False):
    """Draw a string; return how much of each pixel is ink, from 0 to 1."""
    lines = "\n".join(text.replace(" ", "")) if stacked else text
    font = ImageFont.load_default(size)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), lines, font)
    image = Image.new("L", (int(right - left) + 20, int(bottom - top) + 20))
    ImageDraw.Draw(image).text((10 - left, 10 - top), lines, 255, font, align="center")
    turned = image.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    return np.asarray(turned.filter(ImageFilter.GaussianBlur(blur)), float)[:SIDE, :SIDE] / 255


def is_covered(ink, contrast, seed):
    """Whether boxes cover half of a string, on black for even seeds, else over anatomy."""
    picture = tissue(seed, (SIDE, SIDE)) if seed % 2 else np.zeros((SIDE, SIDE), np.uint8)
    rng = np.random.default_rng(seed)
    high, wide = ink.shape
    y, x = int(rng.integers(0, SIDE - high + 1)), int(rng.integers(0, SIDE - wide + 1))
    return share_found(picture, ink, (y, x), contrast) >= 0.5


@pytest.mark.parametrize(
    ("size", "way"),
    [
        (12, {"angle": 30}),
        (16, {"angle": -45}),
        (14, {"angle": 60}),
        (16, {"angle": 135}),
        (16, {"blur": 1}),
        (16, {"blur": 2}),
        (28, {"blur": 3}),
        (12, {"stacked": True}),
    ],
    ids=["30", "-45", "60", "135", "blur 1", "blur 2", "blur 3", "stacked"],
)
def test_find_text_other_kind_of_string_is_found(size, way):
    covered = [is_covered(ink_of(text, size, **way), 120, seed) for seed, text in enumerate(TEXTS)]
    assert sum(covered) >= len(covered) - 1, covered


def test_turned_what_rises_by_the_angle_is_level():
    gray = np.zeros((120, 160), np.uint8)
    rows, columns = np.indices(gray.shape)
    rise = (60 - rows) * np.cos(np.deg2rad(30)) - (columns - 80) * np.sin(np.deg2rad(30))
    gray[np.abs(rise) < 2] = 200
    part = tilted.turned(gray, (60, 80), 30, (20, 20))
    assert part.shape == (40, 40)
    assert part[20].min() == 200
    assert part[:17].max() == part[24:].max() == 0


def test_turned_beyond_the_image_its_edge_goes_on():
    gray = np.full((50, 60), 7, np.uint8)
    assert (tilted.turned(gray, (0, 59), 60, (48, 48)) == 7).all()


def test_places_are_the_likeliest_with_the_angles_in_question():
    rows, columns = np.indices((40, 50))
    odds = np.full((40, 50, 3), -5, np.float32)
    for row, column, rise in ((8, 9, (4, 6.2, 5.9)), (22, 35, (7, 4, 2)), (30, 9, (2, 2, 2))):
        near = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 50)
        odds += near[..., np.newaxis] * np.array(rise, np.float32)
    middle = tilted.CELL // 2
    assert list(tilted.places(odds)) == [
        ((22 * tilted.CELL + middle, 35 * tilted.CELL + middle), [30]),
        ((8 * tilted.CELL + middle, 9 * tilted.CELL + middle), [45, 60]),
    ]


def test_places_are_not_too_many():
    odds = np.full((80, 80, 3), -5, np.float32)
    odds[4::10, 4::10] = np.random.default_rng(0).uniform(50, 90, (8, 8, 3))
    assert len(list(tilted.places(odds))) == tilted.MOST
    assert list(tilted.places(odds, 2)) == list(tilted.places(odds))[:2]


@pytest.mark.parametrize(
    ("where", "reach"),
    [
        (np.s_[12, 4:20], (tilted.ACROSS, tilted.ALONG)),
        (np.s_[4:20, 12], (tilted.ALONG, tilted.ACROSS)),
    ],
    ids=["level", "on its side"],
)
def test_boxes_a_tilted_string_is_measured_along_it(where, reach, monkeypatch):
    marks = np.zeros((24, 24), np.float32)
    marks[where] = 1
    seen = []
    monkeypatch.setattr(tilted, "places", lambda *_: [((90, 90), [30])])
    monkeypatch.setattr(tilted, "tilts", lambda *_: None)
    monkeypatch.setattr(tilted, "text_map", lambda _: marks)
    monkeypatch.setattr(tilted, "turned", lambda *how: seen.append(how[3]) or np.zeros((96, 96)))
    tilted.boxes(np.zeros((200, 200), np.uint8), marks, marks > 0)
    assert seen == [(tilted.NEAR, tilted.NEAR), reach]
