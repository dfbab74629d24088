"""Which files belong together, and which are the same picture twice."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.header import Palette
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.series.grouping import CONFLICT, drop_duplicates, group

from ..building import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    encapsulate,
    encapsulated_header,
    files,
    make_frame,
    make_header,
    make_layout,
)

PIXELS = np.array([[1, 2, 300], [4, 5, 60000]], dtype=np.uint16)
J2K = "1.2.840.10008.1.2.4.90"
RGB = make_layout(bits=8, samples=3, photometric="RGB")


def names(headers):
    """Names of the files of each group."""
    return [[ref.header.name for ref in found] for found in group(headers)]


def axial(count, **changes):
    return files([make_frame((0, 0, float(z))) for z in range(count)], **changes)


def grey(name, pixels=PIXELS, **changes):
    return make_header(
        changes.pop("frame", make_frame((0, 0, 0))),
        name=name,
        pixels=pixels.tobytes(),
        **{"sop_instance": "1.9", **changes},
    )


def compressed(name, data, **changes):
    frame = make_frame((0, 0, 0))
    header = encapsulated_header(
        encapsulate([data]), syntax=J2K, name=name, sop_instance="1.9", **changes
    )
    return replace(header, frames=(frame,))


# --- duplicates


def test_the_same_picture_twice_is_kept_once_and_reported():
    kept, duplicates = drop_duplicates([grey("a"), grey("b/a"), grey("c", sop_instance="2")])
    assert [header.name for header in kept] == ["a", "c"]
    assert duplicates == {"b/a": "a"}
    assert not any(header.notes for header in kept)


def test_the_same_picture_in_another_encoding_is_a_duplicate():
    big = grey(
        "big", PIXELS.byteswap(), layout=make_layout(big_endian=True), transfer_syntax="1.2.2"
    )
    data = imagecodecs.jpeg2k_encode(PIXELS, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=make_layout())
    kept, duplicates = drop_duplicates([grey("a"), big, packed])
    assert [header.name for header in kept] == ["a"]
    assert duplicates == {"big": "a", "packed": "a"}


def test_color_in_another_color_model_is_a_duplicate():
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    layout = replace(RGB, rows=8, columns=8)
    data = imagecodecs.jpeg2k_encode(colors, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=replace(layout, photometric="YBR_RCT"))
    planar = np.ascontiguousarray(np.moveaxis(colors, -1, 0))
    pictures = [
        grey("a", colors, layout=layout),
        grey("planar", planar, layout=replace(layout, planar=True)),
        packed,
    ]
    assert drop_duplicates(pictures)[1] == {"planar": "a", "packed": "a"}


@pytest.mark.parametrize(
    "other",
    [
        {"pixels": PIXELS + 1},
        {"layout": make_layout(photometric="MONOCHROME1")},
        {"layout": make_layout(signed=True)},
        {"series": "other"},
        {"frame": make_frame((0, 0, 1))},
        {"frame": make_frame((0, 0, 0), CORONAL)},
        {"frame": make_frame((0, 0, 0), spacing=(2, 2))},
        {"frame": make_frame((0, 0, 0), transform=ModalityTransform(2.0))},
        {"frame": make_frame((0, 0, 0), windows=(Window("a", 1, 2),))},
    ],
)
def test_another_picture_with_the_same_uid_is_kept_and_noted(other):
    kept, duplicates = drop_duplicates([grey("a"), grey("b", **other)])
    assert [header.name for header in kept] == ["a", "b"]
    assert duplicates == {}
    assert all(CONFLICT in header.notes for header in kept)


def test_another_palette_is_another_picture():
    layout = make_layout(photometric="PALETTE COLOR")
    red, blue = Palette(0, bytes((255, 0, 0))), Palette(0, bytes((0, 0, 255)))
    pictures = [grey("a", layout=layout, palette=red), grey("b", layout=layout, palette=blue)]
    assert drop_duplicates(pictures)[1] == {}


def test_of_two_patients_with_the_same_uids_both_are_kept_without_a_note():
    kept, duplicates = drop_duplicates([grey("a"), grey("b", patient=b"other")])
    assert len(kept) == 2
    assert duplicates == {}
    assert not any(header.notes for header in kept)


def test_files_without_a_uid_are_never_duplicates():
    assert drop_duplicates([grey("a", sop_instance=""), grey("b", sop_instance="")])[1] == {}


def test_damaged_files_are_kept():
    cut = [grey(name, source=Memory(b"\0\0")) for name in "ab"]
    assert len(drop_duplicates(cut)[0]) == 2


def test_pictures_that_cannot_be_right_are_kept():
    """Chroma of pixel pairs, and an odd width."""
    layout = replace(RGB, photometric="YBR_FULL_422")
    odd = [grey(name, np.zeros(12, np.uint8), layout=layout) for name in "ab"]
    assert len(drop_duplicates(odd)[0]) == 2


def test_an_unforeseen_error_in_the_pixels_of_one_file_does_not_stop_the_others():
    class Odd:
        def read_at(self, *_):
            raise ValueError

    kept, _ = drop_duplicates([grey("a"), grey("odd", source=Odd()), grey("b")])
    assert [header.name for header in kept] == ["a", "odd"]


def test_one_picture_three_times_and_another_under_the_same_uid():
    other = grey("other", PIXELS * 0)
    kept, duplicates = drop_duplicates([grey("a"), other, grey("b"), grey("c")])
    assert [header.name for header in kept] == ["a", "other"]
    assert duplicates == {"b": "a", "c": "a"}


# --- groups


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


def test_a_conflict_of_uids_is_told_apart_by_folder():
    """Two versions of one series, dropped together."""
    headers = [
        replace(
            grey(f"{folder}/{z}", PIXELS + i, frame=make_frame((0, 0, float(z)))),
            sop_instance=f"1.{z}",
        )
        for i, folder in enumerate(("old", "new"))
        for z in range(3)
    ]
    kept, _ = drop_duplicates(headers)
    assert names(kept) == [["old/0", "old/1", "old/2"], ["new/0", "new/1", "new/2"]]


def test_a_conflict_of_uids_within_a_folder_is_told_apart_by_order():
    headers = [
        replace(
            grey(f"{z}{i}", PIXELS + i, frame=make_frame((0, 0, float(z)))), sop_instance=f"1.{z}"
        )
        for z in range(2)
        for i in range(2)
    ]
    kept, _ = drop_duplicates(headers)
    assert names(kept) == [["00", "10"], ["01", "11"]]


def test_unknown_pixel_tags_of_one_series_do_not_disturb():
    """What a group needs is in the header: it never reads pixels."""
    header = replace(axial(1)[0], pixels=PixelElement(Tag.PixelData, 10**9, 10, b"OW"))
    assert names([header]) == [["f0000"]]
