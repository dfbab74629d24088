"""Which series a pane offers, and which one it shows by itself."""

from __future__ import annotations

import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.panes.series_choice import next_series, offered_series

from ...studies import HOSTILE, write_series

PRIOR = {"StudyInstanceUID": "1.2.9", "StudyDate": "20230101"}
LATEST = {"StudyInstanceUID": "1.2.8", "StudyDate": "20240101"}
CORONAL = {
    "ImageOrientationPatient": [1, 0, 0, 0, 0, -1],
    "ImagePositionPatient": lambda i: [0, 2 * i, 0],
}
OTHER_PATIENT = {"PatientID": "other", "PatientName": "Canary^Bob", "StudyInstanceUID": "1.2.7"}
LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


@pytest.fixture
def make(tmp_path):
    """Return what writes a series and loads it."""
    numbers = iter(range(3, 99))

    def make(**changes):
        number = next(numbers)
        write_series(tmp_path / str(number), series=number, **{**LATEST, **changes})
        (stack,) = load(tmp_path / str(number)).stacks
        return stack

    return make


def chosen(model, current, *others, opened=()):
    """Return what is shown beside a series that is open alone."""
    offered = list(offered_series(model, [current, *others]))
    return next_series(offered, current, [current], [current, *opened])


def test_next_series_prior_of_the_same_kind_comes_before_the_same_study(model, make):
    current, same_study, prior = make(), make(), make(**PRIOR)
    assert chosen(model, current, same_study, prior) is prior


@pytest.mark.parametrize("change", [CORONAL, {"Modality": "MR"}, LOCALIZER])
def test_next_series_prior_of_another_kind_comes_after_the_same_study(model, make, change):
    current, same_study, prior = make(), make(), make(**PRIOR, **change)
    assert chosen(model, current, same_study, prior) is same_study
    assert chosen(model, current, prior) is prior


def test_next_series_prior_just_before_comes_before_an_older_one(model, make):
    newest = make()
    older = make(StudyInstanceUID="1.2.9.1", StudyDate="20200101")
    prior = make(**PRIOR)
    assert chosen(model, newest, older, prior) is prior
    assert chosen(model, prior, older, newest) is older


def test_next_series_prior_of_the_same_description_comes_first(model, make):
    current = make(SeriesDescription="Lung")
    priors = [make(**PRIOR, SeriesDescription=text) for text in ("Bone", "Lung")]
    assert chosen(model, current, *priors) is priors[1]


def test_next_series_localizer_comes_after_another_plane(model, make):
    current, localizer, coronal = make(), make(**LOCALIZER), make(**CORONAL)
    assert chosen(model, current, localizer, coronal) is coronal
    assert chosen(model, current, localizer) is localizer


def test_next_series_of_another_patient_has_to_be_open(model, make):
    current, other = make(), make(**OTHER_PATIENT)
    assert chosen(model, current, other) is None
    assert chosen(model, current, other, opened=[other]) is other


def test_next_series_visible_one_comes_last(make):
    current, beneath, prior = make(), make(), make(**PRIOR, Modality="MR")
    offered = [current, beneath, prior]
    assert next_series(offered, current, [current], offered) is beneath
    assert next_series(offered, current, [current, beneath], offered) is prior


def full_titles(offered):
    return [title.full for title in offered.values()]


def test_offered_series_brief_title_has_the_interval_before_the_description(model, make):
    stacks = [make(**PRIOR, SeriesDescription="Chest"), make(SeriesDescription="Chest")]
    assert [title.brief for title in offered_series(model, stacks).values()] == [
        "CT 4 · latest · Chest · CT",
        "CT 3 · −12 months · Chest · CT",
    ]


def test_offered_series_are_titled_with_their_study_if_there_are_several(model, make):
    one = make(SeriesDescription="Chest")
    assert full_titles(offered_series(model, [one])) == ["CT 3 · Chest"]
    prior = make(**PRIOR, SeriesDescription="Chest")
    assert full_titles(offered_series(model, [prior, one])) == [
        "CT 3 · Chest · latest · CT",
        "CT 4 · Chest · 12 months before the latest · CT",
    ]


def test_offered_series_has_layers_that_the_record_lacks_once(model, make):
    stacks = [make(), make()]
    for layer in image_layers(stacks):
        model.add_layer(layer)
    assert set(offered_series(model, stacks[:1])) == set(stacks)


def test_offered_series_titles_are_defused(model, make):
    (title,) = offered_series(model, [make(SeriesDescription=HOSTILE)]).values()
    assert "<img" not in title.full
    assert "img" in title.full


def eye(modality, side, **changes):
    """Return what a series of one side has."""
    return {
        "Modality": modality,
        "ImageLaterality": side,
        "ImagePositionPatient": None,
        "ImageOrientationPatient": None,
        **changes,
    }


def test_next_series_of_a_photograph_is_that_of_the_other_eye(model, make):
    right, again, left = (make(**eye("OP", side)) for side in "RRL")
    scan = make(**eye("OPT", "R"))
    assert chosen(model, right, again, scan, left) is left
    assert chosen(model, right, scan, again) in (scan, again)


def test_next_series_of_a_b_scan_is_the_image_of_the_same_eye(model, make):
    scan, other_scan = make(**eye("OPT", "L")), make(**eye("OPT", "R"))
    other_image, image = make(**eye("OP", "R")), make(**eye("OP", "L"))
    assert chosen(model, scan, other_scan, other_image, image) is image
    assert chosen(model, scan, other_image, other_scan) is other_scan


def test_next_series_prior_of_an_eye_is_that_of_the_same_eye(model, make):
    current, left = make(**eye("OP", "R")), make(**eye("OP", "L"))
    before = [make(**eye("OP", side, **PRIOR)) for side in "LR"]
    assert chosen(model, current, left, *before) is before[1]


def test_next_series_of_a_mammogram_is_the_same_view_of_the_other_breast(model, make):
    views = [(side, view) for view in ("CC", "MLO") for side in "RL"]
    right_cc, left_cc, right_mlo, left_mlo = (
        make(slices=1, **eye("MG", side, ViewPosition=view)) for side, view in views
    )
    assert chosen(model, right_cc, right_mlo, left_mlo, left_cc) is left_cc
    assert chosen(model, right_mlo, right_cc, left_cc, left_mlo) is left_mlo
