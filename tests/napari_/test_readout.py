"""The read-out under the cursor."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.readout import CursorReadout, _number, cursor_text

from .test_planes import opened


def test_value_unit_and_place(model, tmp_path):
    layer = opened(model, tmp_path, ImagePositionPatient=lambda i: [-10, 5, 2 * i])
    model.dims.set_current_step(0, 3)
    model.cursor.position = layer.data_to_world((3, 2, 4))
    assert cursor_text(model) == "CT 3: -994 HU · R 7.0 P 6.0 S 6.0 mm"
    model.cursor.position = layer.data_to_world((3, 20, 4))
    assert cursor_text(model) == "R 7.0 P 15.0 S 6.0 mm"


def test_pet_is_given_in_uptake_too(model, pet_ct):
    for layer in image_layers(load(pet_ct).stacks):
        model.add_layer(layer)
    layer = model.layers[-1]
    stack = stack_of(layer)
    model.layers.selection = {layer}
    place = (1, 14, 16)
    model.dims.set_current_step(0, 1)
    model.cursor.position = layer.data_to_world(place)
    value = float(stack.array.frame(1)[place[1:]])
    text = cursor_text(model).split(" · ")
    assert text[0] == f"PT 3: {value:,.0f} Bq/ml".replace(",", "\N{NARROW NO-BREAK SPACE}")
    assert text[1] == f"SUVbw {value * stack.suv.bw:.2f}"
    assert text[2].endswith(" mm")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int16(-1024), "-1024"),
        (np.float32(0.12345), "0.1235"),
        (np.float32(999.44), "999.4"),
        (7432.4, "7\N{NARROW NO-BREAK SPACE}432"),
        (np.float32(-1234567), "-1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"),
        (3e12, "3e+12"),
        (np.float32("nan"), "nan"),
    ],
)
def test_numbers_are_written_as_people_do(value, text):
    assert _number(value) == text


def test_what_is_drawn_blank_has_no_value(model, tmp_path):
    layer = opened(model, tmp_path, 6, ImagePositionPatient=lambda i: [0, 0, 2 * (i + (i > 3))])
    stack = stack_of(layer)
    assert stack.geometry.missing == (4,)
    for z, told in ((3, "CT 3: -994 HU"), (4, "CT 3: no slice here"), (5, "CT 3: -984 HU")):
        model.dims.set_current_step(0, z)
        model.cursor.position = layer.data_to_world((z, 2, 4))
        assert cursor_text(model).split(" · ")[0] == told
    stack.problems[4] = "the file was cut off"
    assert cursor_text(model).startswith("CT 3: not decoded · ")


def test_nothing_in_3d_or_for_others(model, tmp_path):
    opened(model, tmp_path, 3)
    model.dims.ndisplay = 3
    assert cursor_text(model) == ""
    model.dims.ndisplay = 2
    model.layers.selection.clear()
    assert cursor_text(model) == ""


def test_it_reads_no_frame(model, tmp_path, monkeypatch):
    layer = opened(model, tmp_path)
    stack_of(layer).array.close()
    monkeypatch.setattr(type(stack_of(layer).array), "frame", None)
    model.cursor.position = layer.data_to_world((4, 2, 4))
    assert "HU" in cursor_text(model)


def test_it_takes_the_place_of_naparis_text(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path, 3)
    viewer.mouse_over_canvas = True
    readout = CursorReadout(viewer)
    viewer.update_status_from_cursor()
    assert viewer.status == cursor_text(viewer)
    assert viewer.window._qt_window.statusBar()._status.text() == viewer.status
    viewer.status = "Saved"
    assert viewer.status == "Saved"
    readout.release()
    viewer.update_status_from_cursor()
    assert isinstance(viewer.status, dict)
