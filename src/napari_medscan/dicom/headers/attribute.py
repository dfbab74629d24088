"""How the attributes of a header are declared: each once, beside its name.

A field made with `attribute` says which elements it is read from, and how. What a file is scanned
for, what `parse_header` reads and what `template` compares follow from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from napari_medscan.dicom.elements.wanted_tags import Wanted, want
from napari_medscan.dicom.headers.parsed_file import ParsedFile

_T = TypeVar("_T")
_KEY = "attribute"


@dataclass(frozen=True, slots=True)
class Attribute:
    """How a field of a header is read.

    Parameters
    ----------
    read : callable
        Returns its value.
    wanted : Wanted
        The elements that it is read from.
    varies : bool
        The files of a series, or the series of a study, differ in it.
    """

    read: Callable[[ParsedFile], Any]
    wanted: Wanted
    varies: bool


_declared: dict[type[Any], Mapping[str, Attribute]] = {}


def attribute(
    read: Callable[[ParsedFile], _T],
    wanted: Wanted | None = None,
    *,
    varies: bool = False,
    default: Any = MISSING,  # noqa: ANN401 - as in `dataclasses.field`
    default_factory: Any = MISSING,  # noqa: ANN401
    repr: bool = True,  # noqa: A002 - as in `dataclasses.field`
    kw_only: bool = False,
) -> _T:
    """Return a dataclass field that is read from a file; see `Attribute` and `dataclasses.field`.

    One that varies may depend on its own elements alone.
    """
    declared: Any = field(
        default=default,
        default_factory=default_factory,
        repr=repr,
        kw_only=kw_only,
        metadata={_KEY: Attribute(read, wanted or {}, varies)},
    )
    found: _T = declared
    return found


def attributes_of(header: type[Any]) -> Mapping[str, Attribute]:
    """Return the attributes that a class of headers declares, by the names of their fields."""
    if header not in _declared:
        found = ((each.name, each.metadata.get(_KEY)) for each in fields(header))
        _declared[header] = {name: each for name, each in found if each is not None}
    return _declared[header]


def read_attributes(header: type[_T], file: ParsedFile) -> _T:
    """Return a header of a class with all of its attributes read from a file."""
    values: dict[str, Any] = {name: each.read(file) for name, each in attributes_of(header).items()}
    return header(**values)


def wanted_of(header: type[Any]) -> Wanted:
    """Return all elements that the attributes of a class of headers are read from."""
    return want(*(attribute.wanted for attribute in attributes_of(header).values()))
