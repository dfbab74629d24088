"""The window that lists what is not shown."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.napari_ import notify
from napari_medscan.napari_.details import ReportDetails

from ..studies import HOSTILE

ROWS = [
    ("a/one.dcm", "unreadable", "the file is cut off"),
    (f"{HOSTILE}.dcm", "skipped", "a report"),
]


@pytest.fixture
def details(qtbot):
    dialog = ReportDetails(ROWS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    return dialog


def cells(dialog):
    items = map(dialog.list.topLevelItem, range(dialog.list.topLevelItemCount()))
    return [tuple(item.text(column) for column in range(3)) for item in items]


def test_every_row_is_listed(details):
    assert cells(details) == [ROWS[0], ('‹img src="file:///dev/zero">.dcm', "skipped", "a report")]
    assert not Qt.mightBeRichText(details.list.topLevelItem(1).toolTip(0))


def test_close(details, qtbot):
    details.show()
    (close,) = details.findChildren(QPushButton)
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not details.isVisible()


def test_a_report_of_every_kind(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    report = LoadReport(
        skipped={"x/readme": "not DICOM", "odd\udcff\n.dcm": "a report"},
        duplicates={"b": "a"},
        unreadable={"c": "permission denied"},
    )
    notify.show_details(report)
    (dialog,) = viewer.window._qt_window.findChildren(ReportDetails)
    assert dialog.isVisible()
    assert sorted(cells(dialog)) == [
        ("b", "Duplicate", "duplicate of a"),
        ("c", "Unreadable", "permission denied"),
        ("odd\\udcff .dcm", "Skipped", "a report"),
        ("x/readme", "Skipped", "not DICOM"),
    ]
    dialog.close()


def test_it_stays_open_while_another_program_has_the_focus(make_napari_viewer, qtbot, monkeypatch):
    """As it does during a drag from a file manager: without a parent Python would end it."""
    from qtpy.QtWidgets import QApplication

    viewer = make_napari_viewer(show=True)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    notify.show_details(LoadReport(skipped={"a": "not DICOM"}))
    qtbot.wait(50)
    (dialog,) = viewer.window._qt_window.findChildren(ReportDetails)
    assert dialog.isVisible()
    dialog.close()
