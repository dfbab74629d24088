"""Which files belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.series import incomplete
from napari_medscan.dicom.series.duplicates import CONFLICT
from napari_medscan.dicom.series.grouping import JOINED, NAMED, NUMBERED, group
from napari_medscan.dicom.series.incomplete import FILLED, UNTOLD

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


def test_photographs_of_both_eyes_are_two_groups():
    frame = make_frame(None, None)
    eyes = [
        make_header(frame, layout=RGB, name=f"{n}", laterality=side, modality="OP")
        for n, side in enumerate("RLR")
    ]
    assert names(eyes) == [["0", "2"], ["1"]]


def test_color_models_of_one_series_stay_together():
    first, second = axial(2, layout=RGB)
    ybr = replace(second, layout=replace(RGB, photometric="YBR_FULL_422"))
    assert names([first, ybr]) == [["f0000", "f0001"]]


def test_a_localizer_is_lifted_out():
    headers = axial(3)
    headers.insert(1, make_header(make_frame((0, 0, 0), SAGITTAL), name="scout"))
    assert names(headers) == [["f0000", "f0001", "f0002"], ["scout"]]


@pytest.mark.parametrize(
    ("orientation", "spacing"),
    [
        ((1.0, 0.0003, 0.0, -0.0003, 1.0, 0.0), (0.5, 0.5)),
        ((1.0, -0.0005, 0.0, 0.0005, 1.0, 0.0), (0.5, 0.5)),
        (AXIAL, (0.5001, 0.5001)),
        (AXIAL, (0.49995, 0.500001)),
    ],
)
def test_planes_whose_corners_agree_are_one_plane(orientation, spacing):
    """Within a tenth of a pixel, in an image of 200 x 200."""
    layout = make_layout(rows=200, columns=200)
    frames = [make_frame((0, 0, z), spacing=(0.5, 0.5)) for z in range(4)]
    frames[2] = make_frame((0, 0, 2), orientation, spacing=spacing)
    assert names(files(frames, layout=layout)) == [["f0000", "f0001", "f0002", "f0003"]]


@pytest.mark.parametrize(
    ("orientation", "spacing"),
    [
        ((1.0, 0.002, 0.0, -0.002, 1.0, 0.0), (0.5, 0.5)),
        ((1.0, 0.0, 0.002, 0.0, 1.0, 0.0), (0.5, 0.5)),
        (AXIAL, (0.501, 0.501)),
        (AXIAL, (0.5, 0.501)),
    ],
)
def test_planes_whose_corners_differ_are_two(orientation, spacing):
    layout = make_layout(rows=200, columns=200)
    frames = [make_frame((0, 0, z), spacing=(0.5, 0.5)) for z in range(4)]
    frames[2] = make_frame((0, 0, 2), orientation, spacing=spacing)
    assert names(files(frames, layout=layout)) == [["f0000", "f0001", "f0003"], ["f0002"]]


def test_volumes_of_a_file_each_may_be_turned_and_stay_one_group():
    turned = (0.9998, 0.02, 0.0, -0.02, 0.9998, 0.0)
    headers = [
        make_header(*(make_frame((0, 0, z), o) for z in range(3)), name=name)
        for name, o in (("a", AXIAL), ("b", turned))
    ]
    assert names(headers) == [["a"] * 3 + ["b"] * 3]


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


def with_series_of_their_own(headers):
    return [
        replace(header, series=f"1.{number}", instance_number=number)
        for number, header in enumerate(headers)
    ]


@pytest.mark.parametrize("lacking", [{}, {"frame_of_reference": ""}, {"series_number": None}])
def test_images_of_a_series_uid_each_that_make_a_volume_are_one_group(lacking):
    """Some anonymizers give every file a series UID of its own."""
    headers = with_series_of_their_own(axial(4, **lacking))
    (found,) = group(headers)
    assert [ref.header.name for ref in found] == [f"f000{n}" for n in range(4)]
    assert found[0].header.notes == (JOINED,)


@pytest.mark.parametrize("by_slice", [True, False])
def test_images_of_a_series_uid_each_that_make_several_volumes_are_one_group(by_slice):
    one = axial(4)
    twice = [header for header in one for _ in range(2)] if by_slice else [*one, *one]
    repeated = with_series_of_their_own(twice)
    (found,) = group(repeated)
    assert found[0].header.notes == (JOINED,)
    # A position with fewer repeats, or a number that is left out, and they may be anything.
    assert len(names(repeated[1:])) == 7
    assert len(names([*repeated[:7], replace(repeated[7], instance_number=9)])) == 8


def test_images_of_a_series_number_each_that_make_a_volume_are_one_group():
    """Converters that number series where they should number images."""
    headers = [replace(h, series_number=n, instance_number=n) for n, h in enumerate(axial(4))]
    (found,) = group(headers)
    assert found[0].header.notes == (NUMBERED,)
    assert len(names(headers[:2])) == 2
    assert len(names([*headers[:3], replace(headers[3], series="1.9")])) == 2
    assert len(names([h for header in headers for h in (header, replace(header, name="b"))])) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"series_number": 7},
        {"frame_of_reference": "1.9"},
        {"description": "other"},
        {"patient": b"other"},
        {"instance_number": 0},
    ],
)
def test_images_of_a_series_uid_each_stay_apart_if_anything_else_differs(change):
    headers = with_series_of_their_own(axial(4))
    assert len(names(headers)) == 1
    assert len(names([*headers[:3], replace(headers[3], **change)])) == (
        4 if "instance_number" in change else 2
    )


def test_images_of_a_series_uid_each_that_nothing_holds_together_stay_apart():
    bare = {"frame_of_reference": "", "series_number": None}
    assert len(names(with_series_of_their_own(axial(4, **bare)))) == 4


def test_images_of_a_series_uid_each_that_make_no_volume_stay_apart():
    places = [(0, 0, 0.0), (0, 0, 2.0), (0, 0, 7.0), (0, 0, 7.5)]
    assert len(names(with_series_of_their_own(files([make_frame(p) for p in places])))) == 4
    assert len(names(with_series_of_their_own(axial(2)))) == 2


def test_files_without_a_series_uid_are_one_group_within_a_folder():
    headers = axial(3, series="")
    headers[2] = replace(headers[2], name="other/f0002")
    assert names(headers) == [["f0000", "f0001"], ["other/f0002"]]


def test_files_without_a_series_uid_and_places_stay_apart():
    headers = files([make_frame(None, None)] * 2, series="", modality="CT", frames_are_slices=True)
    assert names(headers) == [["f0000"], ["f0001"]]


JANE, BORN = b"i" * 16 + b"n" * 16 + b"b" * 16, bytes(32) + b"b" * 16


@pytest.mark.parametrize(
    ("patients", "studies", "is_one"),
    [
        ((JANE, bytes(16) + JANE[16:]), "11", True),
        ((JANE, b"", BORN), "111", True),
        ((JANE, b""), ("1", ""), True),
        ((JANE, b""), "12", False),
        ((JANE, b"i" * 16 + b"o" * 16 + bytes(16)), "11", False),
        # It could be of either.
        ((JANE, b"", b"other".ljust(48)), "111", False),
    ],
)
def test_a_file_that_lacks_a_part_of_the_identity_belongs_to_its_series(patients, studies, is_one):
    headers = axial(len(patients))
    headers = [
        replace(header, patient=patient, study=study)
        for header, patient, study in zip(headers, patients, studies, strict=True)
    ]
    groups = list(group(headers))
    assert len(groups) == (1 if is_one else len(patients))
    assert (NAMED in groups[0][0].header.notes) is is_one


def test_a_file_without_identity_belongs_to_the_series_of_its_number():
    """Some anonymizers give all series one UID."""
    nameless = JANE[:16] + bytes(16) + JANE[32:]
    first = axial(4, patient=JANE)
    second = [replace(h, name=f"b/{h.name}", series_number=2) for h in first]
    second[1] = replace(second[1], patient=nameless)
    assert len(names([*first, *second])) == 2


@pytest.mark.parametrize("numbers", [(3, None, 3), (None, 3, None)])
def test_a_file_without_a_series_number_belongs_to_its_series(numbers):
    headers = [
        replace(header, series_number=number)
        for header, number in zip(axial(3), numbers, strict=True)
    ]
    (slices,) = group(headers)
    assert NAMED in {note for ref in slices for note in ref.header.notes}
    assert len(names([*headers, *axial(3, series_number=4, series=headers[0].series)])) > 1


@pytest.mark.parametrize(
    "fact",
    [
        {"KVP": 120.0},
        {"ConvolutionKernel": ("B30f",)},
        {"ImageType": ("ORIGINAL", "PRIMARY", "AXIAL")},
    ],
)
def test_an_image_that_lacks_an_attribute_fills_the_hole_in_its_series(fact):
    def series(places, lacking=(2,)):
        own = [{} if n in lacking else fact for n in range(len(places))]
        frames = [make_frame((0, 0, z), **each) for z, each in zip(places, own, strict=True)]
        return list(group(files(frames)))

    (slices,) = series((0.0, 2.0, 4.0, 6.0, 8.0))
    assert FILLED in {note for ref in slices for note in ref.header.notes}
    # Another place, or one that has an image, is no hole.
    assert len(series((0.0, 2.0, 5.0, 6.0, 8.0))) == 2
    assert len(series((0.0, 2.0, 2.0, 4.0, 6.0))) == 2
    assert len(series((0.0, 2.0, 4.0, 6.0, 8.0), lacking=(1, 3))) == 1
    # Nor does a place that others lack hide that of this image.
    assert len(series((0.0, 2.0, 4.0, 8.0, 10.0))) == 1
    # An image without contrast agent is one before it was given.
    frames = [make_frame((0, 0, z), **({"ContrastBolusAgent": "x"} if z else {})) for z in range(5)]
    assert len(list(group(files(frames)))) == 2


def test_images_that_fill_no_hole_are_a_volume_of_their_own():
    """A map computed from a diffusion series whose Image Type was cut has no b-value either."""
    kind = ("ORIGINAL", "PRIMARY", "DIFFUSION")
    weighted = [
        make_frame((0, 0, 5.0 * z), ImageType=kind, DiffusionBValue=b)
        for b in (0.0, 500.0, 1000.0)
        for z in range(5)
    ]
    computed = [make_frame((0, 0, 5.0 * z), ImageType=("DERIVED", "PRIMARY")) for z in range(5)]
    assert sorted(map(len, group(files([*weighted, *computed])))) == [5, 15]
    # One that lacks a slice has a hole.
    assert sorted(map(len, group(files([*weighted[1:], computed[0]])))) == [15]


@pytest.mark.parametrize("lacking", [{0, 3, 4, 7, 8}, {1, 6}])
def test_images_that_lack_what_tells_two_volumes_apart_are_of_neither(lacking):
    energies = [{"KVP": energy} for energy in (80.0, 140.0) for _ in range(5)]
    own = [{} if n in lacking else energy for n, energy in enumerate(energies)]
    places = [2.0 * (n % 5) for n in range(10)]
    frames = [make_frame((0, 0, z), **each) for z, each in zip(places, own, strict=True)]
    groups = list(group(files(frames)))
    assert [len({ref.frame.dimensions.get("KVP") for ref in part}) for part in groups] == [1] * 3
    untold = next(part for part in groups if "KVP" not in part[0].frame.dimensions)
    assert {note for ref in untold for note in ref.header.notes} == {UNTOLD}


def test_holes_are_not_looked_for_where_images_have_nothing_in_common(monkeypatch):
    """Comparing each of 10,000 with each would take a minute."""
    compared = []
    monkeypatch.setattr(incomplete, "_lacks", lambda *both: compared.append(both))
    kernels = [make_frame((0, 0, z), ConvolutionKernel=(f"K{z}",)) for z in range(200)]
    assert len(list(group(files(kernels)))) == 200
    assert not compared


def test_images_that_lack_different_attributes_fill_the_holes_together():
    facts = [{"KVP": 120.0, "ConvolutionKernel": ("B30f",)} for _ in range(6)]
    del facts[1]["KVP"], facts[4]["ConvolutionKernel"]
    frames = [make_frame((0, 0, 2.0 * z), **own) for z, own in enumerate(facts)]
    assert len(list(group(files(frames)))) == 1


def test_an_image_that_may_be_of_two_series_belongs_to_none():
    places = [(z, kernel) for kernel, start in (("a", 0.0), ("b", 0.5)) for z in (start, start + 4)]
    frames = [make_frame((0, 0, z), ConvolutionKernel=(kernel,)) for z, kernel in places]
    assert len(list(group(files([*frames, make_frame((0, 0, 2.0))])))) == 3


def test_without_any_identity_studies_that_share_positions_are_of_two_patients():
    first = axial(2, patient=b"")
    second = [replace(h, study="2", name=f"2/{h.name}") for h in first]
    assert names([*first, *second]) == [["f0000", "f0001"], ["2/f0000", "2/f0001"]]


def test_without_any_identity_a_study_for_each_slice_is_no_split():
    headers = [replace(h, study=h.name) for h in axial(3, patient=b"")]
    assert names(headers) == [["f0000", "f0001", "f0002"]]


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


def test_images_at_several_places_that_share_one_uid_are_one_group():
    headers = [replace(conflicting(f"{z}", z), sop_instance="1.1") for z in range(8)]
    assert names(headers) == [[f"{z}" for z in range(8)]]


def test_images_of_one_uid_in_a_folder_each_are_one_group():
    headers = [replace(conflicting(f"{z}/a", z), sop_instance="1.1") for z in range(4)]
    assert names(headers) == [[f"{z}/a" for z in range(4)]]


def test_a_conflict_of_uids_within_a_folder_is_no_split():
    headers = [conflicting(f"{z}{i}", z) for z in range(2) for i in range(2)]
    assert names(headers) == [["00", "01", "10", "11"]]


def test_images_without_a_place_that_share_one_uid_stay_apart():
    headers = [
        make_header(make_frame(None), name=name, sop_instance="1.1", notes=(CONFLICT,))
        for name in "ab"
    ]
    assert names(headers) == [["a"], ["b"]]


# --- meaning


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ImageType": ("ORIGINAL", "PRIMARY", "M")}, {"ImageType": ("ORIGINAL", "PRIMARY", "P")}),
        (
            {"ImageType": ("ORIGINAL", "PRIMARY", "OTHER", "M", "NORM")},
            {"ImageType": ("ORIGINAL", "PRIMARY", "OTHER", "R", "NORM")},
        ),
        (
            {"ImageType": ("DERIVED", "PRIMARY", "DIXON", "WATER")},
            {"ImageType": ("DERIVED", "PRIMARY", "DIXON", "FAT")},
        ),
        (
            {"ImageType": ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE")},
            {"ImageType": ("ORIGINAL", "PRIMARY", "P_PCA", "P", "PCA")},
        ),
        ({"ComplexImageComponent": "MAGNITUDE"}, {"ComplexImageComponent": "PHASE"}),
        ({"KVP": 80.0}, {"KVP": 140.0}),
        ({"MonoenergeticEnergyEquivalent": 40.0}, {"MonoenergeticEnergyEquivalent": 70.0}),
        ({"ConvolutionKernel": ("B30f",)}, {"ConvolutionKernel": ("B70f",)}),
        ({}, {"ContrastBolusAgent": "OMNIPAQUE"}),
        ({"ContrastBolusAgentPhase": "ARTERIAL"}, {"ContrastBolusAgentPhase": "VENOUS"}),
        ({"CorrectedImage": ("DECY", "ATTN")}, {"CorrectedImage": ("DECY",)}),
    ],
)
def test_images_whose_values_have_two_meanings_are_never_one_group(one, other):
    """They are apart where their positions do not overlap, too."""
    headers = files([make_frame((0, 0, float(z)), **(one if z < 2 else other)) for z in range(4)])
    assert names(headers) == [["f0000", "f0001"], ["f0002", "f0003"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ORIGINAL", "PRIMARY", "M", "ND"), ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")),
        (("ORIGINAL", "PRIMARY", "AXIAL"), ("ORIGINAL", "PRIMARY", "AXIAL", "ADD")),
    ],
)
def test_image_types_of_one_meaning_are_one_group(one, other):
    types = one, other, one, other
    headers = files([make_frame((0, 0, float(z)), ImageType=t) for z, t in enumerate(types)])
    assert len(names(headers)) == 1


def test_images_in_two_units_are_never_one_group():
    first, second = axial(2)
    headers = [replace(first, unit="HU"), replace(second, unit=None)]
    assert names(headers) == [["f0000"], ["f0001"]]


def test_images_of_which_some_are_inverted_are_two_groups():
    first, second = axial(2)
    assert names([first, replace(second, has_inverse_shape=True)]) == [["f0000"], ["f0001"]]


def test_exposures_of_a_clip_are_no_meaning():
    frames = [make_frame(None, None, number=n, KVP=70.0 + n) for n in range(3)]
    assert names([make_header(*frames, modality="XA")]) == [["a"] * 3]


def test_unknown_pixel_tags_of_one_series_do_not_disturb():
    """What a group needs is in the header: it never reads pixels."""
    header = replace(axial(1)[0], pixels=PixelElement(Tag.PixelData, 10**9, 10, b"OW"))
    assert names([header]) == [["f0000"]]
