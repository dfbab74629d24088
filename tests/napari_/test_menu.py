"""Commands in the menus."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.napari_ import menu
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import slice_in_view

from ..studies import write_series
from .test_notify import messages


def answer(monkeypatch, folder):
    monkeypatch.setattr(
        "qtpy.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: str(folder or "")
    )


def test_open_folder(make_napari_viewer, monkeypatch, chest):
    viewer = make_napari_viewer()
    answer(monkeypatch, chest)
    menu.open_folder(viewer)
    assert [layer.name for layer in viewer.layers] == ["CT 2 · Chest 2.5 B30f"]


def test_no_folder_chosen(make_napari_viewer, monkeypatch, told):
    viewer = make_napari_viewer()
    answer(monkeypatch, None)
    menu.open_folder(viewer)
    assert not viewer.layers
    assert told == []


def test_a_folder_without_dicom(make_napari_viewer, monkeypatch, tmp_path, told):
    viewer = make_napari_viewer()
    answer(monkeypatch, tmp_path)
    menu.open_folder(viewer)
    assert not viewer.layers
    assert messages(told) == ["The folder is empty."]


def test_a_folder_of_reports(make_napari_viewer, monkeypatch, tmp_path, told):
    write_series(tmp_path, 1, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PixelData=None)
    viewer = make_napari_viewer()
    answer(monkeypatch, tmp_path)
    menu.open_folder(viewer)
    assert not viewer.layers
    (message,) = messages(told)
    assert message.startswith("No images found: 1 report")


def test_open_paths_several_folders_show_the_most_useful_series(model, tmp_path):
    write_series(tmp_path / "a", 5, series=1)
    scout = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "StudyInstanceUID": "1.2.9"}
    write_series(tmp_path / "b", 5, series=2, FrameOfReferenceUID="1.2.8", **scout)
    menu.open_paths(model, [tmp_path / "a", tmp_path / "b"])
    assert [(x.name[:4], x.visible) for x in model.layers] == [("CT 2", False), ("CT 1", True)]


def test_open_paths_zip_beside_a_folder_opens_the_folder(model, tmp_path, told):
    write_series(tmp_path / "a")
    (tmp_path / "b.zip").write_bytes(b"PK\3\4" + bytes(600))
    menu.open_paths(model, [tmp_path / "a", tmp_path / "b.zip"])
    assert len(model.layers) == 1
    assert messages(told) == ["Truncated ZIP archive."]


def test_clear_disk_cache_shows_how_much(monkeypatch, told):
    monkeypatch.setattr("napari_medscan.dicom.index.recall.forget", lambda: 12_300_000)
    menu.clear_disk_cache()
    assert messages(told) == ["Disk cache cleared (12.3 MB)."]


def open_tilted(viewer, folder, **changes):
    """Open a stack whose slices each start one pixel further down."""
    write_series(folder, 3, ImagePositionPatient=lambda i: [0, 0.5 * i, 2 * i], **changes)
    (layer,) = viewer.open(str(folder), plugin="napari-medscan")
    viewer.layers.selection.active = layer
    return layer


def test_unshear_adds_an_upright_layer_and_hides_the_tilted_one(model, tmp_path):
    layer = open_tilted(model, tmp_path, PhotometricInterpretation="MONOCHROME1")
    layer.contrast_limits = (-1020, -1000)
    assert stack_of(layer).geometry.tilt > 10
    menu.unshear(model)
    old, new = model.layers
    assert old is layer
    assert (old.visible, new.visible) == (False, True)
    assert new.name == "CT 3 · Chest (tilt corrected)"
    assert new.data.shape == (3, 4 + 2, 6)
    assert new.contrast_limits == [-1020, -1000]
    assert new.colormap.name == "gray_r"
    assert stack_of(new).geometry.tilt == 0
    assert np.unique(new.data[1, 1:5]).tolist() == [-1014]
    assert np.unique(new.data[1, 5]).tolist() == [-1000]


def test_unshear_of_the_current_series_shows_the_same_slice(model, tmp_path):
    layer = open_tilted(model, tmp_path)
    model.dims.set_current_step(0, 2)
    model.scene.camera.zoom = 50
    # A layer of another kind is active: the series below it is still current.
    model.add_points(np.zeros((1, 3)))
    menu.unshear(model)
    upright = model.layers[-1]
    assert current_layer(model) is upright
    assert not layer.visible
    assert slice_in_view(model, upright) == 2
    assert model.scene.camera.zoom == 50


def test_unshear_twice_says_that_it_is_upright(model, tmp_path, told):
    open_tilted(model, tmp_path)
    menu.unshear(model)
    told.clear()
    model.layers.selection.active = model.layers[1]
    menu.unshear(model)
    assert len(model.layers) == 2
    assert messages(told) == ["This series is not tilted. Its slices are already aligned."]


def test_unshear_an_upright_stack(model, chest, told):
    model.open(str(chest), plugin="napari-medscan")
    menu.unshear(model)
    assert len(model.layers) == 1
    assert len(told) == 1


@pytest.mark.parametrize("kind", ["none", "image", "points"])
def test_unshear_what_is_not_ours(model, told, kind):
    if kind == "image":
        model.add_image(np.zeros((3, 4, 5)))
    elif kind == "points":
        model.add_points(np.zeros((1, 3)))
    menu.unshear(model)
    assert len(model.layers) == (kind != "none")
    assert messages(told) == ["Select a layer that MedScan opened."]


def test_unshear_without_a_known_spacing_is_told(model, tmp_path, told):
    open_tilted(model, tmp_path, PixelSpacing=None)
    told.clear()
    menu.unshear(model)
    assert len(model.layers) == 1
    assert messages(told) == ["Only grayscale series with known slice positions can be corrected."]
