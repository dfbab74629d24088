"""The audit can be read, exported and deleted in the dock."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QWidget

from napari_medscan.assistant.audit import IMAGES, Audit, Record
from napari_medscan.widgets.assistant import audit_window
from napari_medscan.widgets.assistant.audit_window import AuditWindow


@pytest.fixture
def audit(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for number in range(3):
        record = Record(IMAGES, "127.0.0.1:1", f"model-{number}", 1234, "ab" * 32)
        audit.begin(record)
    audit.end(record, "answered")
    return audit


@pytest.fixture
def window(audit, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    window = AuditWindow(audit, parent)
    window.open_audit()
    qtbot.waitUntil(lambda: window.table.topLevelItemCount() == 3, timeout=60_000)
    yield window
    window.release()


def cells(window, row):
    item = window.table.topLevelItem(row)
    return [item.text(column) for column in range(window.table.columnCount())]


def test_the_newest_is_first(window):
    time, kind, host, model, size, outcome, sha256 = cells(window, 0)
    assert time
    assert (kind, host, model, size) == (IMAGES, "127.0.0.1:1", "model-2", "1,234")
    assert (outcome, sha256) == ("answered", "ab" * 32)
    assert cells(window, 1)[5] == "not finished"
    assert window.table.headerItem().text(0) == "Time"
    assert "3 network requests" in window.note.text()


def test_of_many_the_newest_are_listed_and_all_are_exported(window, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(audit_window, "MOST_ROWS", 2)
    window.reload()
    qtbot.waitUntil(lambda: window.table.topLevelItemCount() == 2, timeout=60_000)
    assert [cells(window, row)[3] for row in (0, 1)] == ["model-2", "model-1"]
    assert "3 network requests. The newest 2 are listed." in window.note.text()
    window.write(tmp_path / "out.csv")
    qtbot.waitUntil((tmp_path / "out.csv").exists, timeout=60_000)


def test_it_is_exported(window, qtbot, tmp_path, told):
    window.write(tmp_path / "out.csv")
    qtbot.waitUntil(lambda: any("exported" in record.message for record in told), timeout=60_000)
    assert "model-2" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_it_is_deleted(window, qtbot, audit):
    window.delete_all()
    qtbot.waitUntil(lambda: window.table.topLevelItemCount() == 0, timeout=60_000)
    assert audit.read() == []
    assert not window.delete.enabled


def test_an_audit_that_cannot_be_read_is_said_to_be_so(window, qtbot, audit):
    audit.delete()
    audit.path.mkdir()
    window.reload()
    qtbot.waitUntil(lambda: "cannot be read" in window.note.text(), timeout=60_000)
    assert "0 network requests" not in window.note.text()
    assert window.table.topLevelItemCount() == 0
    assert not window.export.enabled
    assert window.delete.enabled


def test_no_button_is_pressed_by_enter(window):
    for button in (window.export, window.delete):
        assert not button.native.isDefault()
        assert not button.native.autoDefault()
