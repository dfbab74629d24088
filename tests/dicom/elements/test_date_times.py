"""Dates and times as seconds."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.elements.date_times import DAY, days_of, moment_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("000000", 0), ("235959.5", 86399.5), ("12", 43200), ("1230", 45000), ("12:30:01", 45001)],
)
def test_times_are_seconds_since_midnight(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "240000", "126000", "noon", "12000x"])
def test_what_is_no_time_is_none(text):
    assert seconds_of(text) is None


@pytest.mark.parametrize("text", ["", "2020", "20201301", "20200230", "today"])
def test_what_is_no_date_is_none(text):
    assert days_of(text) is None


def test_days_follow_each_other():
    assert days_of("20200301") - days_of("20200229") == 1
    assert days_of("2020.03.01") == days_of("20200301")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20200101", 0),
        ("20200101000001.5", 1.5),
        ("20200102000000", DAY),
        ("20200101020000+0200", 0),
        ("20191231230000-0100", 0),
    ],
)
def test_moments_are_in_utc(text, seconds):
    assert moment_of(text) - moment_of("20200101000000") == seconds


@pytest.mark.parametrize("text", ["", "2020", "20200101x", "x", "2020010199"])
def test_what_is_no_moment_is_none(text):
    assert moment_of(text) is None
