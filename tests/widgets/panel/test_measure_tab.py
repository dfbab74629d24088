"""The tab of measurements: draws, lists, copies and saves."""

from __future__ import annotations

from shutil import copytree, rmtree

import numpy as np
import pytest
from napari.layers import Image, Shapes
from napari.layers.base import ActionType
from napari.utils._test_utils import read_only_mouse_event
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from napari.utils.key_bindings import KeymapHandler
from pydicom import dcmread
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import load
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.measure import MeasureError
from napari_medscan.measure.table import HEADINGS, to_csv
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.slab import set_slab
from napari_medscan.napari_.slider_index import index_in_view
from napari_medscan.widgets.panel.measure_tab import MeasureTab

from ...export.series import opened, opened_in_time


@pytest.fixture
def tab(qtbot, model):
    tab = MeasureTab(model)
    qtbot.addWidget(tab.native)
    yield tab
    tab.release()


@pytest.fixture
def series(tmp_path, model):
    stack = opened(tmp_path)
    return model.add_layer(image_layer(stack))


def press(tab, name):
    getattr(tab, name).changed.emit(True)


def line(tab, model, *ends):
    """Draw a line and return its layer."""
    press(tab, "length")
    model.layers[-1].add(list(ends or ([1, 0, 0], [1, 0, 4])), shape_type="line")
    return model.layers[-1]


def test_tools_need_a_series(tab, model, told):
    press(tab, "length")
    assert len(model.layers) == 0
    assert "DICOM" in told[0].message


def test_tools_draw_in_one_layer(tab, model, series):
    modes = {}
    for name in ("length", "angle", "ellipse", "rectangle", "polygon", "freehand"):
        press(tab, name)
        modes[name] = model.layers[-1].mode
    assert modes["length"] == "add_line"
    assert len(set(modes.values())) == len(modes)
    (layer,) = (layer for layer in model.layers if isinstance(layer, Shapes))
    np.testing.assert_allclose(layer.scale, series.scale)
    assert model.layers.selection.active is layer


@pytest.mark.usefixtures("series")
def test_drawn_shapes_are_listed_and_leave_when_removed(tab, model, qtbot):
    press(tab, "length")
    layer = model.layers[-1]
    layer.add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    layer.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    assert str(tab.rows[0].quantity) == "3 mm"
    assert tab._table.topLevelItemCount() == 2
    first, second = layer.features["measurement"]
    assert first == "3 mm"
    assert second.startswith("3.534 mm²\n")
    layer.data = layer.data[:1]
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    model.layers.remove(layer)
    assert tab.rows == ()


def test_shapes_stay_on_their_series_when_another_patient_is_in_view(tab, model, qtbot, tmp_path):
    mine, theirs = (
        model.add_layer(image_layer(opened(tmp_path / name, PatientID=name, **changes)))
        for name, changes in (
            ("one", {"SeriesDescription": "one"}),
            ("other", {"SeriesDescription": "other", "PixelSpacing": [2, 2]}),
        )
    )
    theirs.visible = False
    model.layers.selection.active = mine
    first = line(tab, model)
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    mine.visible, theirs.visible = False, True
    model.layers.selection.active = theirs
    second = line(tab, model)
    assert second is not first
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    found = [(str(row.quantity), row.series) for row in tab.rows]
    assert found == [("3 mm", mine.name), ("8 mm", theirs.name)]
    # What ObjectView does in a window.
    first.visible = False
    tab._session.remove(tab._session.last_drawn())
    assert (len(first.data), len(second.data)) == (1, 0)
    assert tab._session.last_drawn() is None
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    tab.save(tmp_path / "rows.csv")
    tab._on_double_click(tab._table.topLevelItem(0), 1)
    assert mine.visible
    assert not theirs.visible
    mine.visible, theirs.visible = False, True
    tab.open(tmp_path / "rows.csv")
    assert (len(first.data), len(second.data)) == (2, 0)
    second.add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    model.layers.remove(mine)
    qtbot.waitUntil(lambda: [row.series for row in tab.rows] == [theirs.name])


def test_values_follow_the_visible_series_its_name_and_the_slab(tab, model, qtbot, tmp_path):
    stack, later = (
        opened(tmp_path / name, SeriesInstanceUID=f"1.2.{name}", SeriesNumber=name)
        for name in ("7", "8")
    )
    one, other = (model.add_layer(image_layer(each)) for each in (stack, later))
    other.visible = False
    model.layers.selection.active = one
    line(tab, model)
    model.layers[-1].add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")

    def series():
        return [row.series for row in tab.rows]

    qtbot.waitUntil(lambda: series() == [one.name] * 2)
    one.visible, other.visible = False, True
    qtbot.waitUntil(lambda: series() == [other.name] * 2)
    other.name = "renamed"
    qtbot.waitUntil(lambda: series() == ["renamed"] * 2)
    in_slice = tab.rows[1].statistics.count
    set_slab(model, [other], "max", 6)
    qtbot.waitUntil(lambda: tab.rows[1].statistics.count == 3 * in_slice)


@pytest.mark.usefixtures("series")
def test_panel_that_is_opened_again_goes_on_with_what_was_drawn(tab, model, qtbot):
    layer = line(tab, model)
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    tab.calibrate_line(6)
    qtbot.waitUntil(lambda: str(tab.rows[0].quantity) == "6 mm")
    tab.release()
    again = MeasureTab(model)
    qtbot.addWidget(again.native)
    qtbot.waitUntil(lambda: [str(row.quantity) for row in again.rows] == ["6 mm"])
    assert line(again, model) is layer
    qtbot.waitUntil(lambda: len(again.rows) == 2)
    again.delete_measurement()
    assert len(layer.data) == 1
    again.release()


@pytest.mark.usefixtures("series")
def test_diameter_across_is_at_right_angles_and_turns_with_the_longest(tab, model, qtbot):
    """Rows are 0.5 mm apart, columns 0.75 mm."""
    press(tab, "diameters")
    layer = model.layers[-1]
    layer.add([[1, 1, 0], [1, 1, 4]], shape_type="line")
    layer.add([[1, 0, 1], [1, 2, 2]], shape_type="line")
    length = np.hypot(1, 0.75)

    def across():
        return np.asarray(layer.data[1])

    qtbot.waitUntil(lambda: len(tab.rows) == 2 and not tab.rows[1].note)
    assert [row.name for row in tab.rows] == ["Longest diameter 1", "Diameter across 1"]
    qtbot.waitUntil(lambda: list(layer.features["measurement"]) == ["3 × 1.25 mm", ""])
    np.testing.assert_allclose(across()[:, 2], 1.5, atol=1e-3)
    np.testing.assert_allclose(across()[:, 1], [1 - length, 1 + length], atol=1e-3)
    longest = np.array([[1, 0, 0], [1, 3, 4]])
    layer.data = [longest, across()]
    millimeters = np.array([1, 0.5, 0.75])

    def slant():
        along, aside = (np.diff(ends, axis=0)[0] * millimeters for ends in (longest, across()))
        return abs(along @ aside)

    assert slant() > 1
    qtbot.waitUntil(lambda: slant() < 1e-3)
    changes = []
    layer.events.data.connect(changes.append)
    qtbot.wait(50)
    assert changes == []


@pytest.mark.usefixtures("series")
def test_diameter_across_stays_as_drawn_while_ctrl_is_held(tab, model, qtbot, monkeypatch):
    """Until it is moved without the key; neither the longest one nor other shapes turn it."""
    keys = [Qt.KeyboardModifier.ControlModifier]
    monkeypatch.setattr(QApplication, "keyboardModifiers", lambda: keys[0])
    press(tab, "diameters")
    layer = model.layers[-1]
    layer.add([[1, 1, 0], [1, 1, 4]], shape_type="line")
    slanted = np.array([[1, 0, 1], [1, 2, 2]], float)
    layer.add(slanted, shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 2 and "not at right angles" in tab.rows[1].note)
    label, none = layer.features["measurement"]
    assert (label.splitlines(), none) == (["3 × 1.25 mm", tab.rows[1].note], "")
    assert tab.rows[1].outline.tool == "free diameter"
    assert [row.name for row in tab.rows] == ["Longest diameter 1", "Diameter across 1"]
    keys[0] = Qt.KeyboardModifier.NoModifier
    layer.add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    qtbot.wait(50)
    np.testing.assert_array_equal(layer.data[1], slanted)
    layer.events.data(value=layer.data, action=ActionType.CHANGED, data_indices=(1,))
    qtbot.waitUntil(lambda: not np.array_equal(layer.data[1], slanted))
    qtbot.waitUntil(lambda: not tab.rows[1].note)


@pytest.mark.usefixtures("series")
def test_table_is_copied_and_saved(tab, model, qtbot, qapp, tmp_path):
    press(tab, "length")
    model.layers[-1].add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    press(tab, "copy_table")
    assert "Length 1\t" in qapp.clipboard().text()
    tab.save(tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text("utf-8-sig").splitlines()[1].startswith("Length 1,3,mm,")


@pytest.mark.usefixtures("series")
def test_saved_table_is_drawn_again(tab, model, qtbot, tmp_path):
    layer = line(tab, model)
    layer.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    press(tab, "point")
    model.layers[-1].add([[1, 2, 3]])
    press(tab, "arrow")
    layer.add([[0, 0, 0], [0, 2, 4]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 4)
    before = tab.rows
    tab.save(tmp_path / "m.csv")
    for each in [each for each in model.layers if not isinstance(each, Image)]:
        model.layers.remove(each)
    assert tab.rows == ()
    tab.open(tmp_path / "m.csv")
    qtbot.waitUntil(lambda: len(tab.rows) == 4)
    assert {row.cells() for row in tab.rows} == {row.cells() for row in before}


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe", b""])
def test_other_files_are_no_measurements(tab, content, tmp_path):
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(MeasureError, match="not a table of measurements"):
        tab.open(tmp_path / "m.csv")


@pytest.mark.usefixtures("series")
def test_damaged_line_is_refused(tab, model, qtbot, tmp_path):
    line(tab, model)
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    text = to_csv(tab.rows).replace("1 0 4", "1 0 x")
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(MeasureError, match="damaged"):
        tab.open(tmp_path / "m.csv")


@pytest.mark.usefixtures("series")
def test_shape_is_measured_while_it_is_dragged(tab, model, qtbot):
    layer = line(tab, model)
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    # As napari moves a shape under the pointer: data change without an event of theirs.
    layer._data_view.scale(0, 0.5)
    layer.refresh()
    qtbot.waitUntil(lambda: str(tab.rows[0].quantity) == "1.5 mm")
    assert layer.features["measurement"][0] == "1.5 mm"


@pytest.mark.usefixtures("series")
def test_name_is_edited_in_the_table(tab, model, qtbot):
    press(tab, "arrow")
    model.layers[-1].add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    tab._table.topLevelItem(0).setText(0, "Nodule")
    qtbot.waitUntil(lambda: tab.rows[0].name == "Nodule")
    assert list(model.layers[-1].features["measurement"]) == ["Nodule"]


def test_key_image_is_listed_and_a_double_click_goes_there(tab, model, series, qtbot):
    model.dims.set_point(0, float(series.data_to_world((2, 0, 0))[0]))
    press(tab, "key_image")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    assert (tab.rows[0].name, tab.rows[0].place) == ("Key image 1", "slice 3")
    # Below the corner text, of 4 x 6 pixels.
    np.testing.assert_allclose(model.layers[-1].data, [[2, 1, 0]])
    # Its keys stay those of the series: 2 is a CT preset, and of points a mode.
    assert model.layers.selection.active is series
    model.dims.set_point(0, 0)
    tab._table.itemDoubleClicked.emit(tab._table.topLevelItem(0), 1)
    assert index_in_view(model, series)[0] == 2


@pytest.mark.usefixtures("series")
def test_calibration_by_hand_and_its_end(tab, model, qtbot, told):
    press(tab, "calibrate")
    assert "Draw a line" in told[0].message
    layer = line(tab, model)
    press(tab, "arrow")
    # It is drawn later, but points at something.
    layer.add([[1, 0, 0], [1, 2, 1]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    tab.true_length.value = 30
    press(tab, "calibrate")
    qtbot.waitUntil(lambda: str(tab.rows[0].quantity) == "30 mm")
    assert tab.rows[0].cells()[HEADINGS.index("Note")].startswith("Calibrated by hand")
    tab.calibrate_line(15)
    qtbot.waitUntil(lambda: str(tab.rows[0].quantity) == "15 mm")
    tab.calibrate_line(0)
    qtbot.waitUntil(lambda: str(tab.rows[0].quantity) == "3 mm")


@pytest.mark.usefixtures("series")
def test_chosen_row_is_plotted(tab, model, qtbot):
    layer = line(tab, model)
    layer.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    graph = tab.plot.graph
    tab._table.setCurrentItem(tab._table.topLevelItem(0))
    qtbot.waitUntil(lambda: len(graph.lines) == 1)
    np.testing.assert_allclose(graph.lines[0].x, np.arange(5) * 0.75)
    tab._table.setCurrentItem(tab._table.topLevelItem(1))
    qtbot.waitUntil(lambda: graph.lines[0].steps)
    assert graph.lines[0].y.sum() == tab.rows[1].statistics.count
    assert not graph.isHidden()
    model.layers.remove(layer)
    assert graph.isHidden()


def test_region_is_plotted_over_time(tab, model, qtbot, tmp_path):
    stack = opened_in_time(tmp_path)
    model.add_layer(image_layer(stack))
    press(tab, "rectangle")
    box = [[0, 1, -0.5, -0.5], [0, 1, -0.5, 5.5], [0, 1, 3.5, 5.5], [0, 1, 3.5, -0.5]]
    model.layers[-1].add(box, shape_type="rectangle")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    tab._table.setCurrentItem(tab._table.topLevelItem(0))
    tab.plot_of.value = "Over time"
    graph = tab.plot.graph
    qtbot.waitUntil(lambda: bool(graph.lines) and not graph.lines[0].steps)
    np.testing.assert_allclose(graph.lines[0].x, stack.axis_values.values)
    means = np.asarray(stack.array)[:, 1].mean(axis=(1, 2))
    np.testing.assert_allclose(graph.lines[0].y, means)


def without_weight(pet_ct, folder):
    """Return the PET series of a copy that lacks the weight, and the weight."""
    for path in copytree(pet_ct, folder).rglob("*.dcm"):
        data = dcmread(path)
        if data.Modality == "PT":
            weight = float(data.PatientWeight)
            data.PatientWeight = None
            data.save_as(path)
    return next(s for s in load(folder).stacks if s.modality == "PT"), weight


def test_weight_that_pet_lacks_is_entered(tab, model, qtbot, pet_ct, tmp_path):
    stack, weight = without_weight(pet_ct, tmp_path / "disc")
    known = next(s for s in load(pet_ct).stacks if s.modality == "PT")
    model.add_layer(image_layer(stack))
    press(tab, "point")
    place = (1, stack.array.shape[1] // 2, stack.array.shape[2] // 2)
    model.layers[-1].add([place])
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    tab.weight.value = weight
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    suv = tab.rows[1].quantity
    assert suv.unit == f"SUVbw (weight {weight:g} kg)"
    assert suv.value == pytest.approx(float(stack.array[place]) * known.suv.bw)
    assert display_scale(stack).unit == suv.unit
    assert not any("SUV" in warning for warning in stack.warnings)


def test_weight_of_a_series_that_is_gone_is_refused_without_a_path(
    tab, model, qtbot, pet_ct, tmp_path, told
):
    stack, weight = without_weight(pet_ct, tmp_path / "disc")
    model.add_layer(image_layer(stack))
    tab.refresh()
    rmtree(tmp_path / "disc")
    tab.weight.value = weight
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].message == "The files of the series cannot be read."
    assert stack.suv is None


PLACES = ((2.0, 2.0), (2.0, 6.0), (5.0, 6.0), (9.0, 1.0), (8.0, 8.0))


def click(layer, *places):
    """Click places of the slice 1 of a layer, as a mouse does."""
    for row, column in places:
        place = layer.data_to_world((1.0, row, column))
        for callbacks, kind in (
            (mouse_move_callbacks, "mouse_move"),
            (mouse_press_callbacks, "mouse_press"),
            (mouse_release_callbacks, "mouse_release"),
        ):
            event = read_only_mouse_event(type=kind, position=place, pos=place[-2:])
            callbacks(layer, event)


def escape(layer):
    """Press Esc while a layer is the active one."""
    handler = KeymapHandler()
    handler.keymap_providers = [layer]
    handler.press_key("Escape")


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize(("name", "clicks"), [("angle", 3), ("cobb_angle", 4)])
def test_angle_is_clicked_point_by_point_and_ends_with_the_last(tab, model, name, clicks):
    press(tab, name)
    layer = model.layers[-1]
    for number in range(clicks):
        assert len(layer.data) == 0 or layer._is_creating
        click(layer, PLACES[number])
    assert not layer._is_creating
    (vertices,) = layer.data
    np.testing.assert_allclose(vertices[:, 1:], PLACES[:clicks], atol=1e-5)
    (drawn,) = tab._session.drawn()
    assert len(drawn.shape.points) == clicks


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize("following", [None, "length", "angle", "polygon"])
def test_what_is_being_drawn_ends_with_esc_or_the_next_tool(tab, model, qtbot, following):
    layer = line(tab, model)
    ends = [2]
    for name, clicks, left in (
        ("angle", 1, 0),
        ("angle", 2, 0),
        ("cobb_angle", 3, 0),
        ("polygon", 2, 0),
        ("polygon", 4, 4),
    ):
        press(tab, name)
        click(layer, *PLACES[:clicks])
        ends += [left] if left else []
        if following is None:
            escape(layer)
            # What was drawn is settled once napari is done with it.
            qtbot.waitUntil(lambda: len(layer.data) == len(ends))  # noqa: B023 - not kept
        else:
            press(tab, following)
        assert not layer._is_creating
        assert [len(vertices) for vertices in layer.data] == ends
        tables = (layer.features, layer.edge_color, layer.face_color)
        assert {len(each) for each in tables} == {len(ends)}


@pytest.mark.usefixtures("series")
def test_name_and_tool_of_a_shape_are_not_those_of_the_next(tab, model, qtbot):
    layer = line(tab, model)
    # Labels are written when all is measured: the user may have taken another tool by then.
    press(tab, "arrow")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    layer.add([[1, 0, 0], [1, 2, 2]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    tab._table.topLevelItem(1).setText(0, "Aorta")
    layer.add([[1, 0, 0], [1, 3, 3]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 3)
    assert [each.name for each in tab.rows] == ["Length 1", "Aorta", "Arrow 2"]


@pytest.mark.usefixtures("series")
def test_delete_removes_the_current_row_or_what_was_drawn_last(tab, model, qtbot, told):
    press(tab, "delete")
    assert told[0].message == "Nothing is drawn."
    layer = line(tab, model)
    layer.add([[1, 0, 0], [1, 0, 2]], shape_type="line")
    press(tab, "point")
    model.layers[-1].add([[1, 1, 1]])
    press(tab, "length")
    layer.add([[1, 0, 0], [1, 0, 3]], shape_type="line")
    # Though points are listed after lines, the last one drawn is a line.
    qtbot.waitUntil(lambda: len(tab.rows) == 4)
    press(tab, "delete")
    assert [vertices[1, 2] for vertices in layer.data] == [4, 2]
    qtbot.waitUntil(lambda: len(tab.rows) == 3)
    tab.choose(0)
    tab._delete_key.activated.emit()
    assert [vertices[1, 2] for vertices in layer.data] == [2]
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    # What is drawn now is the current row.
    layer.add([[1, 0, 0], [1, 0, 3]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 3)
    press(tab, "delete")
    assert [vertices[1, 2] for vertices in layer.data] == [2]


@pytest.mark.usefixtures("series")
def test_two_diameters_are_deleted_together(tab, model, qtbot):
    press(tab, "diameters")
    layer = model.layers[-1]
    for row in (4, 2, 3, 1):
        layer.add([[1, row, 0], [1, row, row]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 4)
    tab.choose(1)
    press(tab, "delete")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    assert [each.name for each in tab.rows] == ["Longest diameter 1", "Diameter across 1"]


@pytest.mark.parametrize("name", ["length", "angle", "point"])
def test_esc_where_nothing_is_being_drawn_lays_the_tool_down(tab, model, series, name):
    press(tab, name)
    layer = model.layers[-1]
    if name == "angle":
        click(layer, PLACES[0])
        escape(layer)
        assert model.layers.selection.active is layer
    escape(layer)
    assert model.layers.selection.active is series
    assert str(layer.mode) == "pan_zoom"
    tab.release()
    # What is left is a layer like any other.
    assert "Escape" not in map(str, layer.keymap)
