"""Luminance and color are looked at, and only where there is something to see."""

import numpy as np
import pytest
from PIL import Image

from napari_medscan.privacy.burned_in import Level, find_text
from napari_medscan.privacy.burned_in.planes import (
    BESIDE,
    LEAST_RANGE,
    MARGIN,
    edge_cells,
    edge_extent,
    luminance,
    planes,
)

from .test_burned_in import holds, tissue, written

GRAY = np.array([0.299, 0.587, 0.114])


def color(hue, level):
    """Return a color of a hue that has a luminance."""
    return np.array(hue) * level / (GRAY @ hue)


def colored_string(under, hue, level):
    """Write the canary in one color into an RGB image; return both."""
    ink = written(np.zeros(under.shape[:2], np.uint8), 16)[..., np.newaxis] / 255
    return (under * (1 - ink) + color(hue, level) * ink).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("box", "hue", "level"),
    [
        ((0, 1, 0), (1, 0, 0), 70),
        ((1, 0, 0), (0, 0, 1), 25),
        ((0, 1, 1), (1, 1, 0), 160),
        ((1, 0, 1), (0, 1, 0), 100),
    ],
)
def test_find_text_color_on_color_of_equal_luminance_is_found(box, hue, level):
    picture = colored_string(np.ones((200, 256, 3)) * color(box, level), hue, level)
    assert np.ptp(luminance(picture)) <= 2
    found = find_text(picture, ocr=False)
    assert any(holds(one, 28, 52) and one.level is Level.FOUND for one in found.boxes)


def test_find_text_color_of_equal_luminance_that_stays_in_a_stack_is_found():
    ground = np.repeat(tissue(0, (200, 256))[..., np.newaxis], 3, axis=2)
    ground[:60] = 100
    others = [np.roll(ground, 7 * index, axis=1) for index in range(6)]
    pictures = [colored_string(other, (1, 0, 0), 76) for other in others]
    found = find_text(pictures[0], pictures[1:], ocr=False)
    assert any(holds(one, 28, 52) for one in found.boxes)


def test_planes_gray_image_with_three_channels_has_one_plane():
    gray = tissue(0, (40, 50))
    (plane,) = planes(np.repeat(gray[..., np.newaxis], 3, axis=2))
    assert np.array_equal(plane, gray)
    assert planes(gray)[0] is gray


def test_planes_jpeg_of_a_gray_image_has_no_color():
    rgb = Image.fromarray(tissue(1)).convert("RGB")
    noise = np.random.default_rng(0).integers(-4, 5, (*rgb.size[::-1], 3))
    assert len(planes((np.asarray(rgb) + 10 + noise).clip(0, 255).astype(np.uint8))) == 1


def test_planes_colormap_has_no_second_plane_until_a_letter_has_another_color():
    ramp = np.arange(256)
    hot = np.stack([np.clip(3 * ramp - 255 * k, 0, 255) for k in range(3)], axis=1)
    picture = hot.astype(np.uint8)[tissue(2)]
    assert len(planes(picture)) == 1
    assert len(planes(colored_string(picture, (0, 0, 1), 25))) == 2


def test_planes_two_colors_differ_by_most_of_what_they_do():
    picture = np.zeros((30, 40, 3), np.uint8)
    picture[:, :20, 0], picture[:, 20:, 1] = 200, 102
    light, colors = planes(picture)
    assert np.ptp(light) == 0
    assert np.ptp(colors) >= 200


def test_edge_extent_is_around_all_edges_and_ends_where_the_image_does():
    gray = np.zeros((200, 300), np.uint8)
    gray[100:103, 50] = 20
    gray[150, 299] = 20
    down, right = edge_extent(gray)
    assert down.start <= 100 - MARGIN
    assert 150 + MARGIN < down.stop < 190
    assert 20 <= right.start <= 50 - MARGIN
    assert right.stop >= 300


@pytest.mark.parametrize("shape", [(0, 0), (1, 9), (4, 4), (50, 60)])
def test_edge_extent_flat_image_has_nothing(shape):
    gray = np.full(shape, 77, np.uint8)
    assert gray[edge_extent(gray)].size == 0


@pytest.mark.parametrize("shape", [(64, 80), (61, 78)])
def test_edge_cells_are_all_near_a_step_and_none_in_what_is_flat_or_faint(shape):
    rng = np.random.default_rng(0)
    gray = (90 + rng.integers(0, LEAST_RANGE + 1, shape)).astype(np.uint8)
    assert not edge_cells(gray, 4).any()
    gray[32, 41] += 3 * LEAST_RANGE
    cells = edge_cells(gray, 4)
    assert cells.shape == tuple(-(-size // 4) for size in shape)
    rows, columns = np.nonzero(cells)
    reach = 1 + BESIDE
    assert (rows.min(), rows.max()) == (8 - reach, 8 + reach)
    assert (columns.min(), columns.max()) == (10 - reach, 10 + reach)


def test_find_text_in_a_corner_of_a_flat_image_is_found_where_it_is():
    picture = np.full((600, 700), 30, np.uint8)
    picture[500:, 500:] = written(picture[500:, 500:], 16)
    found = find_text(picture, ocr=False)
    assert any(holds(one, 528, 552) for one in found.boxes)
    assert all(one.top >= 480 and one.left >= 480 for one in found.boxes)
