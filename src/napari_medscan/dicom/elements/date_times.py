"""Dates and times of the standard (PS3.5 table 6.2-1: DA, TM, DT), mostly as seconds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

DAY = 86400.0
"""Seconds."""
_FIRST_DAY = date(2000, 1, 1).toordinal()
"""Counted from here, seconds as floats are exact to a microsecond for two centuries."""
_DATE = re.compile(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)")
_TIME = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d(?:\.\d{1,18})?))?)?")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)\Z")


def date_of(text: str) -> date | None:
    """Return the day that a DA gives, None if it is no date."""
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def days_of(text: str) -> int | None:
    """Return the number of the day that a DA gives, from 2000 on, None if it is no date."""
    day = date_of(text)
    return None if day is None else day.toordinal() - _FIRST_DAY


def date_time_of(day: str, time: str) -> datetime | None:
    """Return a DA and a TM to the second, midnight if the time is none; None if it is no date."""
    found = date_of(day)
    if found is None:
        return None
    # A leap second is the one before it: the last day that can be counted may have one.
    seconds = min(int(seconds_of(time) or 0), int(DAY) - 1)
    return datetime.fromordinal(found.toordinal()) + timedelta(seconds=seconds)


def seconds_of(text: str) -> float | None:
    """Return the seconds since midnight that a TM gives, None if it is no time."""
    if len(text) == 6 and text.isdecimal():
        # As nearly all times are written, and quicker than by a pattern.
        hours, minutes, seconds = float(text[:2]), float(text[2:4]), float(text[4:])
    else:
        found = _TIME.fullmatch(text)
        if found is None:
            return None
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
    # A minute may have a leap second.
    if hours >= 24 or minutes >= 60 or seconds >= 61:
        return None
    return hours * 3600 + minutes * 60 + seconds


def moment_of(text: str) -> float | None:
    """Return the seconds that a DT gives, in UTC if it has an offset; None if it is no moment."""
    offset = _OFFSET.search(text, 8)
    days = days_of(text[:8])
    time = text[8 : offset.start() if offset else None]
    seconds = seconds_of(time) if time else 0.0
    if days is None or seconds is None:
        return None
    shift = 0.0
    if offset is not None:
        sign, hours, minutes = offset.groups()
        shift = float(f"{sign}1") * (int(hours) * 3600 + int(minutes) * 60)
    return days * DAY + seconds - shift
