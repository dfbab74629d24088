"""Objects in the list of series, with an eye each."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels, Shapes
from qtpy.QtCore import Qt

from napari_medscan.dicom import load
from napari_medscan.napari_.objects.region_outlines import outlines_of
from napari_medscan.widgets.panel.object_rows import ObjectItem
from napari_medscan.widgets.panel.series_tab import SeriesTab

from ...dicom.making import write
from ...dicom.objects.labeled import COLUMNS, ROWS, position, seg, write_ct
from ...dicom.objects.recordings import channel, group, waveform
from ...napari_.objects.test_region_outlines import MANY, write_regions

PIXELS = np.ones((ROWS, COLUMNS), bool)


@pytest.fixture
def section(model, qtbot):
    section = SeriesTab(model)
    qtbot.addWidget(section.native)
    section.native.show()
    yield section
    section.release()


@pytest.fixture
def report(tmp_path):
    write_ct(tmp_path)
    write(tmp_path / "seg.dcm", seg([(1, position(1), PIXELS)], {1: "liver"}))
    lone = {"FrameOfReferenceUID": "1.9", "SOPInstanceUID": "1.2.3.9.2", "SeriesNumber": 10}
    write(tmp_path / "lone.dcm", seg([(1, position(1), PIXELS)], {1: "liver"}, **lone))
    return load(tmp_path)


def items(section):
    """Return the rows of objects by their parents' first lines; '' at the top level."""
    model = section.tree.model()
    found = {}

    def walk(item, parent):
        if isinstance(item, ObjectItem):
            found.setdefault(parent, []).append(item)
        for row in range(item.rowCount()):
            walk(item.child(row), item.text().split("\n")[0])

    for row in range(model.rowCount()):
        walk(model.item(row), "")
    return found


def test_object_rows_stand_below_their_series(section, record, report):
    record.add(report)
    section.follow_viewer()
    rows = {parent: [item.text() for item in same] for parent, same in items(section).items()}
    assert rows == {
        "CT 3 · Chest": ["SEG 9 · Organs\n1 segment"],
        "CT": ["SEG 10 · Organs\n1 segment"],
    }


def test_double_click_folds_a_study_and_leaves_the_objects_of_a_series(
    section, record, report, qtbot
):
    record.add(report)
    section.follow_viewer()
    tree = section.tree
    study = tree.model().index(0, 0)
    series = tree.model().index(0, 0, study)
    for index, remains in ((series, True), (study, False), (study, True)):
        place = tree.visualRect(index).center()
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert tree.isExpanded(index) is remains


def test_objects_of_a_study_without_series_have_a_heading(section, record, tmp_path):
    write_ct(tmp_path)
    other = {"StudyInstanceUID": "1.2.77", "PatientID": "2", "PatientName": "Canary^Bob"}
    write(
        tmp_path / "ecg.dcm",
        waveform([group(np.zeros((10, 1), np.int16), [channel("I")])], **other),
    )
    record.add(load(tmp_path))
    section.follow_viewer()
    (parent,) = items(section)
    assert parent == "Patient 2 · ECG"


def test_object_row_eye_opens_hides_and_follows_the_layer(section, record, report, model):
    record.add(report)
    section.open(*report.stacks)
    section.follow_viewer()
    ((item,), _) = items(section).values()
    assert item.checkState() == Qt.CheckState.Unchecked
    item.setCheckState(Qt.CheckState.Checked)
    (layer,) = (x for x in model.layers if isinstance(x, Labels))
    assert layer.visible
    item.setCheckState(Qt.CheckState.Unchecked)
    assert not layer.visible
    layer.visible = True
    section.follow_viewer()
    assert item.checkState() == Qt.CheckState.Checked


def test_object_row_selected_can_be_closed_and_removed(section, record, report, model):
    record.add(report)
    section.follow_viewer()
    ((item,), _) = items(section).values()
    item.setCheckState(Qt.CheckState.Checked)
    section.follow_viewer()
    ((item,), _) = items(section).values()
    section.tree.setCurrentIndex(item.index())
    section.close_series()
    assert not any(isinstance(x, Labels) for x in model.layers)
    section.remove_from_list()
    section.follow_viewer()
    assert [item.source.name for same in items(section).values() for item in same] == [
        "SEG 10 · Organs"
    ]


@pytest.fixture
def regions(section, record, tmp_path, monkeypatch):
    """Return the row of a structure set that is open, and those of its regions."""
    monkeypatch.setattr("napari_medscan.napari_.objects.structure_layers.has_gui", lambda: True)
    report = write_regions(tmp_path)
    record.add(report)
    section.open(*report.stacks)
    section.follow_viewer()
    ((item,),) = items(section).values()
    assert item.rowCount() == 0
    item.setCheckState(Qt.CheckState.Checked)
    section.follow_viewer()
    ((item,),) = items(section).values()
    return item, [item.child(row) for row in range(item.rowCount())]


def test_object_row_of_many_regions_has_an_eye_for_each(section, regions, model):
    item, rows = regions
    assert [row.text() for row in rows] == [f"roi {n}" for n in range(1, MANY + 1)]
    first = rows[0].icon().pixmap(10, 10).toImage().pixelColor(5, 5)
    assert (first.red(), first.green(), first.blue()) == (255, 0, 51)
    assert {row.checkState() for row in rows} == {Qt.CheckState.Checked}
    rows[1].setCheckState(Qt.CheckState.Unchecked)
    (layer,) = (each for each in model.layers if outlines_of(each))
    assert outlines_of(layer).off == {2}
    # With the eye of the set closed, one region that is opened is seen alone.
    item.setCheckState(Qt.CheckState.Unchecked)
    section.follow_viewer()
    assert {row.checkState() for row in rows} == {Qt.CheckState.Unchecked}
    rows[4].setCheckState(Qt.CheckState.Checked)
    assert layer.visible
    assert [roi.number for roi in outlines_of(layer).rois] == [5]


def test_object_row_of_a_region_opens_it_as_a_layer_of_its_own(section, regions, model):
    _, rows = regions
    (outlines,) = (each for each in model.layers if outlines_of(each))
    for _ in range(2):
        section.tree.setCurrentIndex(rows[2].index())
        section.tree.doubleClicked.emit(rows[2].index())
        (layer,) = (each for each in model.layers if isinstance(each, Shapes))
        assert layer.name == "roi 3"
        assert layer.nshapes == 1
        assert model.layers.selection.active is layer
        assert outlines_of(outlines).off == {3}
