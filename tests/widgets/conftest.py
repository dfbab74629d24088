"""What tests of the panel share."""

from __future__ import annotations

import pytest

from napari_medscan.napari_ import opened
from napari_medscan.napari_.opened import Record
from napari_medscan.widgets import series, series_tree


@pytest.fixture(autouse=True)
def record(monkeypatch):
    """Return a record of the session that this test has for itself."""
    record = Record()
    for module in (opened, series, series_tree):
        monkeypatch.setattr(module, "record", record)
    return record
