"""Segmentations without positions lie on the images that they were drawn on."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import lies_on
from napari_medscan.napari_.objects.shown_object import object_of

from ..making import ct, item, write
from .labeled import COLUMNS, ROWS, SPACING, position, seg
from .stated import refer

NOWHERE = dict.fromkeys(
    ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "PixelSpacing")
)
DX = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "Modality": "DX", **NOWHERE}
LUNG = np.zeros((ROWS, COLUMNS), bool)
LUNG[2:5, 3:9] = True
HEART = np.roll(LUNG, (2, 1), axis=(0, 1))


def image(folder, number=0, frames=1, **changes):
    """Write a radiograph, or a clip of `frames`."""
    own = {
        "SOPInstanceUID": f"1.2.3.3.{number}",
        "SeriesInstanceUID": "1.2.3.3",
        "InstanceNumber": number + 1,
        "Rows": ROWS,
        "Columns": COLUMNS,
        "PixelData": bytes(2 * ROWS * COLUMNS * frames),
        **({"NumberOfFrames": frames} if frames > 1 else {}),
    }
    folder.mkdir(exist_ok=True)
    write(folder / f"{number}.dcm", ct(**{**own, **DX, **changes}))


def derived(images):
    return item(DerivationImageSequence=[item(SourceImageSequence=images)])


def segmentation(folder, frames, sources, **changes):
    """Write a segmentation of frames (segment number, pixels) on images, without positions."""
    data = seg([(n, (0, 0, 0), px) for n, px in frames], {1: "Lung", 2: "Heart"}, **NOWHERE)
    for groups, images in zip(data.PerFrameFunctionalGroupsSequence, sources, strict=True):
        del groups.PlanePositionSequence
        if images:
            groups.DerivationImageSequence = derived(images).DerivationImageSequence
    del data.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    for name, value in changes.items():
        setattr(data, name, value)
    write(folder / "seg.dcm", data)


def placed(folder):
    report = load(folder)
    (found,) = report.objects
    assert found.kind_name == "segmentation"
    return found, found.place(report.stacks), report


def test_segments_of_a_radiograph_lie_on_it_alone(tmp_path):
    image(tmp_path)
    image(tmp_path, 5, SeriesInstanceUID="1.2.3.5", SeriesNumber=5)
    here = refer("1.2.3.3.0")
    segmentation(tmp_path, [(1, LUNG), (2, HEART)], [here, here], SegmentsOverlap="UNDEFINED")
    found, placement, report = placed(tmp_path)
    assert placement.stack.series_number == 3
    assert not placement.notes
    assert found.label_sets(placement) == ((1,), (2,))
    labels = [np.asarray(found.labels(placement, each)) for each in ((1,), (2,))]
    assert np.array_equal(labels[0], LUNG[None] * 1)
    assert np.array_equal(labels[1], HEART[None] * 2)
    layers = object_layers(report.objects, report.stacks)
    shown = object_of(layers[0])
    assert [lies_on(shown, s) for s in report.stacks] == [
        s.series_number == 3 for s in report.stacks
    ]


@pytest.mark.parametrize("where", ["shared", "source", "series"])
def test_segments_whose_file_names_its_image_once_lie_on_it(tmp_path, where):
    image(tmp_path)
    here = refer("1.2.3.3.0")
    segmentation(tmp_path, [(1, LUNG)], [()])
    data_set = {
        "shared": lambda: {"SharedFunctionalGroupsSequence": [derived(here)]},
        "source": lambda: {"SourceImageSequence": here},
        "series": lambda: {
            "ReferencedSeriesSequence": [
                item(SeriesInstanceUID="1.2.3.3", ReferencedInstanceSequence=here)
            ]
        },
    }[where]()
    segmentation(tmp_path, [(1, LUNG)], [()], **data_set)
    _, placement, report = placed(tmp_path)
    assert placement.stack is report.stacks[0]


def test_segments_of_frames_of_a_clip_lie_on_these_frames(tmp_path):
    image(tmp_path, frames=4, SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1", Modality="US")
    sources = [refer("1.2.3.3.0", frames=[2]), refer("1.2.3.3.0", frames=[4])]
    segmentation(tmp_path, [(1, LUNG), (1, HEART)], sources)
    found, placement, report = placed(tmp_path)
    labels = np.asarray(found.labels(placement, (1, 2)))
    assert report.stacks[0].axes == "tzyx"
    expected = np.zeros((4, 1, ROWS, COLUMNS))
    expected[1, 0], expected[3, 0] = LUNG, HEART
    assert np.array_equal(labels, expected)
    (layer,) = object_layers(report.objects, report.stacks)
    series = image_layer(report.stacks[0])
    assert np.array_equal(layer.extent.world, series.extent.world)
    assert ViewerModel().add_layer(layer).ndim == 4


@pytest.mark.parametrize("named", ["each", "all", "none"])
def test_segments_of_points_of_time_lie_on_theirs(tmp_path, named):
    """Frames of one segment at one position are different ones if their images are."""
    for time, z in np.ndindex(2, 3):
        name = f"{time + 1}{z}"
        slice_ = ct(
            SOPInstanceUID=f"1.2.3.3.{name}", SeriesInstanceUID="1.2.3.3", Rows=ROWS,
            Columns=COLUMNS, PixelSpacing=list(SPACING), ImagePositionPatient=list(position(z)),
            TemporalPositionIdentifier=time + 1, InstanceNumber=3 * time + z + 1,
            PixelData=bytes(2 * ROWS * COLUMNS),
        )  # fmt: skip
        write(tmp_path / f"{name}.dcm", slice_)
    # Rows and columns run backwards.
    last = position(1, ROWS - 1, COLUMNS - 1)
    frames = [(1, last, pixels[::-1, ::-1]) for pixels in (LUNG, HEART)]
    file = seg(frames, {1: "Lung"}, orientation=(-1, 0, 0, 0, -1, 0))
    if named != "none":
        for time, groups in enumerate(file.PerFrameFunctionalGroupsSequence):
            images = refer(f"1.2.3.3.{time + 1}1", f"1.2.3.3.{time + 1}2")
            images = images if named == "each" else refer("1.2.3.3.11", "1.2.3.3.21")
            groups.DerivationImageSequence = derived(images).DerivationImageSequence
    write(tmp_path / "seg.dcm", file)
    found, placement, report = placed(tmp_path)
    assert placement.stack is report.stacks[0]
    labels = np.asarray(found.labels(placement, (1,)))
    if named == "each":
        expected = np.zeros((2, 3, ROWS, COLUMNS))
        expected[0, 1], expected[1, 1] = LUNG, HEART
        assert not placement.notes
    else:
        expected = np.zeros((3, ROWS, COLUMNS))
        expected[1] = LUNG | HEART
        assert "drawn together" in placement.notes[0]
    assert np.array_equal(labels, expected)
    (layer,) = object_layers(report.objects, report.stacks)
    series = image_layer(report.stacks[0])
    assert np.array_equal(layer.extent.world[:, -3:], series.extent.world[:, -3:])
    assert layer.ndim == expected.ndim


def test_segments_whose_images_are_not_open_are_shown_alone_and_say_so(tmp_path):
    segmentation(tmp_path, [(1, LUNG), (2, HEART)], [refer("1.2.9"), refer("1.2.10")])
    found, placement, _ = placed(tmp_path)
    assert placement.stack is None
    assert placement.shape == (2, ROWS, COLUMNS)
    assert placement.notes == ("Shown without images: those that it was drawn on are not open",)
    assert np.asarray(found.labels(placement, (1, 2)))[1].max() == 2


def test_segments_of_another_size_or_another_image_are_not_drawn_on_it(tmp_path):
    image(tmp_path)
    image(tmp_path, 1)
    segmentation(tmp_path, [(1, LUNG), (2, HEART)], [refer("1.2.3.3.1"), refer("1.2.9")])
    _, placement, _ = placed(tmp_path)
    assert placement.notes == ("1 of its 2 frames is for images of other series",)
    segmentation(tmp_path, [(1, LUNG[1:])], [refer("1.2.3.3.1")])
    assert placed(tmp_path)[1].stack is None
