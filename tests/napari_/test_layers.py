"""What a layer says of its stack: units, places, contrast, names."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from napari.layers import Image

from napari_medscan.dicom import Stack, load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer, image_layers

from ..dicom.making import RGB_IMAGE
from ..studies import BIDI, HOSTILE, write_series


def layer_of(folder, slices=3, **changes):
    write_series(folder, slices, **changes)
    (stack,) = load(folder).stacks
    return image_layer(stack)


def test_a_phantom_becomes_a_layer_with_everything_on_it(chest):
    (layer,) = image_layers(load(chest).stacks)
    stack = stack_of(layer)
    assert isinstance(stack, Stack)
    assert layer.data is stack.array.display
    assert layer.name == "CT 2 · Chest 2.5 B30f"
    assert layer.scale.tolist() == [2.5, 380 / 32, 380 / 32]
    assert np.allclose(layer.translate, stack.geometry.translate)
    assert [str(unit) for unit in layer.units] == ["millimeter"] * 3
    assert layer.axis_labels == ("z", "y", "x")
    assert layer.rgb is False
    assert layer.multiscale is False
    assert layer.visible
    assert layer.projection_mode == "none"
    assert layer.colormap.name == "gray"
    assert np.array_equal(layer.affine.affine_matrix, np.eye(4))


def test_the_first_window_is_drawn_as_the_standard_says(tmp_path):
    """PS3.3 C.11.2.1.2: LINEAR spans c - 0.5 - (w - 1)/2 to c - 0.5 + (w - 1)/2."""
    windows = {"WindowCenter": [40, -600], "WindowWidth": [400, 1500]}
    layer = layer_of(tmp_path, **windows)
    assert layer.contrast_limits == [40 - 0.5 - 199.5, 40 - 0.5 + 199.5]
    low, high = layer.contrast_limits_range
    # Room for both windows and all that a CT may hold.
    assert low < -600 - 0.5 - 749.5
    assert high > 3071


def test_linear_exact(tmp_path):
    exact = {"WindowCenter": 40, "WindowWidth": 400, "VOILUTFunction": "LINEAR_EXACT"}
    assert layer_of(tmp_path, **exact).contrast_limits == [-160, 240]


def test_without_a_window_the_middle_slice_decides(tmp_path):
    ramp = np.arange(24, dtype="<u2").tobytes()
    layer = layer_of(tmp_path, PixelData=lambda _: ramp)
    assert layer.contrast_limits == list(np.percentile(np.arange(24) - 1024.0, (1, 99)))


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_the_slider_reaches_beyond_the_limits(tmp_path, modality):
    layer = layer_of(tmp_path, Modality=modality)
    low, high = layer.contrast_limits
    wide = layer.contrast_limits_range
    assert wide[0] < low
    assert wide[1] > high


@pytest.mark.parametrize(
    "changes",
    [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
        {"PresentationLUTShape": "INVERSE"},
    ],
)
def test_inverted_image_is_drawn_so_and_its_values_are_not(tmp_path, changes):
    """PS3.3 C.7.6.3.1.2 and C.7.6.1.1.5: inverted once, however often the file says so."""
    layer = layer_of(tmp_path, **changes)
    assert layer.colormap.name == "gray_r"
    assert np.asarray(layer.data)[:, 0, 0].tolist() == [-1024, -1014, -1004]


def test_color_is_said_not_guessed(tmp_path):
    rgb = {
        **RGB_IMAGE,
        "PixelData": bytes(range(72)),
    }
    layer = layer_of(tmp_path, **rgb)
    assert layer.rgb is True
    assert layer.ndim == 3
    assert layer.contrast_limits == [0, 255]


@pytest.mark.parametrize("columns", [3, 4])
def test_a_gray_image_three_pixels_wide_is_not_color(tmp_path, columns):
    layer = layer_of(tmp_path, Columns=columns, PixelData=bytes(2 * 4 * columns))
    assert layer.rgb is False
    assert layer.ndim == 3


@pytest.mark.parametrize("signed", [0, 1])
def test_whole_numbers_of_32_bits_are_an_image_not_labels(tmp_path, model, signed):
    wide = {
        "BitsAllocated": 32,
        "BitsStored": 32,
        "HighBit": 31,
        "PixelRepresentation": signed,
        "RescaleSlope": None,
        "RescaleIntercept": None,
        "PixelData": np.arange(24, dtype="<u4").tobytes(),
    }
    write_series(tmp_path, **wide)
    (layer,) = model.open(str(tmp_path), plugin="napari-medscan")
    assert layer.dtype.kind in "iu"
    assert layer.dtype.itemsize == 4
    assert type(layer) is Image


def write_times(folder):
    times = {"TemporalPositionIdentifier": 1, "Modality": "MR"}
    write_series(folder, 3, **times, SOPInstanceUID=lambda i: f"1.2.7.{i}")
    (folder / "later").mkdir()
    later = {
        "TemporalPositionIdentifier": 2,
        "Modality": "MR",
        "SOPInstanceUID": lambda i: f"1.2.8.{i}",
        "InstanceNumber": lambda i: i + 4,
        "PixelData": lambda i: np.full((4, 6), 500 + i, dtype="<u2").tobytes(),
    }
    write_series(folder / "later", 3, **later)


def test_repeats_become_a_time_axis(tmp_path):
    write_times(tmp_path)
    (layer,) = image_layers(load(tmp_path).stacks)
    assert layer.data.shape == (2, 3, 4, 6)
    assert layer.axis_labels == ("t", "z", "y", "x")
    assert layer.scale.tolist() == [1, 2, 0.5, 0.75]
    assert layer.translate[0] == 0
    assert [str(unit) for unit in layer.units][1:] == ["millimeter"] * 3


def test_without_a_spacing_distances_are_in_pixels(tmp_path):
    layer = layer_of(tmp_path, PixelSpacing=None)
    assert [str(unit) for unit in layer.units] == ["pixel"] * 3
    assert layer.scale.tolist()[1:] == [1, 1]


def test_a_hostile_description_is_defused(tmp_path):
    described = f"a {HOSTILE} {BIDI}b\r\n" + "x" * 300
    layer = layer_of(tmp_path, SeriesDescription=described)
    assert layer.name.startswith("CT 3 · a ‹img")
    assert len(layer.name) < 80
    assert "<" not in layer.name
    assert BIDI not in layer.name
    assert layer.name.isprintable()


def test_the_patient_is_not_in_the_name(tmp_path):
    described = "Thorax Canary ALICE mrn77x 19551224 2.0"
    assert layer_of(tmp_path, SeriesDescription=described).name == "CT 3 · Thorax 2.0"


def test_a_copy_shares_pixels_and_stack(tmp_path):
    layer = layer_of(tmp_path)
    twin = copy.deepcopy(layer.data)
    assert twin is layer.data
    assert copy.deepcopy(layer.metadata)["medscan"] is stack_of(layer)


# --- several layers


def test_no_stacks_no_layers():
    assert image_layers([]) == []


def test_pet_is_drawn_upon_the_ct_of_its_examination(pet_ct):
    layers = image_layers(load(pet_ct).stacks)
    assert [stack_of(layer).modality for layer in layers] == ["CT", "PT"]
    ct, pet = layers
    assert ct.visible
    assert pet.visible
    assert pet.blending == "additive"
    assert pet.colormap.name == "inferno"
    assert ct.blending != "additive"


def test_a_pet_larger_than_its_ct_is_still_the_one_on_top(pet_ct):
    stacks = load(pet_ct).stacks
    assert max(stacks, key=lambda s: s.array.size).modality == "PT"


def test_a_pet_of_another_patient_is_not_drawn_upon_a_ct(tmp_path, pet_ct):
    stacks = [s for s in load(pet_ct).stacks if s.modality == "PT"]
    write_series(tmp_path, 3)
    layers = image_layers([*load(tmp_path).stacks, *stacks])
    assert [layer.visible for layer in layers] == [False, True]
    assert layers[1].colormap.name == "gray"


def test_of_other_series_only_the_largest_is_seen(tmp_path):
    for number, slices in ((1, 2), (2, 5), (3, 3)):
        write_series(tmp_path, slices, series=number)
    layers = image_layers(load(tmp_path).stacks)
    # napari activates the last one that is added.
    assert [layer.visible for layer in layers] == [False, False, True]
    assert stack_of(layers[-1]).series_number == 2


def test_a_foreign_layer_has_no_stack():
    assert stack_of(Image(np.zeros((3, 3)))) is None
    assert stack_of(Image(np.zeros((3, 3)), metadata={"medscan": "mine"})) is None
    assert stack_of(None) is None
