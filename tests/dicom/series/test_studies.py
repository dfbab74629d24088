"""Studies: their order, their names, and the intervals between them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.index import index_file
from napari_medscan.dicom.series.studies import (
    first_to_show,
    interval_text,
    newest_study,
    studies_of,
)

from ...studies import write_series
from ..making import write
from ..objects.recordings import channel, group, waveform

OTHER = {"PatientName": "Canary^Bob", "PatientID": "2"}


def opened(folder, *series):
    for number, changes in enumerate(series, 1):
        values = {"StudyInstanceUID": f"1.2.{number}", "StudyTime": "", **changes}
        write_series(folder, 2, series=number, **values)
    return load(folder).stacks


def titles(stacks, **options):
    return [study.title(**options) for study in studies_of(stacks)]


def test_studies_of_one_patient_newest_first_with_interval(tmp_path):
    stacks = opened(
        tmp_path,
        {"StudyDate": "20230110", "BodyPartExamined": "CHEST"},
        {"StudyDate": "20230610", "BodyPartExamined": "CHEST"},
        {"StudyDate": "20210610", "StudyDescription": "Thorax"},
    )
    assert titles(stacks) == [
        "CT chest · latest",
        "CT chest · 5 months before the latest",
        "CT Thorax · 2 years before the latest",
    ]


def test_studies_of_one_study_has_no_interval(tmp_path):
    stacks = opened(tmp_path, {"StudyDate": "20230110", "BodyPartExamined": "LSPINE"})
    assert titles(stacks) == ["CT lumbar spine"]


def test_series_of_a_study_of_which_one_lacks_a_part_of_the_identity_are_of_one_patient(tmp_path):
    one = {"StudyInstanceUID": "1.2.9"}
    stacks = opened(tmp_path, {**one, "PatientID": ""}, one, {**one, **OTHER})
    assert [[s.series_number for s in study.stacks] for study in studies_of(stacks)] == [
        [1, 2],
        [3],
    ]
    # The one with more of it is compared with other studies.
    prior = opened(tmp_path / "prior", {"StudyInstanceUID": "1.2.8"})
    assert [s.patient for s in studies_of([*stacks[:2], *prior])] == [0, 0]


def test_a_study_may_have_nothing_but_a_recording(tmp_path):
    """Else nobody could tell whose it is."""
    write_series(tmp_path, 2, StudyInstanceUID="1.2.1", StudyDate="20230110")
    recording = waveform(
        [group(np.zeros((10, 1), np.int16), [channel("I")])], StudyInstanceUID="1.2.2", **OTHER
    )
    write(tmp_path / "ecg", recording)
    report = load(tmp_path)
    ct, ecg = studies_of(report.stacks, report.objects)
    assert (ct.title(), ecg.title()) == ("Patient 1 · CT", "Patient 2 · ECG")
    assert (ecg.stacks, ecg.objects) == ((), report.objects)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_series_of_a_study_are_in_order_of_number_however_they_were_found(tmp_path, order):
    stacks = opened(tmp_path, *[{"StudyInstanceUID": "1.2.9"}] * 3)
    (study,) = studies_of([stacks[place] for place in order])
    assert [stack.series_number for stack in study.stacks] == [1, 2, 3]


def test_studies_of_two_patients_are_numbered_each_with_its_latest(tmp_path):
    stacks = opened(
        tmp_path,
        {"StudyDate": "20200101"},
        {"StudyDate": "20230101", **OTHER},
        {"StudyDate": "20220101", **OTHER},
    )
    assert titles(stacks) == [
        "Patient 2 · CT · latest",
        "Patient 2 · CT · 12 months before the latest",
        "Patient 1 · CT",
    ]


def test_studies_of_unnamed_patients_are_kept_apart(tmp_path):
    nobody = {"PatientName": "", "PatientID": "", "PatientBirthDate": ""}
    stacks = opened(tmp_path, {"StudyDate": "20200101", **nobody}, {**nobody, "StudyDate": ""})
    assert titles(stacks) == ["Patient 1 · CT", "Patient 2 · CT"]


def test_studies_of_no_dates_are_numbered(tmp_path):
    stacks = opened(tmp_path, {"StudyDate": ""}, {"StudyDate": "2023xx10"})
    assert titles(stacks) == ["CT (1) · date unknown", "CT (2) · date unknown"]


def test_studies_of_one_day_are_in_order_of_time(tmp_path):
    stacks = opened(
        tmp_path,
        {"StudyDate": "20230110", "StudyTime": "0800", "BodyPartExamined": "HEAD"},
        {"StudyDate": "20230110", "StudyTime": "093000.5", "BodyPartExamined": "NECK"},
    )
    assert titles(stacks) == ["CT neck · latest", "CT head · same day as the latest"]


def test_title_has_date_only_when_asked(tmp_path):
    stacks = opened(tmp_path, {"StudyDate": "20230110"}, {"StudyDate": "20230109"})
    assert "2023" not in "".join(titles(stacks))
    assert titles(stacks, with_date=True)[1] == "CT · 2023-01-09 · 1 day before the latest"


def test_title_names_nobody(tmp_path):
    stacks = opened(
        tmp_path,
        {"StudyDescription": "Alice Canary 19500101 Thorax", "BodyPartExamined": ""},
    )
    assert titles(stacks) == ["CT Thorax"]
    stacks = opened(tmp_path / "part", {"BodyPartExamined": "CANARY LUNG"})
    assert titles(stacks) == ["CT lung"]


def test_label_of_pet_ct(tmp_path):
    same = {"StudyInstanceUID": "1.2.1"}
    stacks = opened(tmp_path, {"Modality": "PT", **same}, {"Modality": "CT", **same})
    assert titles(stacks) == ["PET/CT"]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        *((1, "1 day"), (9, "9 days"), (14, "2 weeks"), (45, "6 weeks"), (61, "2 months")),
        *((152, "5 months"), (365, "12 months"), (730, "2 years"), (4000, "11 years")),
    ],
)
def test_interval_text_in_the_largest_unit(days, text):
    assert interval_text(timedelta(days)) == text


def test_first_to_show_is_of_the_newest_study_with_images(tmp_path):
    stacks = opened(
        tmp_path,
        {"StudyDate": "20200101"},
        {"StudyDate": "20230101"},
        {"StudyDate": "20230102", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
    )
    assert newest_study(stacks) == (stacks[2],)
    assert first_to_show(stacks) is stacks[1]
    assert first_to_show(stacks[2:]) is stacks[2]


def test_study_date_of_header_is_neither_in_its_repr_nor_in_the_index(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(index_file, "is_settled", lambda *_: True)
    monkeypatch.setattr(index_file, "write", lambda _key, entry: written.append(str(entry)))
    monkeypatch.setattr(index_file, "is_used", lambda: True)
    stacks = opened(tmp_path, {"StudyDate": "19871214", "StudyTime": "131415"})
    assert stacks[0].header.study_date == datetime(1987, 12, 14, 13, 14, 15)  # noqa: DTZ001
    assert len(written) == 1
    for text in (*written, repr(stacks[0].header)):
        assert "1987" not in text


@pytest.mark.usefixtures("index_folder")
def test_study_date_is_known_again_for_a_folder_from_the_index(tmp_path, monkeypatch):
    before = titles(opened(tmp_path, {"StudyDate": "20230110"}, {"StudyDate": "20220110"}))
    monkeypatch.setattr("napari_medscan.dicom.loading.read_headers", None)
    assert titles(load(tmp_path).stacks) == before
