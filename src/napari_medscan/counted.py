"""Numbers of things in sentences for the user: "1 slice is", "1,200 slices are"."""

from __future__ import annotations

from typing import Final

_MANY: Final = {"is": "are", "has": "have", "lies": "lie"}


def counted(number: int, thing: str, verb: str = "") -> str:
    """Return a number with its noun, and with a verb that agrees if one is given.

    Parameters
    ----------
    number : int
        How many.
    thing : str
        The singular of a noun with a regular plural: "slice", "box".
    verb : {"", "is", "has", "lies"}
        In the singular.

    Examples
    --------
    >>> counted(1, "slice", "is"), counted(1200, "box"), counted(0, "file", "has")
    ('1 slice is', '1,200 boxes', '0 files have')
    """
    ending = "" if number == 1 else "es" if thing.endswith("x") else "s"
    return f"{number:,} {thing}{ending}" + (f" {agreeing(number, verb)}" if verb else "")


def agreeing(number: int, verb: str) -> str:
    """Return a verb, given in the singular as to `counted`, that agrees with a number."""
    return verb if number == 1 else _MANY[verb]
