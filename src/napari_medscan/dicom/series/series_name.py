"""What a series is called, or an object that has a series of its own."""

from __future__ import annotations


def series_name(modality: str, number: int | None, *parts: str) -> str:
    """Return modality, Series Number and what else is known: "MR 5 · Flow · magnitude".

    Parameters
    ----------
    modality : str
        '' if unknown.
    number : int or None
        Series Number, None if unknown.
    *parts : str
        Such as a description; those that are '' are left out.
    """
    head = " ".join(filter(None, (modality, "" if number is None else str(number))))
    return " · ".join(filter(None, (head, *parts)))
