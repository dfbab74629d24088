"""The dock of dose-volume histograms: what it offers, lists, plots and saves."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.session import record
from napari_medscan.widgets import dose_volume
from napari_medscan.widgets.dock import WIDTH
from napari_medscan.widgets.dose_volume import CM3, DIFFERENTIAL, DoseVolumeDock

from ..dicom.making import write
from ..dicom.objects.contoured import rtstruct
from ..dicom.objects.dosed import rtdose
from ..measure.test_dose_volume import SHAPE, box


@pytest.fixture
def report(tmp_path):
    rois = {"target": box((10, 10, 8)), "organ": box((20, 20, 8))}
    write(tmp_path / "rs.dcm", rtstruct(rois))
    write(tmp_path / "rd.dcm", rtdose(np.full(SHAPE, 4000, np.uint16)))
    other = {"FrameOfReferenceUID": "1.9", "SOPInstanceUID": "1.2.3.7.2"}
    other["SeriesInstanceUID"] = "1.2.3.77"
    write(tmp_path / "other.dcm", rtdose(np.full(SHAPE, 9, np.uint16), **other))
    found = load(tmp_path)
    yield found
    record.forget(found.stacks, found.objects)


@pytest.fixture
def dock(model, qapp):  # noqa: ARG001 - a window
    made = DoseVolumeDock(model)
    yield made
    made.release()


def test_dock_calculates_when_both_are_opened_and_says_what_is_missing(dock, report, qtbot):
    assert "Open an RT Structure Set" in dock.status.value
    record.add(report)
    qtbot.waitUntil(lambda: len(dock.histograms) == 2, timeout=10000)
    # The dose of another frame of reference is not offered.
    assert len(dock.dose.choices) == 1
    assert [dock.table.topLevelItem(row).text(0) for row in range(2)] == ["target", "organ"]
    assert dock.table.topLevelItem(0).text(1) == "0.80"
    assert dock.status.value == "Doses in Gy."


def test_a_long_name_of_a_region_leaves_room_for_its_numbers(dock, tmp_path, qtbot):
    write(tmp_path / "rs.dcm", rtstruct({"target " * 9: box((10, 10, 8))}))
    write(tmp_path / "rd.dcm", rtdose(np.full(SHAPE, 4000, np.uint16)))
    report = load(tmp_path)
    record.add(report)
    qtbot.waitUntil(lambda: len(dock.histograms) == 1, timeout=10000)
    assert dock.table.columnWidth(0) <= WIDTH / 2
    record.forget(report.stacks, report.objects)


def test_the_dose_and_the_structures_in_view_are_chosen(model, tmp_path):
    for number in ("1", "2", "3"):
        rois = {f"target {number}": box((10, 10, 8))}
        same = {"SOPInstanceUID": f"1.2.3.8.{number}", "SeriesInstanceUID": f"1.2.3.8{number}"}
        write(tmp_path / f"rs{number}.dcm", rtstruct(rois, **same))
        same = {"SOPInstanceUID": f"1.2.3.7.{number}", "SeriesInstanceUID": f"1.2.3.7{number}"}
        write(tmp_path / f"rd{number}.dcm", rtdose(np.full(SHAPE, 4000, np.uint16), **same))
    report = load(tmp_path)
    record.add(report)
    for number, dose in enumerate(report.stacks):
        model.add_layer(image_layer(dose, visible=number == 1))
    for number, structures in enumerate(report.objects):
        (layer,) = object_layers([structures], report.stacks)
        layer.visible = number == 1
        model.add_layer(layer)
    dock = DoseVolumeDock(model)
    assert (dock.dose.value, dock.structures.value) == (report.stacks[1], report.objects[1])
    model.layers[0].visible, model.layers[1].visible = True, False
    dock.refresh()
    assert dock.dose.value is report.stacks[1]
    assert len(dock.dose.choices) == len(dock.structures.choices) == 3
    dock.release()
    record.forget(report.stacks, report.objects)


def test_plot_follows_kind_units_reference_and_selection(dock, report, qtbot):
    record.add(report)
    qtbot.waitUntil(lambda: len(dock.histograms) == 2, timeout=10000)
    assert [line.name for line in dock.graph.lines] == ["target", "organ"]
    assert [line.y[0] for line in dock.graph.lines] == pytest.approx([100, 100])
    dock.volume.value = CM3
    assert [line.y[0] for line in dock.graph.lines] == pytest.approx([0.8, 3.2], rel=1e-2)
    dock.reference.value = 20
    assert dock.graph.lines[0].x[-1] == pytest.approx(200, rel=0.01)
    dock.table.topLevelItem(1).setSelected(True)
    assert [line.name for line in dock.graph.lines] == ["organ"]
    dock.kind.value = DIFFERENTIAL
    (line,) = dock.graph.lines
    width = np.diff(line.x)[0]
    assert line.y.sum() * width == pytest.approx(3.2, rel=1e-2)


def test_table_is_copied_and_curves_are_saved(dock, report, qtbot, monkeypatch):
    record.add(report)
    qtbot.waitUntil(lambda: len(dock.histograms) == 2, timeout=10000)
    dock.copy.changed.emit(True)
    copied = QApplication.clipboard().text().splitlines()
    assert copied[0].startswith("Region\tcm³\tMin")
    assert copied[1].startswith("target\t0.80\t40.00")
    saved = []
    monkeypatch.setattr(dose_volume, "save_bytes", lambda *given: saved.append(given))
    dock.save.changed.emit(True)
    assert saved[0][2].decode("utf-8-sig").startswith("Structure,Volume (cm3)")


def test_file_that_is_gone_is_said_in_words(dock, report, qtbot, tmp_path):
    (tmp_path / "rs.dcm").unlink()
    record.add(report)
    qtbot.waitUntil(lambda: dock.status.value.startswith("No histogram"), timeout=10000)
    assert str(tmp_path) not in dock.status.value
