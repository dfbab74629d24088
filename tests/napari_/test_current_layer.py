"""Which series is current."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layers import image_layers

from ..studies import write_series


@pytest.fixture
def pair(model, tmp_path):
    """Return the lower and the upper of two series."""
    for number in (1, 2):
        write_series(tmp_path, 2, series=number)
    low, high = (model.add_layer(layer) for layer in image_layers(load(tmp_path).stacks))
    low.visible = high.visible = True
    return low, high


def test_current_layer_active_and_visible_is_current(model, pair):
    for layer in pair:
        model.layers.selection.active = layer
        assert current_layer(model) is layer


def test_current_layer_active_but_hidden_is_the_topmost_visible(model, pair):
    low, high = pair
    model.layers.selection.active = low
    low.visible = False
    assert current_layer(model) is high


def test_current_layer_other_layer_active_is_the_topmost_visible(model, pair):
    low, high = pair
    model.layers.selection.active = model.add_labels(np.zeros((4, 4), int))
    assert current_layer(model) is high
    high.visible = False
    assert current_layer(model) is low
    low.visible = False
    assert current_layer(model) is None


def test_current_layer_derived_by_napari_does_not_count(model, pair):
    _, high = pair
    # napari and plugins copy the metadata to what they derive.
    derived = model.add_image(np.asarray(high.data) * 2, metadata=dict(high.metadata))
    model.layers.selection.active = derived
    assert current_layer(model) is high
