"""napari reads no more slices of a layer than it draws."""

from __future__ import annotations

import pytest
from napari.layers._layer_actions import _duplicate_layer

from napari_medscan.dicom import load
from napari_medscan.dicom.series.slice_source import SliceSource
from napari_medscan.napari_.layers import image_layer

from ..studies import write_series


@pytest.fixture
def reads(monkeypatch):
    """Collect the numbers of slices that are read."""
    numbers = []
    read = SliceSource.read

    def counted(self, index, out):
        numbers.append(index)
        read(self, index, out)

    monkeypatch.setattr(SliceSource, "read", counted)
    monkeypatch.setattr(SliceSource, "together", lambda _self, _indices: 1)
    return numbers


def test_napari_reads_only_the_slices_that_it_draws(make_napari_viewer, tmp_path, reads):
    write_series(tmp_path, 40)
    (stack,) = load(tmp_path).stacks
    viewer = make_napari_viewer(show=True)
    layer = viewer.add_layer(image_layer(stack))
    # The middle one, and the one that napari's slider is at before.
    assert len(set(reads)) <= 3
    assert 19 in reads

    def read_by(act):
        reads.clear()
        act()
        return sorted(reads)

    assert read_by(lambda: viewer.dims.set_current_step(0, 5)) == [5]
    assert read_by(lambda: setattr(layer, "contrast_limits", (0, 100))) == []
    assert read_by(lambda: setattr(layer, "gamma", 0.5)) == []
    assert read_by(layer._update_thumbnail) == []
    assert read_by(layer.reset_contrast_limits) == []
    assert read_by(lambda: _duplicate_layer(viewer.layers)) == []
    assert viewer.layers[-1].data is layer.data
    assert read_by(lambda: layer.get_value((10, 1, 1), world=True)) == []
    del viewer.layers[-1]
    assert read_by(lambda: setattr(viewer.dims, "order", (1, 0, 2))), "a plane across all slices"
    assert read_by(lambda: viewer.dims.set_current_step(1, 3)) == []
