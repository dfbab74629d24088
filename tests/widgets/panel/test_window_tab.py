"""The window section, clicked, typed and dragged in the real viewer."""

from __future__ import annotations

import napari.settings
import npe2
import numpy as np
import pydicom
import pytest
from napari.utils._proxies import PublicOnlyProxy
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QPushButton, QTreeWidget

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_ import session, settings
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer, image_layers
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.windowing import center_width, show
from napari_medscan.widgets.panel import histogram
from napari_medscan.widgets.panel.histogram import WindowHistogram
from napari_medscan.widgets.panel.window_tab import WindowTab

from ...dicom.making import item, write
from ...dicom.objects.stated import refer, state
from ...studies import write_series

FILE = {"WindowCenter": [40, -600], "WindowWidth": [400, 1500]}


@pytest.fixture(autouse=True)
def _no_presets():
    yield
    presets_file().unlink(missing_ok=True)


@pytest.fixture
def saved_settings(tmp_path, monkeypatch):
    npe2.PluginManager.instance().discover()
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {})
    napari.settings.get_plugin_settings(path_dir=tmp_path)


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2):
        ramp = {"PixelData": lambda i: np.arange(i, i + 24, dtype="<u2").tobytes()}
        write_series(tmp_path, 3, series=number, **FILE, **ramp)
    return tmp_path


@pytest.fixture
def viewer(make_napari_viewer, folder):
    viewer = make_napari_viewer()
    for layer in image_layers(load(folder).stacks):
        viewer.add_layer(layer)
        layer.visible = True
    return viewer


@pytest.fixture
def section(viewer):
    section = WindowTab(PublicOnlyProxy(viewer))
    viewer.window.add_dock_widget(section, name="Window")
    yield section
    section.release()


@pytest.fixture
def layer(viewer):
    return viewer.layers[1]


def tree(section):
    return section.native.findChild(QTreeWidget)


def listed(section):
    items = [tree(section).topLevelItem(i) for i in range(tree(section).topLevelItemCount())]
    return [tuple(item.text(column) for column in range(3)) for item in items]


def item_of(section, name):
    (item,) = tree(section).findItems(name, Qt.MatchFlag.MatchExactly)
    return item


def click(qtbot, section, name):
    rect = tree(section).visualItemRect(item_of(section, name))
    qtbot.mouseClick(tree(section).viewport(), Qt.MouseButton.LeftButton, pos=rect.center())


def button(section, text):
    return next(b for b in section.native.findChildren(QPushButton) if b.text() == text)


def menu(section, text):
    actions = button(section, "My presets").menu().actions()
    return next(action for action in actions if action.text() == text)


def fields(section):
    return section.level.native, section.window_width.native


# --- presets


def test_presets_stand_in_groups_with_their_numbers_and_keys(section):
    assert listed(section)[:6] == [
        ("From file", "", ""),
        ("Window 1", "400 / 40", "F"),
        ("Window 2", "1500 / −600", "F"),
        ("CT presets", "", ""),
        ("Soft tissue", "400 / 40", "1"),
        ("Lung", "1500 / −600", "2"),
    ]
    assert item_of(section, "Lung").toolTip(0) == "Lung: W 1500 HU, L −600 HU. Key 2"


def test_the_window_of_the_file_is_marked_and_one_click_chooses_another(
    section, layer, viewer, qtbot
):
    assert tree(section).currentItem().text(0) == "Window 1"
    click(qtbot, section, "Brain")
    assert layer.contrast_limits == [40 - 0.5 - 39.5, 40 - 0.5 + 39.5]
    assert viewer.layers[0].contrast_limits == [-160, 239]
    click(qtbot, section, "From file")
    assert center_width(layer) == (40, 80)


def test_the_mark_follows_what_is_drawn(section, layer, qtbot):
    show(layer, Window("", 400, 1800))
    qtbot.waitUntil(lambda: tree(section).currentItem() is item_of(section, "Bone"))
    layer.contrast_limits = (3, 4)
    qtbot.waitUntil(lambda: tree(section).currentItem() is None)
    assert tree(section).selectedItems() == []


def test_auto_takes_the_percentiles_of_the_slice_on_screen(section, viewer, layer, qtbot):
    viewer.dims.set_current_step(0, 2)
    section.auto.clicked.emit(True)
    expected = np.percentile(np.arange(2, 26) - 1024.0, (1, 99)).tolist()
    qtbot.waitUntil(lambda: layer.contrast_limits == pytest.approx(expected))
    viewer.dims.set_current_step(0, 0)
    qtbot.mouseClick(button(section, "Auto (0)"), Qt.MouseButton.LeftButton)
    expected = np.percentile(np.arange(24) - 1024.0, (1, 99)).tolist()
    qtbot.waitUntil(lambda: layer.contrast_limits == pytest.approx(expected))


def test_full_range_of_more_pixels_than_the_histogram_counts_is_exact(
    section, layer, viewer, qtbot, monkeypatch
):
    monkeypatch.setattr(histogram, "MOST", 4)
    viewer.dims.set_current_step(0, 1)
    qtbot.mouseClick(button(section, "Full range"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: layer.contrast_limits == [1 - 1024, 24 - 1024])


def test_invert(section, layer, qtbot):
    invert = button(section, "Invert")
    qtbot.mouseClick(invert, Qt.MouseButton.LeftButton)
    assert layer.colormap.name == "gray_r"
    qtbot.mouseClick(invert, Qt.MouseButton.LeftButton)
    assert layer.colormap.name == "gray"
    layer.colormap = "gray_r"
    qtbot.waitUntil(invert.isChecked)


def test_preset_of_the_same_window_is_the_one_that_was_chosen(section, layer, qtbot):
    section.preset.value = "Lung"
    assert center_width(layer) == center_width_of(section, "Window 2")
    assert tree(section).currentItem().text(0) == "Lung"
    click(qtbot, section, "Window 2")
    assert section.preset.value == "Window 2"
    assert tree(section).currentItem().text(0) == "Window 2"


def center_width_of(section, name):
    (voi,) = (voi for voi in section._table.vois() if voi.name == name)
    return voi.center, voi.width


# --- fields


def test_fields_follow_the_limits_and_change_nothing(section, layer, qtbot):
    changes = []
    layer.contrast_limits = (0.25, 9.75)
    layer.events.contrast_limits.connect(lambda: changes.append(1))
    center, width = fields(section)
    qtbot.waitUntil(lambda: (center.text(), width.text()) == ("5.5 HU", "10.5 HU"))
    qtbot.wait(50)
    assert changes == []
    assert layer.contrast_limits == [0.25, 9.75]


def test_showing_another_window_in_the_fields_changes_no_layer(section, layer):
    """A field whose decimals change tells a value of its own."""
    layer.contrast_limits = (0.123, 2.5)
    section._sync()
    show(layer, Window("", 40, 1400))
    section._sync()
    assert center_width(layer) == (40, 1400)


def test_typing_a_center_keeps_the_width_and_the_other_way_round(section, layer, qtbot):
    center, width = fields(section)
    center.selectAll()
    qtbot.keyClicks(center, "-100")
    qtbot.keyClick(center, Qt.Key.Key_Return)
    assert center_width(layer) == (-100, 400)
    width.selectAll()
    qtbot.keyClicks(width, "50")
    qtbot.keyClick(width, Qt.Key.Key_Return)
    assert center_width(layer) == (-100, 50)
    assert layer.contrast_limits == [-100 - 0.5 - 24.5, -100 - 0.5 + 24.5]


def test_a_width_that_cannot_be_becomes_the_least(section, layer):
    section.window_width.value = 0
    low, high = layer.contrast_limits
    assert 0 < high - low < 0.01
    assert section.window_width.value == 1


def test_the_histogram_is_dragged(section, viewer, layer, qtbot):
    viewer.window._qt_window.show()
    histogram = section.native.findChild(WindowHistogram)
    qtbot.waitUntil(lambda: histogram._counts is not None)
    x = round(histogram._x(239))
    qtbot.mousePress(histogram, Qt.MouseButton.LeftButton, pos=QPoint(x, 40))
    qtbot.mouseMove(histogram, QPoint(x + 10, 40))
    qtbot.mouseRelease(histogram, Qt.MouseButton.LeftButton, pos=QPoint(x + 10, 40))
    low, high = layer.contrast_limits
    assert low == -160
    assert high > 239


# --- which layers


def test_all_selected_layers_change_together(section, viewer, qtbot):
    viewer.layers.selection = set(viewer.layers)
    viewer.layers.selection.active = viewer.layers[1]
    viewer.layers.selection.add(viewer.layers[0])
    click(qtbot, section, "Brain")
    assert [center_width(layer) for layer in viewer.layers] == [(40, 80)] * 2


def test_or_all_of_the_modality(section, viewer, qtbot, tmp_path):
    other = {"Modality": "MR", "RescaleSlope": None, "RescaleIntercept": None}
    write_series(tmp_path / "mr", 3, series=9, **other)
    (mr,) = image_layers(load(tmp_path / "mr").stacks)
    before = list(mr.contrast_limits)
    viewer.add_layer(mr)
    viewer.layers.selection.active = viewer.layers[1]
    section.applies_to.value = "All CT"
    click(qtbot, section, "Brain")
    assert [center_width(layer) for layer in list(viewer.layers)[:2]] == [(40, 80)] * 2
    assert mr.contrast_limits == before


def test_without_a_layer_of_ours_there_is_nothing_to_do(section, viewer, qtbot):
    viewer.layers.clear()
    viewer.add_image(np.zeros((9, 9)))
    qtbot.waitUntil(lambda: not fields(section)[0].isEnabled())
    assert listed(section) == []
    assert not button(section, "Auto (0)").isEnabled()


def test_another_active_layer_is_followed_and_the_one_before_no_more(section, viewer, qtbot):
    first, second = viewer.layers
    viewer.layers.selection.active = first
    first.contrast_limits = (0, 9)
    center = fields(section)[0]
    qtbot.waitUntil(lambda: center.value() == 5)
    second.contrast_limits = (100, 109)
    qtbot.wait(30)
    assert center.value() == 5


# --- the user's own


def test_a_preset_of_ones_own_is_added_named_moved_and_deleted(section, layer, qtbot):
    layer.contrast_limits = (0, 99)
    menu(section, "Save current window…").trigger()
    assert [row[:2] for row in listed(section)[3:5]] == [
        ("My presets", ""),
        ("100 / 50", "100 / 50"),
    ]
    item_of(section, "100 / 50").setText(0, "Mine")
    kept = UserPresets(presets_file())
    qtbot.waitUntil(lambda: kept.of("CT HU") == (Window("Mine", 50, 100),))
    layer.contrast_limits = (0, 9)
    menu(section, "Save current window…").trigger()
    menu(section, "Move up").trigger()
    assert [w.name for w in kept.of("CT HU")] == ["10 / 5", "Mine"]
    menu(section, "Delete").trigger()
    assert [w.name for w in kept.of("CT HU")] == ["Mine"]


def test_only_ones_own_can_be_deleted(section, qtbot):
    click(qtbot, section, "Brain")
    button(section, "My presets").menu().aboutToShow.emit()
    assert not menu(section, "Delete").isEnabled()
    assert menu(section, "Save current window…").isEnabled()


@pytest.mark.usefixtures("saved_settings")
def test_layers_can_open_in_a_preset_of_ones_own(section, qtbot):
    own = UserPresets(presets_file())
    for name in ("One", "Two"):
        own.add("CT HU", Window(name, 50, 100 + len(own.of("CT HU"))))
    section._on_own()
    click(qtbot, section, "Two")
    button(section, "My presets").menu().aboutToShow.emit()
    opens = menu(section, "Use as default for new CT series")
    opens.trigger()
    assert settings.current().ct_window == settings.OWN
    assert [window.name for window in own.of("CT HU")] == ["Two", "One"]
    for name, checked in (("Two", True), ("One", False)):
        click(qtbot, section, name)
        button(section, "My presets").menu().aboutToShow.emit()
        assert opens.isChecked() == checked
    click(qtbot, section, "Two")
    button(section, "My presets").menu().aboutToShow.emit()
    opens.trigger()
    assert settings.current().ct_window == settings.AS_IN_FILE
    click(qtbot, section, "Brain")
    button(section, "My presets").menu().aboutToShow.emit()
    assert not opens.isEnabled()


def test_what_cannot_be_saved_is_told(section, told, monkeypatch):
    def refused(*_arguments, **_keywords):
        raise PermissionError

    monkeypatch.setattr("napari_medscan.storage.tempfile.mkstemp", refused)
    menu(section, "Save current window…").trigger()
    assert told[-1].message.startswith("Could not save presets")


# --- quiet and clean


def test_the_histogram_reads_nothing_but_the_slice_on_screen(section, viewer, layer, qtbot):
    histogram = section.native.findChild(WindowHistogram)
    qtbot.waitUntil(lambda: histogram._counts is not None)
    read = []
    source = stack_of(layer).array._source
    original = type(source).read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(source), "read", lambda s, i: read.append((s, i)) or original(s, i))
        for step in (0, 2):
            viewer.dims.set_current_step(0, step)
            qtbot.wait(150)
    assert {number for _, number in read} <= {0, 2}
    assert len({(id(reader), number) for reader, number in read}) == len(read)


def test_release_gives_everything_back(viewer, layer, qtbot):
    count = len(layer.events.contrast_limits.callbacks)
    section = WindowTab(viewer)
    qtbot.addWidget(section.native)
    section.release()
    assert len(layer.events.contrast_limits.callbacks) == count
    layer.contrast_limits = (0, 1)
    viewer.theme = "light"


def test_it_fits_a_panel_of_300_pixels(section):
    section._histogram._show(None, "32 of 123456 slices")
    section.warning.value = "SUV not available: Radionuclide Total Dose (0018,1074) is missing."
    section.warning.native.show()
    assert section.native.minimumSizeHint().width() <= 302


@pytest.mark.usefixtures("saved_settings")
def test_the_switch_of_dragging_and_preferences_are_one(viewer):
    settings.change(right_drag=False)
    other = WindowTab(PublicOnlyProxy(viewer))
    assert not other.right_drag.value
    other.right_drag.value = True
    assert settings.current().right_drag
    settings.change(right_drag=False)
    assert not other.right_drag.value
    other.release()
    settings.change(right_drag=True)
    assert not other.right_drag.value


# --- PET in SUV


@pytest.fixture
def two_patients(make_napari_viewer, tmp_path):
    """Return a viewer with PET of two patients of other weight, and the layers."""
    viewer = make_napari_viewer()
    for number, weight in ((3, "60"), (4, "90")):
        write_pet(tmp_path / str(number), number, weight)
        viewer.add_layer(image_layer(load(tmp_path / str(number)).stacks[0]))
    return viewer, *viewer.layers


def write_pet(folder, series, weight):
    for path in write_series(
        folder, 3, series=series, Modality="PT", WindowCenter=1000, WindowWidth=2000
    ):
        data = pydicom.dcmread(path)
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
        data.RescaleIntercept = "0"
        data.RescaleSlope = "100"
        data.Units, data.DecayCorrection = "BQML", "START"
        data.CorrectedImage = ["DECY", "ATTN"]
        data.PatientWeight = weight
        data.SeriesDate = data.AcquisitionDate = "20240115"
        data.SeriesTime = data.AcquisitionTime = "102000"
        dose = pydicom.Dataset()
        dose.RadiopharmaceuticalStartTime = "092000"
        dose.RadionuclideTotalDose, dose.RadionuclideHalfLife = "370000000", "6586.2"
        data.RadiopharmaceuticalInformationSequence = [dose]
        data.save_as(path)


def suv_limits(layer):
    return np.array(layer.contrast_limits) * stack_of(layer).suv.bw


def test_pet_is_windowed_in_suv(two_patients, qtbot):
    viewer, _, pet = two_patients
    viewer.layers.selection.active = pet
    section = WindowTab(viewer)
    qtbot.addWidget(section.native, before_close_func=lambda _: section.release())
    qtbot.waitUntil(lambda: section.level.native.toolTip() == "Window level SUVbw")
    assert section.level.native.suffix() == ""
    section._choose(offered(section)["SUV 0–5"])
    assert suv_limits(pet) == pytest.approx([0, 5])
    qtbot.waitUntil(lambda: section.window_width.value == pytest.approx(5))
    section.window_width.value = 10
    assert np.ptp(suv_limits(pet)) == pytest.approx(10)


def test_the_list_of_pet_is_in_suv(two_patients, qtbot):
    viewer, pet, _ = two_patients
    viewer.layers.selection.active = pet
    section = WindowTab(viewer)
    qtbot.addWidget(section.native, before_close_func=lambda _: section.release())
    qtbot.waitUntil(lambda: ("SUV 0–7", "7 / 3.5", "3") in listed(section))
    assert "W 7 SUVbw, L 3.5 SUVbw" in item_of(section, "SUV 0–7").toolTip(1)
    window = stack_of(pet).windows[0]
    section._choose(window)
    qtbot.waitUntil(lambda: section.window_width.value != 7)
    (own,) = (row for row in listed(section) if row[0] == window.name)
    shown = [float(text) for text in own[1].replace("−", "-").split(" / ")]
    assert shown == pytest.approx([section.window_width.value, section.level.value], abs=1e-2)
    assert section.warning.native.isHidden()


def test_why_pet_is_not_in_suv_is_said(make_napari_viewer, tmp_path, qtbot):
    viewer = make_napari_viewer()
    write_pet(tmp_path / "pet", 3, "0")
    write_series(tmp_path / "ct", 3, series=4)
    for name in ("pet", "ct"):
        viewer.add_layer(image_layer(load(tmp_path / name).stacks[0]))
    viewer.layers.selection.active = viewer.layers[0]
    section = WindowTab(viewer)
    qtbot.addWidget(section.native, before_close_func=lambda _: section.release())
    qtbot.waitUntil(lambda: not section.warning.native.isHidden())
    assert section.warning.value == "SUV not available: Patient's Weight (0010,1030) is 0."
    viewer.layers.selection.active = viewer.layers[1]
    qtbot.waitUntil(section.warning.native.isHidden)


def test_the_same_suv_is_drawn_in_every_patient(two_patients, qtbot):
    viewer, one, other = two_patients
    assert stack_of(one).suv.bw != stack_of(other).suv.bw
    viewer.layers.selection.active = one
    section = WindowTab(viewer)
    qtbot.addWidget(section.native, before_close_func=lambda _: section.release())
    section.applies_to.value = "All PT"
    qtbot.waitUntil(lambda: "SUV 0–10" in offered(section))
    section._choose(offered(section)["SUV 0–10"])
    assert suv_limits(one) == pytest.approx([0, 10])
    assert suv_limits(other) == pytest.approx([0, 10])
    section._on_limits(*(np.array([2, 6]) / stack_of(one).suv.bw))
    assert suv_limits(other) == pytest.approx([2, 6])
    section._on_level(5.0)
    assert suv_limits(other) == pytest.approx([3, 7])


def test_an_own_preset_of_pet_is_kept_in_suv(two_patients, qtbot):
    viewer, one, other = two_patients
    viewer.layers.selection.active = one
    section = WindowTab(viewer)
    qtbot.addWidget(section.native, before_close_func=lambda _: section.release())
    qtbot.waitUntil(lambda: "SUV 0–7" in offered(section))
    section._choose(offered(section)["SUV 0–7"])
    group, window = section._current()
    assert group == "PT SUVbw"
    assert (window.center, window.width) == pytest.approx((3.5, 7))
    section._presets.add(group, window)
    viewer.layers.selection.active = other
    qtbot.waitUntil(lambda: bool(section._offered.own))
    section._choose(section._offered.own[0])
    assert suv_limits(other) == pytest.approx([0, 7])


def offered(section):
    return {voi.name: voi for voi in section._table.vois()}


def test_windows_of_presentation_states_are_offered(section, viewer, folder, qtbot):
    header = stack_of(viewer.layers[1]).header
    images = refer(*(f"{header.series}.{number}" for number in (1, 2, 3)))
    lung = [item(WindowCenter="-500", WindowWidth="1400")]
    data = state(
        images, series=header.series, SoftcopyVOILUTSequence=lung, ContentLabel="LUNGS",
        RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU",
        PatientName="Canary^Alice", PatientID="MRN77X",
    )  # fmt: skip
    write(folder / "pr.dcm", data)
    assert not any("LUNGS" in row[0] for row in listed(section))
    session.record.add(load(folder / "pr.dcm"))
    qtbot.waitUntil(lambda: ("PR 8 · LUNGS", "1400 / −500", "") in listed(section))
    section.preset.value = "PR 8 · LUNGS"
    assert center_width(viewer.layers[1]) == pytest.approx((-500, 1400))
    viewer.layers.selection.active = viewer.layers[0]
    section.follow_viewer()
    qtbot.wait(50)
    assert not any("LUNGS" in row[0] for row in listed(section))
