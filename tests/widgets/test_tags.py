"""The tags section in the real viewer."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.widgets.tags import TagsSection

from ..studies import HOSTILE, write_series


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    write_series(tmp_path, 4, ImageType=[HOSTILE])
    viewer = make_napari_viewer()
    for layer in image_layers(load(tmp_path).stacks):
        viewer.add_layer(layer)
    return viewer


@pytest.fixture
def section(viewer, qtbot):
    section = TagsSection(viewer)
    qtbot.addWidget(section)
    qtbot.waitUntil(lambda: section.model.rowCount() > 0, timeout=20_000)
    yield section
    section.release()


def rows(section):
    model = section.model
    return {model.index(i, 0).data(): model.index(i, 1).data() for i in range(model.rowCount())}


def test_it_follows_the_slider(section, viewer, qtbot):
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "1", timeout=10_000)
    viewer.dims.set_current_step(0, 3)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "4", timeout=10_000)
    assert section.note.text() == "Slice 4 of 4"


def test_identifiers_are_masked_until_asked_for(section, qtbot):
    assert rows(section)["Patient's Name"] == "•••"
    qtbot.mouseClick(section.identifiers, Qt.MouseButton.LeftButton)
    assert rows(section)["Patient's Name"] == "Canary^Alice"


def test_search(section, qtbot):
    qtbot.keyClicks(section.search, "instance num")
    qtbot.waitUntil(lambda: list(rows(section)) == ["Instance Number"])
    assert section.count.text().startswith("1 of ")


def test_only_what_differs(section, qtbot):
    section.only.setChecked(True)
    qtbot.waitUntil(lambda: "Modality" not in rows(section), timeout=20_000)
    assert "Instance Number" in rows(section)


def test_copying(section):
    model = section.model
    names = list(rows(section))
    section.view.setCurrentIndex(model.index(names.index("Patient's Name"), 0))
    section.row_actions.copy_value()
    assert QApplication.clipboard().text() == "•••"
    section.row_actions.copy_path()
    assert QApplication.clipboard().text() == "PatientName"


def test_markup_is_shown_as_text(section):
    row = list(rows(section)).index("Image Type")
    tip = section.model.index(row, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert "‹img" in tip
    assert not Qt.mightBeRichText(tip)


def test_another_layer_shows_why_it_is_empty(section, viewer, qtbot):
    viewer.add_image(np.zeros((4, 4)))
    qtbot.waitUntil(lambda: section.model.rowCount() == 0)
    assert "Select a layer" in section.note.text()


def test_two_layers_side_by_side(section, viewer, qtbot, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    write_series(other, 4, series=5, Modality="MR")
    (layer,) = image_layers(load(other).stacks)
    first = viewer.layers[0]
    viewer.add_layer(layer)
    viewer.layers.selection.active = first
    qtbot.waitUntil(lambda: section.other.count() == 2)
    section.other.setCurrentIndex(1)
    section.other.activated.emit(1)
    qtbot.waitUntil(lambda: section.model.columnCount() == 3, timeout=20_000)
    names = list(rows(section))
    assert section.model.index(names.index("≠ Modality"), 2).data() == "MR"


def test_nothing_happens_after_release(section, viewer, qtbot):
    section.release()
    viewer.dims.set_current_step(0, 0)
    qtbot.wait(150)
    assert not section._settle.isActive()
