"""Texts in the corners."""

from dataclasses import replace

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_.corner_lines import (
    name_lines,
    place_lines,
    slice_warnings,
    warning_lines,
    window_lines,
)
from napari_medscan.napari_.corner_text import CornerText, fitted, short_names, small_lines
from napari_medscan.napari_.identity_text import IdentityText
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import OrientationLetters
from napari_medscan.napari_.session import Record
from napari_medscan.napari_.slab import set_slab
from napari_medscan.napari_.snapshot import take_snapshot
from napari_medscan.napari_.windowing import set_center_width, show

from ..studies import HOSTILE, damage, write_series


def opened(viewer, folder, slices=5, **changes):
    write_series(folder, slices, **changes)
    (layer,) = image_layers(load(folder).stacks)
    viewer.add_layer(layer)
    return layer


def test_slice_and_its_true_position(model, tmp_path):
    layer = opened(model, tmp_path, ImagePositionPatient=lambda i: [0, 0, 100.4 + 2 * i])
    model.dims.set_current_step(0, 1)
    assert place_lines(take_snapshot(model, layer)) == ["Slice 2/5 · S 102.4 mm"]


def test_position_of_uneven_slices_is_that_of_the_file(model, tmp_path):
    heights = [0, 2, 4, 6, 9.3]
    layer = opened(model, tmp_path, ImagePositionPatient=lambda i: [0, 0, heights[i]])
    model.dims.set_current_step(0, 4)
    assert place_lines(take_snapshot(model, layer))[0] == "Slice 5/5 · S 9.3 mm"


def test_position_of_a_cut_across_the_slices(model, tmp_path):
    layer = opened(model, tmp_path, ImagePositionPatient=lambda i: [-30, -20, 2 * i])
    model.dims.order = (2, 0, 1)
    model.dims.set_point(2, layer.data_to_world((0, 0, 4))[2])
    assert place_lines(take_snapshot(model, layer))[0] == f"Slice 5/6 · R {30 - 4 * 0.75:.1f} mm"


def test_time_has_its_own_line(model, tmp_path):
    layer = opened(
        model,
        tmp_path,
        6,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i // 2)],
        TemporalPositionIdentifier=lambda i: i % 2 + 1,
    )
    model.dims.set_current_step(0, 1)
    model.dims.set_current_step(1, 2)
    assert place_lines(take_snapshot(model, layer)) == [
        "Slice 3/3 · S 4.0 mm",
        "Time point 2/2",
    ]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"AcquisitionTime": lambda i: f"1200{5 * (i % 2):02d}.5"}, "Time point 2/2 · 5 s"),
        ({"EchoTime": lambda i: 4.5 * (i % 2 + 1)}, "Echo time 2/2 · 9 ms"),
        ({"DiffusionBValue": lambda i: 1000.0 * (i % 2)}, "b-value 2/2 · 1000 s/mm²"),
        ({"InstanceNumber": lambda i: i + 1}, "Volume 2/2"),
    ],
)
def test_fourth_axis_is_named_with_its_value(model, tmp_path, facts, line):
    places = {"ImagePositionPatient": lambda i: [0, 0, 2 * (i // 2)]}
    layer = opened(model, tmp_path, 6, **places, **facts)
    model.dims.set_current_step(0, 1)
    assert place_lines(take_snapshot(model, layer))[-1] == line


def test_a_slice_that_one_time_point_lacks_is_named_there_alone(model, tmp_path):
    layer = opened(
        model,
        tmp_path,
        11,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i // 3)],
        TemporalPositionIdentifier=lambda i: i % 3 + 1,
    )
    found = {}
    for time in range(3):
        model.dims.set_current_step(0, time)
        model.dims.set_current_step(1, 3)
        found[time] = slice_warnings(take_snapshot(model, layer))
    assert found == {0: [], 1: [], 2: ["1 slice missing here"]}


def test_no_slice_in_3d(model, tmp_path):
    layer = opened(model, tmp_path)
    model.dims.ndisplay = 3
    assert place_lines(take_snapshot(model, layer)) == []
    assert all("%" not in line for line in window_lines(take_snapshot(model, layer)))


def test_a_single_image_has_no_slice_number(model, tmp_path):
    layer = opened(model, tmp_path, 1)
    assert place_lines(take_snapshot(model, layer)) == []


def test_window_reads_back_as_the_file_says(model, tmp_path):
    layer = opened(model, tmp_path, WindowCenter=40, WindowWidth=400)
    assert window_lines(take_snapshot(model, layer))[0] == "W 400 · L 40 HU"


def test_zoom_is_screen_pixels_for_one_of_the_image(model, tmp_path):
    layer = opened(model, tmp_path)
    model.scene.camera.zoom = 2
    assert window_lines(take_snapshot(model, layer))[1] == f"{2 * 0.75 * 100:.0f}%"


def test_missing_slices_are_counted_where_they_are_missing(model, tmp_path):
    heights = [0, 2, 4, 10, 12, 16, 18, 20]
    layer = opened(model, tmp_path, 8, ImagePositionPatient=lambda i: [0, 0, heights[i]])
    assert layer.data.shape[0] == 11
    expected = {
        3: ["2 slices missing here"],
        4: ["2 slices missing here"],
        7: ["1 slice missing here"],
    }
    for place in range(11):
        model.dims.set_current_step(0, place)
        assert slice_warnings(take_snapshot(model, layer)) == expected.get(place, [])
    model.dims.set_current_step(0, 3)
    model.dims.order = (1, 0, 2)
    assert slice_warnings(take_snapshot(model, layer)) == []


def test_warning_lines_of_a_series_stay_without_the_advice(model, tmp_path):
    layer = opened(model, tmp_path, ImagePositionPatient=lambda i: [0, 0.8 * i, 2 * i])
    assert warning_lines(take_snapshot(model, layer)) == ["Gantry tilt 21.8°"]
    model.dims.ndisplay = 3
    assert warning_lines(take_snapshot(model, layer)) == ["Gantry tilt 21.8°"]


def test_warning_lines_the_slice_comes_first_and_most_are_counted(model, tmp_path):
    heights = [0, 2, 4, 8]
    layer = opened(
        model, tmp_path, 4, ImagePositionPatient=lambda i: [0, 0, heights[i]], PixelSpacing=None
    )
    stack = replace(stack_of(layer), warnings=("One", "Two. Do this", "Three", "Four"))
    snapshot = replace(
        take_snapshot(model, layer), stack=stack, index=(3, slice(None), slice(None))
    )
    assert warning_lines(snapshot) == ["1 slice missing here", "One", "Two", "+2 more"]


def test_a_frame_that_cannot_be_read_says_why(model, tmp_path):
    layer = opened(model, tmp_path)
    damage(tmp_path / "s3_2.dcm")
    model.dims.set_current_step(0, 1)
    np.asarray(layer.data[1])
    (why,) = stack_of(layer).problems.values()
    assert slice_warnings(take_snapshot(model, layer)) == [f"This slice is blank: {why}"]
    model.dims.set_current_step(0, 2)
    assert slice_warnings(take_snapshot(model, layer)) == []


def visible(viewer, name):
    overlay = viewer.canvas.overlays[f"medscan_{name}"]
    return overlay.text.strip() if overlay.visible else ""


@pytest.mark.parametrize(
    ("level", "width", "text"),
    [
        (40.2, 400.7, "W 401 · L 40 HU"),
        (3.2, 96.0, "W 96 · L 3 HU"),
        (3.25, 7.5, "W 7.5 · L 3.3 HU"),
        (-0.2, 1500, "W 1500 · L 0 HU"),
        (-896.5, 251, "W 251 · L -897 HU"),
    ],
)
def test_window_lines_round_level_to_what_the_width_tells(model, tmp_path, level, width, text):
    layer = opened(model, tmp_path)
    set_center_width(layer, level, width)
    assert window_lines(take_snapshot(model, layer))[0] == text


def test_name_lines_tell_the_study_if_several_are_open(model, tmp_path, monkeypatch):
    record = Record()
    monkeypatch.setattr("napari_medscan.napari_.corner_lines.record", record)
    for year, study in ((2025, "1.2.9"), (2026, "1.2.8")):
        dates = {"StudyDate": f"{year}0301", "StudyInstanceUID": study}
        write_series(tmp_path / study, 3, series=year, **dates)
    latest, prior = (load(tmp_path / study) for study in ("1.2.8", "1.2.9"))
    record.add(latest)
    (layer,) = image_layers(latest.stacks)
    model.add_layer(layer)
    assert name_lines(take_snapshot(model, layer)) == [layer.name]
    record.add(prior)
    (other,) = image_layers(prior.stacks)
    model.add_layer(other)
    names = [name_lines(take_snapshot(model, x)) for x in (layer, other)]
    assert [study.rpartition(" · ")[2] for _, study in names] == [
        "latest",
        "12 months before the latest",
    ]
    brief = [name_lines(take_snapshot(model, x), brief=True) for x in (layer, other)]
    assert brief == [[layer.name, "latest"], [other.name, "12 months before"]]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["CT 2 · Chest"], ["CT 2 · Chest"]),
        (["CT 2 · Chest", "latest"], ["CT 2", "latest"]),
        (["CT 2 · Chest", "Patient 1 · 5 months before"], ["CT 2", "Patient 1", "−5 months"]),
    ],
)
def test_short_names_say_the_study_rather_than_the_description(names, short):
    assert short_names(names) == short


def test_place_lines_beside_the_series_say_so(model, tmp_path):
    layer = opened(model, tmp_path)
    model.add_image(np.zeros((90, 4, 6)), scale=layer.scale)
    model.dims.set_current_step(0, 80)
    assert place_lines(take_snapshot(model, layer)) == ["Outside this series"]


@pytest.mark.parametrize(("mode", "name"), [("max", "MIP"), ("min", "MinIP"), ("mean", "Average")])
def test_place_lines_name_the_slab(model, tmp_path, mode, name):
    layer = opened(model, tmp_path)
    set_slab(model, [layer], mode, 6)
    assert place_lines(take_snapshot(model, layer))[1] == f"{name} 6 mm"
    set_slab(model, [layer], "none", 0)
    assert len(place_lines(take_snapshot(model, layer))) == 1


def test_texts_follow_and_go(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    before = set(viewer.canvas.overlays)
    texts = CornerText(viewer)
    assert visible(viewer, "place") == ""
    layer = opened(viewer, tmp_path)
    viewer.dims.set_current_step(0, 3)
    qtbot.waitUntil(lambda: visible(viewer, "place").endswith("Slice 4/5 · S 6.0 mm"))
    layer.contrast_limits = (0, 99)
    qtbot.waitUntil(lambda: visible(viewer, "window").startswith("W 100 · L 50 HU"))
    viewer.scene.camera.zoom = 4
    qtbot.waitUntil(lambda: visible(viewer, "window").endswith("300%"))
    viewer.layers.clear()
    qtbot.waitUntil(lambda: visible(viewer, "place") == visible(viewer, "window") == "")
    texts.release()
    assert set(viewer.canvas.overlays) == before


def test_the_study_is_named_as_soon_as_another_one_is_found(
    make_napari_viewer, qtbot, tmp_path, monkeypatch
):
    record = Record()
    for module in ("corner_lines", "corner_text"):
        monkeypatch.setattr(f"napari_medscan.napari_.{module}.record", record)
    viewer = make_napari_viewer()
    texts = CornerText(viewer)
    write_series(tmp_path / "one", 3, StudyInstanceUID="1.2.9")
    report = load(tmp_path / "one")
    record.add(report)
    viewer.add_layer(image_layers(report.stacks)[0])
    qtbot.waitUntil(lambda: "Slice 2/3" in visible(viewer, "place"))
    assert "Patient 1" not in visible(viewer, "place")
    other = {"PatientID": "OTHER", "PatientName": "Other^Bob", "StudyInstanceUID": "1.2.8"}
    write_series(tmp_path / "two", 3, series=4, **other)
    record.add(load(tmp_path / "two"))
    assert "Patient 1" in visible(viewer, "place")
    texts.release()
    record.forget(record.stacks)


def test_names_are_defused(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    texts = CornerText(viewer)
    layer = opened(viewer, tmp_path)
    layer.name = HOSTILE
    qtbot.waitUntil(lambda: "img" in visible(viewer, "place"))
    assert "<" not in visible(viewer, "place")
    texts.release()


def test_the_patient_is_named_only_while_asked_for(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path / "a", PatientBirthDate="19500203")
    plain = CornerText(viewer)
    qtbot.waitUntil(lambda: visible(viewer, "place") != "")
    everything = [o.text for o in viewer.canvas.overlays.values() if hasattr(o, "text")]
    assert not any("Canary" in text or "MRN77X" in text for text in everything)
    identity = IdentityText(viewer)
    qtbot.waitUntil(lambda: visible(viewer, "identity") == "Canary, Alice\nMRN77X\n1950-02-03")
    overlay = viewer.canvas.overlays["medscan_identity"]
    identity.release()
    assert "medscan_identity" not in viewer.canvas.overlays
    assert "Canary" not in overlay.text
    plain.release()


def test_another_patient_is_never_named_over_this_one(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path / "a")
    identity = IdentityText(viewer)
    qtbot.waitUntil(lambda: visible(viewer, "identity").startswith("Canary, Alice"))
    opened(viewer, tmp_path / "b", series=4, PatientName="Canary^Bob", PatientID="2")
    seen = []
    viewer.canvas.overlays["medscan_identity"].events.text.connect(seen.append)
    qtbot.waitUntil(lambda: visible(viewer, "identity") == "Canary, Bob\n2")
    assert not any("Alice" in text for text in seen)
    identity.release()


def test_nothing_is_said_of_a_series_until_it_is_known_what(make_napari_viewer, qtbot, tmp_path):
    """napari takes a while to draw a new layer, and would draw it under the text before."""
    viewer = make_napari_viewer()
    opened(viewer, tmp_path / "a")
    texts, letters, identity = CornerText(viewer), OrientationLetters(viewer), IdentityText(viewer)
    names = ("place", "window", "left", "identity")
    qtbot.waitUntil(lambda: all(visible(viewer, name) for name in names))
    viewer.add_shapes()
    assert all(visible(viewer, name) for name in names)
    opened(viewer, tmp_path / "b", series=4, PatientName="Canary^Bob", PatientID="2")
    assert not any(visible(viewer, name) for name in names)
    qtbot.waitUntil(lambda: visible(viewer, "identity") == "Canary, Bob\n2")
    assert all(visible(viewer, name) for name in names)
    for each in (texts, letters, identity):
        each.release()


def test_a_patient_is_named_again_after_a_second_series(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    layer = opened(viewer, tmp_path / "a")
    identity = IdentityText(viewer)
    qtbot.waitUntil(lambda: visible(viewer, "identity").startswith("Canary, Alice"))
    opened(viewer, tmp_path / "b", series=4, PatientName="Canary^Bob", PatientID="2")
    viewer.layers.selection.active = layer
    assert visible(viewer, "identity") == ""
    qtbot.waitUntil(lambda: visible(viewer, "identity").startswith("Canary, Alice"))
    identity.release()


@pytest.mark.parametrize("ending", ["gone", "cut"])
def test_a_file_that_is_gone_names_nobody(make_napari_viewer, qtbot, tmp_path, ending):
    viewer = make_napari_viewer()
    layer = opened(viewer, tmp_path, 1)
    path = stack_of(layer).header.source.path_on_disk
    path.unlink() if ending == "gone" else path.write_bytes(b"")
    identity = IdentityText(viewer)
    qtbot.wait(200)
    assert visible(viewer, "identity") == ""
    identity.release()


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("slope", [1, 0.5])
def test_the_window_is_the_one_that_the_panel_says(model, tmp_path, function, slope):
    """Two answers on one screen, of which one is off by a half, would both be doubted."""
    write_series(tmp_path, RescaleSlope=slope)
    model.add_layer(*image_layers(load(tmp_path).stacks))
    (layer,) = model.layers
    show(layer, Window("", 40, 400, function))
    assert window_lines(take_snapshot(model, layer))[0] == "W 400 · L 40 HU"


def test_lines_end_before_the_letters_of_a_narrow_canvas(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    layer = opened(viewer, tmp_path)
    layer.name = "CT 3 · Thorax venous 1.0 B30f axial"
    texts = CornerText(viewer)
    whole = [layer.name, "Slice 3/5 · S 4.0 mm"]
    viewer.canvas.size = (400, 1000)
    qtbot.waitUntil(lambda: visible(viewer, "place").split("\n") == whole)
    viewer.canvas.size = (400, 400)
    qtbot.waitUntil(lambda: visible(viewer, "place").split("\n") != whole)
    lines = visible(viewer, "place").split("\n")
    assert len(lines) > 2
    # The number keeps its unit.
    assert lines[-1].endswith("S 4.0 mm")
    # Nothing is lost but the dots at which lines are broken.
    words = [word for word in " ".join(lines).split() if word != "·"]
    assert words == [word for word in " ".join(whole).split() if word != "·"]
    texts.release()


def test_corner_text_narrow_canvas_or_grid_shows_warnings_at_most(
    make_napari_viewer, qtbot, tmp_path
):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path, ImagePositionPatient=lambda i: [0, 0, 2 * i + 4 * (i > 1)])
    texts = CornerText(viewer)
    viewer.canvas.size = (400, 1000)
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: "missing" in visible(viewer, "warning"))
    assert visible(viewer, "place")
    assert visible(viewer, "window")
    viewer.canvas.size = (400, 110)
    qtbot.waitUntil(lambda: not visible(viewer, "place"))
    assert not visible(viewer, "window")
    assert visible(viewer, "warning")
    viewer.canvas.size = (400, 1000)
    qtbot.waitUntil(lambda: bool(visible(viewer, "place")))
    viewer.add_layer(image_layers([stack_of(viewer.layers[0])])[0])
    viewer.layers[0].visible = True
    viewer.canvas.grid.enabled = True
    qtbot.waitUntil(lambda: not visible(viewer, "place"))
    assert not visible(viewer, "warning")
    texts.release()


def test_corner_text_without_the_name_of_the_series(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    layer = opened(viewer, tmp_path)
    texts = CornerText(viewer, names_series=False)
    qtbot.waitUntil(lambda: bool(visible(viewer, "place")))
    assert layer.name not in visible(viewer, "place")
    assert visible(viewer, "place").startswith("Slice 3/5")
    texts.release()


def test_corner_text_small_canvas_is_small_and_short(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    layer = opened(viewer, tmp_path, WindowCenter=40, WindowWidth=400)
    layer.name = "CT 3 · Thorax venous 1.0 B30f axial"
    texts = CornerText(viewer)
    viewer.canvas.size = (400, 200)
    qtbot.waitUntil(lambda: visible(viewer, "window").startswith("W 400\nL 40 HU"))
    name, description, *place = visible(viewer, "place").split("\n")
    assert (name, place) == ("CT 3", ["3/5", "S 4.0 mm"])
    assert description.startswith("Thorax")
    assert description.endswith("…")
    corners = ("place", "window", "warning")
    overlays = [viewer.canvas.overlays[f"medscan_{corner}"] for corner in corners]
    assert {overlay.font_size for overlay in overlays} == {7}
    viewer.canvas.size = (400, 1000)
    qtbot.waitUntil(lambda: "Slice 3/5" in visible(viewer, "place"))
    assert {overlay.font_size for overlay in overlays} == {10}
    texts.release()


@pytest.mark.parametrize("width", range(20, 120, 10))
def test_small_lines_cut_no_number(qapp, width):  # noqa: ARG001 - fonts need it
    lines = small_lines([], ["W 1234 · L 202.5 HU", "12/24 · I 2.5 mm", "1063%"], width)
    assert set(lines) <= {"W 1234", "L 202.5 HU", "12/24", "I 2.5 mm", "1063%"}
    assert bool(lines) or width < 60


def test_a_word_that_does_not_fit_is_cut_short(qapp):  # noqa: ARG001 - fonts need it
    (line,) = fitted(["x" * 200], 100)
    assert line.endswith("…")
    assert 3 < len(line) < 20
    assert fitted([""], 100) == [""]
