"""No dialog, and no history that others write, keeps the name of a patient's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from napari.settings import get_settings
from napari.utils.history import update_open_history, update_save_history
from qtpy.QtCore import QSettings, QTimer, QUrl
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QFileDialog

from napari_medscan.napari_ import file_traces
from napari_medscan.napari_.file_traces import (
    ask_for_folder,
    ask_where_to_save,
    clear_recent_files,
    forget_paths,
)

CANARY = "Canary_Anna"


@pytest.fixture(autouse=True)
def _own_histories(monkeypatch, qapp):  # noqa: ARG001
    """Begin without histories, and give napari's back."""
    monkeypatch.setattr(file_traces, "_private", set())
    application = get_settings().application
    before = list(application.open_history), list(application.save_history)
    clear_recent_files()
    yield
    application.open_history, application.save_history = before


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / CANARY
    folder.mkdir()
    return folder


def accept(folder):
    """Have the next dialog accept what it suggests, in a folder."""

    def choose():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            QTimer.singleShot(50, choose)
            return
        dialog.setDirectory(str(folder))
        buttons = dialog.findChild(QDialogButtonBox).buttons()
        next(b for b in buttons if b.text() != "&Cancel" and b.text() != "Cancel").click()

    QTimer.singleShot(50, choose)


def written():
    """Return all that Qt and napari keep on disk about dialogs, as text."""
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    settings.sync()
    file = Path(settings.fileName())
    application = get_settings().application
    kept = [*application.open_history, *application.save_history]
    return (file.read_text(encoding="utf-8") if file.exists() else "") + " ".join(map(str, kept))


def test_qts_dialog_alone_would_keep_it(folder):
    accept(folder)
    assert Path(QFileDialog.getExistingDirectory(None, "Open")) == folder
    assert CANARY in written()


def test_a_folder_is_opened_without_a_trace(folder):
    before = written()
    accept(folder)
    assert ask_for_folder(None, "Open") == folder
    assert written() == before


def test_what_was_remembered_before_a_dialog_is_remembered_after_it(folder, tmp_path):
    url = QUrl.fromLocalFile(str(tmp_path / "cells")).toString()
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    settings.setValue("FileDialog/history", [url, url])
    settings.setValue("FileDialog/lastVisited", url)
    settings.sync()
    accept(folder)
    assert ask_for_folder(None, "Open") == folder
    settings.sync()
    assert settings.value("FileDialog/lastVisited") == url
    assert set(settings.value("FileDialog/history")) == {url}
    assert CANARY not in written()


def test_a_file_is_saved_without_a_trace(folder):
    accept(folder)
    path = ask_where_to_save(None, "Save", "ct-axial.png", "*.png")
    assert path == folder / "ct-axial.png"
    assert CANARY not in written()


@pytest.mark.parametrize(
    ("typed", "kind", "suffixes", "written_to"),
    [
        ("out", "*.png", (), "out.png"),
        ("out.jpg", "*.png", (), "out.jpg"),
        ("out", "JSON (*.json)", (), "out.json"),
        ("out", "", (), "out.csv"),
        ("scan.v1", "*.nii.gz", (".nii.gz", ".nii"), "scan.v1.nii.gz"),
        ("OUT.NII", "*.nii.gz", (".nii.gz", ".nii"), "OUT.NII"),
        ("out.mp4", "*.gif", (".gif",), "out.mp4.gif"),
    ],
)
@pytest.mark.parametrize("answers", [[True], [False, True], [False, None]])
def test_no_file_is_replaced_without_a_question(
    tmp_path, monkeypatch, typed, kind, suffixes, written_to, answers
):
    """Qt asks about the name that was typed, before it gets a suffix."""
    dialogs, questions = [], []

    def chosen(_parent, _title, name, _kinds):
        dialogs.append(name)
        return ("" if answers[len(questions) :][:1] == [None] else str(tmp_path / typed)), kind

    def asked(_text, accept):
        questions.append(accept)
        return answers[len(questions) - 1]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    monkeypatch.setattr("napari_medscan.napari_.file_traces.is_wanted", asked)
    kinds = "CSV (*.csv);;JSON (*.json)"
    expected = tmp_path / written_to
    assert ask_where_to_save(None, "Save", "first", kinds, suffixes) == expected
    assert not questions
    expected.write_bytes(b"old")
    found = ask_where_to_save(None, "Save", "first", kinds, suffixes)
    if written_to == typed:
        # Qt has asked.
        assert found == expected
        assert not questions
    else:
        assert found == (expected if answers[-1] else None)
        assert questions == ["Replace"] * sum(answer is not None for answer in answers)
        assert dialogs[1:] == ["first", *([str(expected)] * (len(answers) - 1))]


def test_what_napari_remembers_of_dicom_is_forgotten_and_all_else_stays(folder, tmp_path):
    other = tmp_path / "microscopy" / "cells.tif"
    study = folder / "study"
    for path in (other, folder / "slice.dcm", study):
        update_open_history(str(path))
        update_save_history(str(path))
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    urls = [QUrl.fromLocalFile(str(path)).toString() for path in (folder, other.parent)]
    settings.setValue("FileDialog/history", urls)
    settings.setValue("FileDialog/lastVisited", urls[0])
    settings.sync()
    assert CANARY in written()
    forget_paths([study])
    assert CANARY not in written()
    application = get_settings().application
    assert str(other.parent) in application.open_history
    assert str(other.parent) in application.save_history
    assert other.parent.name in str(settings.value("FileDialog/history"))


def test_recent_files_are_cleared(folder):
    update_open_history(str(folder / "slice.dcm"))
    accept(folder)
    QFileDialog.getExistingDirectory(None, "Open")
    assert CANARY in written()
    clear_recent_files()
    assert CANARY not in written()
    assert get_settings().application.open_history == []


ENDS = """
import sys
from pathlib import Path

from qtpy.QtCore import QSettings, QTimer, QUrl
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_.file_traces import forget_paths


def remember():
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    settings.setValue("FileDialog/lastVisited", QUrl.fromLocalFile(sys.argv[1]).toString())
    settings.sync()
    return Path(settings.fileName())


app = QApplication(["offscreen"])
forget_paths([Path(sys.argv[1])])
file = remember()
QTimer.singleShot(0, app.quit)
app.exec()
print(Path(sys.argv[1]).name in file.read_text())
print(remember())
"""


def test_what_a_dialog_writes_last_is_forgotten_when_napari_or_a_script_ends(folder):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folder)}
    run = [sys.executable, "-c", ENDS, str(folder)]
    out = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    is_left, file = out.split()
    assert is_left == "False", "at the end of the event loop"
    assert CANARY not in Path(file).read_text("utf-8"), "at the end of the process"
