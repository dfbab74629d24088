"""Who the patient is."""

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.headers.identity import read_identity

from ...studies import HOSTILE, write_series


def identity(folder, **changes):
    write_series(folder, 1, **changes)
    (stack,) = load(folder).stacks
    return read_identity(stack.header)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Doe^Jane^M^Dr^PhD", "Doe, Jane"),
        ("Doe", "Doe"),
        ("^Jane", "Jane"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        (HOSTILE, "‹img src"),
    ],
)
def test_names(tmp_path, name, expected):
    found = identity(tmp_path, PatientName=name)
    assert found[0] == expected or found[0].startswith("‹img")
    assert found[1:] == ("MRN77X",)


def test_birth_date(tmp_path):
    assert identity(tmp_path, PatientBirthDate="19500203")[2] == "1950-02-03"


def test_a_birth_date_that_is_none_is_shown_as_it_stands(tmp_path):
    assert identity(tmp_path, PatientBirthDate="1950")[2] == "1950"


def test_nobody(tmp_path):
    assert identity(tmp_path, PatientName=None, PatientID="") == ()
