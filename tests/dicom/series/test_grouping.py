"""Which files belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.series.duplicates import CONFLICT
from napari_medscan.dicom.series.grouping import group

from ..building import (
    AXIAL,
    SAGITTAL,
    files,
    make_frame,
    make_header,
    make_layout,
)

RGB = make_layout(bits=8, samples=3, photometric="RGB")


def names(headers):
    """Names of the files of each group."""
    return [[ref.header.name for ref in found] for found in group(headers)]


def axial(count, **changes):
    return files([make_frame((0, 0, float(z))) for z in range(count)], **changes)


def test_a_series_is_one_group_across_folders_and_studies():
    headers = axial(4)
    headers[1] = replace(headers[1], name="other/f0001", study="2", sop_instance="x")
    assert names(headers) == [["f0000", "other/f0001", "f0002", "f0003"]]


@pytest.mark.parametrize(
    "other",
    [
        {"patient": b"other"},
        {"series": "1.2"},
        {"series_number": 2},
        {"modality": "CT"},
        {"sop_class": "1.2.3"},
        {"layout": make_layout(rows=3)},
        {"layout": make_layout(columns=2)},
        {"layout": make_layout(photometric="MONOCHROME1")},
        {"layout": make_layout(bits=32, floating=True)},
        {"layout": RGB},
    ],
)
def test_what_differs_in_kind_is_a_group_of_its_own(other):
    first, second = axial(2)
    assert names([first, replace(second, **other)]) == [["f0000"], ["f0001"]]


def test_color_models_of_one_series_stay_together():
    first, second = axial(2, layout=RGB)
    ybr = replace(second, layout=replace(RGB, photometric="YBR_FULL_422"))
    assert names([first, ybr]) == [["f0000", "f0001"]]


def test_a_localizer_is_lifted_out():
    headers = axial(3)
    headers.insert(1, make_header(make_frame((0, 0, 0), SAGITTAL), name="scout"))
    assert names(headers) == [["f0000", "f0001", "f0002"], ["scout"]]


def test_directions_a_rounding_apart_are_one_orientation():
    nudged = (1.0, 0.00009, 0.0, -0.00009, 1.0, 0.0)
    turned = (1.0, 0.0002, 0.0, -0.0002, 1.0, 0.0)
    headers = files([make_frame((0, 0, z), o) for z, o in enumerate((AXIAL, nudged, turned))])
    assert names(headers) == [["f0000", "f0001"], ["f0002"]]


def test_mixed_pixel_spacing_is_never_one_stack():
    spacings = ((1.0, 1.0), (1.0, 1.0), (1.0, 2.0), None)
    headers = files([make_frame((0, 0, z), spacing=s) for z, s in enumerate(spacings)])
    assert names(headers) == [["f0000", "f0001"], ["f0002"], ["f0003"]]


def test_segments_of_one_file_are_groups_of_their_own():
    frames = [make_frame((0, 0, z), segment=s) for s in (1, 2) for z in range(2)]
    found = list(group([make_header(*frames, modality="SEG")]))
    assert [[ref.index for ref in refs] for refs in found] == [[0, 1], [2, 3]]


@pytest.mark.parametrize("modality", ["RTDOSE", "SEG"])
def test_dose_grids_and_segmentations_of_one_series_stay_apart(modality):
    frames = [make_frame((0, 0, z)) for z in range(3)]
    headers = [make_header(*frames, name=name, modality=modality) for name in "ab"]
    assert [set(found) for found in names(headers)] == [{"a"}, {"b"}]


def test_enhanced_files_of_one_series_stay_together():
    headers = [
        make_header(*(make_frame((0, 0, z + 3 * i)) for z in range(3)), name=name)
        for i, name in enumerate("ab")
    ]
    assert names(headers) == [["a"] * 3 + ["b"] * 3]


def test_clips_without_places_stay_apart():
    headers = [make_header(*[make_frame()] * 3, name=name, modality="US") for name in "ab"]
    assert names(headers) == [["a"] * 3, ["b"] * 3]


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "RTIMAGE"])
def test_single_views_stay_apart(modality):
    headers = files([make_frame(None, None)] * 2, modality=modality)
    assert names(headers) == [["f0000"], ["f0001"]]


def test_files_without_a_series_uid_stay_apart():
    assert names(axial(2, series="")) == [["f0000"], ["f0001"]]


def test_frames_with_and_without_a_position_are_never_mixed():
    frames = [make_frame((0, 0, 0)), make_frame(None), make_frame((0, 0, 1))]
    found = [[ref.index for ref in refs] for refs in group([make_header(*frames)])]
    assert found == [[0, 2], [1]]


def conflicting(name, z):
    """One of several images that share a SOP Instance UID."""
    frame = make_frame((0, 0, float(z)))
    return make_header(frame, name=name, sop_instance=f"1.{z}", notes=(CONFLICT,))


def test_a_conflict_of_uids_is_told_apart_by_folder():
    """Two versions of one series, dropped together."""
    headers = [conflicting(f"{folder}/{z}", z) for folder in ("old", "new") for z in range(3)]
    assert names(headers) == [["old/0", "old/1", "old/2"], ["new/0", "new/1", "new/2"]]


def test_a_conflict_of_uids_within_a_folder_is_told_apart_by_order():
    headers = [conflicting(f"{z}{i}", z) for z in range(2) for i in range(2)]
    assert names(headers) == [["00", "10"], ["01", "11"]]


def test_unknown_pixel_tags_of_one_series_do_not_disturb():
    """What a group needs is in the header: it never reads pixels."""
    header = replace(axial(1)[0], pixels=PixelElement(Tag.PixelData, 10**9, 10, b"OW"))
    assert names([header]) == [["f0000"]]
