"""Shutters hide what the standard says, and nothing when they are not complete."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.shutter import Shutter

from ..making import ct, write
from .overlaid import add_overlay

RECTANGLE = {
    "ShutterShape": "RECTANGULAR",
    "ShutterLeftVerticalEdge": 2,
    "ShutterRightVerticalEdge": 5,
    "ShutterUpperHorizontalEdge": 2,
    "ShutterLowerHorizontalEdge": 3,
}
OPEN = [[0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0]]


def shutters(folder, data):
    write(folder / "a.dcm", data)
    report = load(folder)
    assert np.array_equal(
        np.asarray(report.stacks[0].array), np.asarray(load(folder).stacks[0].array)
    )
    return report.objects


def visible(shutter):
    return 1 - np.asarray(shutter.labels())[0]


def test_shutter_rectangle_leaves_its_edges_and_what_is_between_open(tmp_path):
    (found,) = shutters(tmp_path, ct(**RECTANGLE))
    assert isinstance(found, Shutter)
    assert (found.name, found.summary, found.kind_name) == ("Shutter", "rectangular", "shutter")
    assert visible(found).tolist() == OPEN


def test_shutter_circle_is_round_on_pixels_that_are_not_square(tmp_path):
    circle = {"CenterOfCircularShutter": [20, 30], "RadiusOfCircularShutter": 10}
    data = ct(
        ShutterShape="CIRCULAR", Rows=40, Columns=60, PixelSpacing=[2, 1], PixelData=bytes(4800),
        **circle,
    )  # fmt: skip
    (found,) = shutters(tmp_path, data)
    rows, columns = np.nonzero(visible(found))
    assert (rows.min() + 1, rows.max() + 1) == (15, 25)
    assert (columns.min() + 1, columns.max() + 1) == (20, 40)


def test_shutter_polygon_and_rectangle_leave_open_what_is_in_both(tmp_path):
    polygon = {"VerticesOfThePolygonalShutter": [1, 1, 1, 4, 5, 4, 5, 1]}
    shapes = {**RECTANGLE, "ShutterShape": ["RECTANGULAR", "POLYGONAL"]}
    (found,) = shutters(tmp_path, ct(**shapes, **polygon))
    assert found.summary == "rectangular, polygonal"
    expected = np.array(OPEN)
    expected[:, 3:] = 0
    assert np.array_equal(visible(found), expected)


def test_shutter_bitmap_hides_where_its_overlay_is_set(tmp_path):
    plane = np.array(OPEN, bool)
    data = add_overlay(ct(ShutterShape="BITMAP", ShutterOverlayGroup=0x6002), plane, group=0x6002)
    _, found = shutters(tmp_path, data)
    assert np.array_equal(visible(found), ~plane)


def test_shutter_is_black_or_of_the_gray_and_color_of_the_file(tmp_path):
    colors = {
        "none": {},
        "white": {"ShutterPresentationValue": 65535},
        "red": {"ShutterPresentationColorCIELabValue": [34885, 53485, 50171]},
    }
    found = {
        name: shutters(tmp_path / name, ct(**RECTANGLE, **color))[0].shapes.color
        for name, color in colors.items()
    }
    assert found["none"] == (0, 0, 0)
    assert found["white"] == (1, 1, 1)
    assert np.allclose(found["red"], (1, 0, 0), atol=0.05)


@pytest.mark.parametrize(
    "shape",
    [
        {"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 2},
        {"ShutterShape": "CIRCULAR", "RadiusOfCircularShutter": 3},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [2, 2]},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 2, 2]},
        {"ShutterShape": "ROUND"},
    ],
)
def test_shutter_that_is_not_complete_is_none(tmp_path, shape):
    assert not shutters(tmp_path, ct(**shape))
