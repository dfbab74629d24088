"""Commands of the window beyond those that `test_commands` runs on a CT."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_ import window_commands as commands
from napari_medscan.napari_.fusion import draw_fused
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.window_scope import set_window_scope, window_targets
from napari_medscan.napari_.windowing import center_width, limits_of, show

from .test_planes import opened


def test_window_from_file_takes_the_windows_in_turn(model, tmp_path):
    layer = opened(model, tmp_path, WindowCenter=[50, -600], WindowWidth=[300, 1500])
    commands.ct_bone(model)
    for expected in ((50, 300), (-600, 1500), (50, 300)):
        commands.window_from_file(model)
        assert center_width(layer) == expected


def test_window_from_file_without_one_tells(model, tmp_path, told):
    layer = opened(model, tmp_path, WindowCenter=None, WindowWidth=None)
    before = layer.contrast_limits
    told.clear()
    commands.window_from_file(model)
    assert [note.message for note in told] == ["This series has no window of its own."]
    assert layer.contrast_limits == before


def test_window_inverted_gray_of_fused_pet_keeps_its_window(model, tmp_path):
    layer = opened(model, tmp_path, Modality="PT", Units="CNTS")
    draw_fused(layer)
    show(layer, Window("", 50, 60))
    for name in ("gray_r", "gray", "gray_r"):
        commands.window_inverted_gray(model)
        assert layer.colormap.name == name
        assert center_width(layer) == (50, 60)


@pytest.fixture
def fusion(model, pet_ct):
    """Return the layers of a CT and of the PET on it, which is active."""
    ct, pet = image_layers(load(pet_ct).stacks)
    model.add_layer(ct)
    model.add_layer(pet)
    model.layers.selection.active = pet
    assert (ct.visible, pet.visible, str(pet.blending)) == (True, True, "additive")
    return ct, pet


def colormaps(layers):
    return [layer.colormap.name for layer in layers]


def test_window_invert_of_an_overlay_inverts_the_image_below(model, fusion):
    commands.window_invert(model)
    assert colormaps(fusion) == ["gray_r", "inferno"]
    commands.window_invert(model)
    assert colormaps(fusion) == ["gray", "inferno"]


def test_window_invert_of_the_selected_fusion_leaves_the_overlay(model, fusion):
    model.layers.selection = set(fusion)
    model.layers.selection.active = fusion[0]
    commands.window_invert(model)
    assert colormaps(fusion) == ["gray_r", "inferno"]


def test_window_invert_of_an_overlay_alone_tells(model, fusion, told):
    ct, _ = fusion
    ct.visible = False
    told.clear()
    commands.window_invert(model)
    assert colormaps(fusion) == ["gray", "inferno"]
    assert [note.message for note in told] == [
        "An overlay cannot be inverted. Show the series below it first."
    ]


def test_window_inverted_gray_of_an_overlay_covers_the_image_and_fuses_again(model, fusion):
    _, pet = fusion
    commands.window_inverted_gray(model)
    assert (pet.colormap.name, str(pet.blending)) == ("gray_r", "translucent_no_depth")
    commands.window_invert(model)
    assert colormaps(fusion) == ["gray", "gray"]
    commands.window_invert(model)
    commands.window_inverted_gray(model)
    assert (pet.colormap.name, str(pet.blending)) == ("inferno", "additive")


def test_window_inverted_gray_keeps_the_curve_of_a_sigmoid(model, tmp_path):
    layer = opened(model, tmp_path)
    window = Window("", 50, 60, "SIGMOID")
    show(layer, window)
    commands.window_inverted_gray(model)
    assert layer.colormap.name.startswith("gray_r")
    assert layer.contrast_limits == list(limits_of(window))


def test_window_presets_of_pet_are_its_usual_ones(model, pet_ct):
    (pet,) = (x for x in image_layers(load(pet_ct).stacks) if x.metadata["medscan"].suv)
    model.add_layer(pet)
    commands.window_preset_4(model)
    factor = pet.metadata["medscan"].suv.bw
    assert pet.contrast_limits == pytest.approx([0, 10 / factor])


def test_window_preset_that_is_not_there_tells(model, tmp_path, told):
    opened(model, tmp_path, Modality="MR", RescaleType=None)
    told.clear()
    commands.window_preset_9(model)
    assert [note.message for note in told] == ["This series has no preset 9."]


def test_ct_preset_of_another_modality_tells(model, tmp_path, told):
    layer = opened(model, tmp_path, Modality="MR", RescaleType=None)
    before = layer.contrast_limits
    told.clear()
    commands.ct_lung(model)
    assert len(told) == 1
    assert layer.contrast_limits == before


def test_window_auto_in_3d_takes_slices_of_the_volume(model, tmp_path):
    layer = opened(model, tmp_path, 9)
    model.dims.ndisplay = 3
    commands.window_full_range(model)
    assert layer.contrast_limits == [-1024, 80 - 1024]
    commands.window_auto(model)
    low, high = np.percentile(np.repeat(np.arange(9) * 10 - 1024, 24), (1, 99))
    assert layer.contrast_limits == pytest.approx([low, high])


@pytest.mark.parametrize(("scope", "changed"), [("selected", [0]), ("all", [0, 1])])
def test_window_scope_says_which_layers_change(model, tmp_path, scope, changed):
    layers = [opened(model, tmp_path / str(n), series=n) for n in (1, 2)]
    layers.append(opened(model, tmp_path / "mr", series=3, Modality="MR", RescaleType=None))
    set_window_scope(model, scope)
    model.layers.selection.active = layers[0]
    assert window_targets(model, layers[0]) == [layers[n] for n in changed]
    commands.ct_lung(model)
    assert [n for n, x in enumerate(layers) if center_width(x) == (-600, 1500)] == changed
    commands.window_invert(model)
    assert [n for n, x in enumerate(layers) if x.colormap.name == "gray_r"] == changed


def test_preset_key_says_that_ct_presets_need_hounsfield_units(model, tmp_path, told):
    opened(model, tmp_path, RescaleSlope=None, RescaleIntercept=None)
    told.clear()
    commands.window_preset_1(model)
    assert [note.message for note in told] == [
        "This series has no preset 1. CT presets need values in HU."
    ]
