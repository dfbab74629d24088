"""What tests of napari's side share."""

from __future__ import annotations

import threading
import time

import pytest

from napari_medscan.dicom.series.slice_source import SliceSource
from napari_medscan.napari_.openings import follow_openings


@pytest.fixture
def viewer(model):
    """Return napari's viewer without a window, in which series open as for a user."""
    follow_openings(model)
    return model


@pytest.fixture
def slow(monkeypatch):
    """Return what has each slice take some seconds; it returns the threads that read slices."""
    threads, read = [], SliceSource.read

    def slow(seconds):
        def slowly(self, index, out):
            threads.append(threading.current_thread())
            time.sleep(seconds)
            read(self, index, out)

        monkeypatch.setattr(SliceSource, "read", slowly)
        # Together they would be read too quickly.
        monkeypatch.setattr(SliceSource, "together", lambda _self, _indices: 1)
        return threads

    return slow
