"""Boxes around what is marked, and pictures made smaller for large strings."""

import numpy as np
import pytest

from napari_medscan.privacy.burned_in import Box, Level, strings


def boxes(marks, cell=4, shape=(80, 160)):
    return list(strings.marked(marks, cell, shape))


def marks_of(rows, columns, value):
    marks = np.zeros((20, 40), np.float32)
    marks[rows, columns] = value
    return marks


def test_a_group_of_marks_becomes_a_box_half_a_cell_larger():
    marks = marks_of(slice(5, 7), slice(10, 20), 1)
    assert boxes(marks) == [Box(18, 38, 12, 44, Level.FOUND)]


def test_boxes_of_a_reduced_picture_are_in_pixels_of_the_whole():
    marks = marks_of(slice(5, 7), slice(10, 20), 1)
    assert boxes(marks, 8, (160, 320)) == [Box(36, 76, 24, 88, Level.FOUND)]


def test_boxes_end_where_the_picture_ends():
    marks = marks_of(slice(17, 20), slice(35, 40), 1)
    assert boxes(marks, shape=(78, 157)) == [Box(66, 138, 12, 19, Level.FOUND)]


@pytest.mark.parametrize(("value", "level"), [(1, Level.FOUND), (0.4, None)])
def test_a_group_must_be_sure(value, level):
    assert [box.level for box in boxes(marks_of(2, slice(0, 20), value))] == [level] * bool(level)


def test_between_the_two_thresholds_it_is_possible():
    least = strings.MAYBE[0]
    between = (least + strings.SURE[0]) / 2
    found = boxes(marks_of(2, slice(0, 20), between))
    assert [box.level for box in found] == [Level.POSSIBLE]


def test_a_single_cell_is_no_string():
    assert boxes(marks_of(2, 3, 1)) == []


def test_two_groups_apart_are_two_boxes_and_corners_touch():
    marks = marks_of(slice(2, 4), slice(0, 8), 1)
    marks[4:6, 8:16] = 1
    assert len(boxes(marks)) == 1
    marks[4:6, 8] = 0
    assert len(boxes(marks)) == 2


def test_a_reduced_pixel_is_the_mean_of_its_own():
    gray = np.array([[0, 2, 255], [4, 6, 255]], np.uint8)
    assert strings.reduced(gray, 2).tolist() == [[3, 255]]
    assert strings.reduced(gray, 1) is gray
