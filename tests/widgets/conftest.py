"""What tests of widgets share."""

from __future__ import annotations

import npe2
import pytest

from napari_medscan.napari_ import listed_series, session
from napari_medscan.napari_.session import Record
from napari_medscan.widgets.panel import series_tab


@pytest.fixture(autouse=True)
def record(monkeypatch):
    """Return a record of the session that this test has for itself."""
    record = Record()
    for module in (session, listed_series, series_tab):
        monkeypatch.setattr(module, "record", record)
    return record


@pytest.fixture
def viewer(make_napari_viewer):
    """Return a viewer with a window, to which this plugin is known."""
    npe2.PluginManager.instance().discover()
    return make_napari_viewer()
