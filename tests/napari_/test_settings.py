"""Settings: the manifest, the Preferences dialog and the disk agree."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from types import SimpleNamespace

import napari.settings
import npe2
import pytest
import yaml

from napari_medscan.dicom.index import index_file
from napari_medscan.dicom.series import presets
from napari_medscan.frames import FrameCache
from napari_medscan.frames.cache import default_bytes
from napari_medscan.napari_ import settings
from napari_medscan.napari_.settings import Settings

MANIFEST = Path(__file__).parents[2] / "napari.yaml"


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Let napari keep the plugin's settings in a file, and return that file."""
    npe2.PluginManager.instance().discover()
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {})
    napari.settings.get_plugin_settings(path_dir=tmp_path)
    return tmp_path / "napari-medscan.yaml"


@pytest.fixture
def calls(saved):  # noqa: ARG001 - not before napari uses that file
    made = []
    stop = settings.on_change(lambda: made.append(settings.current()))
    yield made
    stop()


def declared():
    groups = npe2.PluginManifest.from_file(MANIFEST).contributions.configurations
    return {name: p for group in groups.values() for name, p in group.properties.items()}


def test_the_manifest_declares_the_same_settings_with_the_same_defaults():
    assert {name: p.default for name, p in declared().items()} == asdict(Settings())
    for field in fields(Settings):
        assert declared()[field.name].python_type.__name__ == field.type


def test_the_windows_to_choose_from_are_the_presets_of_the_table():
    always = [settings.AS_IN_FILE, settings.AUTO, settings.OWN]
    for name, table in (("ct", presets.CT), ("pet", presets.PET), ("other", ())):
        assert declared()[f"{name}_window"].enum == always + [window.name for window in table]


def test_groups_have_names_that_napari_finds():
    groups = npe2.PluginManifest.from_file(MANIFEST).contributions.configurations
    assert all(name == name.lower() for name in groups)


def test_until_something_is_saved_napari_is_not_asked(tmp_path, monkeypatch):
    """It would look for plugins anew, which takes longer than opening a folder."""
    field = napari.settings.NapariSettings.model_fields["config_path"]
    monkeypatch.setattr(field, "default", tmp_path / "settings.yaml")
    asked = []
    model = SimpleNamespace(right_drag=False)
    monkeypatch.setattr(settings, "_properties", lambda: asked.append(1) or [(model, "right_drag")])
    assert settings.current() == Settings()
    assert not asked
    (tmp_path / "napari-medscan.yaml").write_text("window: {right_drag: false}\n")
    assert settings.current() == Settings(right_drag=False)


@pytest.mark.usefixtures("saved")
def test_nobody_has_changed_anything():
    assert settings.current() == Settings()


def test_without_the_plugin_the_defaults_hold(monkeypatch):
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {"other": object()})
    assert settings.current() == Settings()


def test_a_change_is_saved_told_and_read_again(saved, calls, monkeypatch):
    settings.change(orientation_letters=False, frame_cache_mb=7)
    assert settings.current() == Settings(orientation_letters=False, frame_cache_mb=7)
    assert calls[-1] == settings.current()
    assert yaml.safe_load(saved.read_text()) == {
        "canvas": {"orientation_letters": False},
        "memory": {"frame_cache_mb": 7},
    }
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {})
    napari.settings.get_plugin_settings(path_dir=saved.parent)
    assert settings.current().frame_cache_mb == 7


@pytest.mark.usefixtures("saved")
def test_nothing_is_told_after_stop():
    calls = []
    stop = settings.on_change(lambda: calls.append(1))
    stop()
    settings.change(corner_text=False)
    assert calls == []


@pytest.mark.usefixtures("saved")
def test_what_is_no_setting_is_refused():
    with pytest.raises(TypeError, match="no such setting: color"):
        settings.change(color="red")
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        settings.change(frame_cache_mb=-1)
    with pytest.raises(ValueError, match="not one of the allowed"):
        settings.change(ct_window="Canary^Alice")


def test_a_damaged_file_costs_no_more_than_the_changes(tmp_path, monkeypatch, caplog):
    (tmp_path / "napari-medscan.yaml").write_text("memory: {frame_cache_mb: lots}\n")
    npe2.PluginManager.instance().discover()
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {})
    napari.settings.get_plugin_settings(path_dir=tmp_path)
    assert "reset to the default" in caplog.text
    assert settings.current() == Settings()


def test_zero_means_a_quarter_of_memory():
    assert Settings().frame_cache_bytes == default_bytes()
    assert Settings(frame_cache_mb=3).frame_cache_bytes == 3 * 1024 * 1024


@pytest.mark.usefixtures("saved")
def test_cache_and_index_follow(monkeypatch):
    cache = FrameCache()
    monkeypatch.setattr("napari_medscan.frames.shared_cache", lambda: cache)
    monkeypatch.delenv("MEDSCAN_INDEX", raising=False)
    settings.change(frame_cache_mb=5, remember_headers=False)
    settings.apply()
    assert cache.max_bytes == 5 * 1024 * 1024
    assert not index_file.is_used()
    settings.change(frame_cache_mb=0, remember_headers=True)
    settings.apply()
    assert cache.max_bytes == default_bytes()
    assert index_file.is_used()


def test_the_preferences_dialog_changes_them(saved, calls, make_napari_viewer, qtbot):
    from napari._qt.dialogs.preferences_dialog import PreferencesDialog
    from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel

    viewer = make_napari_viewer()
    dialog = PreferencesDialog(viewer.window._qt_window)
    qtbot.addWidget(dialog)
    names = [dialog._list.item(i).text() for i in range(dialog._list.count())]
    page = dialog._stack.widget(names.index("MedScan"))
    labels = [label.text() for label in page.findChildren(QLabel)]
    assert {p.title for p in declared().values()} <= set(labels)
    (box,) = [box for box in page.findChildren(QCheckBox) if box._name == "patient_in_corner"]
    box.click()
    assert settings.current().patient_in_corner
    assert len(calls) == 1
    assert yaml.safe_load(saved.read_text()) == {"canvas": {"patient_in_corner": True}}
    settings.change(patient_in_corner=False)
    assert not box.isChecked()
    (combo,) = [box for box in page.findChildren(QComboBox) if box._name == "ct_window"]
    assert [combo.itemText(i) for i in range(combo.count())] == declared()["ct_window"].enum
    combo.setCurrentText("Lung")
    assert settings.current().window_of("CT") == "Lung"
    assert yaml.safe_load(saved.read_text())["window"] == {"ct_window": "Lung"}
