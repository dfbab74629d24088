"""Series in mm and in pixels in one viewer: napari has nothing to warn of."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Shapes
from napari.utils.notifications import NotificationSeverity

from napari_medscan.dicom import load
from napari_medscan.napari_ import openings, view
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.measurement_layers import new_layer
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object
from napari_medscan.napari_.world_units import join_derived

from ..studies import write_series


def add(viewer, folder, **changes):
    write_series(folder, 1 if "FrameTime" in changes else 3, **changes)
    (layer,) = (viewer.add_layer(layer) for layer in image_layers(load(folder).stacks))
    return layer


def units(layer):
    return [str(unit) for unit in layer.units]


MM, PIXELS = ["millimeter"] * 3, ["pixel"] * 3
CLIP = {
    "NumberOfFrames": 2,
    "FrameTime": 40,
    "PixelData": bytes(2 * 48),
    "ImagePositionPatient": None,
    "ImageOrientationPatient": None,
    "Modality": "US",
}


def test_share_units_follows_the_current_series(viewer, tmp_path):
    calibrated = add(viewer, tmp_path / "a", series=1)
    uncalibrated = add(
        viewer, tmp_path / "b", series=2, PixelSpacing=None, FrameOfReferenceUID="1.2.9"
    )
    assert (units(calibrated), units(uncalibrated)) == (PIXELS, PIXELS)
    view.bring_into_view(viewer, calibrated)
    assert (units(calibrated), units(uncalibrated)) == (MM, MM)
    uncalibrated.visible, calibrated.visible = True, False
    viewer.layers.selection.active = None
    assert units(uncalibrated) == PIXELS


def test_join_derived_copies_without_units_have_those_of_the_series(viewer, tmp_path):
    series = add(viewer, tmp_path)
    place = {"scale": series.scale, "translate": series.translate}
    copy = viewer.add_image(np.array(series.data), metadata=series.metadata, **place)
    other = viewer.add_image(np.array(series.data) + 1, **place)
    assert units(copy) == PIXELS
    join_derived(viewer)
    assert (units(copy), units(other)) == (MM, PIXELS)


def test_share_units_a_hidden_series_does_not_decide(viewer, tmp_path):
    calibrated = add(viewer, tmp_path / "a", series=1)
    write_series(tmp_path / "b", 3, series=2, PixelSpacing=None)
    (hidden,) = image_layers(load(tmp_path / "b").stacks)
    hidden.visible = False
    viewer.add_layer(hidden)
    assert (units(calibrated), units(hidden)) == (MM, MM)


def test_share_units_of_a_clip_in_seconds_beside_slices(viewer, tmp_path):
    slices = add(viewer, tmp_path / "a", series=1)
    clip = add(viewer, tmp_path / "b", series=2, **CLIP, PixelSpacing=None)
    assert clip.ndim == 4
    assert units(clip) == ["second", *PIXELS]
    assert units(slices) == PIXELS
    view.bring_into_view(viewer, slices)
    assert units(clip) == ["second", *MM]


def test_share_units_of_what_lies_beside_series(viewer, tmp_path):
    """Contours, segmentations, slides and measurements, whatever is opened after them."""
    calibrated = add(viewer, tmp_path / "a", series=1)
    contours = Shapes(ndim=3, units=("mm",) * 3)
    note_object(contours, ShownObject(None, None, None))
    viewer.add_layer(contours)
    drawn = new_layer(viewer, calibrated, Shapes)
    uncalibrated = add(
        viewer, tmp_path / "b", series=2, PixelSpacing=None, FrameOfReferenceUID="1.2.9"
    )
    layers = (calibrated, uncalibrated, contours, drawn)
    assert [units(layer) for layer in layers] == [PIXELS] * 4
    view.bring_into_view(viewer, calibrated)
    assert [units(layer) for layer in layers] == [MM] * 4


def test_share_units_of_a_slide_in_view_beside_a_hidden_series(viewer, tmp_path):
    series = add(viewer, tmp_path, series=1, PixelSpacing=None)
    series.visible = False
    slide = Image(np.zeros((4, 4)), units=("mm",) * 2)
    note_object(slide, ShownObject(None, None, None))
    viewer.add_layer(slide)
    assert units(slide) == MM[:2]
    assert units(series)[1:] == MM[:2]


def test_share_units_leaves_other_layers_alone(viewer, tmp_path):
    points = viewer.add_points(np.zeros((1, 3)))
    before = units(points)
    add(viewer, tmp_path, series=1)
    assert units(points) == before


@pytest.mark.parametrize("shared", [True, False])
def test_napari_does_not_warn_of_inconsistent_units(
    make_napari_viewer, tmp_path, told, monkeypatch, shared
):
    if not shared:
        monkeypatch.setattr(openings, "share_units", lambda *_: None)
    viewer = make_napari_viewer(show=True)
    write_series(tmp_path / "a", 3, series=1)
    write_series(tmp_path / "b", 3, series=2, PixelSpacing=None, FrameOfReferenceUID="1.2.9")
    write_series(tmp_path / "both", 3, series=3, PixelSpacing=None, FrameOfReferenceUID="1.2.8")
    write_series(tmp_path / "both", 2, series=4, FrameOfReferenceUID="1.2.7")
    for name in ("a", "b", "a", "both"):
        viewer.open(str(tmp_path / name), plugin="napari-medscan")
        viewer.screenshot(canvas_only=True, flash=False)
    warnings = [n for n in told if n.severity == NotificationSeverity.WARNING]
    # The second case proves that napari would.
    assert (warnings == []) is shared
