"""Settings where napari keeps none for plugins, against what napari 0.9 makes of the same file."""

from __future__ import annotations

import napari.settings
import npe2
import pytest
import yaml

from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat import plugin_settings
from napari_medscan.napari_.settings import Settings


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Let napari have no settings for plugins, and return the file of ours."""
    npe2.PluginManager.instance().discover()
    path = tmp_path / "napari" / "napari-medscan.yaml"
    monkeypatch.setattr(plugin_settings, "has_preferences_page", lambda: False)
    monkeypatch.setattr(plugin_settings, "_file", lambda: path)
    _forget(monkeypatch)
    return path


def _forget(monkeypatch):
    """Let the next who asks read the file."""
    monkeypatch.setattr(plugin_settings, "_groups", None)


def test_defaults_hold_until_something_is_saved(saved):
    assert settings.current() == Settings()
    assert not saved.exists()


def test_a_change_is_saved_emitted_and_read_again(saved, monkeypatch):
    seen = []
    stop = settings.on_change(lambda: seen.append(settings.current()))
    settings.change(orientation_letters=False, frame_cache_mb=7)
    assert seen[-1] == settings.current() == Settings(orientation_letters=False, frame_cache_mb=7)
    stop()
    settings.change(frame_cache_mb=8)
    assert len(seen) == 2
    assert yaml.safe_load(saved.read_text()) == {
        "canvas": {"orientation_letters": False},
        "memory": {"frame_cache_mb": 8},
    }
    _forget(monkeypatch)
    assert settings.current() == Settings(orientation_letters=False, frame_cache_mb=8)


def test_setting_a_default_again_removes_it_from_the_file(saved):
    settings.change(ct_window="Lung")
    settings.change(ct_window="From file")
    assert yaml.safe_load(saved.read_text()) == {}


@pytest.mark.usefixtures("saved")
def test_a_setting_that_keeps_its_value_emits_nothing():
    seen = []
    stop = settings.on_change(lambda: seen.append(1))
    settings.change(right_drag=True)
    stop()
    assert seen == []


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frame_cache_mb": -1}, "greater than or equal to 0"),
        ({"frame_cache_mb": 1 << 30}, "less than or equal to"),
        ({"frame_cache_mb": True}, "not of type int"),
        ({"right_drag": 1}, "not of type bool"),
        ({"ct_window": "Canary^Alice"}, "not one of the allowed"),
    ],
)
def test_a_wrong_value_raises_and_changes_nothing(values, message):
    with pytest.raises(ValueError, match=message) as raised:
        settings.change(**values)
    assert "Canary" not in str(raised.value)
    assert settings.current() == Settings()


@pytest.mark.parametrize(
    "text",
    [
        "memory: {frame_cache_mb: lots}",
        "memory: 3",
        "[1, 2]",
        "{",
        "canvas: {corner_text: false, unknown: 1}\nmemory: {frame_cache_mb: -5}",
    ],
)
def test_a_damaged_file_costs_no_more_than_the_changes(saved, text):
    saved.parent.mkdir()
    saved.write_text(text)
    assert settings.current() == Settings(corner_text="corner_text" not in text)


@pytest.mark.skipif(
    not plugin_settings.has_preferences_page(), reason="this napari has no settings for plugins"
)
def test_napari_reads_the_same_from_the_same_file(saved, monkeypatch):
    """So that an update of napari keeps what the user has set."""
    settings.change(ct_window="Lung", keep_decoded=True, keep_decoded_gb=3, wheel_scrolls=False)
    chosen = settings.current()
    monkeypatch.setattr(plugin_settings, "has_preferences_page", lambda: True)
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {})
    napari.settings.get_plugin_settings(path_dir=saved.parent)
    assert settings.current() == chosen != Settings()


def test_an_unwritable_folder_loses_no_change(saved, failures):
    saved.parent.write_text("a file where the folder should be")
    settings.change(corner_text=False)
    assert not settings.current().corner_text
    assert failures
    failures.clear()
