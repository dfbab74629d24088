"""Saving a layer with napari's own writer: all values of the files, or an error and no file."""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np
import pytest
import tifffile

from napari_medscan.dicom import ReadCanceledError, UnreadableFramesError, load
from napari_medscan.dicom.series.slice_source import SliceSource
from napari_medscan.napari_.layers import image_layer

from ..studies import damage, write_series


@pytest.fixture
def series(tmp_path):
    paths = write_series(tmp_path / "in", 12)
    (stack,) = load(tmp_path / "in").stacks
    return stack, image_layer(stack), paths


def holds_no_image(path):
    """Whether there is no image; tifffile begins a file before it asks for the values."""
    if not path.exists():
        return True
    with tifffile.TiffFile(path) as file:
        return not len(file.pages)


def test_saved_layer_holds_all_values(series, tmp_path):
    stack, layer, _ = series
    (path,) = layer.save(str(tmp_path / "out.tif"))
    assert np.array_equal(tifffile.imread(path), stack.read())


def test_saving_that_is_canceled_raises_and_saves_no_pixels(series, tmp_path, monkeypatch):
    stack, layer, _ = series
    read = SliceSource.read

    def slowly(self, index, out):
        time.sleep(0.05)
        read(self, index, out)

    monkeypatch.setattr(SliceSource, "read", slowly)
    monkeypatch.setattr(SliceSource, "together", lambda _self, _indices: 1)
    stack.array.reading = lambda: nullcontext(lambda *_: False)
    with pytest.raises(ReadCanceledError):
        layer.save(str(tmp_path / "out.tif"))
    assert holds_no_image(tmp_path / "out.tif")


def test_layer_with_a_damaged_slice_is_not_saved(series, tmp_path):
    stack, layer, paths = series
    damage(paths[4])
    assert (np.asarray(layer.data[4]) == stack.array.fill).all()
    with pytest.raises(UnreadableFramesError):
        layer.save(str(tmp_path / "out.tif"))
    assert holds_no_image(tmp_path / "out.tif")
