"""The Settings tab, which the panel has where napari's Preferences have no page for plugins."""

from __future__ import annotations

import pytest

from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat import plugin_settings
from napari_medscan.napari_.settings import Settings
from napari_medscan.widgets.panel import dock
from napari_medscan.widgets.panel.settings_tab import SettingsTab


@pytest.fixture
def tab(qapp, model, tmp_path, monkeypatch):  # noqa: ARG001 - it has widgets
    monkeypatch.setattr(plugin_settings, "has_preferences_page", lambda: False)
    monkeypatch.setattr(plugin_settings, "_file", lambda: tmp_path / "napari-medscan.yaml")
    monkeypatch.setattr(plugin_settings, "_groups", None)
    tab = SettingsTab(model)
    yield tab
    tab.release()


def test_every_setting_has_a_field_that_shows_it(tab):
    for name, value in vars_of(Settings()).items():
        assert getattr(tab, name).value == value, name


def test_a_field_changes_its_setting(tab):
    tab.right_drag.value = False
    tab.frame_cache_mb.value = 7
    tab.ct_window.value = "Lung"
    assert settings.current() == Settings(right_drag=False, frame_cache_mb=7, ct_window="Lung")


def test_a_setting_changed_elsewhere_is_shown(tab):
    settings.change(corner_text=False, keep_decoded_gb=3)
    assert not tab.corner_text.value
    assert tab.keep_decoded_gb.value == 3


def test_six_tabs_fit_into_the_width_of_the_panel(make_napari_viewer, qtbot, monkeypatch):
    monkeypatch.setattr(dock, "PAGES", (*dock.PAGES[:5], ("Settings", SettingsTab)))
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1024, 700)
    _, panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
    bar = panel.tabs.tabBar()
    qtbot.waitUntil(lambda: bar.width() > 0)
    qtbot.wait(50)
    assert bar.count() == 6
    assert panel.tabs.width() < 320
    assert [bar.tabRect(number).left() < 0 for number in range(6)] == [False] * 6
    assert bar.tabRect(5).right() <= bar.width()


def vars_of(chosen):
    return {name: getattr(chosen, name) for name in Settings.__slots__}
