"""OME-Zarr as zarr reads it back."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import CancelledError
from napari_medscan.export import ExportError, save_ome_zarr

from ..studies import damage
from .series import CORONAL, OBLIQUE, opened, opened_in_time
from .test_tiff import COLOR

zarr = pytest.importorskip("zarr")


def read(path):
    """Return the array, its axes, and scale and translation of each."""
    group = zarr.open_group(path, mode="r")
    facts = group.attrs["ome"]
    (scales,) = facts["multiscales"]
    (dataset,) = scales["datasets"]
    scale, translation = dataset["coordinateTransformations"]
    assert facts["version"] == "0.5"
    assert (scale["type"], translation["type"]) == ("scale", "translation")
    return group[dataset["path"]], scales["axes"], scale["scale"], translation["translation"]


@pytest.mark.parametrize("orientation", [CORONAL, OBLIQUE])
def test_values_scale_and_place_are_those_of_the_series(tmp_path, orientation):
    stack = opened(tmp_path / "in", orientation=orientation)
    (path,) = save_ome_zarr(stack, tmp_path / "v.ome.zarr").files
    array, axes, scale, translation = read(path)
    np.testing.assert_array_equal(array[:], np.asarray(stack.array))
    assert array.chunks == (1, *stack.array.shape[1:])
    assert [axis["name"] for axis in axes] == ["z", "y", "x"]
    assert {axis["unit"] for axis in axes} == {"millimeter"}
    np.testing.assert_allclose(scale, stack.spacing)
    np.testing.assert_allclose(translation, stack.geometry.translate)


def test_times_have_their_step_in_seconds(tmp_path):
    stack = opened_in_time(tmp_path / "in")
    array, axes, scale, _ = read(save_ome_zarr(stack, tmp_path / "v.ome.zarr").files[0])
    np.testing.assert_array_equal(array[:], np.asarray(stack.array))
    assert axes[0] == {"name": "t", "type": "time", "unit": "second"}
    assert scale[0] == 2


def test_color_is_an_axis_before_the_slices(tmp_path):
    stack = opened(tmp_path / "in", **COLOR)
    array, axes, *_ = read(save_ome_zarr(stack, tmp_path / "v.ome.zarr").files[0])
    assert [axis["name"] for axis in axes] == ["c", "z", "y", "x"]
    np.testing.assert_array_equal(np.moveaxis(array[:], 0, -1), np.asarray(stack.array))


def test_blocks_of_some_slices_are_put_where_they_belong(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medscan.export.volume.BLOCK_BYTES", 1)
    for name, stack in (
        ("times", opened_in_time(tmp_path / "in")),
        ("color", opened(tmp_path / "rgb", **COLOR)),
    ):
        array, *_ = read(save_ome_zarr(stack, tmp_path / f"{name}.ome.zarr").files[0])
        values = np.moveaxis(array[:], 0, -1) if stack.is_rgb else array[:]
        np.testing.assert_array_equal(values, np.asarray(stack.array))


def test_canceling_and_errors_leave_no_folder(tmp_path):
    stack = opened(tmp_path / "in")

    def cancel(_done, _total):
        raise CancelledError("canceled")

    with pytest.raises(CancelledError):
        save_ome_zarr(stack, tmp_path / "v.ome.zarr", progress=cancel)
    damaged = opened(tmp_path / "damaged")
    damage(tmp_path / "damaged" / damaged.files[1])
    with pytest.raises(ExportError, match="Slice 2 of 3 cannot be read"):
        save_ome_zarr(damaged, tmp_path / "v.ome.zarr")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "damaged"}


def test_only_ome_zarr_is_replaced_and_only_if_asked_to(tmp_path):
    stack, target = opened(tmp_path / "in"), tmp_path / "v.ome.zarr"
    target.mkdir()
    (target / "mine.txt").write_text("")
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="exists already"):
            save_ome_zarr(stack, target, overwrite=overwrite)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
    (target / "mine.txt").unlink()
    target.rmdir()
    save_ome_zarr(stack, target)
    with pytest.raises(ExportError, match="exists already"):
        save_ome_zarr(stack, target)
    save_ome_zarr(stack, target, np.ones(stack.array.shape, np.uint8), overwrite=True)
    assert (read(target)[0][:] == 1).all()
    assert {path.name for path in tmp_path.iterdir()} == {"in", "v.ome.zarr"}


def test_files_hold_no_text_of_the_header(tmp_path):
    (path,) = save_ome_zarr(opened(tmp_path / "in"), tmp_path / "v.ome.zarr").files
    for file in path.rglob("*"):
        assert not file.is_file() or b"Canarious" not in file.read_bytes()
