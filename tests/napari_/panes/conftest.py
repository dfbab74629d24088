"""What tests of panes share: a window with series in it."""

from __future__ import annotations

import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_ import session
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.session import Record
from napari_medscan.phantoms import write_ct_chest

from ...studies import write_series


@pytest.fixture(autouse=True)
def record(monkeypatch):
    """Return a record of the session that this test has for itself."""
    record = Record()
    monkeypatch.setattr(session, "record", record)
    return record


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer()
    follow_openings(viewer)
    return viewer


@pytest.fixture
def add(viewer, tmp_path):
    """Return what writes a series and adds it as a drop would."""

    def add(name, slices=9, **changes):
        number = 3 + len(viewer.layers)
        write_series(tmp_path / name, slices, **{"series": number, **changes})
        (layer,) = image_layers(load(tmp_path / name).stacks)
        viewer.add_layer(layer)
        return layer

    return add


@pytest.fixture
def chest_layer(viewer, tmp_path):
    """Return the layer of a chest CT of 20 slices, of 32 x 32 pixels."""
    write_ct_chest(tmp_path / "chest", size=32, slices=20)
    (layer,) = image_layers(load(tmp_path / "chest").stacks)
    viewer.add_layer(layer)
    return layer


@pytest.fixture
def arrange(viewer, qtbot):
    """Return what chooses an arrangement and waits until it is complete."""

    def arrange(name):
        panes = panes_of(viewer)
        panes.arrangement = name
        qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
        qtbot.wait(30)
        return panes

    return arrange
