"""Folders that come to the plugin without napari's question."""

from __future__ import annotations

import pytest
from napari.settings import get_settings

from napari_medscan.napari_ import default_reader

from ..studies import write_series


@pytest.fixture(autouse=True)
def preferences():
    plugins = get_settings().plugins
    before = plugins.extension2reader
    plugins.extension2reader = {"*.tif": "napari"}
    yield plugins
    plugins.extension2reader = before


@pytest.fixture
def asked(monkeypatch):
    """Collect what napari would ask about."""
    from napari._qt import qt_viewer

    paths = []
    monkeypatch.setattr(qt_viewer, "handle_gui_reading", lambda p, *_, **__: paths.append(p))
    return paths


def test_off_until_switched_on(preferences):
    assert not default_reader.is_default()
    default_reader.make_default(True)
    assert default_reader.is_default()
    patterns = ("*/", "*.dcm", "*.dicom", "*.ima")
    ours = dict.fromkeys(patterns, "napari-medscan")
    assert preferences.extension2reader == {"*.tif": "napari", **ours}
    default_reader.make_default(False)
    assert preferences.extension2reader == {"*.tif": "napari"}


def test_somebody_elses_preference_is_not_taken_away(preferences):
    preferences.extension2reader = {"*/": "another"}
    assert not default_reader.is_default()
    default_reader.make_default(False)
    assert preferences.extension2reader == {"*/": "another"}


def test_changes_in_preferences_are_told(preferences):
    calls = []

    def changed():
        calls.append(default_reader.is_default())

    stop = default_reader.on_change(changed)
    preferences.extension2reader = {"*/": "napari-medscan"}
    stop()
    preferences.extension2reader = {}
    assert calls == [True]


def test_a_dropped_folder_opens_without_the_dialog(make_napari_viewer, asked, tmp_path):
    write_series(tmp_path)
    viewer = make_napari_viewer(show=True)
    drop = viewer.window._qt_viewer._qt_open
    drop([str(tmp_path)], stack=False)
    assert asked == [[str(tmp_path)]]
    default_reader.make_default(True)
    drop([str(tmp_path)], stack=False)
    assert len(asked) == 1
    assert len(viewer.layers) == 1


def test_a_folder_without_dicom_is_asked_about_as_before(make_napari_viewer, asked, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    viewer = make_napari_viewer(show=True)
    default_reader.make_default(True)
    viewer.window._qt_viewer._qt_open([str(tmp_path)], stack=False)
    assert asked == [[str(tmp_path)]]


@pytest.mark.parametrize("on", [False, True])
def test_make_default_dicom_files_open_without_the_dialog(
    make_napari_viewer, asked, tmp_path, monkeypatch, on
):
    from napari.components import viewer_model

    (path, *_) = map(str, write_series(tmp_path, 1))
    claims = {"napari-medscan": "MedScan", "another": "Another"}
    monkeypatch.setattr(viewer_model._npe2, "get_readers", lambda _: claims)
    default_reader.make_default(on)
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_viewer._qt_open([path], stack=False)
    assert asked == ([] if on else [[path]])
    assert len(viewer.layers) == on
