"""Planes of the patient and slabs."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.planes import show_acquired, show_plane

from ..studies import write_series

CONVENTION = {
    "axial": {"left": "R", "right": "L", "top": "A", "bottom": "P"},
    "coronal": {"left": "R", "right": "L", "top": "S", "bottom": "I"},
    "sagittal": {"left": "A", "right": "P", "top": "S", "bottom": "I"},
}
ACQUIRED = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "prone": ((-1, 0, 0), (0, -1, 0)),
    "upside down": ((0, -1, 0), (0, 0, 1)),
}


def opened(viewer, folder, slices=9, row=(1, 0, 0), column=(0, 1, 0), **changes):
    normal = np.cross(row, column)
    write_series(
        folder,
        slices,
        **{
            "ImageOrientationPatient": [float(v) for v in (*row, *column)],
            "ImagePositionPatient": lambda i: [float(v) for v in normal * 2 * i],
            **changes,
        },
    )
    (layer,) = image_layers(load(folder).stacks)
    viewer.add_layer(layer)
    return layer


@pytest.mark.parametrize("acquired", ACQUIRED)
def test_planes_are_shown_the_radiological_way(model, tmp_path, acquired):
    layer = opened(model, tmp_path, 4, *ACQUIRED[acquired])
    model.dims.ndisplay = 3
    for plane, edges in CONVENTION.items():
        assert show_plane(model, layer, plane)
        assert edge_letters(model) == edges
    show_acquired(model, layer)
    assert model.dims.order == (0, 1, 2)
    assert [str(way) for way in model.scene.camera.orientation2d] == ["down", "right"]


def test_time_stays_a_slider(model, tmp_path):
    layer = opened(
        model,
        tmp_path,
        6,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i // 2)],
        TemporalPositionIdentifier=lambda i: i % 2 + 1,
    )
    show_plane(model, layer, "coronal")
    assert model.dims.order == (0, 2, 1, 3)
    assert edge_letters(model) == CONVENTION["coronal"]


def test_no_plane_without_orientation(model, tmp_path):
    layer = opened(model, tmp_path, 1, ImageOrientationPatient=None, ImagePositionPatient=None)
    assert not show_plane(model, layer, "axial")
