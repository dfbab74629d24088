"""Segmentations on the grid of the series they fit, exactly, or on their own with the reason."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.segments import Code
from napari_medscan.dicom.pixels.read_frames import read_stored
from napari_medscan.frames import FrameCache

from ..making import item, write
from .labeled import COLUMNS, DEPTH, ROWS, SPACING, STEP, position, seg, segment, write_ct

SHAPE = (DEPTH, ROWS, COLUMNS)
NAMES = {1: "liver", 2: "spleen"}


def random_pixels(seed, shape=(ROWS, COLUMNS)):
    return np.random.default_rng(seed).random(shape) > 0.6


def loaded(folder):
    report = load(folder)
    (found,) = report.objects
    return report, found


def labels_on(found, stacks):
    placement = found.place(stacks)
    return placement, [np.asarray(found.labels(placement, s)) for s in found.label_sets(placement)]


@pytest.mark.parametrize(
    ("transposed", "flip_row", "flip_column", "downwards"), list(product((0, 1), repeat=4))
)
def test_segmentation_turned_any_way_lies_on_its_voxels(
    tmp_path, transposed, flip_row, flip_column, downwards
):
    """Frames are cut from a truth on the CT by their own plane, without the code under test."""
    truth = np.array([random_pixels(z) for z in range(DEPTH)])
    row, column = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    planes = list(range(DEPTH))[:: -1 if downwards else 1]
    first_row, first_column = (ROWS - 1) * flip_row, (COLUMNS - 1) * flip_column
    row, column = row * (-1) ** flip_column, column * (-1) ** flip_row
    frames = []
    for z in planes:
        pixels = truth[z][:: -1 if flip_row else 1, :: -1 if flip_column else 1]
        frames.append((1, position(z, first_row, first_column), pixels.T if transposed else pixels))
    axes = (column, row) if transposed else (row, column)
    spacing = SPACING[::-1] if transposed else SPACING
    write_ct(tmp_path / "ct")
    orientation = [*axes[0], *axes[1]]
    write(tmp_path / "seg.dcm", seg(frames, NAMES, orientation=orientation, spacing=spacing))
    report, found = loaded(tmp_path)
    placement, (labels,) = labels_on(found, report.stacks)
    assert placement.stack is report.stacks[0]
    assert placement.notes == ()
    assert np.array_equal(labels, truth)


def test_segmentation_of_few_small_frames_lies_at_its_own_planes(tmp_path):
    """Empty planes are left out, and frames may be smaller than the image (PS3.3 A.51)."""
    small = random_pixels(1, (3, 4))
    frames = [(2, position(z, 2, 5), small) for z in (0, 3, 4)]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, NAMES))
    report, found = loaded(tmp_path)
    _, (labels,) = labels_on(found, report.stacks)
    expected = np.zeros(SHAPE, np.uint8)
    expected[[0, 3, 4], 2:5, 5:9] = 2 * small
    assert np.array_equal(labels, expected)


@pytest.mark.parametrize("declared", ["YES", "UNDEFINED", None])
@pytest.mark.parametrize("columns", [COLUMNS, 16])
def test_segmentation_overlapping_segments_get_layers_of_their_own(tmp_path, declared, columns):
    """A1: overlaps are never merged. Frames of 8 x 16 pixels are compared as they are stored."""
    a, b, c = (np.zeros((ROWS, columns), bool) for _ in range(3))
    a[:4], b[3:6], c[6:] = True, True, True
    frames = [(n, position(1), p) for n, p in ((1, a), (2, b), (3, c))]
    file = seg(frames, {1: "a", 2: "b", 3: "c"}, SegmentsOverlap=declared)
    wide = {"Columns": columns, "PixelData": bytes(2 * ROWS * columns)}
    write(write_ct(tmp_path, **wide) / "seg.dcm", file)
    report, found = loaded(tmp_path)
    placement, (first, second) = labels_on(found, report.stacks)
    assert found.label_sets(placement) == ((1, 3), (2,))
    assert np.array_equal(first[1], a * 1 + c * 3)
    assert np.array_equal(second[1], b * 2)


def test_segmentation_that_denies_overlap_is_trusted_without_reading_pixels(tmp_path, monkeypatch):
    frames = [(n, position(1), random_pixels(n)) for n in (1, 2)]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, NAMES))
    report, found = loaded(tmp_path)
    placement = found.place(report.stacks)
    module = "napari_medscan.dicom.objects.segment_overlap._packed"
    monkeypatch.setattr(module, lambda *_: pytest.fail("pixels were read"))
    assert found.label_sets(placement) == ((1, 2),)
    undeclared = replace(found, facts=replace(found.facts, overlap=""))
    with pytest.raises(pytest.fail.Exception):
        undeclared.label_sets(placement)


def test_segmentation_empty_segment_is_listed(tmp_path):
    """A5."""
    write(tmp_path / "seg.dcm", seg([(1, position(0), random_pixels(0))], NAMES))
    _, found = loaded(tmp_path)
    assert [each.name for each in found.segments] == ["liver", "spleen"]
    assert found.summary == "2 segments (empty: spleen)"


def test_segmentation_segments_of_one_number_are_one_and_the_user_knows(tmp_path):
    frames = [(1, position(0), random_pixels(0))]
    both = [segment(1, "liver"), segment(1, "spleen")]
    for segments in (both[:1], both):
        write(tmp_path / "seg.dcm", seg(frames, {}, SegmentSequence=segments))
        _, found = loaded(tmp_path)
        assert [each.name for each in found.segments] == ["liver"]
        warned = ("Several segments have number 1: the name is that of the first",)
        assert found.warnings == (warned if segments == both else ())


def test_segmentation_segments_have_names_codes_and_colors(tmp_path):
    code = item(CodeValue="10200004", CodingSchemeDesignator="SCT", CodeMeaning="Liver")
    described = segment(
        1,
        "Doe liver",
        SegmentedPropertyTypeCodeSequence=[code],
        SegmentAlgorithmType="MANUAL",
        RecommendedDisplayCIELabValue=[65535, 32896, 32896],
        TrackingID="lesion",
        TrackingUID="1.2.3",
    )
    frames = [(1, position(0), random_pixels(0))]
    file = seg(frames, {}, SegmentSequence=[described], PatientName="Doe^Jane")
    write(tmp_path / "seg.dcm", file)
    _, found = loaded(tmp_path)
    (only,) = found.segments
    assert only.name == "liver"
    assert only.type == Code("10200004", "SCT", "Liver")
    assert (only.algorithm, only.tracking_id, only.tracking_uid) == ("MANUAL", "lesion", "1.2.3")
    assert only.color == pytest.approx((1, 1, 1), abs=0.01)


MISFITS = {
    "patient": ({"PatientID": "another"}, "no series with its frame of reference"),
    "frame of reference": ({"FrameOfReferenceUID": "1.9"}, "no series with its frame of reference"),
    "planes": ({"orientation": (1, 0, 0, 0, 0, -1)}, "its planes are not those of CT 3"),
    "pixels": ({"spacing": (0.6, 0.75)}, "its pixels do not lie on those of CT 3"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_segmentation_that_fits_no_series_says_why(tmp_path, what):
    """A2, A3: the file itself fits; with one thing changed it does not, in words."""
    frames = [(1, position(z), random_pixels(z)) for z in (1, 2)]
    changes, why = MISFITS[what]
    for number, each in enumerate(({}, changes)):
        folder = write_ct(tmp_path / str(number), PatientID="one")
        write(folder / "seg.dcm", seg(frames, NAMES, **{"PatientID": "one", **each}))
        report, found = loaded(folder)
        placement = found.place(report.stacks)
        assert (placement.stack is None) is bool(number)
        assert any(why in note for note in placement.notes) is bool(number)


def test_segmentation_orientation_that_is_rounded_still_fits(tmp_path):
    """A3: direction cosines of other programs differ in the fourth decimal."""
    pixels = random_pixels(3)
    rounded = (0.99999968, 0.0008, 0.0, -0.0008, 0.99999968, 0.0)
    file = seg([(1, position(1), pixels)], NAMES, orientation=rounded)
    write(write_ct(tmp_path) / "seg.dcm", file)
    report, found = loaded(tmp_path)
    _, (labels,) = labels_on(found, report.stacks)
    assert np.array_equal(labels[1], pixels)


def test_segmentation_reads_the_frames_of_the_slice_in_view_alone(tmp_path, monkeypatch):
    """A4: 60 segments of 1,500 frames would take seconds to read as a whole."""
    frames = [(n, position(z), random_pixels(n)) for n in range(1, 13) for z in range(DEPTH)]
    names = {n: f"organ {n}" for n in range(1, 13)}
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, names))
    report, found = loaded(tmp_path)
    read = []
    module = "napari_medscan.dicom.objects.segmentation"
    monkeypatch.setattr(
        f"{module}.read_stored",
        lambda header, index: read.append(index) or read_stored(header, index),
    )
    placement = found.place(report.stacks)
    (numbers,) = found.label_sets(placement)
    labels = found.labels(placement, numbers, FrameCache(1 << 20))
    assert read == []
    assert labels[3].any()
    assert sorted(read) == [DEPTH * n + 3 for n in range(12)]


def test_segmentation_between_slices_keeps_its_own_grid(tmp_path):
    """A SEG of thinner slices is drawn at its own places, an even step apart."""
    heights = (0.0, 0.5, 2.0)
    frames = [(1, position(z), random_pixels(int(2 * z))) for z in heights]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, NAMES))
    report, found = loaded(tmp_path)
    placement, (labels,) = labels_on(found, report.stacks)
    assert "between or beyond the slices" in placement.notes[-1]
    assert placement.geometry.spacing == pytest.approx((STEP / 2, *SPACING))
    assert placement.geometry.origin == position(0)
    filled = [bool(plane.any()) for plane in labels]
    assert filled == [True, True, False, False, True]


@pytest.mark.parametrize("odd", range(3))
def test_segmentation_has_the_grid_of_most_frames(tmp_path, odd):
    data = seg([(1, position(z), random_pixels(z)) for z in range(3)], NAMES)
    plane = item(ImageOrientationPatient=[0, 1, 0, 0, 0, 1])
    data.PerFrameFunctionalGroupsSequence[odd].PlaneOrientationSequence = [plane]
    write(tmp_path / "seg.dcm", data)
    _, found = loaded(tmp_path)
    placement, (labels,) = labels_on(found, ())
    assert sum(bool(plane.any()) for plane in labels) == 2
    assert placement.notes[0] == "1 frame lies on another grid and is not shown"


def test_segmentation_without_frame_of_reference_needs_a_reference(tmp_path):
    frames = [(1, position(1), random_pixels(0))]
    for number, series in enumerate(("1.2.3.3", "1.2.3.4")):
        reference = [item(SeriesInstanceUID=series)]
        file = seg(frames, NAMES, FrameOfReferenceUID=None, ReferencedSeriesSequence=reference)
        folder = write_ct(tmp_path / str(number))
        write(folder / "seg.dcm", file)
        report, found = loaded(folder)
        assert (found.place(report.stacks).stack is None) is bool(number)


def test_segmentation_lies_on_the_series_it_refers_to(tmp_path):
    """Of two series that it fits: several phases of one scan share a grid."""
    frames = [(1, position(1), random_pixels(0))]
    write_ct(tmp_path, number=3)
    write_ct(tmp_path, number=4)
    for series in (3, 4):
        reference = [item(SeriesInstanceUID=f"1.2.3.{series}")]
        write(tmp_path / "seg.dcm", seg(frames, NAMES, ReferencedSeriesSequence=reference))
        report, found = loaded(tmp_path)
        for stacks in (report.stacks, report.stacks[::-1]):
            assert found.place(stacks).stack.series_number == series


def label_map(pixels, names, **changes):
    """Return a segmentation whose pixels are numbers of segments."""
    bits = 8 * pixels.itemsize
    return seg(
        [(1, position(2), pixels)],
        names,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66.7",
        SegmentationType="LABELMAP",
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelData=pixels.tobytes(),
        **changes,
    )


@pytest.mark.parametrize(
    ("pixels", "overlap"),
    [
        (np.random.default_rng(0).integers(0, 4, (ROWS, COLUMNS), np.uint8), None),
        (np.full((ROWS, COLUMNS), 300, "<u2"), "NO"),
    ],
    ids=["described", "not described"],
)
def test_segmentation_label_map_is_one_layer_of_stored_numbers(tmp_path, pixels, overlap):
    file = label_map(pixels, {1: "a", 3: "c"}, SegmentsOverlap=overlap)
    write(write_ct(tmp_path) / "seg.dcm", file)
    report, found = loaded(tmp_path)
    _, (labels,) = labels_on(found, report.stacks)
    assert np.array_equal(labels[2], pixels)
    assert not labels[[0, 1, 3, 4]].any()


@pytest.mark.parametrize("has_palette", [False, True])
def test_segmentation_label_map_has_the_colors_of_its_palette(tmp_path, has_palette):
    """PS3.3 A.90: label maps have a palette in the place of a color for each segment."""
    pixels = np.random.default_rng(0).integers(0, 3, (ROWS, COLUMNS), np.uint8)
    colors = np.array([(0, 0, 0), (255, 0, 51), (0, 102, 255), (9, 9, 9)], np.uint8)
    palette = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, channel in zip(("Red", "Green", "Blue"), colors.T, strict=True):
        palette[f"{name}PaletteColorLookupTableDescriptor"] = [4, 0, 8]
        palette[f"{name}PaletteColorLookupTableData"] = channel.tobytes()
    file = label_map(pixels, NAMES, **(palette if has_palette else {}))
    write(write_ct(tmp_path) / "seg.dcm", file)
    report, found = loaded(tmp_path)
    _, (labels,) = labels_on(found, report.stacks)
    assert np.array_equal(labels[2], pixels)
    assert [each.has_own_color for each in found.segments] == [has_palette] * 2
    are_equal = [each.color for each in found.segments] == [(1, 0, 0.2), (0, 0.4, 1)]
    assert are_equal is has_palette


@pytest.mark.parametrize("stated", [None, 1, 2])
def test_segmentation_of_more_frames_than_it_states_shows_all(tmp_path, stated):
    frames = [(1, position(z), random_pixels(z)) for z in range(3)]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, NAMES, NumberOfFrames=stated))
    report, found = loaded(tmp_path)
    _, (labels,) = labels_on(found, report.stacks)
    for z, (_, _, pixels) in enumerate(frames):
        assert np.array_equal(labels[z], pixels)
    assert any("contains 3 frames; all are shown" in warning for warning in found.warnings)


def test_segmentation_fractional_stays_an_image_of_fractions(tmp_path):
    pixels = np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS)
    file = seg(
        [(1, position(2), pixels)],
        NAMES,
        SegmentationType="FRACTIONAL",
        SegmentationFractionalType="PROBABILITY",
        MaximumFractionalValue=200,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelData=pixels.tobytes(),
    )
    write(tmp_path / "seg.dcm", file)
    report = load(tmp_path)
    assert report.objects == ()
    (stack,) = report.stacks
    assert np.allclose(np.asarray(stack.array)[0], pixels / 200)


def test_segmentation_is_the_same_when_its_folder_is_opened_again(tmp_path, monkeypatch):
    frames = [(1, position(z), random_pixels(z)) for z in (0, 2)]
    write(write_ct(tmp_path / "disc") / "seg.dcm", seg(frames, NAMES))
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    report, found = loaded(tmp_path / "disc")
    again, same = loaded(tmp_path / "disc")
    assert (same.name, same.segments, again.files) == (found.name, found.segments, report.files)
    _, (labels,) = labels_on(found, report.stacks)
    assert np.array_equal(labels, labels_on(same, again.stacks)[1][0])


def test_segmentation_of_one_segment_need_not_name_it_in_its_frames(tmp_path):
    pixels = random_pixels(2)
    file = seg([(4, position(1), pixels)], {4: "liver"})
    for frame in file.PerFrameFunctionalGroupsSequence:
        del frame.SegmentIdentificationSequence
    write(write_ct(tmp_path) / "seg.dcm", file)
    report, found = loaded(tmp_path)
    placement, (labels,) = labels_on(found, report.stacks)
    assert found.label_sets(placement) == ((4,),)
    assert np.array_equal(labels[1], 4 * pixels)
    file.SegmentSequence.append(item(SegmentNumber=5, SegmentLabel="spleen"))
    write(tmp_path / "seg.dcm", file)
    assert not load(tmp_path).objects


def without(name, *, frames):
    """Return what takes an attribute from the file, or from its frames."""

    def change(file):
        for data_set in file.PerFrameFunctionalGroupsSequence[1:] if frames else [file]:
            delattr(data_set, name)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("PlanePositionSequence", frames=True), "neither a place nor a source image"),
        (without("SegmentIdentificationSequence", frames=True), "which segment it shows"),
        (without("SegmentationType", frames=False), "Segmentation Type is unknown"),
    ],
)
def test_segmentation_that_opens_as_images_says_why(tmp_path, change, reason):
    file = seg([(n, position(z), random_pixels(z)) for n in NAMES for z in (1, 2)], NAMES)
    change(file)
    write(write_ct(tmp_path) / "seg.dcm", file)
    report = load(tmp_path)
    assert report.objects == ()
    notes = [w for stack in report.stacks for w in stack.warnings if "Not shown as labels" in w]
    assert notes
    assert all(reason in note for note in notes)
    assert not any("labels" in w for s in report.stacks if s.modality == "CT" for w in s.warnings)
