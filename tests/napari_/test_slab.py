"""Slabs: how many slices they hold, and that they stay when another series is shown."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.slab import set_slab, slab_of

from .test_planes import opened


@pytest.mark.parametrize(("thickness", "count"), [(0.1, 1), (2, 1), (4, 2), (6, 3), (10, 5)])
@pytest.mark.parametrize("step", [3, 4])
def test_slabs_hold_as_many_slices_as_their_thickness(model, tmp_path, thickness, count, step):
    layer = opened(model, tmp_path)  # slice i holds 10 i - 1024, 2 mm apart
    model.dims.set_current_step(0, step)
    first = step - count // 2
    values = [10 * i - 1024 for i in range(first, first + count)]
    for mode, expected in (("max", max), ("min", min), ("mean", np.mean)):
        assert set_slab(model, [layer], mode, thickness) == count
        shown = layer.get_value((layer.data_to_world((step, 1, 1))), world=True)
        assert shown == pytest.approx(expected(values))
    set_slab(model, [layer], "none", thickness)
    assert layer.get_value(layer.data_to_world((step, 1, 1)), world=True) == 10 * step - 1024
    assert layer.projection_mode == "none"
    assert model.dims.thickness == (0, 0, 0)


def test_a_slab_between_two_slices_keeps_its_count(model, tmp_path):
    layer = opened(model, tmp_path)
    set_slab(model, [layer], "mean", 6)
    for z in (3.2, 3.4):
        model.dims.set_point(0, 2 * z)
        assert layer.get_value(layer.data_to_world((3, 1, 1)), world=True) == pytest.approx(-994)


def test_slab_keeps_its_thickness_while_it_is_off(model, tmp_path):
    layer = opened(model, tmp_path)
    slab = slab_of(model)
    told = []
    slab.changed.connect(lambda: told.append((slab.projection, slab.thickness)))
    slab.show("max", 6)
    slab.show("none")
    assert layer.projection_mode == "none"
    slab.show("mean")
    slab.show(thickness=1e9)
    assert told == [("max", 6), ("none", 6), ("mean", 6), ("mean", 1000)]
    assert slab_of(model) is slab
    slab.show("none")


def test_slab_holds_no_viewer(tmp_path):
    model = ViewerModel()
    opened(model, tmp_path, 3)
    slab_of(model).show("max")
    known = weakref.ref(model)
    del model
    gc.collect()
    assert known() is None
