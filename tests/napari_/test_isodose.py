"""Isodose lines lie where the dose has their level."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.isodose import isodose_layer

from ..dicom.making import write
from ..dicom.objects.dosed import SCALING, rtdose


@pytest.fixture
def dose(tmp_path):
    """Return a grid whose dose grows by 5 Gy from column to column, and by 1 Gy a plane."""
    planes, _, columns = np.indices((3, 6, 9))
    values = ((5 * columns + planes) / SCALING).astype(np.uint16)
    write(tmp_path / "dose.dcm", rtdose(values))
    (stack,) = load(tmp_path).stacks
    return stack


def test_isodose_lines_lie_between_voxels_where_the_dose_is(dose):
    layer = isodose_layer(dose, [12.0, 33.0])
    lines = zip(layer.data, layer.features["dose"], strict=True)
    found = {(int(line[0, 0]), level): line for line, level in lines}
    assert len(found) == 6
    for (plane, level), line in found.items():
        assert line[:, 2] == pytest.approx((level - plane) / 5)
        assert sorted({0.0, 5.0} & set(line[:, 1])) == [0.0, 5.0]


def test_isodose_lines_lie_on_the_grid_of_their_dose(dose):
    layer = isodose_layer(dose, [12.0])
    assert layer.scale == pytest.approx(dose.geometry.scale)
    assert layer.translate == pytest.approx(dose.geometry.translate)


def test_isodose_lines_are_colored_by_their_share_of_the_reference(dose):
    layer = isodose_layer(dose, [12.0, 40.0], reference=40.0)
    low, high = layer.edge_color[0], layer.edge_color[-1]
    assert high[0] > high[2]
    assert low[2] > low[0]


def test_isodose_levels_that_the_dose_does_not_reach_draw_nothing(dose):
    assert len(isodose_layer(dose, [99.0, 0.0]).data) == 0
