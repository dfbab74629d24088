"""The form for isodose lines."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Shapes

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.widgets.isodose import isodose_lines

from ..dicom.making import write
from ..dicom.objects.dosed import rtdose
from ..dicom.objects.labeled import write_ct


@pytest.fixture
def opened(model, tmp_path):
    values = np.random.default_rng(0).integers(0, 6000, (3, 6, 9)).astype(np.uint16)
    write(write_ct(tmp_path) / "dose.dcm", rtdose(values))
    for layer in image_layers(load(tmp_path).stacks):
        model.add_layer(layer)
    return model.layers


def test_isodose_form_draws_levels_in_percent_or_gray_and_replaces_them(opened, model, qapp):  # noqa: ARG001
    form = isodose_lines()
    for unit, expected in (("% of reference", {10.0, 25.0}), ("Gy", {20.0, 50.0})):
        form(model, opened[1], "20, 50", unit, 50.0)
        (layer,) = (each for each in opened if isinstance(each, Shapes))
        assert set(layer.features["dose"]) == expected
    assert object_of(layer).source is None


def test_isodose_form_says_what_is_missing(opened, model, qapp, told):  # noqa: ARG001
    form = isodose_lines()
    form(model, opened[0])
    form(model, opened[1], "none")
    form(model, opened[1], "900", "Gy")
    assert [record.message for record in told] == [
        "Open an RT Dose series.",
        "Enter at least one level.",
        "The dose does not cross any of these levels.",
    ]
    assert len(opened) == 2


def test_isodose_form_offers_doses_alone_and_is_a_tab_beside_other_docks(
    make_napari_viewer, opened, qtbot
):
    viewer = make_napari_viewer(show=True)
    docks = [
        viewer.window.add_plugin_dock_widget("napari-medscan", name)
        for name in ("DVH", "Isodose lines")
    ]
    (first, _), (second, form) = docks
    qtbot.waitUntil(lambda: first in viewer.window._qt_window.tabifiedDockWidgets(second))
    assert form.dose.choices == ()
    for layer in list(opened):
        viewer.add_layer(layer)
    assert form.dose.choices == (opened[1],)
    viewer.layers.remove(opened[1])
    assert form.dose.choices == ()
