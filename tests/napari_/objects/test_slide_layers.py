"""Slides as multiscale layers: placed in mm, named without identity, redrawn when tiles arrive."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import ObjectView, show_object
from napari_medscan.napari_.objects.shown_object import layers_of, object_of
from napari_medscan.reader import read

from ...dicom.making import write
from ...dicom.objects.labeled import write_ct
from ...dicom.objects.slides import ORIGIN, SPACING, cut, picture, slide, swapped_profile

TILE = 16
LARGE = picture(64, 96)


def write_slide(path, image=LARGE, **changes):
    write(path, slide(image.shape[:2], cut(image, TILE), **changes))


@pytest.fixture
def folder(tmp_path):
    write_slide(tmp_path / "large.dcm")
    write_slide(tmp_path / "small.dcm", LARGE[::4, ::4], zoom=4)
    write_slide(tmp_path / "overview.dcm", picture(20, 30), flavor="OVERVIEW")
    write_slide(tmp_path / "label.dcm", picture(20, 20), flavor="LABEL", SeriesDescription="Doe")
    return tmp_path


def test_slide_is_one_multiscale_layer_and_its_label_none(folder):
    layers = read(str(folder))
    names = ["SM 8 · Liver biopsy · overview", "SM 8 · Liver biopsy"]
    assert [layer.name for layer in layers] == names
    overview, main = layers
    assert main.multiscale
    assert main.rgb
    assert [level.shape for level in main.data] == [(64, 96, 3), (16, 24, 3)]
    assert (main.visible, overview.visible) == (True, False)


def test_slide_layer_lies_in_millimeters(folder):
    _, main = read(str(folder))
    assert np.allclose(main.scale, SPACING)
    assert np.allclose(main.translate, [-ORIGIN[0], -ORIGIN[1]])
    assert {str(unit) for unit in main.units} <= {"mm", "millimeter"}


def test_slide_label_is_shown_when_somebody_asks(folder):
    (label,) = (each for each in load(folder).objects if each.role == "label")
    (layer,) = object_layers([label], [])
    assert layer.name == "SM 8 · label"


def test_slide_optical_paths_are_layers_that_add_up(tmp_path):
    images = [picture(20, 30, gray=True, seed=seed) for seed in range(2)]
    tiles = [tile for image in images for tile in cut(image, TILE)]
    write(tmp_path / "a.dcm", slide((20, 30), tiles, paths=("a", "b")))
    layers = read(str(tmp_path))
    assert [layer.name.rpartition(" · ")[2] for layer in layers] == ["Path a", "Path b"]
    assert {layer.blending for layer in layers} == {"additive"}
    assert layers[0].colormap.name != layers[1].colormap.name


def test_slide_of_a_patient_keeps_the_name_out_of_its_layers(tmp_path):
    write_slide(
        tmp_path / "a.dcm", PatientName="Doe^Jane", SeriesDescription="Biopsy Jane", paths=("a",)
    )
    (layer,) = read(str(tmp_path))
    assert layer.name == "SM 8 · Biopsy"


def test_slide_that_cannot_be_placed_is_told_of(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("napari_medscan.napari_.objects.object_layers.tell", told.append)
    data = slide(LARGE.shape[:2], cut(LARGE, TILE)[:5], DimensionOrganizationType="TILED_SPARSE")
    write(tmp_path / "a.dcm", data)
    assert read(str(tmp_path)) == [(None,)]
    assert told == ["SM 8 · Liver biopsy cannot be shown: its tiles have no positions."]


def test_slide_is_shown_alone_and_fit_to_the_canvas(tmp_path, model, qapp):  # noqa: ARG001
    write_ct(tmp_path / "ct")
    write_slide(tmp_path / "slide.dcm")
    view = ObjectView(model)
    for layer in read(str(tmp_path)):
        model.add_layer(layer)
    view.follow()
    (source,) = load(tmp_path / "slide.dcm").objects
    ours = next(layer for layer in model.layers if object_of(layer) is not None)
    assert not ours.visible
    source = object_of(ours).source
    show_object(model, source)
    view.follow()
    assert layers_of(model, source) == [ours]
    assert [layer.visible for layer in model.layers if layer is not ours] == [False]
    assert ours.visible
    assert np.allclose(camera_of(model).center[-2:], ours.extent.world.mean(0), atol=SPACING)
    view.release()


def test_slide_and_its_overview_are_not_shown_on_each_other(folder, model):
    overview, main = read(str(folder))
    for layer in (overview, main):
        model.add_layer(layer)
    show_object(model, object_of(overview).source)
    assert (overview.visible, main.visible) == (True, False)
    show_object(model, object_of(main).source)
    assert (overview.visible, main.visible) == (False, True)


@pytest.mark.parametrize(("is_on", "is_damaged"), [(True, False), (False, False), (True, True)])
def test_slide_layer_is_in_srgb_unless_switched_off(tmp_path, monkeypatch, is_on, is_damaged):
    told = []
    monkeypatch.setattr("napari_medscan.napari_.objects.slide_layers.tell", told.append)
    monkeypatch.setattr(settings, "current", lambda: settings.Settings(slide_srgb=is_on))
    data = slide(LARGE.shape[:2], cut(LARGE, TILE))
    data.add_new("ICCProfile", "OB", swapped_profile()[: 200 if is_damaged else None])
    write(tmp_path / "a.dcm", data)
    (layer,) = read(str(tmp_path))
    wanted = LARGE[..., ::-1] if is_on and not is_damaged else LARGE
    assert np.abs(np.asarray(layer.data[0]).astype(int) - wanted).max() <= 1
    sentence = "colors are not converted to sRGB: its ICC profile is damaged."
    assert told == [f"SM 8 · Liver biopsy: {sentence}"] * is_damaged
