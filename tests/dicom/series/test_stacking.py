"""From headers to stacks: shape, dtype, blank slices, time, warnings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import UnreadableFramesError
from napari_medscan.dicom.intensity.rescale import IDENTITY, ModalityTransform
from napari_medscan.dicom.series.stacking import SEVERAL_FRAMES

from ..building import (
    AXIAL,
    CORONAL,
    NOWHERE,
    OBLIQUE,
    SAGITTAL,
    along,
    file_numbers,
    files,
    headers_of,
    make_frame,
    make_header,
    make_layout,
    stacks_of,
)


def axial(places, **changes):
    dimensions = changes.pop("dimensions", {})
    return files([make_frame((0, 0, float(z)), **dimensions) for z in places], **changes)


def only(headers):
    (stack,) = stacks_of(headers)
    return stack


def multiframe(frames, values=None, **changes):
    """One file whose frame i is full of i."""
    layout = changes.pop("layout", make_layout(frames=len(frames)))
    values = range(len(frames)) if values is None else values
    pixels = b"".join(
        np.full((layout.rows, layout.columns), v, dtype=np.uint16).tobytes() for v in values
    )
    return make_header(*frames, layout=layout, pixels=pixels, **changes)


# --- volumes


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, SAGITTAL, OBLIQUE])
def test_a_volume_shows_its_slices_along_the_normal_where_they_are(orientation):
    places = (3, 0, 2, 1)
    positions = [along(orientation, 2.0 * p, (4, 5, 6)) for p in places]
    frames = [make_frame(p, orientation, number=i) for i, p in enumerate(positions)]
    stack = only(files(frames, slice_thickness=16.0, slice_spacing=9.0))
    assert stack.axes == "zyx"
    assert stack.array.shape == (4, 2, 3)
    assert file_numbers(stack) == [1, 3, 2, 0]
    assert stack.geometry.spacing[0] == pytest.approx(2)
    assert stack.warnings == ()
    for z, number in enumerate(file_numbers(stack)):
        assert (stack.geometry.affine @ (z, 0, 0, 1))[:3] == pytest.approx(positions[number])


def test_missing_slices_are_blank_at_their_true_place():
    stack = only(axial((0, 1, 2, 5, 6), unit="HU", layout=make_layout(signed=True)))
    assert stack.array.shape == (7, 2, 3)
    assert stack.geometry.missing == (3, 4)
    assert file_numbers(stack) == [0, 1, 2, -1000, -1000, 3, 4]
    assert stack.valid.tolist() == [True, True, True, False, False, True, True]
    with pytest.raises(UnreadableFramesError):
        np.asarray(stack.array)
    assert len(stack.slices) == 5
    assert stack.warnings == ("2 slices are missing (left blank)",)
    assert stack.problems == {}


def test_one_missing_slice_is_told_in_the_singular():
    assert only(axial((0, 1, 3))).warnings == ("1 slice is missing (left blank)",)


def test_dose_planes_farther_apart_in_places_are_not_lost():
    """PS3.3 C.8.8.3.2: a dose grid is one file, and its offsets may be uneven."""
    frames = [make_frame((0.0, 0.0, z)) for z in (0.0, 3.0, 6.0, 12.0)]
    stack = only([make_header(*frames, modality="RTDOSE")])
    assert stack.array.shape[0] == 5
    assert stack.warnings == ("1 plane is not in the file between the others (left blank)",)


def test_more_missing_slices_than_present_are_not_filled_in():
    stack = only(axial((0, 1, 2, 9)))
    assert stack.array.shape[0] == 4
    assert stack.geometry.missing == ()
    assert "uneven" in stack.warnings[0]


@pytest.mark.parametrize(
    ("modality", "words"), [("CT", "Gantry tilt 15.0°. "), ("MR", "Sheared by 15.0°. ")]
)
def test_tilt_warning_only_ct_has_a_gantry(modality, words):
    frames = [make_frame((0, z * np.tan(np.radians(15)), float(z))) for z in range(4)]
    (warning,) = only(files(frames, modality=modality)).warnings
    assert warning.startswith(words)


def test_missing_slices_of_a_time_series_are_blank_at_every_time():
    headers = [
        header for t in (1, 2) for header in axial((0, 1, 3), dimensions={"EchoTime": float(t)})
    ]
    stack = only(headers)
    assert stack.axes == "tzyx"
    assert stack.array.shape == (2, 4, 2, 3)
    assert file_numbers(stack) == [[0, 1, 0, 2], [0, 1, 0, 2]]
    assert stack.geometry.missing == (2,)
    assert stack.dimension == "EchoTime"


def test_two_patients_who_share_all_uids_are_never_in_one_stack():
    headers = [*axial((0, 1, 2)), *axial((3, 4, 5), patient=b"other")]
    stacks = stacks_of(headers)
    assert [len(stack.slices) for stack in stacks] == [3, 3]
    assert all(len({header.patient for header in headers_of(stack)}) == 1 for stack in stacks)


# --- single slices and unknown places


@pytest.mark.parametrize(
    ("facts", "step", "source"),
    [
        ({"slice_spacing": 3.0, "slice_thickness": 5.0}, 3.0, "spacing"),
        ({"slice_thickness": 5.0}, 5.0, "thickness"),
        ({}, 1.0, "assumed"),
    ],
)
def test_a_single_slice_takes_its_step_from_the_tags_without_a_warning(facts, step, source):
    stack = only(files([make_frame((1, 2, 3), OBLIQUE)], **facts))
    geometry = stack.geometry
    assert (geometry.spacing[0], geometry.step_source) == (step, source)
    assert geometry.step == pytest.approx(along(OBLIQUE, step))
    assert geometry.origin == (1, 2, 3)
    assert geometry.measurable
    assert stack.warnings == ()


@pytest.mark.parametrize(
    ("facts", "warning"),
    [
        ({"slice_thickness": 5.0}, "Slice spacing assumed equal to slice thickness"),
        ({}, "Slice spacing unknown"),
    ],
)
def test_slices_without_positions_are_on_z_with_a_warning(facts, warning):
    frames = [make_frame(None, None, number=n) for n in (3, 1, 2)]
    stack = only(files(frames, frames_are_slices=True, modality="CT", **facts))
    assert stack.axes == "zyx"
    assert file_numbers(stack) == [1, 2, 0]
    assert warning in stack.warnings
    assert any("No slice positions" in text for text in stack.warnings)
    assert not stack.geometry.measurable
    assert stack.geometry.affine is None


def test_frames_of_a_clip_are_on_t():
    stack = only([multiframe([make_frame(None, None, number=n) for n in range(4)], modality="US")])
    assert stack.axes == "tzyx"
    assert stack.array.shape == (4, 1, 2, 3)
    assert stack.dimension == "frame"
    assert np.asarray(stack.array)[:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_one_still_has_no_time():
    stack = only(files([make_frame(None, None)], modality="US"))
    assert stack.axes == "zyx"
    assert stack.array.shape == (1, 2, 3)
    assert stack.dimension == ""


def test_unknown_pixel_spacing_is_told_and_keeps_the_aspect():
    frame = make_frame(None, None, spacing=None)
    stack = only(files([frame], aspect=1.25, modality="US"))
    assert stack.geometry.spacing[1:] == (1.25, 1.0)
    assert any("No calibration" in text for text in stack.warnings)


def test_notes_on_spacing_and_files_reach_the_user_once():
    stack = only(axial((0, 1), spacing_note="at the detector", notes=("odd",)))
    assert stack.warnings == ("at the detector", "odd")


@pytest.mark.parametrize("other", ["1.3", "1.2", ""])
def test_images_of_several_frames_of_reference_are_a_warning(other):
    first, *rest = axial(range(3), frame_of_reference="1.2")
    stack = only([first.like(frame_of_reference=other), *rest])
    assert stack.array.shape[0] == 3
    assert (SEVERAL_FRAMES in stack.warnings) == (other == "1.3")


def test_frames_without_a_position_among_others_do_not_break_the_file():
    frames = [make_frame((0, 0, 0)), make_frame(None, number=1), make_frame((0, 0, 1))]
    stacks = stacks_of([multiframe(frames)])
    assert Counter(record.index for stack in stacks for record in stack.slices) == {
        0: 1,
        1: 1,
        2: 1,
    }


# --- types


@pytest.mark.parametrize(
    ("layouts", "transforms", "expected"),
    [
        ([make_layout()], [IDENTITY], np.uint16),
        ([make_layout(bits_stored=12)], [ModalityTransform(1, -1024)], np.int16),
        ([make_layout()], [ModalityTransform(1, -1024)], np.float32),
        ([make_layout()], [ModalityTransform(1, -1), ModalityTransform(2)], np.float32),
        ([make_layout(bits=8), make_layout()], [IDENTITY], np.uint16),
        ([make_layout(), make_layout(signed=True)], [IDENTITY], np.float32),
        ([make_layout(bits=32, signed=True), make_layout()], [IDENTITY], np.int32),
        ([make_layout(bits=32), make_layout()], [IDENTITY], np.uint32),
        ([make_layout(bits=32), make_layout(signed=True)], [IDENTITY], np.int64),
        ([make_layout(bits=64, floating=True)], [IDENTITY], np.float64),
    ],
)
def test_one_dtype_holds_every_slice_exactly(layouts, transforms, expected):
    headers = [
        make_header(make_frame((0, 0, float(z)), transform=transform), layout=layout, name=f"{z}")
        for z, (layout, transform) in enumerate(
            (layout, transform) for layout in layouts for transform in transforms
        )
    ]
    assert only(headers).array.dtype == expected


def test_a_slope_of_every_slice_is_its_own():
    frames = [
        make_frame((0, 0, float(z)), transform=ModalityTransform(0.5 + z, -z)) for z in range(4)
    ]
    headers = [replace(h, modality="PT", unit="Bq/ml") for h in files(frames)]
    stack = only(headers)
    assert stack.array.dtype == np.float32
    assert file_numbers(stack) == [z * (0.5 + z) - z for z in range(4)]


def test_color_is_eight_bit_rgb_without_a_unit():
    layout = make_layout(bits=8, samples=3, photometric="RGB")
    stack = only([make_header(make_frame((0, 0, 0)), layout=layout, unit="HU", modality="CT")])
    assert stack.axes == "zyxc"
    assert stack.array.shape == (1, 2, 3, 3)
    assert stack.array.dtype == np.uint8
    assert stack.unit is None
    assert stack.is_rgb


# --- blanks


@pytest.mark.parametrize(
    ("layout", "facts", "transform", "blank"),
    [
        (make_layout(), {}, IDENTITY, 0),
        (make_layout(signed=True), {"unit": "HU"}, IDENTITY, -1000),
        (make_layout(bits_stored=12), {"unit": "HU"}, ModalityTransform(1, -1024), -1000),
        (make_layout(signed=True), {"padding": (-2000, -2000)}, IDENTITY, -2000),
        (make_layout(signed=True), {"padding": (-9, -9)}, ModalityTransform(2, 1), -17),
        # What the pixels cannot hold must not wrap around to white.
        (make_layout(), {"unit": "HU"}, IDENTITY, 0),
        (make_layout(bits_stored=12), {"padding": (63536,) * 2}, ModalityTransform(1, -9), 32767),
    ],
)
def test_a_blank_slice_is_padding_or_black(layout, facts, transform, blank):
    headers = [
        replace(header, frames=(replace(header.frames[0], transform=transform),))
        for header in axial((0, 1, 3), layout=layout, **facts)
    ]
    assert (only(headers).array.display[2] == blank).all()


def test_a_blank_color_slice_is_black():
    layout = make_layout(bits=8, samples=3, photometric="RGB")
    headers = [
        make_header(make_frame((0, 0, z)), layout=layout, unit="HU", name=f"{z}") for z in (0, 1, 3)
    ]
    assert not only(headers).array.display[2].any()


def test_a_slice_that_cannot_be_read_is_blank_and_reported():
    headers = axial((0, 1, 2))
    headers[1] = replace(headers[1], source=type(headers[1].source)(b"\0"))
    stack = only(headers)
    with pytest.raises(UnreadableFramesError):
        stack.read()
    assert file_numbers(stack) == [0, 0, 2]
    assert stack.valid.tolist() == [True, False, True]
    assert stack.problems == {1: "the file was truncated after it was opened"}


def test_an_unforeseen_error_is_told_without_its_text():
    class Odd:
        file = NOWHERE

        def read_at(self, *_):
            raise ValueError("Smith^John")

    headers = axial((0, 1))
    headers[0] = replace(headers[0], source=Odd())
    stack = only(headers)
    assert file_numbers(stack) == [0, 1]
    assert stack.problems == {0: "unexpected error"}


# --- order of stacks, and nothing lost


def test_stacks_are_sorted_by_modality_and_series_number():
    headers = [
        make_header(make_frame((0, 0, 0)), series=f"{i}", modality=modality, series_number=number)
        for i, (modality, number) in enumerate(
            [("MR", None), ("MR", 10), ("CT", 4), ("MR", 2), ("CT", 30)]
        )
    ]
    found = [(stack.modality, stack.series_number) for stack in stacks_of(headers)]
    assert found == [("CT", 4), ("CT", 30), ("MR", 2), ("MR", 10), ("MR", None)]


frame_kinds = st.builds(
    make_frame,
    position=st.one_of(st.none(), st.tuples(st.just(0.0), st.just(0.0), st.integers(0, 9))),
    orientation=st.sampled_from([None, AXIAL, CORONAL]),
    number=st.integers(0, 3),
    spacing=st.sampled_from([None, (1.0, 1.0), (2.0, 2.0)]),
    segment=st.integers(0, 1),
    EchoTime=st.sampled_from([None, 1.0, 2.0]),
)
file_kinds = st.lists(
    st.tuples(
        st.lists(frame_kinds, min_size=1, max_size=4),
        st.sampled_from(["MR", "CR", "SEG", "US"]),
        st.booleans(),
        st.sampled_from([b"a", b"b"]),
        st.sampled_from(["", "1.1"]),
    ),
    max_size=8,
)


@given(file_kinds)
@settings(deadline=None)
def test_every_frame_is_in_exactly_one_stack_whatever_the_files(kinds):
    headers = [
        multiframe(
            frames,
            name=f"{i}",
            modality=modality,
            frames_are_slices=slices,
            patient=patient,
            series=series,
        )
        for i, (frames, modality, slices, patient, series) in enumerate(kinds)
    ]
    stacks = stacks_of(headers)
    found = Counter((record.name, record.index) for stack in stacks for record in stack.slices)
    assert found == Counter((h.name, i) for h in headers for i in range(len(h.frames)))
    for stack in stacks:
        extent = np.prod(stack.array.shape[:-2])
        times = stack.array.shape[0] if stack.axes.startswith("t") else 1
        assert extent == len(stack.slices) + times * len(stack.geometry.missing)
        np.asarray(stack.array)
        assert not stack.problems


@pytest.mark.parametrize("numbers", [(None, None, None), (1, 1, 1), (3, 2, 1)])
def test_slices_without_positions_say_what_orders_them(numbers):
    frames = [make_frame(number=number or 0) for number in numbers]
    headers = [
        replace(header, instance_number=number, frames_are_slices=True)
        for header, number in zip(files(frames), numbers, strict=True)
    ]
    note = "Images sorted by file name (no position or instance number)"
    if numbers[0] == 3:
        note = "No slice positions: sorted by instance number"
    stack = only(headers)
    assert note in stack.warnings
    assert sum("sorted by" in each for each in stack.warnings) == 1


def test_frames_of_one_file_are_not_said_to_be_sorted_by_instance_number():
    frames = [make_frame(number=0, order=(0, n)) for n in range(3)]
    stack = only([multiframe(frames, frames_are_slices=True)])
    assert "No slice positions: sorted by frame number" in stack.warnings
    repeats = [make_frame((0, 0, n % 2), order=(0, n)) for n in range(4)]
    assert only([multiframe(repeats)]).warnings == (
        "Time points sorted by frame number (no timing information)",
    )


@pytest.mark.parametrize(
    ("thicknesses", "shape"),
    [((2.5, 5.0), 7), ((5.0, 5.0), 10), ((2.5, 2.5), 10), ((5.0, 2.5), 10)],
)
def test_thicker_slices_farther_apart_miss_none(thicknesses, shape):
    """A head CT: thin slices through the base of the skull, thick ones above it."""
    places = (0, 2.5, 5, 7.5, 12.5, 17.5, 22.5)
    headers = [
        replace(header, slice_thickness=thicknesses[header.frames[0].position[2] > 10])
        for header in axial(places)
    ]
    stack = only(headers)
    assert stack.array.shape[0] == shape
    assert ("uneven" in stack.warnings[0]) is (shape == len(places))
