"""Groups of marked cells, and the second look that decides whether they are strings."""

import math

import numpy as np
import pytest

from napari_medscan.privacy.burned_in import Box, Level, looks

GRAY = np.zeros((80, 160), np.uint8)


def marks_of(rows, columns, value):
    marks = np.zeros((20, 40), np.float32)
    marks[rows, columns] = value
    return marks


@pytest.fixture
def boxes(monkeypatch):
    """Return a function: boxes of a picture in which the looks see given marks."""

    def found(first, second=1.0, gray=GRAY, *, reduced=False):
        def text_map(part):
            return np.full([-(-size // 4) for size in part.shape], second, np.float32)

        monkeypatch.setattr(looks, "text_map", text_map)
        return list(looks.boxes(gray, first, reduced=reduced))

    return found


def test_a_group_of_marks_becomes_a_box_half_a_cell_larger(boxes):
    marks = marks_of(slice(5, 7), slice(10, 20), 1)
    assert boxes(marks) == [Box(18, 38, 12, 44, Level.FOUND)]


def test_boxes_end_where_the_picture_ends(boxes):
    marks = marks_of(slice(17, 20), slice(35, 40), 1)
    assert boxes(marks, gray=GRAY[:78, :157]) == [Box(66, 138, 12, 19, Level.FOUND)]


def test_a_single_cell_is_no_string(boxes):
    assert boxes(marks_of(2, 3, 0.5), second=0.1) == []


def test_two_groups_apart_are_two_boxes_and_corners_touch(boxes):
    marks = marks_of(slice(2, 4), slice(0, 8), 1)
    marks[4:6, 8:16] = 1
    assert len(boxes(marks)) == 1
    marks[4:6, 8] = 0
    assert len(boxes(marks)) == 2


@pytest.mark.parametrize(("second", "level"), [(0.99, Level.FOUND), (0.01, None)])
def test_what_is_in_doubt_is_decided_by_the_second_look(boxes, second, level):
    found = boxes(marks_of(2, slice(0, 20), 0.6), second)
    assert [box.level for box in found] == [level] * bool(level)


def test_between_the_two_thresholds_it_is_possible(boxes):
    between = 1 / (1 + math.exp(-(looks.SURE + looks.MAYBE) / 2))
    found = boxes(marks_of(2, slice(0, 20), between), between)
    assert [box.level for box in found] == [Level.POSSIBLE]


def test_in_a_reduced_image_looks_must_be_surer(boxes):
    mark = 1 / (1 + math.exp(-(looks.SURE + looks.MAYBE_REDUCED) / 2))
    marks = marks_of(2, slice(0, 20), mark)
    assert [box.level for box in boxes(marks, mark)] == [Level.FOUND]
    assert boxes(marks, mark, reduced=True) == []


def test_what_is_settled_is_not_looked_at_again(boxes):
    assert [box.level for box in boxes(marks_of(2, slice(0, 20), 1), 0)] == [Level.FOUND]


def test_only_the_best_of_many_in_doubt_are_looked_at_again(monkeypatch):
    marks = [0.8 + 0.01 * index for index in range(2 * looks.MOST_AGAIN)]
    found = [looks.Group(0, 0, 8, 8, (4, 4), mark) for mark in marks]
    seen = []
    monkeypatch.setattr(looks, "second_look", lambda _, group: seen.append(group.mark) or 1e-4)
    kept = [group.mark for group, _ in looks.judged(GRAY, found)]
    assert seen == marks[: -looks.MOST_AGAIN - 1 : -1]
    assert kept == marks[looks.MOST_AGAIN - 1 :: -1]


def test_judged_what_is_hardly_marked_is_not_looked_at_again(monkeypatch):
    monkeypatch.setattr(looks, "second_look", lambda *_: pytest.fail("looked again"))
    assert not list(looks.judged(GRAY, [looks.Group(0, 0, 8, 8, (4, 4), looks.DOUBTFUL - 0.01)]))


def test_the_second_look_sees_a_group_and_what_is_around_it_enlarged(monkeypatch):
    gray = np.arange(100 * 200, dtype=np.uint32).reshape(100, 200).astype(np.uint8)
    seen = []
    monkeypatch.setattr(looks, "text_map", lambda part: seen.append(part) or np.zeros((1, 1)))
    looks.second_look(gray, looks.Group(40, 8, 48, 60, (42, 30), 0.5))
    part = gray[24:64, :70]
    assert [image.shape for image in seen] == [(3 * 40, 3 * 70), (2 * 40, 2 * 70)]
    assert np.array_equal(seen[0][1::3, 1::3], part)


def test_second_look_thick_group_is_enlarged_less(monkeypatch):
    seen = []
    monkeypatch.setattr(looks, "text_map", lambda part: seen.append(part) or np.zeros((1, 1)))
    looks.second_look(np.zeros((100, 200), np.uint8), looks.Group(20, 20, 44, 80, (32, 50), 0.5))
    assert [image.shape for image in seen] == [(2 * (16 + 24 + 16), 2 * 80)]


@pytest.mark.parametrize(("enlarged", "reduced"), [(0.5, 0.1), (0.1, 0.5)])
def test_second_look_group_of_large_letters_is_seen_in_half_the_size_too(
    enlarged, reduced, monkeypatch
):
    seen = []

    def text_map(part):
        seen.append(part.shape)
        return np.full((60, 60), reduced if part.shape == half else enlarged)

    half = ((16 + looks.THICKEST + 16) // 2, (16 + 120 + 16) // 2)
    monkeypatch.setattr(looks, "text_map", text_map)
    group = looks.Group(32, 32, 32 + looks.THICKEST, 152, (50, 90), 0.5)
    assert looks.second_look(np.zeros((100, 200), np.uint8), group) == 0.5
    assert seen == [(2 * (32 + looks.THICKEST), 2 * 80), half]


def test_second_look_group_too_thick_for_letters_is_not_seen_in_half_the_size(monkeypatch):
    seen = []
    monkeypatch.setattr(looks, "text_map", lambda part: seen.append(part) or np.zeros((1, 1)))
    gray = np.zeros((200, 200), np.uint8)
    for thickness in (2 * looks.THICKEST, 2 * looks.THICKEST + 4):
        looks.second_look(gray, looks.Group(32, 32, 32 + thickness, 152, (70, 90), 0.5))
    assert [len(image) for image in seen] == [2 * 80, (32 + 2 * looks.THICKEST) // 2, 2 * 80]


@pytest.mark.parametrize("best", [3, 2])
def test_second_look_thin_group_counts_as_in_the_size_in_which_it_is_marked_best(best, monkeypatch):
    def text_map(part):
        return np.full((60, 60), 0.5 if len(part) == best * 40 else 0.1)

    monkeypatch.setattr(looks, "text_map", text_map)
    group = looks.Group(40, 8, 48, 60, (42, 30), 0.5)
    assert looks.second_look(np.zeros((100, 200), np.uint8), group) == 0.5


def test_the_second_look_counts_only_the_marks_of_the_group(monkeypatch):
    def text_map(part):
        times = len(part) // 40
        marks = np.zeros((10 * times, 18 * times), np.float32)
        marks[4 * times : 6 * times, 4 * times : 18 * times] = 0.5
        marks[: 4 * times] = 1
        return marks

    monkeypatch.setattr(looks, "text_map", text_map)
    group = looks.Group(24, 24, 32, 80, (26, 40), 0.5)
    assert looks.second_look(np.zeros((64, 128), np.uint8), group) == 0.5


def test_the_second_look_at_a_long_line_keeps_to_its_best_cells(monkeypatch):
    seen = []
    monkeypatch.setattr(looks, "text_map", lambda part: seen.append(part) or np.zeros((1, 1)))
    looks.second_look(np.zeros((100, 1500), np.uint8), looks.Group(40, 0, 60, 1500, (50, 700), 0.5))
    assert seen[0].shape == (3 * (16 + 20 + 16), 3 * 80)


def test_the_best_cell_is_the_one_with_the_best_around_it():
    marks = marks_of(slice(5, 7), slice(10, 20), 0.5)
    marks[5:7, 14:17] = 0.9
    (group,) = looks.groups(marks)
    assert group.best in ((22, 62), (26, 62))
    assert group.mark == pytest.approx(0.9)


@pytest.mark.parametrize("blur", [1, 2])
def test_deblurred_stripes_are_as_they_were(blur):
    from scipy import ndimage

    columns = np.arange(120)
    stripes = np.broadcast_to(128 + 100 * np.sin(columns * 2 * np.pi / 8), (96, 120))
    blurred = ndimage.gaussian_filter(stripes, blur, mode="mirror").round().astype(np.uint8)
    inside = looks.deblurred(blurred)[16:-16, 16:-16]
    assert np.ptp(blurred[16:-16, 16:-16]) < 150
    assert np.ptp(inside) > 180


def test_deblurred_what_does_not_vary_is_the_same():
    assert (looks.deblurred(np.full((40, 30), 77, np.uint8)) == 77).all()


@pytest.mark.parametrize("deblur", [True, False])
def test_judged_a_group_in_doubt_is_deblurred_only_if_asked(deblur, monkeypatch):
    monkeypatch.setattr(looks, "second_look", lambda *_: 0.1)
    monkeypatch.setattr(looks, "deblurred_look", lambda *_: 0.99)
    group = looks.Group(8, 8, 24, 60, (16, 30), 0.5)
    found = [level for _, level in looks.judged(GRAY, [group], deblur=deblur)]
    assert found == [Level.FOUND] * deblur


def test_judged_deblurred_a_group_needs_more(monkeypatch):
    between = 1 / (1 + math.exp(-(looks.SURE + looks.SURE_DEBLURRED) / 2))
    monkeypatch.setattr(looks, "second_look", lambda *_: 0.1)
    monkeypatch.setattr(looks, "deblurred_look", lambda *_: between)
    group = looks.Group(8, 8, 24, 60, (16, 30), between)
    assert not list(looks.judged(GRAY, [group], deblur=True))
