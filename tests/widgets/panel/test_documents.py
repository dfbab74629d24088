"""Reports in a dock, and documents that are saved."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_medscan.dicom import load
from napari_medscan.dicom.tags.identifiers import MASK
from napari_medscan.napari_.layers import image_layer
from napari_medscan.widgets.panel.documents import open_document
from napari_medscan.widgets.panel.object_rows import ObjectItem
from napari_medscan.widgets.panel.report_dock import ReportDock
from napari_medscan.widgets.panel.series_tab import SeriesTab

from ...dicom.making import item, write
from ...dicom.objects.labeled import write_ct
from ...dicom.objects.reports import content, number, pdf, report, selection

REPORT = report(
    content("PNAME", "Observer", PersonName="Roe^Jane"),
    content("CONTAINER", "Lesion", number("Long axis", "12.5", "mm")),
)


@pytest.fixture
def dock(tmp_path, qtbot):
    write(tmp_path / "report.dcm", REPORT)
    dock = ReportDock(load(tmp_path).objects[0].read())
    qtbot.addWidget(dock)
    return dock


def test_report_is_beside_the_images_under_a_name_that_identifies_nobody(viewer, tmp_path):
    write(tmp_path / "report.dcm", REPORT)
    (source,) = load(tmp_path).objects
    dock = open_document(viewer, source)
    assert dock.parent().objectName() == "SR 6"
    assert open_document(viewer, source) is dock


def test_report_masks_names_of_persons_until_they_are_asked_for(dock):
    assert "Observer: " + MASK in dock.text
    dock.show_names.value = True
    assert "Observer: Roe^Jane" in dock.text


def test_report_search_leaves_what_contains_the_text(dock):
    (root,) = (dock.rows.index(row, 0) for row in range(dock.rows.rowCount()))
    assert dock.rows.rowCount(root) == 2
    dock.search.value = "long"
    (root,) = (dock.rows.index(row, 0) for row in range(dock.rows.rowCount()))
    assert [dock.rows.index(0, 0, root).data()] == ["Lesion"]
    assert dock.rows.rowCount(root) == 1


def test_report_exports_measurements(dock, tmp_path, told):
    dock.write_measurements(tmp_path / "out.csv")
    dock.write_measurements(tmp_path / "no folder" / "out.csv")
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["Context,Name,Value,Unit", "Lesion,Long axis,12.5,mm"]
    assert [record.message for record in told] == [
        "The measurements were exported.",
        "The measurements could not be written there.",
    ]


def test_report_shows_and_exports_its_tables(dock, tmp_path, told):
    assert [dock.tabs.tabText(number) for number in range(dock.tabs.count())] == [
        "Report",
        "Lesion",
    ]
    dock.tabs.setCurrentIndex(1)
    assert dock.text == "Long axis (mm)\n12.5"
    dock.write_measurements(tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["Long axis (mm)", "12.5"]
    assert len(told) == 1


def test_document_is_saved_where_the_user_says(tmp_path, monkeypatch, told, model, qapp):  # noqa: ARG001
    data = b"%PDF-1.4\n%%EOF\n"
    write(tmp_path / "in" / "letter.dcm", pdf(data))
    saved = tmp_path / "letter.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), "*.pdf"))
    assert open_document(model, load(tmp_path / "in").objects[0]) is None
    assert saved.read_bytes() == data
    assert [record.message for record in told] == ["The document was saved."]


def test_button_says_that_a_document_is_saved_as_a_file(model, qtbot, record, tmp_path):
    write(write_ct(tmp_path) / "report.dcm", REPORT)
    write(tmp_path / "letter.dcm", pdf(b"%PDF-1.4\n%%EOF\n"))
    section = SeriesTab(model)
    qtbot.addWidget(section.native)
    record.add(load(tmp_path))
    section.follow_viewer()
    root = section.tree.model().invisibleRootItem()
    studies = [root.child(n) for n in range(root.rowCount())]
    found = {}
    for row in (study.child(n) for study in studies for n in range(study.rowCount())):
        section.tree.setCurrentIndex(row.index())
        found[row.text().partition("\n")[2]] = section.open_button.text
    assert found.pop("encapsulated PDF") == "Save as file…"
    assert found.pop("structured report") == "Open"
    assert set(found.values()) == {"Open"}
    section.release()


def test_report_is_listed_below_its_study_without_an_eye(model, qtbot, record, tmp_path):
    write(write_ct(tmp_path) / "report.dcm", REPORT)
    section = SeriesTab(model)
    qtbot.addWidget(section.native)
    record.add(load(tmp_path))
    section.follow_viewer()
    study = section.tree.model().item(0)
    (row,) = (
        study.child(n) for n in range(study.rowCount()) if isinstance(study.child(n), ObjectItem)
    )
    assert row.text() == "SR 6 · Findings\nstructured report"
    assert not row.isCheckable()
    assert row.data(Qt.ItemDataRole.CheckStateRole) is None
    section.release()


def test_report_reference_brings_its_image_into_view(viewer, record, tmp_path, told):
    image = item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3.3.1")
    gone = item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3.99")
    key = report(
        content("IMAGE", "Key image", ReferencedSOPSequence=[image]),
        content("IMAGE", "Another", ReferencedSOPSequence=[gone]),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.59",
        Modality="KO",
    )
    write(write_ct(tmp_path) / "key.dcm", key)
    opened = load(tmp_path)
    record.add(opened)
    dock = open_document(viewer, opened.objects[0])
    root = dock.rows.index(0, 0)
    dock.tree.doubleClicked.emit(dock.rows.index(0, 1, root))
    (layer,) = viewer.layers
    assert layer.visible
    assert round(layer.world_to_data(viewer.dims.point)[0]) == 1
    dock.tree.doubleClicked.emit(dock.rows.index(1, 0, root))
    assert [each.message for each in told] == [
        "This image is in none of the series that were found."
    ]


def test_key_objects_open_their_images_and_no_others(viewer, record, tmp_path, told):
    write(write_ct(tmp_path) / "key.dcm", selection("1.2.3.3.1", "1.2.3.3.3", "1.2.99"))
    opened = load(tmp_path)
    record.add(opened)
    whole = viewer.add_layer(image_layer(opened.stacks[0]))
    dock = open_document(viewer, opened.objects[0])
    for _ in range(2):
        dock.open_images.native.click()
    series, keys = viewer.layers
    assert (series, series.visible, keys.visible) == (whole, False, True)
    assert keys.data.shape[0] == 2
    assert [each.message for each in told] == [
        "KO 6 · Findings: 1 image is in none of the series that were found."
    ]


def test_report_without_images_opens_none(dock):
    assert not dock.open_images.enabled
