"""The slices of one file: classic, functional groups, vectors."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.headers.places import valid_orientation, valid_position

from ..making import ct, item, write

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@pytest.fixture
def frames(tmp_path):
    def of(**changes):
        count = int(changes.get("NumberOfFrames", 1))
        changes.setdefault("PixelData", bytes(48 * count))
        return read_header(write(tmp_path / "a", ct(**changes)), "a").frames

    return of


def groups(**macros):
    return item(**{f"{name}Sequence": [value] for name, value in macros.items()})


def test_classic_attributes_stand_at_the_top(frames):
    (frame,) = frames(WindowCenter=40, WindowWidth=400, EchoTime=12.5, InstanceNumber=7)
    assert frame.position == (0, 0, 0)
    assert frame.orientation == AXIAL
    assert [(w.center, w.width) for w in frame.windows] == [(40, 400)]
    assert frame.dimensions["EchoTime"] == 12.5
    assert frame.order == (7,)


@pytest.mark.parametrize("values", [(), (1, 2), (1, 2, 3, 4), (1e8, 0, 0), (0, -1e300, 0)])
def test_positions_that_cannot_be_places(values):
    assert valid_position(tuple(map(float, values))) is None


@pytest.mark.parametrize(
    "values",
    [
        (),
        (1, 0, 0, 0, 1),
        (0, 0, 0, 0, 0, 0),
        (1, 0, 0, 1, 0, 0),
        (2, 0, 0, 0, 1, 0),
        (1, 0, 0, 0.1, 0.995, 0),
        (1e300, 0, 0, 0, 1e300, 0),
    ],
)
def test_directions_that_are_not_orthonormal(values):
    assert valid_orientation(tuple(map(float, values))) is None


def test_rounded_directions_pass():
    assert valid_orientation((0.999, 0.001, 0, 0, 1.001, 0)) is not None


def test_shared_groups_hold_for_every_frame_and_own_groups_replace_them(frames):
    shared = groups(
        PlaneOrientation=item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]),
        PixelMeasures=item(PixelSpacing=[2, 3]),
        PixelValueTransformation=item(RescaleSlope=2, RescaleIntercept=-10, RescaleType="HU"),
        FrameVOILUT=item(WindowCenter=40, WindowWidth=400),
        PlanePosition=item(ImagePositionPatient=[9, 9, 9]),
    )
    own = [
        groups(PlanePosition=item(ImagePositionPatient=[1, 2, 3])),
        groups(
            PlanePosition=item(ImagePositionPatient=[4, 5, 6]),
            PixelMeasures=item(PixelSpacing=[1, 1]),
            PixelValueTransformation=item(RescaleSlope=3, RescaleIntercept=0, RescaleType="US"),
            FrameVOILUT=item(WindowCenter=1, WindowWidth=2),
        ),
        groups(),
    ]
    first, second, third = frames(
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=own,
    )
    assert {f.orientation for f in (first, second, third)} == {(0.0, 1.0, 0.0, 0.0, 0.0, -1.0)}
    assert [f.position for f in (first, second, third)] == [(1, 2, 3), (4, 5, 6), (9, 9, 9)]
    assert [f.spacing for f in (first, second, third)] == [(2, 3), (1, 1), (2, 3)]
    assert [f.transform.slope for f in (first, second, third)] == [2, 3, 2]
    assert [f.windows[0].center for f in (first, second, third)] == [40, 1, 40]
    assert first.transform is third.transform


def test_what_is_in_no_group_comes_from_the_top(frames):
    found = frames(
        NumberOfFrames=2,
        PixelSpacing=[0.5, 0.5],
        PerFrameFunctionalGroupsSequence=[groups(), groups()],
    )
    assert [f.spacing for f in found] == [(0.5, 0.5)] * 2
    assert [f.transform.intercept for f in found] == [-1024] * 2


@pytest.mark.parametrize("rescaled", [(0,), (1, 2), (0, 1, 2), ()])
def test_a_rescale_of_some_frames_says_nothing_of_the_others(frames, rescaled):
    own = [
        groups(PixelValueTransformation=item(RescaleSlope=2, RescaleIntercept=1))
        if number in rescaled
        else groups()
        for number in range(3)
    ]
    found = frames(
        Modality="MR",
        NumberOfFrames=3,
        RescaleSlope=None,
        RescaleIntercept=None,
        PerFrameFunctionalGroupsSequence=own,
    )
    states = [frame.transform.state for frame in found]
    assert [frame.transform.slope for frame in found] == [1 + (n in rescaled) for n in range(3)]
    missing = [n not in rescaled and bool(rescaled) for n in range(3)]
    assert states == ["absent" if each else "known" for each in missing]


def test_frames_of_two_rescale_types_have_two_units(frames):
    own = [
        groups(PixelValueTransformation=item(RescaleSlope=1, RescaleIntercept=0, RescaleType=kind))
        for kind in ("HU", "MGML", "US", "HU")
    ]
    found = frames(
        NumberOfFrames=4,
        ImageType=["DERIVED", "SECONDARY"],
        PerFrameFunctionalGroupsSequence=own,
    )
    assert [frame.transform.unit for frame in found] == [None, "mg/ml", "", None]


def test_frames_without_a_position_say_so_if_others_have_one(frames):
    own = [groups(PlanePosition=item(ImagePositionPatient=[0, 0, i])) for i in (1, 2)]
    found = frames(
        NumberOfFrames=3, ImagePositionPatient=None, PerFrameFunctionalGroupsSequence=own
    )
    assert [frame.position for frame in found] == [(0, 0, 1), (0, 0, 2), None]
    note = "The header gives these frames no position, and others in the file one"
    few = "The header describes 2 of 3 frames: which of them is not certain"
    assert [frame.problems for frame in found] == [(few,), (few,), (few, note)]
    found = frames(
        NumberOfFrames=3,
        ImagePositionPatient=None,
        PerFrameFunctionalGroupsSequence=[*own, groups()],
    )
    assert [frame.problems for frame in found] == [(), (), (note,)]


@pytest.mark.parametrize("described", [0, 1, 5])
def test_frames_and_groups_may_differ_in_number(frames, described):
    own = [groups(PlanePosition=item(ImagePositionPatient=[0, 0, i])) for i in range(described)]
    found = frames(
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=[groups()],
        PerFrameFunctionalGroupsSequence=own,
        ImagePositionPatient=[7, 7, 7],
    )
    expected = [(0, 0, i) for i in range(min(described, 3))]
    assert [f.position for f in found] == expected + [(7, 7, 7)] * (3 - len(expected))


def test_dimensions_of_enhanced_frames(frames):
    own = [
        groups(
            FrameContent=item(
                StackID="A",
                InStackPositionNumber=1,
                TemporalPositionIndex=time,
                DimensionIndexValues=[1, time],
                FrameAcquisitionNumber=time,
            ),
            MREcho=item(EffectiveEchoTime=time * 10.0),
            MRDiffusion=item(
                DiffusionBValue=time * 500.0,
                DiffusionGradientDirectionSequence=[item(DiffusionGradientOrientation=[0, 0, 1])],
            ),
            CardiacSynchronization=item(NominalCardiacTriggerDelayTime=time * 40.0),
            MRImageFrameType=item(FrameType=["ORIGINAL", "PRIMARY"]),
        )
        for time in (1, 2)
    ]
    _, second = frames(
        Modality="MR", NumberOfFrames=2, InstanceNumber=4, PerFrameFunctionalGroupsSequence=own
    )
    assert dict(second.dimensions) == {
        "TemporalPositionIndex": 2,
        "DiffusionBValue": 1000.0,
        "DiffusionGradient": (1000.0, (0.0, 0.0, 1.0)),
        "TriggerTime": 80.0,
        "EchoTime": 20.0,
        "AcquisitionNumber": 2,
        "ImageType": ("ORIGINAL", "PRIMARY"),
        "StackID": "A",
        "DimensionIndexValues": (1, 2),
    }
    assert second.order == (4, 1, 2, 1)


def test_frames_of_a_legacy_converted_image_are_in_the_order_of_their_sources(frames):
    """PS3.3 A.70: Instance Number is an unassigned attribute of each frame."""
    own = [
        groups(UnassignedPerFrameConvertedAttributes=item(InstanceNumber=number))
        for number in (3, 1, 2)
    ]
    found = frames(NumberOfFrames=3, PerFrameFunctionalGroupsSequence=own)
    assert sorted(range(3), key=lambda index: found[index].order) == [1, 2, 0]


def test_segments_are_told_apart(frames):
    own = [groups(SegmentIdentification=item(ReferencedSegmentNumber=number)) for number in (1, 2)]
    found = frames(NumberOfFrames=2, PerFrameFunctionalGroupsSequence=own)
    assert [f.segment for f in found] == [1, 2]


def test_dose_planes_lie_at_their_offsets_along_the_normal(frames):
    found = frames(
        Modality="RTDOSE",
        NumberOfFrames=3,
        GridFrameOffsetVector=[0, 2, 5],
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=[1, 0, 0, 0, -1, 0],
        DoseGridScaling=0.01,
    )
    assert [f.position for f in found] == [(1, 2, 3), (1, 2, 1), (1, 2, -2)]
    assert found[0].transform.slope == 0.01
    assert found[0].transform.intercept == 0


def test_dose_planes_may_be_given_as_patient_z(frames):
    changes = {
        "Modality": "RTDOSE",
        "NumberOfFrames": 2,
        "GridFrameOffsetVector": [-50, -47],
        "ImagePositionPatient": [1, 2, -50],
    }
    assert [f.position for f in frames(**changes)] == [(1, 2, -50), (1, 2, -47)]
    # Neither reading puts the first plane where it is.
    elsewhere = frames(**changes | {"GridFrameOffsetVector": [2, 5]})
    assert [f.position for f in elsewhere] == [None, None]
    # Only axial planes have a z of their own.
    oblique = frames(**changes, ImageOrientationPatient=[1, 0, 0, 0, 0, 1])
    assert [f.position for f in oblique] == [None, None]


@pytest.mark.parametrize("offsets", [[0], [0, 1], [0, 1e300, 1]])
def test_dose_offsets_that_do_not_serve(frames, offsets):
    found = frames(Modality="RTDOSE", NumberOfFrames=3, GridFrameOffsetVector=offsets)
    assert found[1].position is None


def test_nuclear_slices_step_along_the_normal_of_the_detector(frames):
    detector = item(ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    found = frames(
        Modality="NM",
        NumberOfFrames=3,
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        DetectorInformationSequence=[detector],
        SliceVector=[1, 2, 4],
        SpacingBetweenSlices=2.5,
    )
    assert [f.position for f in found] == [(1, 2, 3), (1, 2, 5.5), (1, 2, 10.5)]
    assert {f.orientation for f in found} == {AXIAL}


def test_frames_of_which_nothing_is_said_have_no_place(frames):
    found = frames(Modality="US", NumberOfFrames=3, ImagePositionPatient=None)
    assert [f.position for f in found] == [None] * 3
    assert [f.order for f in found] == [(1, 0), (1, 1), (1, 2)]
