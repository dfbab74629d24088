"""Every command of the manifest, on whatever the viewer holds."""

import importlib
import sys
from types import SimpleNamespace

import npe2
import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.presets import CT
from napari_medscan.napari_.cine import cine_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import slice_link_of
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.scroll_axis import place_on_axis
from napari_medscan.napari_.session import record
from napari_medscan.napari_.slab import slab_of
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_tools import tools_of
from napari_medscan.napari_.volume_view import volumes_of
from napari_medscan.napari_.windowing import center_width, is_inverted, set_center_width

from ..dicom.making import RGB_IMAGE
from ..test_manifest import MANIFEST
from .test_planes import CONVENTION, opened

MANIFEST_COMMANDS = npe2.PluginManifest.from_file(MANIFEST).contributions.commands
# Not of the current series: the reader, the writers, the docks, forms and the samples.
OTHERS = {
    "read",
    "write_image",
    "write_labels",
    "write_segmentation",
    "isodose_lines",
    "segments",
    "dose_volume",
    "panel",
    "assistant",
    "ct_chest",
    "mr_brain_oblique",
    "pet_ct",
    "us_heart",
}
FUNCTIONS = {
    command.id.removeprefix("napari-medscan."): command.python_name for command in MANIFEST_COMMANDS
}
COMMANDS = {name: where for name, where in FUNCTIONS.items() if name not in OTHERS}
RGB = {
    **RGB_IMAGE,
    "PixelData": bytes(72),
}


def run(name, viewer):
    module, function = FUNCTIONS[name].split(":")
    getattr(importlib.import_module(module), function)(viewer)


@pytest.fixture
def panes(monkeypatch):
    """Stand in for the panes of a window, which a model does not have."""
    shown = SimpleNamespace(
        arrangement=None, link=None, crosshair=True, scout_lines=True, has_series_panes=True
    )
    shown.link_by_hand = lambda: setattr(shown, "link", "by hand")
    module = SimpleNamespace(panes_of=lambda _viewer: shown)
    monkeypatch.setitem(sys.modules, "napari_medscan.napari_.panes", module)
    return shown


@pytest.fixture
def viewer(model, qapp, panes, monkeypatch):  # noqa: ARG001 - timers and panes need them
    # Nobody chooses a file.
    dialog = "qtpy.QtWidgets.QFileDialog"
    monkeypatch.setattr("qtpy.QtGui.QDesktopServices.openUrl", lambda _url: True)
    monkeypatch.setattr(f"{dialog}.getExistingDirectory", lambda *_: "")
    for ask in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(f"{dialog}.{ask}", lambda *_: ("", ""))
    follow_openings(model)
    yield model
    cine_of(model).stop()


@pytest.fixture
def ct(viewer, tmp_path):
    tilted = {"ImagePositionPatient": lambda i: [0, 0.1 * i, 2 * i]}
    return opened(viewer, tmp_path / "ct", 31, WindowCenter=50, WindowWidth=300, **tilted)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("case", ["nothing", "foreign", "hidden"])
def test_command_without_a_series_tells_a_sentence(viewer, tmp_path, told, name, case):
    if case == "foreign":
        viewer.add_image(np.zeros((3, 4, 5)))
    if case == "hidden":
        opened(viewer, tmp_path, 2).visible = False
    told.clear()
    run(name, viewer)
    silent = {"open_folder", "unlink_series", "cine_stop"}
    assert len(told) == (name not in silent)
    assert len(viewer.layers) == (case != "nothing")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("case", ["color", "one slice"])
def test_command_of_another_series_does_not_fail(viewer, tmp_path, name, case):
    opened(viewer, tmp_path, 1 if case == "one slice" else 3, **(RGB if case == "color" else {}))
    run(name, viewer)


def moved_to(place):
    return lambda viewer, layer: place_on_axis(viewer, layer, 0) == place


def letters(edges):
    return lambda viewer, _layer: edge_letters(viewer) == edges


def panes_have(option, value):
    panes = sys.modules.__getitem__
    shown = lambda: panes("napari_medscan.napari_.panes").panes_of(None)  # noqa: E731
    return lambda *_: getattr(shown(), option) == value


def arrangement(name):
    return panes_have("arrangement", name)


def window(center, width):
    return lambda _viewer, layer: center_width(layer) == pytest.approx((center, width))


def slab(projection):
    return lambda viewer, layer: (
        layer.projection_mode == projection
        and any(viewer.dims.margin_right) is (projection != "none")
    )


def volume(preset):
    return lambda viewer, _layer: (
        viewer.dims.ndisplay == 3 and volumes_of(viewer).preset.name == preset
    )


AXIAL = CONVENTION["axial"]
EFFECTS = {
    "show_only": lambda viewer, layer: current_layer(viewer) == layer,
    "close_series": lambda viewer, _layer: not viewer.layers,
    "new_labels": lambda viewer, layer: viewer.layers[-1].data.shape == layer.data.shape,
    "next_slice": moved_to(16),
    "previous_slice": moved_to(14),
    "next_ten_slices": moved_to(25),
    "previous_ten_slices": moved_to(5),
    "first_slice": moved_to(0),
    "last_slice": moved_to(30),
    "plane_axial": letters(AXIAL),
    "plane_coronal": letters(CONVENTION["coronal"]),
    "plane_sagittal": letters(CONVENTION["sagittal"]),
    "plane_acquired": letters(AXIAL),
    "rotate_right": letters({"left": "P", "right": "A", "top": "R", "bottom": "L"}),
    "rotate_left": letters({"left": "A", "right": "P", "top": "L", "bottom": "R"}),
    "flip_horizontally": letters({**AXIAL, "left": "L", "right": "R"}),
    "flip_vertically": letters({**AXIAL, "top": "P", "bottom": "A"}),
    "reset_view": letters(AXIAL),
    # Pixels of 0.5 x 0.75 mm, as in dicom/making.py.
    "actual_size": lambda viewer, layer: (
        viewer.scene.camera.zoom == pytest.approx(1 / min(layer.scale[1:]))
    ),
    "fit_view": lambda viewer, _layer: viewer.scene.camera.zoom != 3,
    "arrange_single": arrangement("Single"),
    "arrange_side_by_side": arrangement("Side by side"),
    "arrange_two_by_two": arrangement("2 × 2"),
    "arrange_three_planes": arrangement("Three planes"),
    "link_panes": panes_have("link", True),
    "link_panes_by_hand": panes_have("link", "by hand"),
    "unlink_panes": panes_have("link", False),
    "toggle_crosshair": panes_have("crosshair", False),
    "toggle_scout_lines": panes_have("scout_lines", False),
    "set_reference_slice": lambda viewer, layer: slice_link_of(viewer).marked == layer,
    "cine_start": lambda viewer, _layer: cine_of(viewer).is_playing,
    "cine_stop": lambda viewer, _layer: not cine_of(viewer).is_playing,
    "window_auto": lambda _viewer, layer: layer.contrast_limits[0] == 150 - 1024,
    "window_full_range": lambda _viewer, layer: layer.contrast_limits[0] == 150 - 1024,
    "window_from_file": window(50, 300),
    "window_invert": lambda _viewer, layer: is_inverted(layer),
    "window_inverted_gray": lambda _viewer, layer: layer.colormap.name == "gray_r",
    "slab_off": slab("none"),
    "slab_mip": slab("max"),
    "slab_minip": slab("min"),
    "slab_average": slab("mean"),
    "slab_thicker": lambda viewer, _layer: slab_of(viewer).thickness == 15,
    "slab_thinner": lambda viewer, _layer: slab_of(viewer).thickness == 7,
    "volume_off": lambda viewer, _layer: viewer.dims.ndisplay == 2,
    **{
        f"volume_{name.lower().replace(' ', '_').replace('-', '_')}": volume(name)
        for name in ("Bone", "Angio", "Lung", "Soft tissue", "MIP", "Depth-shaded MIP")
    },
    "unshear": lambda viewer, layer: (
        current_layer(viewer) != layer and not stack_of(current_layer(viewer)).geometry.tilt
    ),
    **{
        f"ct_{preset.name.lower().replace(',', '').replace(' ', '_')}": window(
            preset.center, preset.width
        )
        for preset in CT
    },
    **{
        f"window_preset_{number}": window(preset.center, preset.width)
        for number, preset in enumerate(CT[:9], start=1)
    },
}
OVERLAYS = {
    "toggle_letters",
    "toggle_corner_text",
    "toggle_patient_name",
    "toggle_scale_bar",
    "toggle_cursor_values",
}
# Tested in tests/widgets/panel/test_panel_commands.py.
PRESSED = {name for name, where in COMMANDS.items() if "panel_commands" in where}
# A dialog, a window, no time axis and no second series: tested below or elsewhere.
ELSEWHERE = {
    "open_folder",
    "contours_to_labels",
    "clear_recent_files",
    "open_on_series",
    "save_deidentified",
    "save_image",
    "save_movie",
    "save_nifti",
    "save_nrrd",
    "save_segmentation",
    "clear_disk_cache",
    "load_into_memory",
    "show_panel",
    "show_in_file_manager",
    "open_next_series",
    "open_previous_series",
    "slab_thickness",
    *PRESSED,
    "next_time_point",
    "previous_time_point",
    "link_to_reference",
    "unlink_series",
    *OVERLAYS,
}


def test_every_command_has_a_test_of_its_effect():
    assert set(EFFECTS) | ELSEWHERE == set(COMMANDS)


@pytest.mark.parametrize("name", EFFECTS)
def test_command_of_a_ct_does_what_it_says(viewer, ct, name):
    if name.startswith(("window", "ct_")):
        set_center_width(ct, 1, 2)
    if name in ("fit_view", "actual_size"):
        viewer.scene.camera.zoom = 3
    if name == "cine_stop":
        cine_of(viewer).play()
        assert cine_of(viewer).is_playing
    if name == "plane_axial":
        run("plane_coronal", viewer)
    if name.startswith("slab"):
        run("slab_mip", viewer)
    if name == "volume_off":
        run("volume_bone", viewer)
    if name in ("reset_view", "plane_acquired"):
        run("flip_vertically", viewer)
    run(name, viewer)
    assert EFFECTS[name](viewer, ct)


def test_commands_work_on_the_proxy_that_napari_hands_to_plugins(viewer, ct):
    from napari.utils._proxies import PublicOnlyProxy

    for name in ("ct_lung", "next_slice", "rotate_right", "reset_view", "cine_start"):
        run(name, PublicOnlyProxy(viewer))
    assert current_layer(viewer) is ct


def test_reset_view_keeps_the_slice_in_view(viewer, ct):
    run("last_slice", viewer)
    run("plane_sagittal", viewer)
    run("reset_view", viewer)
    assert place_on_axis(viewer, ct, 0) == 30


def test_reset_view_in_3d_is_in_2d_again(viewer, ct):
    viewer.dims.ndisplay = 3
    viewer.scene.camera.zoom = 3
    run("reset_view", viewer)
    assert viewer.dims.ndisplay == 2
    assert edge_letters(viewer) == AXIAL
    assert place_on_axis(viewer, ct, 0) == 15


def test_reset_view_after_the_sliders_left_the_series_finds_it(viewer, ct):
    viewer.add_image(np.zeros((400, 4, 6)), visible=False)
    viewer.dims.set_point(0, 390)
    viewer.layers.selection.active = ct
    run("reset_view", viewer)
    assert place_on_axis(viewer, ct, 0) == 15


def test_rotate_in_3d_tells_that_it_is_of_2d(viewer, ct, told):  # noqa: ARG001 - a series
    viewer.dims.ndisplay = 3
    told.clear()
    run("rotate_right", viewer)
    assert [note.message for note in told] == ["Switch to the 2-D view to rotate or flip."]


def test_arrange_without_a_window_tells(viewer, ct, told, monkeypatch):  # noqa: ARG001 - a series
    def refuse(_viewer):
        raise RuntimeError

    monkeypatch.setattr(sys.modules["napari_medscan.napari_.panes"], "panes_of", refuse)
    told.clear()
    run("arrange_three_planes", viewer)
    assert [note.message for note in told] == ["Arrangements need a napari window."]


def test_link_panes_of_a_single_canvas_tells(viewer, ct, panes, told):  # noqa: ARG001 - a series
    panes.has_series_panes = False
    told.clear()
    run("link_panes_by_hand", viewer)
    assert [note.message for note in told] == ["Show series side by side first."]
    assert panes.link is None


def test_toggle_switches_an_overlay_and_the_panel_follows(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    _, panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
    opened(viewer, tmp_path)
    for name in sorted(OVERLAYS):
        overlay = name.removeprefix("toggle_")
        before = getattr(panel.views, overlay).value
        for is_on in (not before, before):
            run(name, viewer)
            assert tools_of(viewer).is_on(overlay) is is_on, name
            assert getattr(panel.views, overlay).value is is_on, name


def test_link_commands_lay_one_slice_on_another(viewer, tmp_path):
    first = opened(viewer, tmp_path / "a", 5)
    run("set_reference_slice", viewer)
    opened(viewer, tmp_path / "b", 9, series=4, FrameOfReferenceUID="1.2.77")
    before = tuple(first.translate)
    run("link_to_reference", viewer)
    assert tuple(first.translate) != before
    run("unlink_series", viewer)
    assert tuple(first.translate) == before


def test_slab_thickness_is_asked_for_while_there_is_a_slab(viewer, ct, told, monkeypatch):
    answers = [(6.0, True), (99.0, False)]
    dialog = "qtpy.QtWidgets.QInputDialog.getDouble"
    monkeypatch.setattr(dialog, lambda *_: answers.pop(0))
    told.clear()
    run("slab_thickness", viewer)
    assert [note.message for note in told] == ["Choose MIP, MinIP or average for the slab first."]
    run("slab_mip", viewer)
    before = viewer.dims.margin_left
    run("slab_thickness", viewer)
    run("slab_thickness", viewer)
    assert slab_of(viewer).thickness == 6
    assert viewer.dims.margin_left != before
    assert ct.projection_mode == "max"


@pytest.mark.parametrize("name", ["slab_thicker", "slab_thinner"])
def test_slab_thickness_ends_at_the_last_step(viewer, ct, name):  # noqa: ARG001 - a series
    run("slab_mip", viewer)
    for _ in range(20):
        run(name, viewer)
    assert slab_of(viewer).thickness == (100 if name == "slab_thicker" else 1)


def test_slab_is_that_of_the_next_series_too(viewer, tmp_path, qtbot):
    run_on = opened(viewer, tmp_path / "a", 5)
    run("slab_minip", viewer)
    other = opened(viewer, tmp_path / "b", 9, series=4, FrameOfReferenceUID="1.2.77")
    qtbot.waitUntil(lambda: other.projection_mode == "min")
    run("slab_off", viewer)
    assert run_on.projection_mode == other.projection_mode == "none"
    third = opened(viewer, tmp_path / "c", 4, series=5, FrameOfReferenceUID="1.2.78")
    qtbot.wait(50)
    assert third.projection_mode == "none"


@pytest.mark.parametrize("preset", ["bone", "mip"])
def test_volume_of_a_series_that_has_none_tells(viewer, tmp_path, told, preset):
    opened(viewer, tmp_path, 5, Modality="MR", RescaleType=None)
    for name in ("bone", "mip"):
        told.clear()
        run(f"volume_{name}", viewer)
        assert bool(told) is (name == "bone")
    assert viewer.dims.ndisplay == 3
    run("close_series", viewer)
    opened(viewer, tmp_path / "one", 1)
    told.clear()
    run(f"volume_{preset}", viewer)
    said = [note.message for note in told]
    assert said == ["3-D needs a grayscale series with more than one slice."]


def test_series_are_opened_in_the_order_of_the_list(viewer, tmp_path, told):
    layers = [
        opened(
            viewer, tmp_path / str(number), 4, series=number, FrameOfReferenceUID=f"1.2.{number}"
        )
        for number in (3, 1, 2)
    ]
    viewer.layers.remove(layers[2])
    record.add(load(tmp_path / "2"))
    bring_into_view(viewer, layers[0])
    seen = []
    for name in (*["open_previous_series"] * 3, *["open_next_series"] * 3):
        told.clear()
        run(name, viewer)
        seen.append((current_layer(viewer).metadata["medscan"].header.series_number, len(told)))
    assert seen == [(2, 0), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1)]


def test_show_in_file_manager_gets_the_folder(viewer, tmp_path, monkeypatch, told):
    shown = []
    opens = lambda url: not shown.append(url.toLocalFile())  # noqa: E731
    monkeypatch.setattr("qtpy.QtGui.QDesktopServices.openUrl", opens)
    opened(viewer, tmp_path / "folder", 3)
    told.clear()
    run("show_in_file_manager", viewer)
    assert shown == [str(tmp_path / "folder")]
    assert not told
    monkeypatch.setattr("qtpy.QtGui.QDesktopServices.openUrl", lambda _url: False)
    run("show_in_file_manager", viewer)
    assert [note.message for note in told] == ["No file manager could be opened."]


def test_show_panel_opens_the_dock(make_napari_viewer):
    viewer = make_napari_viewer()
    run("show_panel", viewer)
    run("show_panel", viewer)
    assert len(viewer.window.dock_widgets) == 1


def test_menus_offer_commands_of_the_manifest_only():
    menus = npe2.PluginManifest.from_file(MANIFEST).contributions.menus
    known = {command.id for command in MANIFEST_COMMANDS}
    for items in menus.values():
        assert {item.command for item in items if hasattr(item, "command")} <= known
    # One line each in napari's own menus; the rest stands in submenus.
    assert len(menus["napari/layers/visualize"]) == 4
