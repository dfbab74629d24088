"""Letters and places in the patient."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.series.orientation import (
    axis_vectors,
    film_vectors,
    letters,
    patient_point,
    plane_text,
    point_text,
)

from ...studies import write_series


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "S"),
        ((0, 0, -1), "I"),
        ((-0.9, -0.4, 0), "RA"),
        ((-0.4, -0.9, 0), "AR"),
        ((-0.8, -0.5, 0.3), "RAS"),
        ((0.3, 0.5, -0.8), "IPL"),
        ((0, 0, 250.0), "S"),
        ((0.999, 0.04, -0.02), "L"),
    ],
)
def test_letters_come_in_order_of_weight(direction, expected):
    assert letters(direction) == expected


@pytest.mark.parametrize("degrees", [0, 5.7, 5.8, 45, 84.2, 84.3, 90])
def test_a_refinement_counts_from_a_tenth_on(degrees):
    radians = np.radians(degrees)
    parts = {"L": np.cos(radians), "P": np.sin(radians)}
    expected = sorted((name for name in parts if parts[name] >= 0.1), key=lambda n: -parts[n])
    if degrees == 45:
        expected = ["L", "P"]
    assert letters((parts["L"], parts["P"], 0)) == "".join(expected)


@pytest.mark.parametrize("direction", [(0, 0, 0), (np.nan, 0, 1), (np.inf, 0, 0)])
def test_what_is_no_direction_has_no_letters(direction):
    assert letters(direction) == ""


def test_point_in_words():
    assert point_text((12.34, -45.6, 102.41)) == "L 12.3 A 45.6 S 102.4 mm"
    assert point_text((-0.01, 0, -3)) == "L 0.0 P 0.0 I 3.0 mm"


@pytest.mark.parametrize(
    ("normal", "point", "expected"),
    [
        ((0, 0, 1), (5, 6, 102.4), "S 102.4 mm"),
        ((0, 0, 1), (5, 6, -102.4), "I 102.4 mm"),
        ((0, 0, -2), (5, 6, 102.4), "S 102.4 mm"),
        ((-1, 0, 0), (-33, 6, 1), "R 33.0 mm"),
        ((0, 0.6, 0.8), (0, 0, 10), "SP 8.0 mm"),
        ((0, 0.6, 0.8), (0, 0, -10), "IA 8.0 mm"),
    ],
)
def test_plane_in_words(normal, point, expected):
    assert plane_text(normal, point) == expected


def loaded(folder, slices=3, **changes):
    write_series(folder, slices, **changes)
    (stack,) = load(folder).stacks
    return stack


def test_places_follow_the_affine(tmp_path):
    stack = loaded(
        tmp_path,
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        ImagePositionPatient=lambda i: [10 + 3 * i, -20, 70],
    )
    # A sagittal stack whose rows run to the back and whose columns run to the feet: row x column
    # is (0,1,0) x (0,0,-1) = (-1,0,0), so slices are ordered from the left to the right.
    first_x = 10 + 3 * 2
    assert patient_point(stack, (0, 0, 0)).tolist() == [first_x, -20, 70]
    assert patient_point(stack, (2, 4, 5)).tolist() == pytest.approx(
        [10, -20 + 5 * 0.75, 70 - 4 * 0.5]
    )
    assert axis_vectors(stack.geometry).tolist() == [[-3, 0, 0], [0, 0, -0.5], [0, 0.75, 0]]


def test_uneven_slices_have_places_only_at_the_slices(tmp_path):
    heights = [0, 2, 4, 6, 9.3]
    stack = loaded(tmp_path, 5, ImagePositionPatient=lambda i: [0, 0, heights[i]])
    assert not stack.geometry.measurable
    assert [patient_point(stack, (i, 0, 0))[2] for i in range(5)] == heights
    assert patient_point(stack, (3.5, 0, 0)) is None
    assert patient_point(stack, (7, 0, 0)) is None


def test_no_orientation_no_place(tmp_path):
    stack = loaded(tmp_path, 1, ImageOrientationPatient=None, ImagePositionPatient=None)
    assert axis_vectors(stack.geometry) is None
    assert patient_point(stack, (0, 0, 0)) is None


def test_uncalibrated_has_directions_but_no_places(tmp_path):
    stack = loaded(tmp_path, PixelSpacing=None)
    assert axis_vectors(stack.geometry).tolist() == [[0, 0, 2], [0, 1, 0], [1, 0, 0]]
    assert patient_point(stack, (0, 0, 0)) is None


@pytest.mark.parametrize(
    ("written", "right", "down"),
    [
        (["L", "F"], "L", "I"),
        (["P", "F"], "P", "I"),
        (["R", "H"], "R", "S"),
        # A mediolateral oblique mammogram; an oblique radiograph of a chest.
        (["A", "FR"], "A", "IR"),
        (["LAH", "FP"], "LAS", "IP"),
    ],
)
def test_films_say_where_they_lead_in_letters(tmp_path, written, right, down):
    film = film_of(tmp_path, PatientOrientation=written)
    z, y, x = film_vectors(film)
    assert (letters(x), letters(y), letters(z)) == (right, down, "")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"PatientOrientation": ["L"]},
        {"PatientOrientation": ["L", ""]},
        {"PatientOrientation": ["L", "F", "H"]},
        {"PatientOrientation": ["L", "S"]},
        {"PatientOrientation": ["LR", "F"]},
        {"PatientOrientation": ["LL", "F"]},
        {"PatientOrientation": ["LAHF", "F"]},
        {"PatientOrientation": ["LA", "RF"]},
        # Rostral and dorsal, palmar and medial: a horse has no right hand.
        {"PatientOrientation": ["R", "P"], "AnatomicalOrientationType": "QUADRUPED"},
    ],
)
def test_films_that_say_nothing_sensible_have_no_directions(tmp_path, changes):
    assert film_vectors(film_of(tmp_path, **changes)) is None


def test_film_free_text_as_orientation_is_dropped(tmp_path):
    assert film_of(tmp_path, PatientOrientation=["A", "FR"]).patient_orientation == ("A", "FR")
    assert film_of(tmp_path, PatientOrientation=["Smith", "F"]).patient_orientation == ()


def film_of(folder, **changes):
    (path,) = write_series(
        folder, 1, ImageOrientationPatient=None, ImagePositionPatient=None, **changes
    )
    return read_header(str(path), path.name)
