"""The judge of canvases: right ones pass; black, turned, mirrored, moved and other ones do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.phantoms import write_mr_brain_oblique

from .dicom.making import ct as ct_of
from .dicom.making import write
from .view_check import (
    _TURNS,
    FITTED,
    canvas_pixels,
    conventional_turns,
    fault_of_canvas,
    images_of,
    related,
    settle,
)

CANVAS = (560, 750)
WRONG_TURNS = [name for name in _TURNS if name != "as expected"]


@pytest.fixture(scope="module")
def ct(chest):
    (stack,) = load([chest]).stacks
    return stack


@pytest.fixture(scope="module")
def mr(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mr")
    write_mr_brain_oblique(folder, size=48, slices=4)
    (stack,) = load([folder]).stacks
    return stack


@pytest.fixture
def expected(ct):
    return images_of(ct)


def drawn(image, fill=FITTED):
    """Return a canvas with an image, as a graphics card may draw it: with a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.02, (*CANVAS, 3))
    return np.clip(image.on_canvas(CANVAS, fill) + noise, 0, 1).astype(np.float32)


def test_fault_of_canvas_expected_slice_is_none(expected):
    assert fault_of_canvas(drawn(expected[0]), expected) == ""


@pytest.mark.parametrize("name", WRONG_TURNS)
def test_fault_of_canvas_wrong_turn_is_named(expected, name):
    turned = drawn(expected[0].turned(*_TURNS[name]))
    # A turn and its reverse are named from the image that is expected.
    assert fault_of_canvas(turned, expected) == f"the image is {name}"


def test_fault_of_canvas_black_is_named(expected):
    assert fault_of_canvas(np.zeros((*CANVAS, 3), np.float32), expected) == "the canvas is black"


def test_fault_of_canvas_other_series_is_named(expected, mr):
    (other, *_) = images_of(mr)
    assert fault_of_canvas(drawn(other), images_of(mr)) == ""
    assert "not the expected image" in fault_of_canvas(drawn(other), expected)


def test_fault_of_canvas_slice_of_another_level_is_named(tmp_path):
    from napari_medscan.phantoms import write_ct_chest

    write_ct_chest(tmp_path, size=32, slices=60)
    (stack,) = load([tmp_path]).stacks
    first = images_of(stack, 0)
    assert fault_of_canvas(drawn(first[0]), first) == ""
    assert "not the expected image" in fault_of_canvas(drawn(first[0]), images_of(stack))


@pytest.mark.parametrize("shift", [(0, 60), (40, 0)])
def test_fault_of_canvas_moved_image_is_named(expected, shift):
    moved = np.roll(drawn(expected[0]), shift, axis=(0, 1))
    assert "not fitted" in fault_of_canvas(moved, expected)


@pytest.mark.parametrize("fill", [0.4, 0.8, 2.0])
def test_fault_of_canvas_image_of_another_size_is_named(expected, fill):
    assert "not fitted" in fault_of_canvas(drawn(expected[0], fill), expected)


def test_fault_of_canvas_stretched_image_is_named(expected):
    narrow = replace(expected[0], width=expected[0].width * 0.6)
    assert "not fitted" in fault_of_canvas(drawn(narrow), expected)


def test_fault_of_canvas_other_window_is_named(expected):
    shade = expected[0].shade
    dark = replace(expected[0], shade=lambda values: shade(values) * 0.3)
    assert "not the expected image" in fault_of_canvas(drawn(dark), expected)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        ((1, 0, 0, 0, 1, 0), "as expected"),
        ((-1, 0, 0, 0, 1, 0), "mirrored left to right"),
        ((1, 0, 0, 0, -1, 0), "upside down"),
        ((0, 1, 0, 1, 0, 0), "with rows for columns"),
        ((1, 0, 0, 0, 0, -1), "as expected"),
        ((1, 0, 0, 0, 0, 1), "upside down"),
        ((0, 1, 0, 0, 0, -1), "as expected"),
        ((0, -1, 0, 0, 0, -1), "mirrored left to right"),
    ],
)
def test_images_of_plane_is_upright(ct, orientation, turn):
    geometry = replace(ct.geometry, orientation=orientation)
    (image, *_) = images_of(replace(ct, geometry=geometry), 2)
    as_acquired = replace(ct.geometry, orientation=None)
    (acquired, *_) = images_of(replace(ct, geometry=as_acquired), 2)
    assert np.array_equal(image.values, acquired.turned(*_TURNS[turn]).values)


@pytest.mark.parametrize(
    ("side", "written", "turn"),
    [
        ("R", ("P", "L"), "as expected"),
        ("L", ("A", "R"), "as expected"),
        ("L", ("P", "R"), "mirrored left to right"),
        ("R", ("P", "R"), "upside down"),
        ("R", ("A", "F"), "mirrored left to right"),
        ("L", ("F", "A"), "with rows for columns"),
        ("B", ("A", "L"), "as expected"),
        ("R", ("L", "F"), "as expected"),
    ],
)
def test_conventional_turns_breasts_hang_back_to_back(tmp_path, side, written, turn):
    data = ct_of(
        Modality="MG", SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2", ImageLaterality=side,
        PatientOrientation=list(written), ImagePositionPatient=None, ImageOrientationPatient=None,
        FrameOfReferenceUID=None, RescaleSlope=None, RescaleIntercept=None, PixelSpacing=None,
    )  # fmt: skip
    write(tmp_path / "a.dcm", data)
    (stack,) = load([tmp_path]).stacks
    assert conventional_turns(stack) == [_TURNS[turn]]


@pytest.mark.parametrize(
    ("written", "turns"),
    [
        (("L", "F"), ["as expected"]),
        (("R", "F"), ["mirrored left to right"]),
        (("L", "H"), ["upside down"]),
        (("F", "L"), ["with rows for columns"]),
        (("A", "F"), ["as expected", "mirrored left to right"]),
        (("P", "L"), ["as expected"]),
        ((), ["as expected"]),
    ],
)
def test_conventional_turns_projection_has_the_head_up(ct, written, turns):
    film = replace(
        ct,
        geometry=replace(ct.geometry, orientation=None),
        slices=[replace(ct.slices[0], patient_orientation=written)],
    )
    assert sorted(conventional_turns(film)) == sorted(_TURNS[name] for name in turns)


def test_related_needs_one_patient_and_a_known_frame_of_reference(ct, mr):
    def with_header(**changes):
        return replace(ct, header=replace(ct.header, **changes))

    assert related(ct, with_header())
    assert not related(ct, with_header(patient=mr.header.patient))
    assert not related(ct, with_header(frame_of_reference="1.2.3"))
    assert not related(with_header(frame_of_reference=""), with_header(frame_of_reference=""))


def test_fault_of_canvas_in_napari_finds_the_mirror(make_napari_viewer, ct):
    """The judge agrees with what napari draws, and with the camera when it looks from behind."""
    viewer = make_napari_viewer(show=True)
    viewer.add_image(
        np.asarray(ct.array),
        scale=ct.geometry.scale,
        contrast_limits=ct.default_limits(),
        interpolation2d="linear",
    )
    settle()
    viewer.reset_view()
    expected = images_of(ct)
    assert fault_of_canvas(canvas_pixels(viewer), expected) == ""
    viewer.scene.camera.orientation2d = ("down", "left")
    assert fault_of_canvas(canvas_pixels(viewer), expected) == "the image is mirrored left to right"
    viewer.layers[0].visible = False
    assert fault_of_canvas(canvas_pixels(viewer), expected) == "the canvas is black"
