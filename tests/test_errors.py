"""Errors are one family, and of no kind that Python, numpy or napari take for something else."""

from __future__ import annotations

import pickle
from importlib import import_module

import pytest

import napari_medscan
from napari_medscan.errors import CancelledError, MedscanError, UnreadableError
from napari_medscan.frames.errors import (
    ReadCanceledError,
    UnreadableFramesError,
    UnreadableTilesError,
)

HOMES = [
    "napari_medscan",
    "napari_medscan.dicom.errors",
    "napari_medscan.frames.errors",
    "napari_medscan.measure.quantity",
    "napari_medscan.export.errors",
    "napari_medscan.privacy.errors",
    "napari_medscan.assistant.errors",
]
TAKEN_FOR_SOMETHING_ELSE = (LookupError, AttributeError, StopIteration, RuntimeError, TypeError)
"""Ends of an iteration, absent protocols of numpy, and what napari's thread_worker loses."""


def errors_of(home: str) -> list[type[Exception]]:
    module = import_module(home)
    names = getattr(module, "__all__", vars(module))
    return [
        found
        for name in names
        if isinstance(found := getattr(module, name), type) and issubclass(found, Exception)
    ]


@pytest.mark.parametrize("home", HOMES)
def test_error_is_a_medscan_error_and_nothing_misleading(home):
    found = errors_of(home)
    assert found
    assert [error for error in found if not issubclass(error, MedscanError)] == []
    assert [error for error in found if issubclass(error, TAKEN_FOR_SOMETHING_ELSE)] == []


def test_error_of_an_array_is_caught_with_the_others_of_its_kind():
    for error in (UnreadableFramesError(2, 5), UnreadableTilesError(2, 5)):
        assert isinstance(error, UnreadableError)
    assert isinstance(ReadCanceledError(), CancelledError)
    assert napari_medscan.MedscanError is MedscanError


@pytest.mark.parametrize(
    "error", [UnreadableFramesError(2, 5), UnreadableTilesError(1, 2), ReadCanceledError()]
)
def test_error_of_an_array_comes_back_from_another_process_as_it_was(error):
    back = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(back) is type(error)
    assert str(back) == str(error)
