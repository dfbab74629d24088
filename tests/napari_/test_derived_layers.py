"""Layers that napari and plugins derive from a series."""

from __future__ import annotations

import gc
import weakref

import nibabel
import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels
from napari.layers._layer_actions import _split_stack

from napari_medscan.dicom.series.orientation import patient_point
from napari_medscan.export import save_nifti
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.corner_text import CornerText
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.image_in_view import DERIVED, layers_in_view
from napari_medscan.napari_.layer_identity import series_of, stack_of, tagged_stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.linking import go_to_place, patient_place
from napari_medscan.napari_.measurement_layers import drawn_shapes
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes.twin_layer import twin_of
from napari_medscan.napari_.readout import cursor_text
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import show_only
from napari_medscan.napari_.window_commands import ct_lung
from napari_medscan.napari_.windowing import is_windowed

from ..dicom.series.test_derived import COLUMNS, ROWS, SLICES, one_series

LETTERS = {"right": "L", "left": "R", "bottom": "P", "top": "A"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return one_series(tmp_path_factory.mktemp("series"))


@pytest.fixture
def layer(viewer, stack):
    return viewer.add_layer(image_layer(stack))


def derive(viewer, layer, data, *, kind=Image, **changes):
    """Add what a plugin makes: the metadata and the place of the layer, other data."""
    taken = {
        "name": layer.name,
        "metadata": layer.metadata,
        "scale": layer.scale[-data.ndim :],
        "translate": layer.translate[-data.ndim :],
    }
    return viewer.add_layer(kind(data, **{**taken, **changes}))


def crop(viewer, layer, **changes):
    """Add a crop, as a plugin does."""
    part = np.asarray(layer.data)[1:5, 2:9, 3:11].copy()
    place = layer.translate + layer.scale * (1, 2, 3)
    return derive(viewer, layer, part, translate=place, **changes)


def filtered(layer):
    volume = np.asarray(layer.data)
    return (np.roll(volume, 1, axis=-1) + volume.astype(np.float64)) / 2


def point_at(viewer, layer, index):
    """Put sliders and cursor on a voxel."""
    world = layer.data_to_world(index)
    viewer.dims.point = world
    viewer.cursor.position = world


def test_series_of_other_data_is_none_whatever_the_metadata(viewer, layer, stack):
    assert series_of(layer) is stack
    assert series_of(derive(viewer, layer, filtered(layer))) is None
    layer.data = filtered(layer)
    assert series_of(layer) is None
    assert stack_of(layer).unit is None


def test_series_of_the_array_in_a_layer_of_another_type_is_none(viewer, layer, stack):
    labels = derive(viewer, layer, stack.array.display, kind=Labels)
    assert series_of(labels) is None
    assert stack_of(labels).origin is stack
    assert not is_windowed(labels)


def test_copy_without_metadata_is_known_by_its_values_in_their_place(viewer, layer, stack):
    part = crop(viewer, layer, metadata={"bbox": (1, 2, 3)})
    assert stack_of(part).origin is stack
    assert edge_letters(viewer) == LETTERS
    assert part.metadata["bbox"] == (1, 2, 3)


@pytest.mark.parametrize("change", ["filtered", "moved", "constant", "float", "labels"])
def test_layer_without_metadata_and_with_other_values_is_none(viewer, layer, change):
    data, kind, translate = np.asarray(layer.data), Image, layer.translate
    if change == "filtered":
        data = filtered(layer).astype(data.dtype)
    elif change == "moved":
        translate = translate + layer.scale * (0, 1, 0)
    elif change == "constant":
        data = np.full_like(data, data[0, 0, 0])
    elif change == "float":
        data = data.astype(np.float32)
    else:
        data, kind = data.astype(np.int32), Labels
    copy = derive(viewer, layer, data, kind=kind, metadata={}, translate=translate)
    assert stack_of(copy) is None


@pytest.mark.parametrize("index", [(0, 0, 0), (3, 6, 7), (1, 4, 2)])
def test_crop_read_out_is_that_of_the_series_at_the_same_place(viewer, layer, index):
    part = crop(viewer, layer)
    point_at(viewer, part, index)
    mine = cursor_text(viewer).partition(": ")[2]
    viewer.layers.selection.active = layer
    assert mine == cursor_text(viewer).partition(": ")[2]
    assert "HU" in mine


def test_crop_is_current_with_letters_and_windows(viewer, layer, stack):
    part = crop(viewer, layer)
    assert current_layer(viewer) is part
    assert edge_letters(viewer) == LETTERS
    ct_lung(viewer)
    assert part.contrast_limits == [-1350.0, 149.0]
    assert layer.contrast_limits != part.contrast_limits
    assert tagged_stack_of(part).slices[slice_in_view(viewer, part)].file in {
        record.file for record in stack.slices
    }


@pytest.mark.usefixtures("qapp")
def test_labels_made_of_a_series_keep_letters_and_slice_while_no_series_is_visible(viewer, layer):
    labels = derive(viewer, layer, np.asarray(layer.data), kind=Labels)
    viewer.layers.remove(layer)
    assert current_layer(viewer) is None
    assert edge_letters(viewer) == LETTERS
    assert "Slice 3/" in CornerText(viewer)._place.text
    labels.visible = False
    assert not any(edge_letters(viewer).values())


def test_filtered_copy_has_place_without_unit(viewer, layer):
    copy = derive(viewer, layer, filtered(layer), name="filtered")
    point_at(viewer, copy, (2, 3, 4))
    text = cursor_text(viewer)
    assert text.startswith("filtered: ")
    assert "HU" not in text
    assert text.endswith(" mm")


def test_mirrored_copy_has_nothing(viewer, layer):
    copy = derive(viewer, layer, np.asarray(layer.data)[..., ::-1].copy())
    assert stack_of(copy) is None
    assert current_layer(viewer) is layer
    assert cursor_text(viewer) == ""


def test_copy_mirrored_by_its_scale_has_its_own_letters(viewer, layer):
    scale, translate = layer.scale, layer.translate
    ends = translate + scale * (0, 0, COLUMNS - 1)
    copy = derive(
        viewer,
        layer,
        np.asarray(layer.data)[..., ::-1].copy(),
        scale=scale * (1, 1, -1),
        translate=ends,
    )
    layer.visible = False
    # napari draws it where it belongs: the world is the patient's as before.
    assert edge_letters(viewer) == LETTERS
    point_at(viewer, copy, (2, 3, COLUMNS - 1 - 4))
    mine = cursor_text(viewer).partition(": ")[2]
    viewer.layers.selection.active = layer
    layer.visible = True
    assert mine == cursor_text(viewer).partition(": ")[2]


def test_moved_copy_has_nothing(viewer, layer):
    copy = derive(viewer, layer, filtered(layer))
    assert stack_of(copy) is not None
    copy.translate = copy.translate + 3.3
    assert stack_of(copy) is None
    copy.translate = layer.translate
    assert stack_of(copy) is not None
    copy.rotate = 30
    assert stack_of(copy) is None


def test_maximum_along_z_has_letters_and_unit_and_no_place(viewer, layer):
    flat = derive(viewer, layer, np.asarray(layer.data).max(axis=0), name="MIP")
    assert flat.ndim == 2
    assert current_layer(viewer) is flat
    assert edge_letters(viewer) == LETTERS
    assert tagged_stack_of(flat) is None
    viewer.cursor.position = viewer.dims.point
    assert cursor_text(viewer).startswith("MIP: ")
    assert " mm" not in cursor_text(viewer)
    assert "HU" in cursor_text(viewer)


def test_split_slices_are_those_of_the_series(viewer, layer, stack):
    """Layers ▸ Split Stack drops the axis of the slices, with their place."""
    viewer.layers.selection.active = layer
    index = [(4, 5)] * SLICES
    expected = []
    for number in range(SLICES):
        point_at(viewer, layer, (number, *index[number]))
        expected.append(cursor_text(viewer).partition(": ")[2])
    _split_stack(viewer.layers)
    assert len(viewer.layers) == SLICES
    assert viewer.dims.ndim == 2
    for number, each in enumerate(viewer.layers):
        viewer.layers.selection = {each}
        viewer.layers.selection.active = each
        mine = tagged_stack_of(each)
        assert mine.slices[slice_in_view(viewer, each)].file == stack.slices[number].file
        point_at(viewer, each, index[number])
        assert cursor_text(viewer).partition(": ")[2] == expected[number]
        assert edge_letters(viewer) == LETTERS
        place = patient_place(viewer, each)
        assert go_to_place(viewer, each, place)
        assert not go_to_place(viewer, each, np.add(place, (0, 0, 2)))


def test_shapes_on_a_projection_are_measured_on_the_series(viewer, layer, stack):
    flat = derive(viewer, layer, np.asarray(layer.data).mean(axis=0), name="mean")
    line = np.array([[1, 1], [3, 4]]) * layer.scale[1:] + layer.translate[1:]
    shapes = viewer.add_shapes([line], shape_type="line")
    (drawn,) = drawn_shapes(viewer, shapes, [flat, layer])
    assert drawn.targets[0].stack is stack
    assert drawn_shapes(viewer, shapes, [flat]) == []


def test_derived_layer_links_by_the_patient(viewer, layer):
    part = crop(viewer, layer)
    place = patient_place(viewer, part)
    assert place is not None
    assert go_to_place(viewer, part, place)
    assert np.allclose(patient_place(viewer, part), place)
    outside = part.data_to_world((-1, 0, 0))
    viewer.layers.selection.active = layer
    viewer.dims.point = outside
    assert not go_to_place(viewer, part, patient_place(viewer, layer))


def test_derived_layer_is_refused_by_the_assistant(viewer, layer):
    assert layers_in_view(viewer) == [layer]
    crop(viewer, layer)
    with pytest.raises(NoImageInViewError, match="derived from a series"):
        layers_in_view(viewer)
    assert DERIVED.endswith(".")


def test_twin_of_a_derived_layer_shows_the_same_stack(viewer, layer):
    part = crop(viewer, layer)
    assert stack_of(twin_of(part)) is stack_of(part)


def test_show_only_hides_derived_images_and_no_labels(viewer, layer):
    part = crop(viewer, layer)
    labels = derive(viewer, layer, np.zeros((SLICES, ROWS, COLUMNS), int), kind=Labels)
    show_only(viewer, [layer])
    assert (layer.visible, part.visible, labels.visible) == (True, False, True)


def test_derived_layer_is_no_further_series(viewer, layer, stack):
    crop(viewer, layer)
    assert [series_of(x) for x in viewer.layers] == [stack, None]


def test_stack_of_a_derived_layer_does_not_keep_its_array(layer):
    data = np.asarray(layer.data)[:3].copy()
    place = {"scale": layer.scale, "translate": layer.translate}
    # napari looks for a name in the frames of its callers, and leaves their variables there.
    part = Image(data, name="crop", metadata=layer.metadata, **place)
    found, array = stack_of(part), weakref.ref(data)
    del part, data
    gc.collect()
    assert found.unit == "HU"
    assert array() is None


def test_derived_layer_is_exported_where_it_lies(viewer, layer, stack, tmp_path):
    part = crop(viewer, layer)
    save_nifti(stack_of(part), tmp_path / "crop.nii.gz")
    saved = nibabel.load(tmp_path / "crop.nii.gz")
    assert np.array_equal(np.asarray(saved.dataobj).T, part.data)
    mine = np.diag([-1, -1, 1, 1]) @ saved.affine @ (0, 0, 0, 1)
    assert np.allclose(mine[:3], patient_point(stack, (1, 2, 3)))


@pytest.mark.parametrize("name", ["mip.nii.gz", "mip.tif"])
def test_projection_is_saved_as_one_slice(viewer, layer, tmp_path, name):
    flat = derive(viewer, layer, np.asarray(layer.data).max(axis=0), name="MIP")
    path = flat.save(str(tmp_path / name))[0]
    read = tifffile.imread if name.endswith("tif") else lambda p: nibabel.load(p).dataobj[..., 0].T
    np.testing.assert_array_equal(read(path), flat.data)
