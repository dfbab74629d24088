"""A disc that is ejected between two slider steps, with the panel open."""

from __future__ import annotations

import logging

import npe2
import numpy as np
import pytest

from napari_medscan.dicom.series.slice_headers import RecalledHeaders
from napari_medscan.napari_.layer_identity import stack_of

from ...dicom.files.packing import pack
from ...studies import write_series

SLICES = 40
STEPS = (25, 30, 35, 39, 3)
"""Too far apart to be read ahead."""


@pytest.fixture
def disc(tmp_path, index_folder):  # noqa: ARG001 - it remembers the folder
    """Return a folder that the index remembers as soon as it is opened."""
    write_series(tmp_path / "disc", SLICES)
    return tmp_path / "disc"


@pytest.fixture(params=["folder", "zip stored", "zip deflated"])
def any_disc(request, disc):
    """Return the folder, or an archive of it in a folder of its own."""
    if request.param == "folder":
        return disc
    stick = disc.with_name("stick")
    stick.mkdir()
    pack(disc, request.param, stick / "study")
    return stick


@pytest.fixture
def viewer(make_napari_viewer):
    npe2.PluginManager.instance().discover()
    return make_napari_viewer(show=True)


@pytest.fixture
def panel(viewer):
    """Return the panel, opened as the Plugins menu does."""
    widget, panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
    yield panel
    viewer.window.remove_dock_widget(widget)


def open_twice(viewer, folder):
    """Open a folder, and once more from the index; return the layer."""
    viewer.open(str(folder), plugin="napari-medscan")
    viewer.layers.clear()
    (layer,) = viewer.open(str(folder), plugin="napari-medscan")
    assert isinstance(stack_of(layer).headers, RecalledHeaders)
    return layer


def texts(tags):
    """Return names and values of the tags that the Tags tab lists."""
    model = tags.model
    return {model.index(i, 0).data(): model.index(i, 1).data() for i in range(model.rowCount())}


def corner(viewer, place):
    """Return what stands in a corner of the canvas."""
    overlay = viewer.canvas.overlays[f"medscan_{place}"]
    return overlay.text.strip() if overlay.visible else ""


def test_slider_disc_ejected_marks_slices_and_raises_nothing(
    viewer, panel, any_disc, qtbot, caplog, told
):
    disc = any_disc
    layer = open_twice(viewer, disc)
    stack = stack_of(layer)
    tags = panel.tags
    panel.tabs.setCurrentIndex(panel.tabs.count() - 1)
    viewer.dims.set_current_step(0, 20)
    qtbot.waitUntil(lambda: texts(tags).get("Instance Number") == "21", timeout=20_000)
    assert tags.file_note.value == f"Slice 21 of {SLICES}"

    disc.rename(disc.with_name("ejected"))
    with caplog.at_level(logging.WARNING):
        for number, step in enumerate(STEPS):
            panel.tabs.setCurrentIndex(number % panel.tabs.count())
            viewer.dims.set_current_step(0, step)
            where = f"Slice {step + 1} of {SLICES}"
            qtbot.waitUntil(lambda: tags.file_note.value.startswith(where), timeout=20_000)  # noqa: B023
            qtbot.waitUntil(lambda: not tags._late._timer.isActive(), timeout=20_000)
            assert tags.file_note.value == f"{where}: the tags of this slice cannot be read."
            assert texts(tags) == {}
            assert f"Slice {step + 1}/{SLICES}" in corner(viewer, "place")
            warning = corner(viewer, "warning").replace("\n", " ")
            assert warning.startswith("This slice is blank")
            assert stack.problems[step] == "the file can no longer be read"
            assert np.all(np.asarray(layer.data[step]) == stack.array.fill)
    assert [record for record in caplog.records if "napari_medscan" in record.name] == []
    assert not [note for note in told if note.severity in ("error", "warning")]


def test_slider_disc_back_again_shows_its_tags(viewer, panel, disc, qtbot):
    open_twice(viewer, disc)
    tags = panel.tags
    gone = disc.rename(disc.with_name("ejected"))
    viewer.dims.set_current_step(0, 30)
    qtbot.waitUntil(lambda: "cannot be read" in tags.file_note.value, timeout=20_000)
    gone.rename(disc)
    viewer.dims.set_current_step(0, 25)
    qtbot.waitUntil(lambda: texts(tags).get("Instance Number") == "26", timeout=20_000)
    assert tags.file_note.value == f"Slice 26 of {SLICES}"


def test_open_series_again_disc_ejected_adds_a_blank_layer(viewer, panel, disc, qtbot):
    stack = stack_of(open_twice(viewer, disc))
    viewer.layers.clear()
    stack.array.close()
    disc.rename(disc.with_name("ejected"))
    series = panel.series
    series.tree.select(stack)
    series.open()
    (layer,) = viewer.layers
    qtbot.wait(200)
    assert stack_of(layer) is stack
    assert stack.problems[stack.typical] == "the file can no longer be read"
