"""Where frames lie: vectors, detectors, ultrasound volumes, tomography of eyes and vessels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.space.locations import Location
from napari_medscan.frames import FrameCache

from ..building import stacks_of
from ..making import ct, item, write

AXIAL = [1, 0, 0, 0, 1, 0]
NO_PLANE = {"ImagePositionPatient": None, "ImageOrientationPatient": None}


@pytest.fixture
def header(tmp_path):
    def of(frames, **changes):
        data = ct(NumberOfFrames=frames, PixelData=bytes(48 * frames), **changes)
        return read_header(write(tmp_path / "a", data), "a")

    return of


def distances(header):
    return [frame.location and frame.location.distance for frame in header.frames]


def own_groups(**values):
    """Per-frame functional groups from lists of items, one for each frame."""
    count = len(next(iter(values.values())))
    return [item(**{name: [items[i]] for name, items in values.items()}) for i in range(count)]


# --- clips


@pytest.mark.parametrize(
    ("changes", "is_placed"),
    [
        ({"FrameTime": 40, "FrameIncrementPointer": Tag.FrameTime}, True),
        ({"FrameTimeVector": [0, 40, 50], "FrameIncrementPointer": Tag.FrameTimeVector}, True),
        ({"FrameTime": 40, "Modality": "US", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1"}, True),
        ({"FrameTime": 40}, False),  # CT: frames may be slices
        ({"FrameTime": 40, "FrameIncrementPointer": [Tag.FrameTime, Tag.SliceVector]}, False),
        ({"FrameIncrementPointer": Tag.FrameTime}, False),
        ({"FrameTime": 40, "FrameIncrementPointer": Tag.FrameTime, **NO_PLANE}, False),
    ],
)
def test_clip_lies_where_its_file_says(tmp_path, changes, is_placed):
    data = ct(NumberOfFrames=3, PixelData=bytes(144), ImagePositionPatient=[1, 2, 3])
    for name, value in changes.items():
        setattr(data, name, value) if value is not None else delattr(data, name)
    write(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    assert (stack.geometry.affine is not None) is is_placed
    if is_placed:
        assert stack.array.shape == (3, 1, 4, 6)
        assert stack.to_patient([0, 1, 2]) == pytest.approx((1 + 2 * 0.75, 2 + 0.5, 3))


# --- classic vectors


def test_slice_location_of_a_single_frame(header):
    (frame,) = header(1, SliceLocation="12.5").frames
    assert frame.location == Location(12.5, "Slice Location")


@pytest.mark.parametrize("text", ["", "x", "1e9"])
def test_slice_location_that_is_none(header, text):
    data = {"SliceLocation": text} if text != "x" else {}
    assert header(1, **data).frames[0].location is None


def test_slice_location_vector_without_a_plane_in_the_patient(header):
    found = header(
        3,
        SliceLocationVector=[0, 2.5, 5],
        FrameIncrementPointer=Tag.SliceLocationVector,
        **NO_PLANE,
    )
    assert distances(found) == [0, 2.5, 5]
    assert {frame.location.source for frame in found.frames} == {"Slice Location Vector"}
    assert found.frames_are_slices


def test_slice_location_vector_from_the_position_of_the_first_frame(header):
    found = header(3, SliceLocationVector=[7, 9, 11], ImagePositionPatient=[1, 2, 40])
    assert [frame.position for frame in found.frames] == [(1, 2, 40), (1, 2, 42), (1, 2, 44)]


def test_a_vector_that_is_too_short_says_nothing(header):
    found = header(3, SliceLocationVector=[0, 2], **NO_PLANE)
    assert distances(found) == [None] * 3


def nuclear(header, detectors=(), **changes):
    items = [item(ImagePositionPatient=[0, 0, z], ImageOrientationPatient=AXIAL) for z in detectors]
    return header(
        4,
        Modality="NM",
        **{**NO_PLANE, "DetectorInformationSequence": items or None, **changes},
    )


def test_nm_slices_start_at_the_detector_and_go_along_its_normal(header):
    found = nuclear(header, [-10], SliceVector=[1, 2, 3, 4], SpacingBetweenSlices=3)
    assert [frame.position[2] for frame in found.frames] == [-10, -7, -4, -1]


def test_nm_each_frame_has_the_plane_of_its_own_detector(header):
    found = nuclear(
        header,
        [0, 100],
        SliceVector=[1, 2, 1, 2],
        DetectorVector=[1, 1, 2, 2],
        SpacingBetweenSlices=3,
    )
    assert [frame.position[2] for frame in found.frames] == [0, 3, 100, 103]


def test_nm_gated_slices_repeat_and_time_slots_tell_them_apart(header):
    found = nuclear(
        header,
        [0],
        SliceVector=[1, 2, 1, 2],
        TimeSlotVector=[1, 1, 2, 2],
        EnergyWindowVector=[1, 1, 1, 1],
        SpacingBetweenSlices=3,
    )
    assert [frame.position[2] for frame in found.frames] == [0, 3, 0, 3]
    assert [frame.dimensions["TimeSlotVector"] for frame in found.frames] == [1, 1, 2, 2]
    assert all("EnergyWindowVector" not in frame.dimensions for frame in found.frames)


@pytest.mark.parametrize("spacing", [None, 3])
def test_nm_slices_without_a_detector_are_numbered(header, spacing):
    found = nuclear(header, SliceVector=[4, 3, 2, 1], SpacingBetweenSlices=spacing)
    assert distances(found) == [4, 3, 2, 1]
    assert {frame.location.source for frame in found.frames} == {"slice number"}


@pytest.mark.parametrize(
    ("changes", "duration"),
    [
        ({"FrameTimeVector": [0, 30, 50]}, 40.0),
        ({"FrameTime": 10, "FrameTimeVector": [0, 30, 50]}, 10.0),
        ({"FrameTimeVector": [0]}, None),
        ({"FrameTimeVector": [0, -3]}, None),
    ],
)
def test_frame_time_vector_gives_the_mean_duration(header, changes, duration):
    assert header(3, Modality="US", **changes).frame_duration == duration


@pytest.mark.parametrize(
    ("changes", "slices"),
    [
        ({"SpacingBetweenSlices": 2}, True),
        ({"SpacingBetweenSlices": 2, "FrameTime": 40}, False),
        ({"SpacingBetweenSlices": 2, "FrameIncrementPointer": Tag.FrameTime}, False),
        ({"FrameIncrementPointer": Tag.SpacingBetweenSlices}, True),
        ({"FrameIncrementPointer": Tag.SliceLocationVector}, True),
        ({}, False),
    ],
)
def test_frames_of_secondary_captures_are_slices_if_they_have_a_distance(header, changes, slices):
    assert header(3, Modality="OT", **changes).frames_are_slices is slices


# --- functional groups


def volume(header, positions, orientation=AXIAL, **groups):
    planes = [item(ImagePositionVolume=list(map(float, position))) for position in positions]
    oriented = [item(ImageOrientationVolume=list(map(float, orientation)))] if orientation else []
    return header(
        len(positions),
        Modality="US",
        SharedFunctionalGroupsSequence=[item(PlaneOrientationVolumeSequence=oriented)],
        PerFrameFunctionalGroupsSequence=own_groups(PlanePositionVolumeSequence=planes, **groups),
        **NO_PLANE,
    )


def test_planes_of_an_ultrasound_volume_lie_along_their_normal(header):
    found = volume(header, [(5, 5, 0), (5, 5, 0.7), (5, 5, 1.4)])
    assert distances(found) == [0, 0.7, 1.4]
    assert {frame.location.source for frame in found.frames} == {"ultrasound volume"}
    assert all(frame.position is None and frame.orientation is None for frame in found.frames)


def test_planes_of_an_ultrasound_volume_without_orientation_lie_along_their_line(header):
    found = volume(header, [(5, 5, 1.4), (5, 5, 0), (5, 5, 0.7)], orientation=None)
    assert distances(found) == [1.4, 0, 0.7]
    assert {frame.location.source for frame in found.frames} == {"ultrasound volume"}
    bent = volume(header, [(5, 5, 1.4), (5, 9, 0), (5, 5, 0.7)], orientation=None)
    assert distances(bent) == [None] * 3


def test_planes_of_an_ultrasound_volume_have_a_time_and_a_kind(header):
    found = volume(
        header,
        [(0, 0, 0), (0, 0, 0)],
        TemporalPositionSequence=[item(TemporalPositionTimeOffset=t) for t in (0.0, 40.0)],
        USImageDescriptionSequence=[item(FrameType=["ORIGINAL", "PRIMARY"])] * 2,
        ImageDataTypeSequence=[item(DataType=kind) for kind in ("TISSUE_INTENSITY", "TISSUE_FLOW")],
    )
    dimensions = [frame.dimensions for frame in found.frames]
    assert [d["TemporalPositionTimeOffset"] for d in dimensions] == [0, 40]
    assert dimensions[1]["DataType"] == ("TISSUE_FLOW",)


def test_planes_of_an_ultrasound_volume_that_cross_have_no_location(header):
    turned = item(ImageOrientationVolume=[0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    groups = own_groups(
        PlanePositionVolumeSequence=[item(ImagePositionVolume=[0.0, 0.0, z]) for z in (0.0, 1.0)]
    )
    groups[1].PlaneOrientationVolumeSequence = [turned]
    oriented = item(ImageOrientationVolume=list(map(float, AXIAL)))
    found = header(
        2,
        Modality="US",
        SharedFunctionalGroupsSequence=[item(PlaneOrientationVolumeSequence=[oriented])],
        PerFrameFunctionalGroupsSequence=groups,
        **NO_PLANE,
    )
    assert distances(found) == [None, None]


def test_positions_in_the_patient_go_before_those_in_a_volume(header):
    positions = [item(ImagePositionPatient=[0, 0, z]) for z in (10, 11)]
    found = volume(
        header,
        [(0, 0, 0), (0, 0, 5)],
        PlanePositionSequence=positions,
        PlaneOrientationSequence=[item(ImageOrientationPatient=AXIAL)] * 2,
    )
    assert [frame.position[2] for frame in found.frames] == [10, 11]
    assert distances(found) == [None, None]


def grouped(header, **groups):
    own = own_groups(**groups)
    found = header(len(own), Modality="OPT", PerFrameFunctionalGroupsSequence=own, **NO_PLANE)
    assert found.frames_are_slices
    return found


def test_scans_of_an_eye_are_ranked_across_the_first_one(header):
    ends = [(30, 0, 30, 99), (10, 0, 10, 99), (20, 0, 20, 99), (10, 0, 10, 99)]
    frames = [item(ReferenceCoordinates=list(map(float, end))) for end in ends]
    found = grouped(header, OphthalmicFrameLocationSequence=frames)
    assert distances(found) in ([2, 0, 1, 0], [0, 2, 1, 2])
    assert {frame.location.source for frame in found.frames} == {"slice number"}


def test_transverse_images_of_an_eye_are_ranked_by_depth(header):
    frames = [
        item(ReferenceCoordinates=[0.0, 0.0, 9.0, 9.0], DepthOfTransverseImage=depth)
        for depth in (0.5, 0.1, 0.3)
    ]
    assert distances(grouped(header, OphthalmicFrameLocationSequence=frames)) == [2, 0, 1]


def test_frames_of_a_pullback_lie_along_the_vessel(header):
    frames = [item(IntravascularLongitudinalDistance=d) for d in (0.0, 0.2, 0.4)]
    assert distances(grouped(header, IntravascularFrameContentSequence=frames)) == [0, 0.2, 0.4]


@pytest.mark.parametrize(("stacks", "expected"), [("AAA", [3, 1, 2]), ("AAB", [None] * 3)])
def test_in_stack_position_numbers_order_the_frames_of_one_stack(header, stacks, expected):
    frames = [
        item(StackID=stack, InStackPositionNumber=number)
        for stack, number in zip(stacks, (3, 1, 2), strict=True)
    ]
    assert distances(grouped(header, FrameContentSequence=frames)) == expected


def test_spacing_of_angiography_differs_from_frame_to_frame(header):
    def geometry(detector):
        return item(DistanceSourceToDetector=detector, DistanceSourceToIsocenter=500.0)

    properties = item(ImagerPixelSpacing=[0.4, 0.4])
    found = header(
        2,
        Modality="XA",
        PixelSpacing=None,
        SharedFunctionalGroupsSequence=[item(FramePixelDataPropertiesSequence=[properties])],
        PerFrameFunctionalGroupsSequence=own_groups(
            XRayGeometrySequence=[geometry(1000), geometry(2000)]
        ),
        **NO_PLANE,
    )
    assert [frame.spacing for frame in found.frames] == [(0.2, 0.2), (0.1, 0.1)]
    assert found.spacing_note == "Distances are at the isocenter plane"


@pytest.mark.parametrize("frames", [1, 2])
def test_slice_location_of_the_top_level_is_that_of_a_single_frame(header, frames):
    own = [item() for _ in range(frames)]
    found = header(frames, SliceLocation=7, PerFrameFunctionalGroupsSequence=own, **NO_PLANE)
    assert distances(found) == ([7] if frames == 1 else [None, None])


def test_frames_of_one_shared_position_are_told_apart_by_their_numbers(header):
    plane = {
        "PlanePositionSequence": [item(ImagePositionPatient=[0, 0, 5])],
        "PlaneOrientationSequence": [item(ImageOrientationPatient=AXIAL)],
    }
    numbers = [item(InStackPositionNumber=number) for number in (2, 1)]
    found = header(
        2,
        Modality="MR",
        SharedFunctionalGroupsSequence=[item(**plane)],
        PerFrameFunctionalGroupsSequence=own_groups(FrameContentSequence=numbers),
        **NO_PLANE,
    )
    assert distances(found) == [2, 1]


# --- to stacks


def stack_of(tmp_path, frames, **changes):
    pixels = b"".join(bytes([frame, 0] * 24) for frame in range(frames))
    facts = {"RescaleSlope": None, "RescaleIntercept": None, "NumberOfFrames": frames}
    write(tmp_path / "a", ct(PixelData=pixels, **facts, **changes))
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    return stack, np.asarray(stack.array)[..., 0, 0].tolist()


@pytest.mark.parametrize("detector", [True, False])
@pytest.mark.parametrize("vector", ["TimeSlotVector", "PhaseVector"])
def test_nm_slices_and_what_repeats_them_are_two_axes(tmp_path, detector, vector):
    plane = item(ImagePositionPatient=[0, 0, 7], ImageOrientationPatient=AXIAL)
    stack, values = stack_of(
        tmp_path,
        6,
        Modality="NM",
        SliceVector=[1, 2, 3, 1, 2, 3],
        **{vector: [1, 1, 1, 2, 2, 2]},
        FrameIncrementPointer=[Tag[vector], Tag.SliceVector],
        SpacingBetweenSlices=4,
        DetectorInformationSequence=[plane] if detector else None,
        **NO_PLANE,
    )
    assert (stack.axes, values) == ("tzyx", [[0, 1, 2], [3, 4, 5]])
    assert stack.geometry.spacing[0] == 4
    assert stack.geometry.measurable
    assert (stack.geometry.affine is None) != detector


def test_energy_windows_of_nm_are_never_one_volume(tmp_path):
    pixels = b"".join(bytes([frame, 0] * 24) for frame in range(6))
    nm = ct(
        PixelData=pixels,
        RescaleSlope=None,
        RescaleIntercept=None,
        NumberOfFrames=6,
        Modality="NM",
        SliceVector=[1, 2, 3, 1, 2, 3],
        EnergyWindowVector=[1, 1, 1, 2, 2, 2],
        FrameIncrementPointer=[Tag.EnergyWindowVector, Tag.SliceVector],
        SpacingBetweenSlices=4,
        **NO_PLANE,
    )
    write(tmp_path / "a", nm)
    stacks = load(tmp_path, cache=FrameCache()).stacks
    assert [stack.axes for stack in stacks] == ["zyx", "zyx"]
    assert [np.asarray(s.array)[:, 0, 0].tolist() for s in stacks] == [[0, 1, 2], [3, 4, 5]]


def test_tissue_and_flow_of_an_ultrasound_volume_are_two_volumes(tmp_path):
    oriented = item(ImageOrientationVolume=list(map(float, AXIAL)))
    groups = own_groups(
        PlanePositionVolumeSequence=[
            item(ImagePositionVolume=[0.0, 0.0, z]) for z in (0.0, 1.0, 2.0) * 2
        ],
        ImageDataTypeSequence=[
            item(DataType=kind) for kind in ("TISSUE_INTENSITY", "FLOW_VELOCITY") for _ in range(3)
        ],
    )
    data = ct(
        Modality="US",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.6.2",
        NumberOfFrames=6,
        PixelData=np.repeat(np.arange(6, dtype="<u2"), 24).tobytes(),
        SharedFunctionalGroupsSequence=[item(PlaneOrientationVolumeSequence=[oriented])],
        PerFrameFunctionalGroupsSequence=groups,
        RescaleSlope=None,
        RescaleIntercept=None,
        **NO_PLANE,
    )
    write(tmp_path / "a", data)
    stacks = load(tmp_path, cache=FrameCache()).stacks
    assert [stack.axes for stack in stacks] == ["zyx", "zyx"]
    assert [np.asarray(s.array)[:, 0, 0].tolist() for s in stacks] == [[0, 1, 2], [3, 4, 5]]


def test_scans_of_an_eye_without_positions_are_slices(tmp_path):
    frames = [item(ReferenceCoordinates=[row, 0.0, row, 99.0]) for row in (30.0, 10.0, 20.0)]
    stack, values = stack_of(
        tmp_path,
        3,
        Modality="OPT",
        PerFrameFunctionalGroupsSequence=own_groups(OphthalmicFrameLocationSequence=frames),
        SpacingBetweenSlices=0.25,
        **NO_PLANE,
    )
    assert stack.axes == "zyx"
    assert values in ([1, 2, 0], [0, 2, 1])
    assert stack.geometry.spacing[0] == 0.25


def test_pages_follow_each_other_by_their_numbers(header):
    rng = np.random.default_rng(21)
    for _ in range(5):
        pages = (1 + rng.permutation(6)).tolist()
        found = header(6, Modality="OT", PageNumberVector=pages, **NO_PLANE)
        (stack,) = stacks_of([found])
        assert [pages[record.index] for record in stack.slices] == sorted(pages)
    # One that is not of all frames says nothing.
    (stack,) = stacks_of([header(3, Modality="OT", PageNumberVector=[2, 1], **NO_PLANE)])
    assert [record.index for record in stack.slices] == [0, 1, 2]
