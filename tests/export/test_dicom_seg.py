"""Labels written as DICOM segmentations, read back here and by highdicom."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.property_types import property_type, property_types
from napari_medscan.dicom.objects.segments import Code, Segment, color_of
from napari_medscan.export import ExportError, save_dicom_seg

from ..corpus.oracle import case_names, case_path
from ..dicom.objects.labeled import COLUMNS, DEPTH, ROWS, write_ct

hd = pytest.importorskip("highdicom")

OBLIQUE = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
LIVER, TUMOR = property_type("Liver"), property_type("Neoplasm")


@pytest.fixture
def ct(tmp_path):
    (stack,) = load(write_ct(tmp_path / "ct")).stacks
    return stack


def drawn(*values):
    """Return labels of a CT of `labeled` with some values, and slices that are empty."""
    labels = np.random.default_rng(7).choice([0, 0, *values], (DEPTH, ROWS, COLUMNS))
    labels[2] = 0
    return labels.astype(np.uint8)


def reopened(path, stack):
    """Return the segmentation of a file, and its labels on a series."""
    (segmentation,) = load(path).objects
    placement = segmentation.place([stack])
    assert placement.stack is stack
    sets = segmentation.label_sets(placement)
    return segmentation, [np.asarray(segmentation.labels(placement, each)) for each in sets]


def standard_errors(path):
    """Return what dciodvfy (dicom3tools) objects to."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("NOT TESTED: dciodvfy is not installed (tools/system-libraries.sh validator)")
    done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]


@pytest.mark.parametrize("values", [(1,), (1, 2), (3, 7), (300, 2)])
def test_seg_reopens_with_the_labels_that_were_drawn(ct, tmp_path, values):
    labels = np.zeros((DEPTH, ROWS, COLUMNS), np.uint16)
    labels[drawn(1) == 1] = values[0]
    labels[1, :3] = values[-1]
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", labels).files
    segmentation, (found,) = reopened(path, ct)
    np.testing.assert_array_equal(found, labels)
    assert [each.value for each in segmentation.segments] == sorted(values)
    # PS3.3 C.8.20.2.4
    assert [each.number for each in segmentation.segments] == list(range(1, len(values) + 1))


def test_seg_is_read_by_highdicom_image_by_image(ct, tmp_path):
    labels = drawn(1, 2)
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", labels).files
    uids = [ct.read_header(number).sop_instance for number in range(DEPTH)]
    found = hd.seg.segread(path).get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )
    np.testing.assert_array_equal(found, labels)


def test_seg_keeps_names_codes_colors_and_tracking(ct, tmp_path):
    liver = Segment(
        1, "Leber", LIVER.category, LIVER.type, "SEMIAUTOMATIC", "grow 2", "L-1", "1.2.840.99.1",
        color=(0.2, 0.4, 0.9), has_own_color=True,
    )  # fmt: skip
    tumor = Segment(2, "Ziel", TUMOR.category, TUMOR.type)
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", drawn(1), [liver, tumor]).files
    found, second = reopened(path, ct)[0].segments
    assert replace(found, color=liver.color) == liver
    assert found.color == pytest.approx(liver.color, abs=0.005)
    # A segment without a color of its own has one that no other has.
    assert second.color == pytest.approx(color_of(2), abs=0.005)
    assert (second.label, second.type, second.algorithm) == ("Ziel", TUMOR.type, "MANUAL")
    # The second is empty, and there all the same.
    assert reopened(path, ct)[0].summary == "2 segments (empty: Ziel)"


def test_seg_with_overlap_keeps_every_voxel_of_each_segment(ct, tmp_path):
    first, second = drawn(1, 3), drawn(2)[::-1].copy()
    assert ((first > 0) & (second > 0)).any()
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", [first, second]).files
    assert pydicom.dcmread(path).SegmentsOverlap == "YES"
    _, found = reopened(path, ct)
    for value, labels in ((1, first), (3, first), (2, second)):
        masks = [each == value for each in found]
        np.testing.assert_array_equal(np.logical_or.reduce(masks), labels == value)


def test_seg_of_arrays_with_the_same_label_has_two_segments(ct, tmp_path):
    first, second = drawn(1), drawn(1)
    second[first > 0] = 0
    second[3, 0, 0], first[3, 0, 0] = 1, 0
    names = [[Segment(1, "left")], [Segment(1, "right")]]
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", [first, second], names).files
    segmentation, (found,) = reopened(path, ct)
    assert [(each.value, each.label) for each in segmentation.segments] == [
        (1, "left"),
        (2, "right"),
    ]
    np.testing.assert_array_equal(found, first + 2 * second)


def test_label_map_keeps_the_numbers(ct, tmp_path):
    labels = drawn(3, 7)
    (path,) = save_dicom_seg(ct, tmp_path / "seg.dcm", labels, encoding="LABELMAP").files
    segmentation, (found,) = reopened(path, ct)
    np.testing.assert_array_equal(found, labels)
    assert [each.number for each in segmentation.segments] == [3, 7]
    with pytest.raises(ExportError, match="overlap"):
        save_dicom_seg(ct, tmp_path / "b.dcm", [labels, labels], encoding="LABELMAP")


def test_edited_seg_keeps_what_layers_do_not_hold(ct, tmp_path):
    (path,) = save_dicom_seg(ct, tmp_path / "a.dcm", drawn(1), [Segment(1, "A", *code())]).files
    data = pydicom.dcmread(path)
    region = pydicom.Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = code()[1]
    data.SegmentSequence[0].AnatomicRegionSequence = [region]
    data.SegmentSequence[0].SegmentDescription = "of the left lobe"
    data.save_as(path)
    segmentation, (labels,) = reopened(path, ct)
    labels[4, 4] = 1
    again = tmp_path / "b.dcm"
    save_dicom_seg(ct, again, labels, segmentation.segments, source=segmentation)
    item = pydicom.dcmread(again).SegmentSequence[0]
    assert item.SegmentDescription == "of the left lobe"
    assert item.AnatomicRegionSequence[0].CodeMeaning == code()[1].meaning
    np.testing.assert_array_equal(reopened(again, ct)[1][0], labels)


def code():
    return LIVER.category, LIVER.type


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientBirthDate": None, "PatientName": None, "StudyDate": None},
        {"SpecificCharacterSet": "", "PatientName": "Canary^Alice"},
        {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Änne"},
        {"PatientSex": "U", "PatientBirthDate": "UNKNOWN", "PatientAge": "0Y"},
        {"PatientIdentityRemoved": "YES", "DeidentificationMethod": ""},
        {"ImageOrientationPatient": OBLIQUE, "ImagePositionPatient": None},
        {"FrameOfReferenceUID": None},
        {"PixelSpacing": [1 / 3, 2 / 7]},
    ],
    ids=str,
)
def test_seg_of_real_headers_is_valid_and_reopens(tmp_path, changes):
    valid = {"PatientName": "Canary^Alice", "PatientID": "MRN77X", "StudyID": "1"}
    with pydicom.config.disable_value_validation():
        folder = write_ct(tmp_path / "ct", **{**valid, **at_an_angle(changes)})
    if "ImagePositionPatient" in changes:
        place_along_the_normal(folder)
    (stack,) = load(folder).stacks
    labels = drawn(1, 2)
    done = save_dicom_seg(stack, tmp_path / "seg.dcm", labels)
    np.testing.assert_array_equal(reopened(done.files[0], stack)[1][0], labels)
    assert standard_errors(done.files[0]) == []
    assert bool(done.warnings) == ("FrameOfReferenceUID" in changes)
    if "Müller^Änne" in changes.values():
        assert pydicom.dcmread(done.files[0]).PatientName == "Müller^Änne"


def at_an_angle(changes):
    """Return the attributes without a position, which is each slice's own."""
    return {name: value for name, value in changes.items() if name != "ImagePositionPatient"}


def place_along_the_normal(folder):
    """Move the slices of a series to where an oblique series has them."""
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    for number, path in enumerate(sorted(folder.iterdir())):
        data = pydicom.dcmread(path)
        data.ImagePositionPatient = [round(x, 6) for x in (normal * 2.5 * number).tolist()]
        data.save_as(path)


def test_seg_of_a_series_with_a_missing_slice_has_its_labels_there(tmp_path):
    folder = write_ct(tmp_path / "ct")
    (folder / "ct3-2.dcm").unlink()
    (stack,) = load(folder).stacks
    labels = drawn(1)
    labels[2, 3:5] = 1
    (path,) = save_dicom_seg(stack, tmp_path / "seg.dcm", labels).files
    np.testing.assert_array_equal(reopened(path, stack)[1][0], labels)
    frames = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
    sources = [len(frame.DerivationImageSequence) for frame in frames]
    assert sorted(sources) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.zeros((DEPTH, ROWS, COLUMNS), int), "Nothing is painted"),
        (np.ones((DEPTH, ROWS, COLUMNS + 1), int), "shape"),
        (np.ones((DEPTH, ROWS, COLUMNS), float), "shape"),
        (np.full((DEPTH, ROWS, COLUMNS), 70000), "from 1 to 65535"),
        (np.full((DEPTH, ROWS, COLUMNS), -1), "from 1 to 65535"),
    ],
)
def test_labels_that_no_seg_can_hold_are_refused_with_the_reason(ct, tmp_path, labels, reason):
    with pytest.raises(ExportError, match=reason):
        save_dicom_seg(ct, tmp_path / "seg.dcm", labels)
    assert not list(tmp_path.glob("*.dcm"))


def test_a_file_that_exists_is_not_replaced(ct, tmp_path):
    (tmp_path / "seg.dcm").write_bytes(b"mine")
    with pytest.raises(ExportError, match="exists"):
        save_dicom_seg(ct, tmp_path / "seg.dcm", drawn(1))
    assert (tmp_path / "seg.dcm").read_bytes() == b"mine"


@pytest.mark.parametrize("stop_at", [0, DEPTH])
def test_what_progress_raises_leaves_no_file(ct, tmp_path, stop_at):
    def progress(done, _total):
        if done == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_dicom_seg(ct, tmp_path / "seg.dcm", drawn(1), progress=progress)
    assert [path.name for path in tmp_path.iterdir()] == ["ct"]


def test_without_highdicom_a_sentence_says_what_to_install(ct, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(ExportError, match=r"napari-medscan\[seg\]"):
        save_dicom_seg(ct, tmp_path / "seg.dcm", drawn(1))


def test_a_patient_whose_name_is_odd_is_not_named_in_a_warning(tmp_path, recwarn, caplog):
    (stack,) = load(write_ct(tmp_path / "ct", PatientName="CANARY")).stacks
    save_dicom_seg(stack, tmp_path / "seg.dcm", drawn(1))
    said = [str(each.message) for each in recwarn] + [caplog.text]
    assert not any("CANARY" in text for text in said)


def test_what_the_library_refuses_is_said_without_a_value(ct, tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise ValueError("Canary^Alice is no name")

    monkeypatch.setattr(hd.seg, "Segmentation", refuse)
    with pytest.raises(ExportError, match=r"^The header does not allow it \(ValueError\)$"):
        save_dicom_seg(ct, tmp_path / "seg.dcm", drawn(1))


def test_types_have_a_category_each_and_are_found_by_name():
    types = property_types()
    assert len(types) > 800
    assert all(all(each.type) and all(each.category) for each in types)
    assert property_type("liver").type == Code("10200004", "SCT", "Liver")
    assert property_type("Neoplasm").category.meaning == "Morphologically Abnormal Structure"
    with pytest.raises(ValueError, match="name"):
        property_type("no such thing")


@pytest.mark.skipif(not case_names(), reason="NOT TESTED: there is no corpus (MEDSCAN_CORPUS)")
@pytest.mark.parametrize(
    "name", ["mr-axial-oblique-ge20", "ct-tilt-ge-variable-spacing", "emr-siemens-anat"]
)
def test_seg_of_a_corpus_series_reopens(name, tmp_path):
    (stack, *_) = load(case_path(name)).stacks
    shape = stack.array.shape[-3:]
    labels = np.zeros(shape, np.uint8)
    labels[:, shape[1] // 4 : shape[1] // 2, : shape[2] // 3] = 1
    labels[0, -3:] = 5
    (path,) = save_dicom_seg(stack, tmp_path / "seg.dcm", labels).files
    np.testing.assert_array_equal(reopened(path, stack)[1][0], labels)
