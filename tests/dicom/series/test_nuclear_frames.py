"""Nuclear medicine: detectors, energy windows and R-R intervals are series of their own."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load

from ..making import ct, item, write

VECTORS = {
    "EnergyWindowVector": 0x00540010,
    "DetectorVector": 0x00540020,
    "PhaseVector": 0x00540030,
    "RRIntervalVector": 0x00540060,
    "TimeSlotVector": 0x00540070,
    "SliceVector": 0x00540080,
    "TimeSliceVector": 0x00540100,
}


def opened(folder, vectors, **changes):
    """Return the stacks of an NM image whose frames hold 0, 1, 2 …, and their frames."""
    frames = len(next(iter(vectors.values())))
    image = ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.20", Modality="NM", NumberOfFrames=frames, Rows=4,
        Columns=6, ImagePositionPatient=None, ImageOrientationPatient=None, RescaleSlope=None,
        RescaleIntercept=None, FrameIncrementPointer=[VECTORS[name] for name in vectors],
        PixelData=np.repeat(np.arange(frames, dtype="<u2"), 24).tobytes(), **vectors, **changes,
    )  # fmt: skip
    write(folder / "nm.dcm", image)
    stacks = load(folder).stacks
    return stacks, [np.asarray(stack.array)[..., 0, 0].ravel().tolist() for stack in stacks]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DetectorVector", "detector"),
        ("EnergyWindowVector", "energy window"),
        ("RRIntervalVector", "R-R interval"),
    ],
)
def test_gated_frames_of_each_part_are_a_clip_of_time_slots(tmp_path, name, words):
    vectors = {name: [1, 1, 1, 2, 2, 2], "TimeSlotVector": [1, 2, 3, 1, 2, 3]}
    stacks, frames = opened(tmp_path, vectors, SeriesDescription="Heart")
    assert [stack.name for stack in stacks] == [f"NM 3 · Heart · {words} {n}" for n in (1, 2)]
    assert frames == [[0, 1, 2], [3, 4, 5]]
    for stack in stacks:
        assert stack.axis_values.name == "Time slot"
        assert [stack.axis_values.text(n) for n in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize("detectors", [1, 2])
def test_frames_of_a_dynamic_image_have_the_times_of_their_phases(tmp_path, detectors):
    phases = [
        item(NumberOfFramesInPhase=2, ActualFrameDuration=1000, PhaseDelay=0),
        item(
            NumberOfFramesInPhase=3,
            ActualFrameDuration=5000,
            PhaseDelay=500,
            PauseBetweenFrames=100,
        ),
    ]
    phases[1].PauseBetweenFrames = 100
    vectors = {
        "DetectorVector": [d + 1 for d in range(detectors) for _ in range(5)],
        "PhaseVector": [1, 1, 2, 2, 2] * detectors,
        "TimeSliceVector": [1, 2, 1, 2, 3] * detectors,
    }
    stacks, _ = opened(tmp_path, vectors, PhaseInformationSequence=phases)
    assert len(stacks) == detectors
    for stack in stacks:
        assert (stack.axis_values.name, stack.axis_values.unit) == ("Time", "s")
        assert stack.axis_values.values == pytest.approx([0, 1, 2.5, 7.6, 12.7])
    phases[1].ActualFrameDuration = None
    (stack, *_), _ = opened(tmp_path, vectors, PhaseInformationSequence=phases)
    assert stack.axis_values.name == "Phase, Time slice"


def test_whole_body_views_are_four_images(tmp_path):
    vectors = {"EnergyWindowVector": [1, 2, 1, 2], "DetectorVector": [1, 1, 2, 2]}
    stacks, frames = opened(tmp_path, vectors)
    assert frames == [[0], [1], [2], [3]]
    assert len({stack.name for stack in stacks}) == 4


def test_dynamic_frames_are_one_clip_named_by_phase_and_slice(tmp_path):
    vectors = {"PhaseVector": [1, 1, 2, 2], "TimeSliceVector": [1, 2, 1, 2]}
    (stack,), frames = opened(tmp_path, vectors)
    assert frames == [[0, 1, 2, 3]]
    assert stack.axis_values.name == "Phase, Time slice"
    assert stack.axis_values.text(2) == "2, 1"


def test_frame_times_are_times_whatever_numbers_the_frames(tmp_path):
    (stack,), _ = opened(tmp_path, {"TimeSlotVector": [1, 2, 3]}, FrameTime="40")
    assert (stack.axis_values.name, stack.axis_values.unit) == ("Time", "s")


def test_gated_slices_have_time_slots_as_fourth_axis(tmp_path):
    vectors = {"TimeSlotVector": [1, 1, 2, 2], "SliceVector": [1, 2, 1, 2]}
    (stack,), frames = opened(tmp_path, vectors, SpacingBetweenSlices="3")
    assert stack.array.shape[:2] == (2, 2)
    assert stack.axis_values.name == "Time slot"
    assert frames == [[0, 1, 2, 3]]
