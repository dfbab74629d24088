"""Parametric maps lie over their images, in colors one can see through."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers

from ..dicom.making import write
from ..dicom.objects.labeled import COLUMNS, ROWS, position, write_ct
from ..dicom.objects.mapped import parametric_map

VALUES = np.arange(ROWS * COLUMNS).reshape(1, ROWS, COLUMNS)


def test_map_is_hidden_over_its_images_and_lies_where_it_was_measured(tmp_path, model):
    write(write_ct(tmp_path) / "pm.dcm", parametric_map(VALUES, [position(2, 1, 3)]))
    layers = {stack_of(x).kind.measures: x for x in image_layers(load(tmp_path).stacks)}
    assert list(layers) == ["attenuation", "parameters"]
    images, values = layers["attenuation"], layers["parameters"]
    assert (images.visible, values.visible) == (True, False)
    assert values.colormap.name == "viridis"
    assert values.opacity < 1
    for layer in (images, values):
        model.add_layer(layer)
    here = values.data_to_world((0, 0, 0))
    assert np.allclose(images.world_to_data(here), (2, 1, 3))


def test_map_alone_is_visible_and_opaque(tmp_path):
    write(tmp_path / "pm.dcm", parametric_map(VALUES, [position(2)]))
    (layer,) = image_layers(load(tmp_path).stacks)
    assert (layer.visible, layer.opacity, layer.colormap.name) == (True, 1, "viridis")
