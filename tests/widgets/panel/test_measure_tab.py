"""The tab of measurements: draws, lists, copies and saves."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Shapes

from napari_medscan.napari_.layers import image_layer
from napari_medscan.widgets.panel.measure_tab import MeasureTab

from ...export.series import opened


@pytest.fixture
def tab(qtbot, model):
    tab = MeasureTab(model)
    qtbot.addWidget(tab.native)
    yield tab
    tab.release()


@pytest.fixture
def series(tmp_path, model):
    stack = opened(tmp_path)
    return model.add_layer(image_layer(stack))


def press(tab, name):
    getattr(tab, name).changed.emit(True)


def test_tools_need_a_series(tab, model, told):
    press(tab, "length")
    assert len(model.layers) == 0
    assert "DICOM" in told[0].message


def test_tools_draw_in_one_layer(tab, model, series):
    modes = {}
    for name in ("length", "angle", "ellipse", "rectangle", "polygon", "freehand"):
        press(tab, name)
        modes[name] = model.layers[-1].mode
    assert modes["length"] == "add_line"
    assert len(set(modes.values())) == len(modes)
    (layer,) = (layer for layer in model.layers if isinstance(layer, Shapes))
    np.testing.assert_allclose(layer.scale, series.scale)
    assert model.layers.selection.active is layer


@pytest.mark.usefixtures("series")
def test_drawn_shapes_are_listed_and_leave_when_removed(tab, model, qtbot):
    press(tab, "length")
    layer = model.layers[-1]
    layer.add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    layer.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    qtbot.waitUntil(lambda: len(tab.rows) == 2)
    assert str(tab.rows[0].quantity) == "3 mm"
    assert tab._table.topLevelItemCount() == 2
    first, second = layer.features["measurement"]
    assert first == "3 mm"
    assert second.startswith("3.534 mm²\n")
    layer.data = layer.data[:1]
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    model.layers.remove(layer)
    assert tab.rows == ()


@pytest.mark.usefixtures("series")
def test_table_is_copied_and_saved(tab, model, qtbot, qapp, tmp_path):
    press(tab, "length")
    model.layers[-1].add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    qtbot.waitUntil(lambda: len(tab.rows) == 1)
    press(tab, "copy_table")
    assert "Length 1\t" in qapp.clipboard().text()
    tab.save(tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text("utf-8-sig").splitlines()[1].startswith("Length 1,3,mm,")
