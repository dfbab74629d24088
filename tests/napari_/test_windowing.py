"""What a layer draws for a window, against the standard's formulas, pydicom and the canvas."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from napari.layers import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.voi_lut import VoiLut
from napari_medscan.dicom.intensity.window import Window, percentile_limits
from napari_medscan.napari_ import windowing
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer, image_layers
from napari_medscan.napari_.settings import AUTO, OWN, Settings
from napari_medscan.napari_.user_presets import UserPresets
from napari_medscan.napari_.windowing import (
    base_colormap,
    center_width,
    function_of,
    invert,
    is_inverted,
    is_shown,
    is_windowed,
    on_screen,
    set_center_width,
    set_limits,
    show,
)

from ..dicom.making import RGB_IMAGE
from ..studies import write_series
from .test_layers import layer_of

CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or Path(__file__).parents[3] / "shared/corpus")
FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"]


def drawn(layer, values):
    """Gray from 0 to 255 that napari's own mapping gives."""
    low, high = layer.contrast_limits
    place = np.clip((np.asarray(values, dtype=float) - low) / (high - low), 0, 1)
    return layer.colormap.map(place.ravel())[:, 0].reshape(np.shape(values)) * 255


def by_pydicom(values, center, width, function, photometric="MONOCHROME2"):
    """Gray from 0 to 255 by pydicom's windowing of signed 16-bit pixels."""
    data = Dataset()
    data.PhotometricInterpretation = photometric
    data.WindowCenter, data.WindowWidth = center, width
    data.VOILUTFunction = function
    data.BitsStored, data.PixelRepresentation = 16, 1
    with np.errstate(over="ignore"):
        return (apply_windowing(np.asarray(values), data) + 32768) / 65535 * 255


def table(entries, first=0, bits=12):
    return VoiLut("table", first, bits, np.asarray(entries, dtype=np.uint16).tobytes())


# --- windows


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (40, 2), (300.5, 601)])
def test_a_window_is_drawn_as_pydicom_applies_it(tmp_path, center, width, function):
    layer = layer_of(tmp_path)
    show(layer, Window("w", center, width, function))
    values = np.arange(-2000, 3000)
    expected = by_pydicom(values, center, width, function)
    assert np.abs(drawn(layer, values) - expected).max() < 0.1


def test_a_width_of_one_is_a_threshold(tmp_path):
    layer = layer_of(tmp_path)
    show(layer, Window("w", 40, 1))
    assert drawn(layer, [38, 39, 40, 41]).tolist() == [0, 0, 255, 255]
    assert center_width(layer) == pytest.approx((40, 1), abs=0.01)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600.5, 1500), (2.5, 5)])
def test_center_and_width_come_back_from_the_limits(tmp_path, center, width, function):
    layer = layer_of(tmp_path)
    show(layer, Window("w", center, width, function))
    assert center_width(layer) == pytest.approx((center, width), abs=1e-9)
    before = layer.contrast_limits
    set_center_width(layer, *center_width(layer))
    assert layer.contrast_limits == pytest.approx(before, abs=1e-9)
    set_center_width(layer, center + 10, width * 2)
    expected = by_pydicom(np.arange(-999, 999), center + 10, width * 2, function)
    assert np.abs(drawn(layer, np.arange(-999, 999)) - expected).max() < 0.1


def test_limits_set_elsewhere_are_read_by_the_function_of_the_last_window(tmp_path):
    layer = layer_of(tmp_path)
    layer.contrast_limits = (0, 99)
    assert center_width(layer) == (50, 100)
    show(layer, Window("w", 5, 10, "LINEAR_EXACT"))
    layer.contrast_limits = (0, 99)
    assert center_width(layer) == (49.5, 99)


def test_before_any_choice_the_files_function_counts(tmp_path):
    layer = layer_of(tmp_path, WindowCenter=5, WindowWidth=10, VOILUTFunction="LINEAR_EXACT")
    assert center_width(layer) == (5, 10)


@pytest.mark.parametrize(
    ("changes", "function"),
    [
        ({}, "LINEAR"),
        ({"RescaleSlope": 0.5}, "LINEAR"),
        ({"Modality": "PT", "Units": "BQML", "RescaleSlope": 0.5}, "LINEAR_EXACT"),
    ],
)
def test_without_a_window_the_values_decide(tmp_path, changes, function):
    assert function_of(layer_of(tmp_path, **changes)) == function


def test_limits_may_be_given_in_any_order_and_equal(tmp_path):
    layer = layer_of(tmp_path)
    set_limits(layer, 9, 3)
    assert layer.contrast_limits == [3, 9]
    set_limits(layer, 3, 3)
    assert layer.contrast_limits[1] > layer.contrast_limits[0]


def test_a_preset_is_the_image_it_says_whatever_the_gamma_was(tmp_path):
    layer = layer_of(tmp_path)
    layer.gamma = 0.5
    show(layer, Window("w", 40, 400))
    assert layer.gamma == 1


# --- inversion and other colormaps


@pytest.mark.parametrize("function", FUNCTIONS)
def test_monochrome1_is_inverted_after_the_window(tmp_path, function):
    layer = layer_of(tmp_path, PhotometricInterpretation="MONOCHROME1")
    assert not is_inverted(layer)
    show(layer, Window("w", 40, 400, function))
    values = np.arange(-999, 999)
    expected = 255 - by_pydicom(values, 40, 400, function)
    assert np.abs(drawn(layer, values) - expected).max() < 0.1


@pytest.mark.parametrize(
    "voi", [Window("w", 40, 400), Window("w", 40, 400, "SIGMOID"), table([0, 9, 90, 900, 4095])]
)
def test_inverting_turns_the_grays_round_and_back(tmp_path, voi):
    layer = layer_of(tmp_path)
    show(layer, voi)
    values = np.arange(-999, 999)
    before = drawn(layer, values)
    invert(layer)
    assert is_inverted(layer)
    assert np.allclose(drawn(layer, values), 255 - before, atol=1e-3)
    invert(layer)
    assert not is_inverted(layer)
    assert np.allclose(drawn(layer, values), before)


def test_a_curve_bends_the_colormap_of_a_fusion_and_a_window_straightens_it(tmp_path):
    layer = layer_of(tmp_path)
    layer.colormap = "inferno"
    show(layer, Window("w", 40, 400, "SIGMOID"))
    assert layer.colormap.name == "inferno (SIGMOID)"
    show(layer, Window("w", 40, 400))
    assert layer.colormap.name == "inferno"
    invert(layer)
    assert layer.colormap.name == "inferno_r"
    invert(layer)
    assert layer.colormap.name == "inferno"


def test_which_window_is_shown_is_known_again(tmp_path):
    layer = layer_of(tmp_path)
    choices = [
        Window("a", 40, 400),
        Window("b", 40, 400, "SIGMOID"),
        table([0, 9, 4095]),
        table([0, 99, 4095]),
        Window("c", 50, 350),
    ]
    for chosen in choices:
        show(layer, chosen)
        assert [is_shown(layer, voi) for voi in choices] == [voi is chosen for voi in choices]
    set_limits(layer, 0, 1)
    assert not any(is_shown(layer, voi) for voi in choices)


# --- VOI LUT


@pytest.mark.skipif(not CORPUS.exists(), reason="NOT TESTED: the corpus is not here")
def test_the_voi_lut_of_the_corpus_is_drawn_as_pydicom_applies_it():
    path = CORPUS / "cases/lut-modality-voi/vlut_04.dcm"
    (stack,) = load(path.parent).stacks
    layer = image_layer(stack)
    show(layer, stack.windows[0])
    data = pydicom.dcmread(path)
    values = apply_modality_lut(data.pixel_array, data)
    expected = np.round(apply_voi_lut(values, data) / 65535 * 255)
    assert np.array_equal(stack.array[0], values)
    assert np.array_equal(np.round(drawn(layer, stack.array[0])), expected)


@pytest.mark.parametrize(
    ("count", "first", "bits"),
    [(256, 0, 8), (256, -100, 16), (500, 7, 10), (1000, 0, 12), (4096, -1024, 12)],
)
def test_any_table_is_drawn_as_pydicom_applies_it(tmp_path, count, first, bits):
    entries = np.random.default_rng(count).integers(0, 2**bits, count)
    data = Dataset()
    lut = Dataset()
    lut.add_new("LUTDescriptor", "SS" if first < 0 else "US", [count, first, bits])
    lut.add_new("LUTData", "US", entries.tolist())
    data.VOILUTSequence = [lut]
    # pydicom counts values beyond a table of 256 8-bit entries from its start again.
    values = np.arange(first - 50, first + count + (0 if bits == 8 else 50))
    expected = apply_voi_lut(values, data) / (2**bits - 1) * 255
    layer = layer_of(tmp_path)
    show(layer, table(entries, first, bits))
    # napari keeps control points in single precision.
    assert np.abs(drawn(layer, values) - expected).max() < 0.2


# --- what the graphics card makes of it


def on_canvas(viewer, layer):
    """Gray of the image's middle row in the canvas, which shows one pixel of it as four."""
    layer.interpolation2d = "nearest"
    rows, columns = layer.data.shape[-2:]
    viewer.scene.camera.center = ((rows - 1) / 2 * 0.5, (columns - 1) / 2 * 0.5)
    viewer.scene.camera.zoom = 8
    shot = viewer.screenshot(canvas_only=True, size=(64, 4 * columns), flash=False)
    return shot[shot.shape[0] // 2, 2::4, 0].astype(int)


@pytest.mark.parametrize(
    ("voi", "most"),
    [
        (Window("w", 100, 150), 1),
        (Window("w", 100, 150, "SIGMOID"), 1),
        (table(np.random.default_rng(3).integers(0, 4096, 256)), 0),
        (table(np.arange(200) % 2 * 4095), 0),
        (table(np.round(4095 / (1 + np.exp(-np.linspace(-9, 9, 600)))), first=-200), 1),
    ],
)
def test_the_canvas_shows_what_the_window_says(make_napari_viewer, tmp_path, voi, most):
    values = np.arange(200)
    write_series(
        tmp_path,
        1,
        Rows=9,
        Columns=200,
        PixelSpacing=[0.5, 0.5],
        RescaleIntercept=0,
        PixelData=np.tile(values.astype("<u2"), 9).tobytes(),
    )
    viewer = make_napari_viewer(show=True)
    viewer.add_layer(image_layers(load(tmp_path).stacks)[0])
    layer = viewer.layers[0]
    show(layer, voi)
    found = on_canvas(viewer, layer)
    assert found.shape == values.shape
    assert np.abs(found - np.round(drawn(layer, values))).max() <= most


# --- which layer, which pixels


def test_color_and_foreign_layers_have_no_window(tmp_path):
    assert not is_windowed(Image(np.zeros((3, 3))))
    assert not is_windowed(None)
    color = {
        **RGB_IMAGE,
        "PixelData": bytes(72),
    }
    assert not is_windowed(layer_of(tmp_path, **color))


def test_the_pixels_on_screen_are_those_of_the_slice(model, tmp_path):
    layer = model.add_layer(layer_of(tmp_path, 5))
    model.dims.set_current_step(0, 3)
    assert np.unique(on_screen(model, layer)()).tolist() == [30 - 1024]
    model.dims.order = (1, 0, 2)
    assert on_screen(model, layer)().shape == (5, 6)
    model.dims.ndisplay = 3
    assert on_screen(model, layer)().shape == (5, 4, 6)
    layer.visible = False
    assert on_screen(model, layer) is None


def test_nothing_is_read_until_the_pixels_are_asked_for(model, tmp_path):
    layer = model.add_layer(layer_of(tmp_path, 5))
    stack_of(layer).array.close()
    read = on_screen(model, layer)
    assert stack_of(layer).problems == {}
    for path in tmp_path.glob("*"):
        path.unlink()
    read()
    assert stack_of(layer).problems


# --- what a layer opens with


def assert_opens_as_pydicom_applies(layer, data, most):
    values = np.asarray(stack_of(layer).array[0])
    assert np.array_equal(values, apply_modality_lut(data.pixel_array, data))
    signed = data.get("PixelRepresentation", 0)
    gray = apply_voi_lut(values, data)
    if "VOILUTSequence" in data:
        top = 2 ** data.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:
        # pydicom's range of gray is that of the stored bits after rescaling.
        low = -(2 ** (data.BitsStored - 1)) if signed else 0
        ends = apply_modality_lut(np.array([low, low + 2**data.BitsStored - 1]), data)
        gray, top = gray - ends[0], ends[1] - ends[0]
    assert len(np.unique(gray)) > 5
    assert np.abs(drawn(layer, values) - gray / top * 255).max() <= most


def ramp(_slice):
    return np.arange(900, 900 + 24 * 12, 12, dtype="<u2").tobytes()


def test_a_sigmoid_that_is_first_opens_as_pydicom_applies_it(tmp_path):
    window = {"WindowCenter": 40, "WindowWidth": 90, "VOILUTFunction": "SIGMOID"}
    layer = layer_of(tmp_path, PixelData=ramp, **window)
    assert_opens_as_pydicom_applies(layer, pydicom.dcmread(tmp_path / "s3_1.dcm"), 0.1)
    assert function_of(layer) == "SIGMOID"
    # The ends of the slider leave room for all of the curve.
    low, high = layer.contrast_limits_range
    assert low < 40 - 2 * 90
    assert high > 40 + 2 * 90


def test_a_table_that_is_first_opens_as_pydicom_applies_it(tmp_path):
    lut = Dataset()
    lut.add_new("LUTDescriptor", "SS", [300, -200, 12])
    entries = np.random.default_rng(1).integers(0, 4096, 300)
    lut.add_new("LUTData", "US", entries.tolist())
    layer = layer_of(tmp_path, PixelData=ramp, VOILUTSequence=[lut])
    assert_opens_as_pydicom_applies(layer, pydicom.dcmread(tmp_path / "s3_1.dcm"), 0.1)


@pytest.mark.skipif(not CORPUS.exists(), reason="NOT TESTED: the corpus is not here")
def test_the_corpus_opens_in_the_table_that_a_file_names_first():
    path = CORPUS / "cases/lut-modality-voi/vlut_04.dcm"
    (stack,) = load(path.parent).stacks
    assert is_shown(image_layer(stack), stack.windows[0])
    assert isinstance(stack.windows[0], VoiLut)


def test_pet_on_ct_keeps_its_colors_whatever_its_window(tmp_path):
    write_series(tmp_path, 3, WindowCenter=40, WindowWidth=400)
    window = {"WindowCenter": 9, "WindowWidth": 9, "VOILUTFunction": "SIGMOID"}
    write_series(tmp_path, 3, series=4, Modality="PT", **window)
    pet = next(la for la in image_layers(load(tmp_path).stacks) if stack_of(la).modality == "PT")
    assert base_colormap(pet).name == "inferno"
    assert is_shown(pet, stack_of(pet).windows[0])
    assert pet.blending == "additive"


@pytest.mark.parametrize(
    ("modality", "chosen", "limits"),
    [
        ("CT", {}, (-160, 239)),
        ("CT", {"ct_window": "Lung"}, (-1350, 149)),
        ("CT", {"other_window": AUTO, "pet_window": AUTO}, (-160, 239)),
        ("MR", {"ct_window": "Lung"}, (-160, 239)),
        # Not in SUV: these numbers would mean something else.
        ("PT", {"pet_window": "SUV 0–5"}, (-160, 239)),
    ],
)
def test_layers_open_as_preferences_say(tmp_path, monkeypatch, modality, chosen, limits):
    monkeypatch.setattr(windowing, "current", lambda: Settings(**chosen))
    layer = layer_of(tmp_path, Modality=modality, WindowCenter=40, WindowWidth=400)
    assert tuple(layer.contrast_limits) == limits


@pytest.mark.parametrize(
    ("group", "modality", "limits"),
    [
        ("CT HU", "CT", (0, 99)),
        ("MR", "MR", (0, 99)),
        # There is none for this one.
        ("CT HU", "MR", (-160, 239)),
    ],
)
def test_layers_open_in_the_first_preset_of_ones_own(
    tmp_path, monkeypatch, group, modality, limits
):
    own = UserPresets(tmp_path / "presets.json")
    own.add(group, Window("Mine", 50, 100))
    own.add(group, Window("Other", 1, 2))
    monkeypatch.setattr(windowing, "presets_file", lambda: own.path)
    chosen = Settings(ct_window=OWN, pet_window=OWN, other_window=OWN)
    monkeypatch.setattr(windowing, "current", lambda: chosen)
    layer = layer_of(tmp_path, Modality=modality, WindowCenter=40, WindowWidth=400)
    assert tuple(layer.contrast_limits) == limits


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_auto_is_a_percentile_of_the_middle_slice(tmp_path, monkeypatch, modality):
    chosen = Settings(ct_window=AUTO, pet_window=AUTO, other_window=AUTO)
    monkeypatch.setattr(windowing, "current", lambda: chosen)
    layer = layer_of(tmp_path, Modality=modality, WindowCenter=9, WindowWidth=9, PixelData=ramp)
    expected = percentile_limits(stack_of(layer).array.frame(1))
    assert tuple(layer.contrast_limits) == pytest.approx(expected)
