"""Labels layers saved as DICOM segmentations by napari, and reopened."""

from __future__ import annotations

import napari
import nibabel
import numpy as np
import pydicom
import pytest
from napari.layers import Labels

from napari_medscan.dicom import load
from napari_medscan.export import ExportError
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.session import record
from napari_medscan.writer import write_image, write_labels, write_segmentation

from ...dicom.making import write
from ...dicom.objects.labeled import COLUMNS, DEPTH, ROWS, position, seg, segment, write_ct
from ...studies import damage

pytest.importorskip("highdicom")
OBLIQUE = {
    "ImageOrientationPatient": [0.8, 0.6, 0.0, -0.36, 0.48, 0.8],
    "ImagePositionPatient": None,
    "PixelSpacing": [0.5, 1.25],
}


@pytest.fixture
def shown(model, monkeypatch):
    """Return what opens a folder in the viewer, and notes it as a drop does."""
    monkeypatch.setattr(napari, "current_viewer", lambda: model)
    stacks, objects = [], []

    def show(folder):
        report = load(folder)
        record.add(report)
        stacks.extend(report.stacks)
        objects.extend(report.objects)
        known = [*stacks]
        for each in (*image_layers(report.stacks), *object_layers(report.objects, known)):
            model.add_layer(each)
        return model.layers[-1]

    yield show
    record.forget(stacks, objects)


def test_labels_drawn_on_a_series_reopen_with_their_names_and_colors(model, shown, tmp_path):
    image = shown(write_ct(tmp_path / "ct"))
    labels = model.add_labels(
        np.zeros((DEPTH, ROWS, COLUMNS), np.uint8), scale=image.scale, translate=image.translate
    )
    labels.selected_label = 3
    labels.paint((1, 3, 4), 3)
    labels.features = {"index": [3], "name": ["Herd"]}
    saved = tmp_path / "drawn.dcm"
    assert model.layers.save(str(saved), selected=True) == [str(saved)]
    again = shown(saved)
    assert isinstance(again, Labels)
    np.testing.assert_array_equal(np.asarray(again.data), labels.data)
    np.testing.assert_allclose(again.translate, image.translate)
    assert list(again.features["name"]) == ["background", "Herd"]
    np.testing.assert_allclose(again.get_color(3), labels.get_color(3), atol=0.01)


@pytest.mark.parametrize(("typed", "chosen"), [("a.dcm", "labels"), ("a.nii.gz", "segmentation")])
def test_ending_of_the_name_counts_not_the_type_the_dialog_stands_on(
    model, shown, tmp_path, typed, chosen
):
    shown(write_ct(tmp_path / "ct"))
    image = model.layers[0]
    drawn = np.ones((DEPTH, ROWS, COLUMNS), np.uint8)
    labels = model.add_labels(drawn, scale=image.scale, translate=image.translate)
    data, attributes, kind = labels.as_layer_data_tuple()
    saved = str(tmp_path / typed)
    if chosen == "labels":
        assert write_labels(saved, data, attributes) == [saved]
        assert pydicom.dcmread(saved).Modality == "SEG"
    else:
        assert saved in write_segmentation(saved, [(data, attributes, kind)])
        assert np.asarray(nibabel.load(saved).dataobj).all()


def test_name_that_says_no_format_is_refused_with_those_that_do(model, shown, tmp_path):
    shown(write_ct(tmp_path / "ct"))
    image = model.layers[0]
    data, attributes, _ = image.as_layer_data_tuple()
    with pytest.raises(ExportError, match=r"ends in \.nii\.gz"):
        write_image(str(tmp_path / "a.dcm"), data, attributes)
    with pytest.raises(ExportError, match=r"ending \.dcm only"):
        write_segmentation(str(tmp_path / "a.nii.gz"), [(data, attributes, "labels")] * 2)


def test_edited_segmentation_reopens_with_all_edits_and_what_was_known(model, shown, tmp_path):
    pixels = np.zeros((ROWS, COLUMNS), bool)
    pixels[2:4, 2:8] = True
    names = [segment(1, "liver", TrackingID="L-1", TrackingUID="1.2.840.99.1"), segment(2, "empty")]
    frames = [(1, position(1), pixels), (1, position(3), pixels)]
    write(write_ct(tmp_path / "in") / "seg.dcm", seg(frames, {}, SegmentSequence=names))
    layer = shown(tmp_path / "in")
    layer.selected_label = 2
    layer.fill((1, 2, 2), 2)
    layer.paint((4, 5, 5), 2)
    layer.paint((0, 0, 0), 2)
    layer.undo()
    edited = np.asarray(layer.data)
    assert edited[0].any() == 0
    assert (edited[1] == 2).sum() == 12
    model.layers.selection = {layer}
    model.layers.save(str(tmp_path / "edited.dcm"), selected=True)
    again = shown(tmp_path / "edited.dcm")
    np.testing.assert_array_equal(np.asarray(again.data), edited)
    assert list(again.features["name"]) == ["background", "liver", "empty"]
    assert list(again.features["tracking_id"]) == ["", "L-1", ""]
    # The file that was opened is as it was.
    assert len(pydicom.dcmread(tmp_path / "in" / "seg.dcm").PerFrameFunctionalGroupsSequence) == 2


def test_layers_of_one_segmentation_are_saved_as_one_with_their_overlap(model, shown, tmp_path):
    pixels = np.zeros((ROWS, COLUMNS), bool)
    pixels[2:4, 2:8] = True
    frames = [(1, position(1), pixels), (2, position(1), np.roll(pixels, 1, axis=0))]
    file = seg(frames, {1: "liver", 2: "tumor"}, SegmentsOverlap="YES")
    write(write_ct(tmp_path / "in") / "seg.dcm", file)
    shown(tmp_path / "in")
    layers = [each for each in model.layers if isinstance(each, Labels)]
    assert len(layers) == 2
    model.layers.selection = set(layers)
    model.layers.save(str(tmp_path / "both.dcm"), selected=True)
    assert pydicom.dcmread(tmp_path / "both.dcm").SegmentsOverlap == "YES"
    (again,) = load(tmp_path / "both.dcm").objects
    placement = again.place(record.stacks)
    found = [np.asarray(again.labels(placement, each)) for each in again.label_sets(placement)]
    for saved, layer in zip(found, layers, strict=True):
        np.testing.assert_array_equal(saved, np.asarray(layer.data))


def test_labels_on_an_oblique_series_reopen_in_place(model, shown, tmp_path):
    folder = write_ct(tmp_path / "mr", Modality="MR", **OBLIQUE)
    normal = np.cross(
        OBLIQUE["ImageOrientationPatient"][:3], OBLIQUE["ImageOrientationPatient"][3:]
    )
    for number, path in enumerate(sorted(folder.iterdir())):
        data = pydicom.dcmread(path)
        data.ImagePositionPatient = [round(x, 6) for x in (5 - normal * 3.5 * number).tolist()]
        data.save_as(path)
    image = shown(folder)
    drawn = np.arange(DEPTH * ROWS * COLUMNS, dtype=np.uint8).reshape(DEPTH, ROWS, COLUMNS) % 4
    labels = model.add_labels(drawn, scale=image.scale, translate=image.translate)
    labels.save(str(tmp_path / "seg.dcm"))
    again = shown(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(np.asarray(again.data), drawn)
    np.testing.assert_allclose(again.scale, image.scale)
    np.testing.assert_allclose(again.translate, image.translate)


@pytest.mark.parametrize(
    ("shape", "scale", "translate", "reason"),
    [
        ((DEPTH, ROWS, COLUMNS), 1.0, 0.4, "between the voxels"),
        ((DEPTH, ROWS, COLUMNS), 1.5, 0.0, "another size"),
        ((DEPTH + 1, ROWS, COLUMNS), 1.0, 0.0, "beyond the edges"),
        ((2, DEPTH, ROWS, COLUMNS), 1.0, 0.0, "axes"),
    ],
)
def test_labels_on_another_grid_are_refused_with_the_reason(
    model, shown, tmp_path, shape, scale, translate, reason
):
    image = shown(write_ct(tmp_path / "ct"))
    more = len(shape) - 3
    labels = model.add_labels(
        np.ones(shape, np.uint8),
        scale=(*[1.0] * more, *image.scale * scale),
        translate=(*[0.0] * more, *(image.translate + image.scale * translate)),
    )
    with pytest.raises(ExportError, match=rf"{reason}.* CT 3"):
        labels.save(str(tmp_path / "seg.dcm"))
    assert not (tmp_path / "seg.dcm").exists()


@pytest.mark.parametrize("mirrored", [False, True])
def test_labels_of_a_part_or_mirrored_are_laid_on_by_their_affine(model, shown, tmp_path, mirrored):
    image = shown(write_ct(tmp_path / "ct"))
    part = np.random.default_rng(1).integers(0, 3, (2, ROWS, COLUMNS), np.uint8)
    affine = np.eye(4)
    np.fill_diagonal(affine[:3, :3], image.scale)
    affine[:3, 3] = image.translate + image.scale * (1, 0, 0)
    if mirrored:
        affine[2, 2] *= -1
        affine[2, 3] += image.scale[2] * (COLUMNS - 1)
    model.add_labels(part, affine=affine).save(str(tmp_path / "seg.dcm"))
    again = shown(tmp_path / "seg.dcm")
    expected = np.zeros((DEPTH, ROWS, COLUMNS), np.uint8)
    expected[1:3] = part[..., ::-1] if mirrored else part
    np.testing.assert_array_equal(np.asarray(again.data), expected)


def test_labels_of_two_patients_with_equal_grids_belong_to_the_visible_series(
    model, shown, tmp_path
):
    first = shown(write_ct(tmp_path / "a", number=3, PatientID="A"))
    second = shown(write_ct(tmp_path / "b", number=4, PatientID="B"))
    drawn = np.ones((DEPTH, ROWS, COLUMNS), np.uint8)
    labels = model.add_labels(drawn, scale=first.scale, translate=first.translate)
    first.visible, second.visible = True, False
    labels.save(str(tmp_path / "seg.dcm"))
    assert pydicom.dcmread(tmp_path / "seg.dcm").PatientID == "A"
    first.visible = False
    with pytest.raises(ExportError, match="several series"):
        labels.save(str(tmp_path / "other.dcm"))


@pytest.mark.parametrize("suffix", [".dcm", ".nii.gz", ".nrrd"])
def test_labels_that_cannot_be_read_are_an_error_and_not_background(shown, tmp_path, suffix):
    # Not the slice in view, which has been read.
    frames = [(1, position(z), np.ones((ROWS, COLUMNS), bool)) for z in (0, 4)]
    file = write(write_ct(tmp_path / "in") / "seg.dcm", seg(frames, {1: "liver"}))
    layer = shown(tmp_path / "in")
    damage(file)
    with pytest.raises(ExportError, match="cannot be read"):
        layer.save(str(tmp_path / f"saved{suffix}"))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
