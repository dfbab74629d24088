"""PET and dose over the anatomy of the same place."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.fusion import WASH_OPACITY, is_fusion, seen_together
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.view import bring_into_view, show_only

from ..dicom.making import write
from ..dicom.objects.dosed import OFFSET, STEP, rtdose
from ..dicom.objects.labeled import CORNER, write_ct

VALUES = np.random.default_rng(0).integers(0, 6000, (6, 3, 5)).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    write(write_ct(tmp_path) / "dose.dcm", rtdose(VALUES))
    return tmp_path


def test_dose_is_a_wash_over_its_images_up_to_the_highest_dose(folder):
    """A8: on its own grid, with offsets that are no whole voxels; values are not resampled."""
    image, dose = image_layers(load(folder).stacks)
    assert image.visible
    assert dose.visible
    assert dose.opacity == WASH_OPACITY
    assert dose.contrast_limits == pytest.approx((0, VALUES.max() * 0.01))
    assert np.allclose(np.asarray(dose.data), VALUES * 0.01)
    assert dose.scale[0] == pytest.approx(STEP)
    assert dose.translate == pytest.approx(np.add(CORNER, OFFSET)[::-1])
    colors = dose.colormap.map(np.array([0.0, 0.02, 0.5, 1.0]))
    assert (colors[:, 3] > 0).tolist() == [False, False, True, True]


@pytest.mark.parametrize("absolute", [False, True])
def test_dose_lies_in_one_place_by_both_readings_of_its_offsets(tmp_path, absolute):
    """A8: on its own grid, whose offsets from the images are no whole voxels."""
    write(tmp_path / "dose.dcm", rtdose(VALUES, absolute=absolute))
    (dose,) = load(tmp_path).stacks
    assert dose.geometry.affine[:3, 3] == pytest.approx(np.add(CORNER, OFFSET))
    assert dose.geometry.affine[:3, 0] == pytest.approx((0, 0, STEP))


def test_doses_of_one_plan_are_hidden_until_one_is_chosen(folder):
    other = {"SOPInstanceUID": "1.2.3.7.2", "SeriesInstanceUID": "1.2.3.77", "SeriesNumber": 77}
    write(folder / "dose2.dcm", rtdose(VALUES // 2, **other))
    image, *doses = image_layers(load(folder).stacks)
    assert image.visible
    assert [dose.visible for dose in doses] == [False, False]
    assert {dose.opacity for dose in doses} == {WASH_OPACITY}


def dose_after_its_images(folder, model):
    """Open a CT, then its dose; return their layers."""
    follow_openings(model)
    write_ct(folder / "ct")
    write(folder / "dose" / "dose.dcm", rtdose(VALUES))
    for name in ("ct", "dose"):
        for layer in image_layers(load(folder / name).stacks):
            model.add_layer(layer)
    return model.layers


def test_dose_that_is_opened_later_leaves_its_images_in_view(tmp_path, model):
    image, dose = dose_after_its_images(tmp_path, model)
    bring_into_view(model, dose)
    assert image.visible
    assert dose.visible
    assert dose.opacity == WASH_OPACITY


def test_dose_over_its_images_leaves_these_current(tmp_path, model, qtbot):
    image, dose = dose_after_its_images(tmp_path, model)
    # napari has activated the layer that it has added.
    qtbot.waitUntil(lambda: current_layer(model) is image)
    assert model.layers.selection == {image}
    bring_into_view(model, dose)
    assert current_layer(model) is image
    model.layers.selection.active = None
    assert current_layer(model) is image
    # Whoever selects the dose windows the dose.
    model.layers.selection.active = dose
    assert current_layer(model) is dose
    show_only(model, [dose])
    assert not image.visible
    assert current_layer(model) is dose


def test_seen_together_leaves_out_what_is_covered(folder, model):
    image, dose = (model.add_layer(layer) for layer in image_layers(load(folder).stacks))
    assert seen_together(model, image) == [dose]
    assert seen_together(model, dose) == [image]
    dose.opacity = 1.0
    assert seen_together(model, image) == seen_together(model, dose) == []
    dose.blending = "additive"
    image.visible = False
    assert seen_together(model, dose) == []


def test_dose_alone_is_current(tmp_path, model):
    follow_openings(model)
    write(tmp_path / "dose.dcm", rtdose(VALUES))
    (dose,) = image_layers(load(tmp_path).stacks)
    model.add_layer(dose)
    assert current_layer(model) is dose


def test_dose_is_no_fusion_with_another_frame_of_reference(tmp_path):
    write(write_ct(tmp_path) / "dose.dcm", rtdose(VALUES))
    ct, dose = load(tmp_path).stacks
    assert is_fusion(dose, ct)
    assert not is_fusion(ct, dose)
    write(tmp_path / "dose.dcm", rtdose(VALUES, FrameOfReferenceUID="1.9"))
    ct, dose = load(tmp_path).stacks
    assert not is_fusion(dose, ct)
