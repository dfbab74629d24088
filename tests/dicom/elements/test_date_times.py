"""Dates and times as seconds."""

from __future__ import annotations

from datetime import datetime

import pytest

from napari_medscan.dicom.elements.date_times import (
    DAY,
    date_time_of,
    days_of,
    moment_of,
    seconds_of,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("000000", 0),
        ("235959.5", 86399.5),
        ("000001.2500000", 1.25),
        ("12", 43200),
        ("1230", 45000),
        ("12:30:01", 45001),
    ],
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
    assert days_of("2020.03.01") == days_of("2020-03-01") == days_of("20200301")


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


def test_moments_are_exact_to_a_microsecond():
    first, last = moment_of("20991231235958.000001"), moment_of("20991231235959.200001")
    assert last - first == pytest.approx(1.2, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "2020", "20200101x", "x", "2020010199", "20200101120000+0100x"]
)
def test_what_is_no_moment_is_none(text):
    assert moment_of(text) is None


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("20200229", "235958.75", (2020, 2, 29, 23, 59, 58)),
        ("2020.02.29", "23:59", (2020, 2, 29, 23, 59)),
        ("20200229", "235960", (2020, 2, 29, 23, 59, 59)),
        ("99991231", "235960", (9999, 12, 31, 23, 59, 59)),
        ("20200229", "", (2020, 2, 29)),
        ("20200229", "noon", (2020, 2, 29)),
    ],
)
def test_date_time_of_day_without_time_is_midnight(day, time, expected):
    assert date_time_of(day, time) == datetime(*expected)  # noqa: DTZ001 - DA has no time zone


@pytest.mark.parametrize("day", ["", "20200230", "2020", "unknown"])
def test_date_time_of_no_date_is_none(day):
    assert date_time_of(day, "120000") is None
