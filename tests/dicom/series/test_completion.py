"""Images that lack plane, place or rescale take it from the volume whose hole they fill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_medscan.dicom.intensity.rescale import IDENTITY, ModalityTransform, no_rescale
from napari_medscan.dicom.series.completion import COMPLETED, PLACED, PLANE, RESCALED
from napari_medscan.dicom.series.incomplete import FILLED

from ..building import AXIAL, OBLIQUE, along, files, headers_of, make_frame, stacks_of

DOUBLED = ModalityTransform(slope=2.0)
NO_RESCALE = no_rescale("HU")
LACKING = {
    "orientation": ({"orientation": None}, PLANE),
    "spacing": ({"spacing": None}, PLANE),
    "position": ({"position": None}, PLACED),
    "plane": ({"orientation": None, "position": None}, PLACED),
    "rescale": ({"transform": IDENTITY}, RESCALED),
    "required rescale": ({"transform": NO_RESCALE}, RESCALED),
}


def volume(count=5, step=2.0, orientation=AXIAL, start=1):
    """Images of one volume, numbered along their normal."""
    return [
        make_frame(along(orientation, step * n), orientation, start + n, transform=DOUBLED)
        for n in range(count)
    ]


def opened(frames):
    """Stacks of single-frame files, whose instance numbers are those of the frames."""
    headers = files(frames)
    return stacks_of(
        [
            replace(header, instance_number=frame.order[0])
            for header, frame in zip(headers, frames, strict=True)
        ]
    )


@pytest.mark.parametrize("name", LACKING)
def test_a_lone_gap_in_the_headers_of_a_volume_is_closed(name):
    changes, note = LACKING[name]
    rng = np.random.default_rng(21)
    for _ in range(20):
        count, step = int(rng.integers(4, 9)), float(rng.uniform(0.5, 5.0))
        frames = volume(count, step, OBLIQUE if rng.random() < 0.5 else AXIAL)
        (whole,) = opened(frames)
        lacks = int(rng.integers(1, count - 1))
        frames[lacks] = replace(frames[lacks], **changes)
        (stack,) = opened([frames[n] for n in rng.permutation(count)])
        assert note in stack.warnings
        assert stack.geometry.spacing == pytest.approx(whole.geometry.spacing)
        np.testing.assert_allclose(stack.slices[lacks].position, whole.slices[lacks].position)
        assert stack.slices[lacks].orientation == whole.slices[lacks].orientation
        assert stack.slices[lacks].spacing == whole.slices[lacks].spacing
        assert stack.read_header(lacks).frames[0].transform == DOUBLED


def test_two_images_may_lack_different_attributes():
    frames = volume(6)
    frames[1] = replace(frames[1], spacing=None)
    frames[4] = replace(frames[4], transform=NO_RESCALE)
    (stack,) = opened(frames)
    assert {PLANE, RESCALED} <= set(stack.warnings)


def test_a_position_follows_from_slice_location_at_either_end():
    frames = [replace(f, slice_location=b"%d" % (50 - 2 * n)) for n, f in enumerate(volume())]
    frames[0] = replace(frames[0], position=None)
    (stack,) = opened(frames)
    assert PLACED in stack.warnings
    np.testing.assert_allclose(stack.slices[0].position, (0, 0, 0), atol=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        # Beside the line of the others, or where one of them is.
        {"orientation": None, "position": (30.0, 0.0, 4.0)},
        {"orientation": None, "position": (0.0, 0.0, 2.0)},
        {"orientation": None, "position": (0.0, 0.0, 4.7)},
        # Its number is that of another, or beyond all of them.
        {"position": None, "order": (2,)},
        {"position": None, "order": (9,)},
    ],
)
def test_what_is_not_certain_stays_apart(change):
    frames = volume()
    frames[2] = replace(frames[2], **change)
    found = opened(frames)
    assert sorted(len(stack.slices) for stack in found) == [1, 4]
    assert not any(COMPLETED.intersection(stack.warnings) for stack in found)


def test_a_rescale_of_its_own_for_each_image_is_nobody_elses():
    frames = [
        replace(frame, transform=ModalityTransform(slope=2.0 + n))
        for n, frame in enumerate(volume())
    ]
    frames[2] = replace(frames[2], transform=IDENTITY)
    many, one = sorted(opened(frames), key=lambda stack: -len(stack.slices))
    assert len(many.slices) == 4
    assert "Rescale slope and intercept are missing: values are stored values" in one.warnings


def test_a_rescale_that_few_images_state_is_no_rescale_of_the_others():
    frames = [replace(frame, transform=IDENTITY) for frame in volume()]
    frames[2] = replace(frames[2], transform=DOUBLED)
    (stack,) = opened(frames)
    assert stack.read_header(0).frames[0].transform is IDENTITY


@pytest.mark.parametrize("name", ["orientation", "spacing", "rescale"])
def test_a_gap_in_one_time_point_is_closed(name):
    changes, note = LACKING[name]
    rng = np.random.default_rng(5)
    for _ in range(10):
        times, depth = int(rng.integers(2, 5)), int(rng.integers(3, 6))
        frames = [
            replace(frame, dimensions={"TemporalPositionIdentifier": time})
            for time in range(times)
            for frame in volume(depth, start=time * depth)
        ]
        lacks = int(rng.integers(times * depth))
        frames[lacks] = replace(frames[lacks], **changes)
        (stack,) = opened([frames[n] for n in rng.permutation(times * depth)])
        assert note in stack.warnings
        assert not stack.holes
        numbers = [header.instance_number for header in headers_of(stack)]
        assert numbers == list(range(times * depth))


def test_a_second_image_at_one_place_fills_no_hole():
    frames = [*volume(), replace(volume()[2], orientation=None)]
    assert sorted(len(stack.slices) for stack in opened(frames)) == [1, 5]


def test_what_orders_nothing_does_not_separate_the_image_that_lacks_it():
    frames = [
        replace(frame, dimensions={"EchoTime": 30.0, "ImageType": ("ORIGINAL", "PRIMARY", "OTHER")})
        for time in range(3)
        for frame in volume(4, start=4 * time)
    ]
    frames[5] = replace(frames[5], dimensions={})
    (stack,) = opened(frames)
    assert not stack.holes
    assert FILLED in stack.warnings


def test_slice_location_places_an_image_of_a_time_point():
    frames = [
        replace(frame, slice_location=b"%d" % (2 * n))
        for time in range(3)
        for n, frame in enumerate(volume(4, start=4 * time))
    ]
    frames[5] = replace(frames[5], position=None)
    (stack,) = opened(frames)
    assert PLACED in stack.warnings
    assert [header.instance_number for header in headers_of(stack)] == list(range(12))
