"""Same patient, same frame of reference, parallel: one rule each."""

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.relations import (
    are_overlayable,
    are_parallel,
    same_frame_of_reference,
    same_patient,
)

from ...studies import write_series

SAME = {"StudyInstanceUID": "1.2.9", "FrameOfReferenceUID": "1.2.8"}
NOBODY = {"PatientName": "", "PatientID": "", "PatientBirthDate": ""}
TURNED = {
    "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
    "ImagePositionPatient": lambda i: [2 * i, 0, 0],
}
NEARLY = {"ImageOrientationPatient": [1, 5e-4, 0, -5e-4, 1, 0]}


def pair(folder, one, other):
    for number, changes in ((1, one), (2, other)):
        write_series(folder, 2, series=number, **{**SAME, **changes})
    return load(folder).stacks


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, True),
        ({}, {"PatientID": "other"}, False),
        ({}, {"PatientName": "Other^Name"}, False),
        (NOBODY, NOBODY, True),
        (NOBODY, {**NOBODY, "StudyInstanceUID": "1.2.7"}, False),
        ({}, NOBODY, True),
        ({}, {"PatientID": ""}, True),
        ({}, {"PatientID": "", "PatientName": "Other^Name"}, False),
        ({}, {"PatientID": "", "StudyInstanceUID": "1.2.7"}, False),
    ],
)
def test_same_patient_identity_decides_else_the_study(tmp_path, one, other, expected):
    first, second = pair(tmp_path, one, other)
    assert same_patient(first, second) is expected
    assert same_patient(second, first) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, True),
        ({}, {"FrameOfReferenceUID": "1.2.7"}, False),
        ({"FrameOfReferenceUID": ""}, {"FrameOfReferenceUID": ""}, False),
        ({"FrameOfReferenceUID": None}, {"FrameOfReferenceUID": None}, False),
        ({}, {"PatientID": "other"}, False),
        ({}, {"StudyInstanceUID": "1.2.7"}, True),
    ],
)
def test_same_frame_of_reference_needs_a_uid_and_one_patient(tmp_path, one, other, expected):
    first, second = pair(tmp_path, one, other)
    assert same_frame_of_reference(first, second) is expected
    assert are_overlayable(first, second) is expected


@pytest.mark.parametrize("uid", ["1.2.8", "", None])
def test_same_frame_of_reference_is_that_of_a_series_for_all_its_parts(tmp_path, uid):
    """Magnitude and phase share a grid: what lies on one of them lies on both."""
    for number, part in enumerate("MP"):
        changes = {
            "Modality": "MR",
            "ImageType": ["ORIGINAL", "PRIMARY", part],
            "SOPInstanceUID": lambda i, number=number: f"1.2.5.{number}.{i}",
            "FrameOfReferenceUID": uid,
        }
        write_series(tmp_path / part, 2, series=1, **{**SAME, **changes})
    first, second = load(tmp_path).stacks
    assert first.part != second.part
    assert are_overlayable(first, second)


@pytest.mark.parametrize(
    ("other", "expected"), [({}, True), (NEARLY, True), (TURNED, False)], ids=["same", "near", "no"]
)
def test_are_parallel_within_tolerance(tmp_path, other, expected):
    first, second = pair(tmp_path, {}, other)
    assert are_parallel(first, second) is expected
    assert are_overlayable(first, second) is expected


def test_are_overlayable_a_series_on_itself(tmp_path):
    first, _ = pair(tmp_path, {"FrameOfReferenceUID": ""}, {})
    assert are_overlayable(first, first)
