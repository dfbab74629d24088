"""The label of the fourth axis beside its slider."""

from __future__ import annotations

import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.slider_label import SliderLabel

from ..studies import write_series

SPACE = "\N{FIGURE SPACE}"
PAIRS = {"ImagePositionPatient": lambda i: [0, 0, 2 * (i // 2)]}


def opened(viewer, folder, **changes):
    write_series(folder, 6, **{**PAIRS, **changes})
    (layer,) = image_layers(load(folder).stacks)
    viewer.add_layer(layer)
    return layer


@pytest.fixture
def labeled(model, qapp):  # noqa: ARG001 - the subscription has a timer
    model.canvas.size = (600, 800)
    label = SliderLabel(model, None)
    yield model
    label.release()


def text(viewer, qtbot):
    qtbot.wait(30)
    return viewer.dims.axis_labels[0]


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        (
            {"EchoTime": lambda i: 4.5 * (i % 2 + 1)},
            ["Echo time 4.5 ms", f"Echo time {SPACE * 2}9 ms"],
        ),
        (
            {"DiffusionBValue": lambda i: 1000.0 * (i % 2)},
            [f"b-value {SPACE * 3}0 s/mm²", "b-value 1000 s/mm²"],
        ),
        ({"AcquisitionTime": lambda i: f"1200{5 * (i % 2):02d}.5"}, ["Time 0 s", "Time 5 s"]),
        ({"TemporalPositionIdentifier": lambda i: i % 2 + 1}, ["Time point", "Time point"]),
    ],
)
def test_slider_label_is_name_and_value_of_the_fourth_axis(labeled, qtbot, tmp_path, facts, labels):
    opened(labeled, tmp_path, **facts)
    for number, expected in enumerate(labels):
        labeled.dims.set_current_step(0, number)
        assert text(labeled, qtbot) == expected
    assert labeled.dims.axis_labels[1:] == ("z", "y", "x")


def test_slider_label_narrow_canvas_is_the_value(labeled, qtbot, tmp_path):
    opened(labeled, tmp_path, EchoTime=lambda i: 4.0 * (i % 2 + 1))
    labeled.canvas.size = (600, 200)
    assert text(labeled, qtbot).strip() == "4 ms"


def test_slider_label_of_a_series_without_time_is_the_layers_own(labeled, qtbot, tmp_path):
    timed = opened(labeled, tmp_path, EchoTime=lambda i: 4.0 * (i % 2 + 1))
    assert text(labeled, qtbot) == "Echo time 4 ms"
    timed.visible = False
    assert text(labeled, qtbot) == "t"
    timed.visible = True
    assert text(labeled, qtbot) == "Echo time 4 ms"


def test_slider_label_that_the_user_wrote_stays(labeled, qtbot, tmp_path):
    opened(labeled, tmp_path, EchoTime=lambda i: 4.0 * (i % 2 + 1))
    assert text(labeled, qtbot) == "Echo time 4 ms"
    labeled.dims.set_axis_label(0, "TE")
    labeled.dims.set_current_step(0, 1)
    assert text(labeled, qtbot) == "TE"


def test_slider_label_fits_beside_the_slider(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1400, 900)
    opened(viewer, tmp_path, EchoTime=lambda i: 4.0 * (i % 2 + 1))
    canvas = viewer.window._qt_window._qt_viewer
    label = SliderLabel(viewer, canvas)
    field = canvas.dims.slider_widgets[0].axis_label
    qtbot.waitUntil(lambda: field.text() == "Echo time 4 ms")
    assert field.fontMetrics().horizontalAdvance(field.text()) < field.width()
    label.release()
    assert field.text() == "t"
