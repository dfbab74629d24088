"""The panel, set by a script that never reaches the event loop."""

from __future__ import annotations

import inspect
import textwrap

import numpy as np
import pytest

from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.windowing import center_width, is_inverted
from napari_medscan.phantoms import write_ct_chest
from napari_medscan.widgets.panel.dock import MedScanPanel

PANEL = "DICOM panel"
"""Display name of the panel in the manifest."""


@pytest.fixture
def panel(viewer):
    dock, panel = viewer.window.add_plugin_dock_widget("napari-medscan", PANEL)
    yield panel
    viewer.window.remove_dock_widget(dock)


@pytest.fixture
def layer(viewer, panel, tmp_path):  # noqa: ARG001 - the panel is open before the series
    write_ct_chest(tmp_path, size=32, slices=6)
    (layer,) = viewer.open(str(tmp_path), plugin="napari-medscan")
    return layer


def test_panel_example_of_its_docstring_runs(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer(show=True)
    write_ct_chest(tmp_path, size=32, slices=6)
    (layer,) = viewer.open(str(tmp_path), plugin="napari-medscan")
    _, _, rest = inspect.getdoc(MedScanPanel).partition("::\n\n")
    example = textwrap.dedent(rest.partition("\n\nThe pages")[0])
    assert example.count("\n") > 3
    names = {"viewer": viewer}
    exec(example, names)  # noqa: S102 - the documentation of ours
    assert center_width(layer) == (-600, 1500)
    assert panes_of(viewer).arrangement == "Three planes"
    viewer.window.remove_dock_widget(names["dock"])


def test_panel_level_and_width_set_the_window(panel, layer):
    panel.window.level.value = 50
    panel.window.window_width.value = 350
    assert center_width(layer) == (50, 350)
    assert (panel.window.level.value, panel.window.window_width.value) == (50, 350)
    assert panel.window.preset.value == "Mediastinum"


def test_panel_preset_is_shown_and_named(panel, layer):
    panel.window.preset.value = "Lung"
    assert center_width(layer) == (-600, 1500)
    assert panel.window.preset.value == "Lung"
    assert panel.window.level.value == -600
    panel.window.level.value = -500
    assert panel.window.preset.value == ""


def test_panel_preset_not_offered_raises_and_changes_nothing(panel, layer):
    before = center_width(layer)
    with pytest.raises(ValueError, match="'SUV 0–5' is not a valid choice"):
        panel.window.preset.value = "SUV 0–5"
    assert center_width(layer) == before


@pytest.mark.usefixtures("layer")
def test_panel_value_out_of_range_raises(panel):
    with pytest.raises(ValueError, match="outside of the allowed range"):
        panel.window.window_width.value = -1


def test_panel_inverted_turns_gray_values(panel, layer):
    panel.window.inverted.value = True
    assert is_inverted(layer)
    panel.window.inverted.value = False
    assert not is_inverted(layer)


def test_panel_buttons_are_pressed_by_scripts(panel, layer, qtbot):
    panel.window.full_range.clicked.emit(True)
    middle = np.asarray(layer.data[2])
    qtbot.waitUntil(lambda: layer.contrast_limits[0] == pytest.approx(middle.min()))


@pytest.mark.usefixtures("layer")
def test_panel_overlays_and_tags_are_set_by_scripts(panel, viewer):
    panel.views.corner_text.value = False
    assert not viewer.canvas.overlays.get("medscan_place")
    panel.tags.show_identifiers.value = True
    assert panel.tags.model.shown
    assert panel.tags.show_identifiers.text == "Hide identifiers"


def test_panel_without_a_series_sets_nothing(panel):
    panel.window.level.value = 40
    panel.window.inverted.value = True
    panel.window.auto.clicked.emit(True)
    panel.views.reset_view.clicked.emit(True)
    assert panel.window.preset.choices == ("",)


def test_panel_pages_list_their_widgets(panel):
    assert {"level", "window_width", "preset", "applies_to", "right_drag"} <= set(dir(panel.window))
    assert {"plane", "slab", "cine", "letters", "reset_view"} <= set(dir(panel.views))
    assert {"search", "only_differences", "compare_with", "export"} <= set(dir(panel.tags))


def test_panel_and_its_pages_have_a_repr(panel):
    """A console shows it."""
    for part in (panel, panel.window, panel.views, panel.tags):
        assert "Container" in repr(part)
