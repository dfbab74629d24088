"""Pictures made smaller for large strings, and boxes in pixels of the whole."""

import numpy as np

from napari_medscan.privacy.burned_in import Box, Level, looks, strings


def checkered(rows, columns):
    """Return an image with edges everywhere, so that all of it is looked at."""
    return (np.indices((rows, columns)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)


def test_boxes_of_a_reduced_picture_are_in_pixels_of_the_whole(monkeypatch):
    def boxes(gray, _, **__):
        return [Box(3, 5, 10, 20, Level.FOUND)] if gray.shape == (25, 50) else []

    monkeypatch.setattr(looks, "boxes", boxes)
    found = strings.in_picture(checkered(100, 200))
    assert found == [Box(12, 20, 40, 80, Level.FOUND)]


def test_boxes_of_a_reduced_picture_end_where_the_whole_does(monkeypatch):
    def boxes(gray, _, **__):
        return [Box(3, 5, 22, 45, Level.POSSIBLE)] if gray.shape == (25, 50) else []

    monkeypatch.setattr(looks, "boxes", boxes)
    found = strings.in_picture(checkered(97, 198))
    assert found == [Box(12, 20, 85, 178, Level.POSSIBLE)]


def test_a_small_picture_is_not_looked_at_reduced(monkeypatch):
    seen = []
    monkeypatch.setattr(looks, "boxes", lambda gray, _, **__: seen.append(gray.shape) or [])
    strings.in_picture(checkered(100, strings.LEAST_REDUCED - 1))
    assert seen == [(100, strings.LEAST_REDUCED - 1)]


def test_a_reduced_pixel_is_the_mean_of_its_own():
    gray = np.array([[0, 2, 255], [4, 6, 255]], np.uint8)
    assert strings.reduced(gray, 2).tolist() == [[3, 255]]
    assert strings.reduced(gray, 1) is gray
