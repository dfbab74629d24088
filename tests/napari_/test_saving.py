"""Saving layers as TIFF by napari's menu: all values of the files, or an error and no file."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels
from npe2 import PluginManager

from napari_medscan.dicom import CancelledError, ReadCanceledError, load
from napari_medscan.export import ExportError
from napari_medscan.frames import LazyStack
from napari_medscan.napari_ import progress
from napari_medscan.napari_.compat.npe2_writers import other_writer, prefer_our_writers
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.session import record

from ..studies import damage, write_series


@pytest.fixture
def plugins():
    """Give npe2 with our plugin in use."""
    manager = PluginManager.instance()
    manager.discover()
    # Not if it is activated already, by another test.
    manager.activate("napari-medscan")
    prefer_our_writers()
    return manager


@pytest.fixture
def series(tmp_path, plugins):  # noqa: ARG001 - is to be active
    """Return a series that the session knows, its layer, and its files."""
    paths = write_series(tmp_path / "in", 12)
    report = load(tmp_path / "in")
    record.add(report)
    (stack,) = report.stacks
    yield stack, image_layer(stack), paths
    record.forget([stack])


@pytest.fixture
def out(tmp_path):
    """Return an empty folder."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture(params=["napari's first", "ours first"])
def writers(request, plugins):
    """Give both orders in which the file system may list the packages."""
    contributions = plugins._contrib._writers
    before = list(contributions)
    contributions.sort(
        key=lambda entry: (
            entry[-1].command.startswith("napari-medscan") == (request.param[0] == "n")
        )
    )
    yield
    contributions[:] = before


def test_saved_layer_holds_all_values_and_voxel_sizes(series, out):
    stack, layer, _ = series
    (path,) = layer.save(str(out / "out.tif"))
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert f'PhysicalSizeX="{stack.spacing[2]:g}"' in file.ome_metadata
    assert np.array_equal(tifffile.imread(path), stack.read())


def test_saving_that_is_canceled_raises_and_leaves_no_file(series, out, monkeypatch, slow):
    _, layer, _ = series

    def canceled(_done, _total):
        raise CancelledError("canceled")

    class Dialog:
        def __enter__(self):
            return canceled

        def __exit__(self, *_):
            return None

    slow(0.05)
    monkeypatch.setattr("napari_medscan.export.volume.BLOCK_BYTES", 1)
    monkeypatch.setattr(progress, "reading_progress", lambda *_: Dialog())
    with pytest.raises(CancelledError):
        layer.save(str(out / "out.tif"))
    assert not list(out.iterdir())


def test_saving_by_naparis_own_writer_that_is_canceled_raises_and_leaves_no_values(
    series, out, monkeypatch
):
    """It opens the file before it asks for any value, and asks for all of them at once."""
    _, layer, _ = series

    def canceled(*_, **__):
        raise ReadCanceledError

    monkeypatch.setattr(LazyStack, "read_only", canceled)
    path = str(out / "out.tif")
    with pytest.raises(ReadCanceledError):
        other_writer(path, "image")(path, layer.data, {})
    for path in out.iterdir():
        with tifffile.TiffFile(path) as file:
            assert not file.pages


def test_layer_with_a_damaged_slice_is_not_saved(series, out):
    stack, layer, paths = series
    damage(paths[4])
    assert (np.asarray(layer.data[4]) == stack.array.fill).all()
    with pytest.raises(ExportError, match="Slice 5 of 12 cannot be read"):
        layer.save(str(out / "out.tif"))
    assert not list(out.iterdir())


def test_labels_on_a_series_are_saved_with_its_voxel_sizes(series, out):
    stack, layer, _ = series
    drawn = (np.arange(np.prod(stack.array.shape)) % 3).astype(np.uint8).reshape(layer.data.shape)
    labels = Labels(drawn, scale=layer.scale, translate=layer.translate)
    (path,) = labels.save(str(out / "drawn.tif"))
    assert np.array_equal(tifffile.imread(path), drawn)
    with tifffile.TiffFile(path) as file:
        assert "PhysicalSizeX" in file.ome_metadata


@pytest.mark.parametrize("layer", [Image(np.eye(4)), Labels(np.eye(4, dtype=np.uint8))])
@pytest.mark.parametrize("name", ["out.tif", "out"])
@pytest.mark.usefixtures("series", "writers")
def test_layers_of_others_are_saved_by_napari(out, layer, name):
    (path,) = layer.save(str(out / name))
    assert path == str(out / "out.tif")
    with tifffile.TiffFile(path) as file:
        assert not file.is_ome
    assert np.array_equal(tifffile.imread(path), np.eye(4))


@pytest.mark.usefixtures("writers")
def test_several_layers_are_saved_in_a_folder(series, out, model):
    stack, layer, _ = series
    for each in (layer, Image(np.eye(4), name="eye")):
        model.add_layer(each)
    saved = model.layers.save(str(out / "all"))
    assert {path.suffix for path in (out / "all").iterdir()} == {".tif"}
    (path,) = (path for path in saved if "eye" not in path)
    assert np.array_equal(tifffile.imread(path), stack.read())


def test_values_that_ome_tiff_has_not_are_saved_by_napari(series, out):
    _, layer, _ = series
    drawn = np.zeros(layer.data.shape, np.int64)
    labels = Labels(drawn, scale=layer.scale, translate=layer.translate)
    (path,) = labels.save(str(out / "drawn.tif"))
    assert np.array_equal(tifffile.imread(path), drawn)
