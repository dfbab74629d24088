"""Garbage collection waits while headers are read, and what the host has frozen stays frozen."""

import gc
from threading import Event

import pytest

from napari_medscan.dicom.elements import collection
from napari_medscan.dicom.elements.collection import without_collection


@pytest.fixture(autouse=True)
def _first_time(monkeypatch):
    monkeypatch.setattr(collection, "_HOST_FREEZES", Event())


def test_collection_waits_and_goes_on_also_after_an_error():
    with without_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collection():
        1 / 0  # noqa: B018
    assert gc.isenabled()


def test_collection_that_the_host_turned_off_stays_off():
    gc.disable()
    try:
        with without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_frozen_objects_of_the_host_stay_frozen_and_are_counted_once(monkeypatch):
    counts = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counts.append(1) or 7)
    monkeypatch.setattr(gc, "unfreeze", lambda: pytest.fail("unfrozen"))
    for _ in range(3):
        with without_collection():
            pass
    assert len(counts) == 1


def test_objects_that_the_host_freezes_later_stay_frozen(monkeypatch):
    counts, unfrozen = [0, 7], []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counts.pop(0))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "unfreeze", lambda: unfrozen.append(1))
    for _ in range(3):
        with without_collection():
            pass
    assert len(unfrozen) == 1
