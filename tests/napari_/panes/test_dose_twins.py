"""The wash of a dose in panes: over the images that it lies on, and over no others."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.dicom import load
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.panes.dose_twins import DoseTwins
from napari_medscan.napari_.panes.twin_layer import twin_of

from ...dicom.making import write
from ...dicom.objects.dosed import rtdose
from ...dicom.objects.labeled import write_ct


@pytest.fixture
def opened(tmp_path, model, qapp):  # noqa: ARG001 - watches need Qt
    """Return a viewer with a CT and its dose, a pane with the CT, and what draws the dose there."""
    stored = np.arange(4 * 5 * 7, dtype=np.uint16).reshape(4, 5, 7) * 100
    write(write_ct(tmp_path) / "dose.dcm", rtdose(stored))
    write_ct(tmp_path / "other", number=5, FrameOfReferenceUID="1.9")
    layers = {(x.name.split(" ")[0], stack_of(x).series_number): x for x in
              image_layers(load(tmp_path).stacks)}  # fmt: skip
    for layer in layers.values():
        model.add_layer(layer)
        layer.visible = True
    pane = ViewerModel()
    twins = DoseTwins(model, pane)
    yield layers, pane, twins
    twins.release()


def show(pane, twins, layer):
    pane.layers.clear()
    twin = twin_of(layer)
    pane.add_layer(twin)
    twin.visible = True
    pane.layers.selection.active = twin
    twins.follow()
    return twin


def test_dose_is_drawn_over_the_images_of_a_pane_and_follows_the_main_canvas(opened):
    layers, pane, twins = opened
    ct, dose = layers["CT", 3], layers["RTDOSE", 7]
    twin = show(pane, twins, ct)
    _, wash = pane.layers
    assert wash.data is dose.data
    assert wash.visible
    assert current_layer(pane) is twin
    dose.contrast_limits = (0, 3)
    dose.opacity = 0.2
    assert (tuple(wash.contrast_limits), wash.opacity) == ((0, 3), 0.2)
    dose.visible = False
    twins.follow()
    assert list(pane.layers) == [twin]


def test_dose_is_not_drawn_over_images_of_another_place_or_itself(opened):
    layers, pane, twins = opened
    for key in (("CT", 5), ("RTDOSE", 7)):
        twin = show(pane, twins, layers[key])
        assert list(pane.layers) == [twin]
