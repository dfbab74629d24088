"""Layers saved as NIfTI and NRRD, and files of other programs opened on a series."""

from __future__ import annotations

from contextlib import nullcontext

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name
from napari.layers import Image, Labels

from napari_medscan.dicom import CancelledError, load
from napari_medscan.export import ExportError, save_nifti
from napari_medscan.napari_ import export_layers
from napari_medscan.napari_.export_layers import NOT_OURS, add_on_series
from napari_medscan.napari_.gui import person_acts
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.session import record

from ..export.series import OBLIQUE, opened
from ..studies import damage


@pytest.fixture
def series(tmp_path, model):
    """Return a viewer with a series that the session knows, and its layer."""
    opened(tmp_path / "in", orientation=OBLIQUE)
    report = load(tmp_path / "in")
    record.add(report)
    layer = image_layer(report.stacks[0])
    model.add_layer(layer)
    yield model, layer, report.stacks[0]
    record.forget([report.stacks[0]])


def voxels(path):
    return np.asanyarray(nib.load(path).dataobj).T


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd"])
def test_series_is_saved_by_napari(tmp_path, series, suffix):
    _, layer, stack = series
    path = tmp_path / f"saved{suffix}"
    files = layer.save(str(path))
    assert str(path) in files
    if suffix != ".nrrd":
        np.testing.assert_array_equal(voxels(path), np.asarray(stack.array))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_labels_are_saved_on_the_grid_of_the_series_they_lie_on(tmp_path, series, suffix):
    viewer, layer, stack = series
    drawn = (np.arange(72).reshape(3, 4, 6) % 3).astype(np.uint8)
    labels = viewer.add_labels(drawn, scale=layer.scale, translate=layer.translate)
    labels.save(str(tmp_path / f"drawn{suffix}"))
    # Back on the series it is what was drawn.
    (added,) = add_on_series(viewer, layer, tmp_path / f"drawn{suffix}")
    assert isinstance(added, Labels)
    np.testing.assert_array_equal(added.data, drawn)
    np.testing.assert_allclose(added.scale, layer.scale)
    np.testing.assert_allclose(added.translate, layer.translate)
    if suffix != ".nrrd":
        affine = nib.load(tmp_path / f"drawn{suffix}").affine
        expected = np.diag([-1, -1, 1, 1]) @ stack.geometry.affine[:, [2, 1, 0, 3]]
        np.testing.assert_allclose(affine, expected, atol=1e-4)


def test_labels_between_the_voxels_of_a_series_are_not_saved(tmp_path, series):
    viewer, layer, _ = series
    drawn = np.ones((3, 4, 6), np.uint8)
    labels = viewer.add_labels(drawn, scale=layer.scale, translate=layer.translate + 0.3)
    with pytest.raises(ExportError, match="between the voxels of CT 3"):
        labels.save(str(tmp_path / "drawn.nii.gz"))
    assert not (tmp_path / "drawn.nii.gz").exists()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("steps", [(1, 1, 1), (1, 1, -1)])
def test_labels_on_a_crop_are_saved_on_its_grid(tmp_path, series, suffix, steps):
    viewer, layer, stack = series
    first = np.array([1, 0, 5 if steps[2] < 0 else 1])
    drawn = (np.arange(2 * 2 * 3).reshape(2, 2, 3) % 5).astype(np.uint8)
    labels = viewer.add_labels(
        drawn, scale=layer.scale * steps, translate=layer.translate + layer.scale * first
    )
    labels.save(str(tmp_path / f"drawn{suffix}"))
    image = sitk.ReadImage(tmp_path / f"drawn{suffix}")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), drawn)
    for index in np.ndindex(drawn.shape):
        there = image.TransformIndexToPhysicalPoint(index[::-1])
        expected = stack.to_patient(first + index * np.array(steps))
        np.testing.assert_allclose(there, expected, atol=1e-3)


def test_labels_with_a_margin_are_saved_on_the_grid_of_the_series(tmp_path, series):
    viewer, layer, _ = series
    drawn = np.pad(np.ones((3, 2, 6), np.uint8), ((0, 0), (2, 2), (0, 0)))
    place = {"scale": layer.scale, "translate": layer.translate - layer.scale * (0, 1, 0)}
    viewer.add_labels(drawn, **place).save(str(tmp_path / "a.nii.gz"))
    expected = np.zeros((3, 4, 6), np.uint8)
    expected[:, 1:3] = 1
    np.testing.assert_array_equal(voxels(tmp_path / "a.nii.gz"), expected)


def test_image_of_others_is_not_saved(tmp_path, series):
    viewer, layer, _ = series
    image = viewer.add_image(np.zeros((3, 4, 6)), metadata=layer.metadata)
    with pytest.raises(ExportError, match=NOT_OURS):
        image.save(str(tmp_path / "image.nii.gz"))
    assert not (tmp_path / "image.nii.gz").exists()


def test_numbers_with_fractions_are_added_as_an_image(tmp_path, series):
    viewer, layer, stack = series
    affine = np.diag([-1, -1, 1, 1]) @ stack.geometry.affine[:, [2, 1, 0, 3]]
    nib.save(nib.Nifti1Image(np.full((6, 4, 3), 0.5, np.float32), affine), tmp_path / "p.nii")
    (added,) = add_on_series(viewer, layer, tmp_path / "p.nii")
    assert isinstance(added, Image)
    assert added.name == "Image"


def test_file_that_does_not_fit_is_refused_with_the_reason(tmp_path, series, told):
    viewer, layer, _ = series
    other = opened(tmp_path / "other", PixelSpacing=[1, 1], orientation=OBLIQUE)
    save_nifti(other, tmp_path / "other.nii.gz", np.zeros((3, 4, 6), np.uint8))
    assert add_on_series(viewer, layer, tmp_path / "other.nii.gz") == []
    assert "1 × 1 × 2 mm" in told[0].message
    assert len(viewer.layers) == 1


def test_series_with_a_corrupt_slice_is_not_saved(tmp_path, series):
    _, layer, stack = series
    damage(tmp_path / "in" / stack.files[2])
    with pytest.raises(ExportError, match="Slice 3 of 3 cannot be read"):
        layer.save(str(tmp_path / "saved.nii.gz"))
    assert not (tmp_path / "saved.nii.gz").exists()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("agrees", [True, False])
def test_person_is_asked_whether_uneven_and_lost_slices_are_saved(
    tmp_path, model, monkeypatch, agrees
):
    places = [0, 2, 4, 7, 9, 12]
    changes = {"ImagePositionPatient": lambda i: [0, 0, places[i]]}
    stack = opened(tmp_path / "in", 6, **changes)
    layer = model.add_layer(image_layer(stack))
    damage(tmp_path / "in" / stack.files[4])
    path, asked = tmp_path / "saved.nii.gz", []
    # A script has options.
    with pytest.raises(ExportError, match="uneven"):
        layer.save(str(path))

    def answer(text, button):
        asked.append((text.partition("\n")[0], button))
        return agrees or len(asked) < 2

    monkeypatch.setattr(export_layers, "is_wanted", answer)
    with person_acts(), nullcontext() if agrees else pytest.raises(CancelledError):
        layer.save(str(path))
    assert [button for _, button in asked] == ["Save with mean spacing", "Save with blanks"]
    assert "uneven" in asked[0][0]
    assert "Slice 5 of 6 cannot be read" in asked[1][0]
    assert path.exists() == agrees
    if agrees:
        np.testing.assert_array_equal(voxels(path)[:4], np.asarray(stack.array[:4]))


def test_command_saves_the_current_series(tmp_path, series, monkeypatch, told):
    from qtpy.QtWidgets import QFileDialog

    from napari_medscan.napari_.export_commands import save_nifti as command

    viewer, _, stack = series
    answer = str(tmp_path / "chosen"), ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    command(viewer)
    np.testing.assert_array_equal(voxels(tmp_path / "chosen.nii.gz"), np.asarray(stack.array))
    assert [each.message for each in told] == ["Series saved."]


def test_only_files_that_we_write_are_offered():
    assert set(export_layers.VOLUMES) == {".nii.gz", ".nii", ".nrrd"}
