"""Un-shearing: a rod that stands upright must stand upright in the result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_medscan.dicom import UnreadableFramesError
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.series.shear import SHEAR_NOTE, unsheared
from napari_medscan.dicom.space.geometry import SHEAR

from ..building import AXIAL, files, make_frame, make_header, make_layout, stacks_of

ROWS, COLUMNS, DEPTH = 17, 16, 5


def tilted(drift, *, step=2.0, places=range(DEPTH), times=1, **frame):
    """Slices whose origin moves by `drift` (x, y) mm a slice; the rod stands at x = 7, y = 8 mm.

    The rod is a Gaussian, so that it can be located to a fraction of a pixel.
    """
    headers = []
    down, right = np.mgrid[:ROWS, :COLUMNS].astype(float)
    for time in range(times):
        for i in places:
            x, y = drift[0] * i, drift[1] * i
            rod = 1000 * np.exp(-((right + x - 7) ** 2 + (down + y - 8) ** 2) / 2)
            position = (x, y, step * i)
            changes = {"temporal_position": time} if times > 1 else {}
            pixels = (np.rint(rod) + 10 * time).astype("<u2")
            headers.append(
                make_header(
                    make_frame(position, number=len(headers), **changes, **frame),
                    layout=make_layout(ROWS, COLUMNS),
                    pixels=pixels.tobytes(),
                    name=f"f{len(headers):04d}",
                    sop_instance=f"1.9.{len(headers)}",
                )
            )
    (stack,) = stacks_of(headers)
    return stack


def centers(volume):
    """Center of mass of each slice, in pixels down and right."""
    down, right = np.mgrid[: volume.shape[1], : volume.shape[2]]
    weight = volume.sum(axis=(1, 2))
    return np.stack(
        [(volume * down).sum(axis=(1, 2)) / weight, (volume * right).sum(axis=(1, 2)) / weight],
        axis=1,
    )


@pytest.mark.parametrize(
    "drift", [(0, 1), (1, 0), (0, -1), (-1, 0), (1, -1), (0, -0.5), (0.3, 0.7)]
)
def test_a_straight_rod_is_straight_again(drift):
    stack = tilted(drift)
    assert stack.geometry.tilt > 1
    upright = unsheared(stack)
    found = centers(np.asarray(upright.array))
    # In millimeters of the patient, as the new geometry has it.
    place = found[:, ::-1] + np.array(upright.geometry.origin)[:2]
    assert np.allclose(place, (7, 8), atol=0.01)


@pytest.mark.parametrize("drift", [(0, 1), (0, -1), (1, 0), (-2, 1)])
def test_whole_shifts_keep_every_value_and_add_none(drift):
    stack = tilted(drift)
    volume, source = np.asarray(unsheared(stack).array), np.asarray(stack.array)
    assert volume.shape == (
        DEPTH,
        ROWS + abs(drift[1]) * (DEPTH - 1),
        COLUMNS + abs(drift[0]) * (DEPTH - 1),
    )
    for i in range(DEPTH):
        top = drift[1] * (i if drift[1] > 0 else i - DEPTH + 1)
        left = drift[0] * (i if drift[0] > 0 else i - DEPTH + 1)
        here = (slice(top, top + ROWS), slice(left, left + COLUMNS))
        assert np.array_equal(volume[i][here], source[i])
        rest = volume[i].copy()
        rest[here] = 0
        assert not rest.any()


def test_the_result_is_upright_and_says_what_it_is():
    stack = tilted((0, 1))
    upright = unsheared(stack)
    geometry = upright.geometry
    assert geometry.tilt == 0
    assert geometry.step == (0, 0, 2)
    assert geometry.spacing == (2, 1, 1)
    assert geometry.scale == stack.geometry.scale
    assert upright.array.dtype == np.float32
    assert upright.warnings[-1] == SHEAR_NOTE
    assert any(warning.startswith(SHEAR) for warning in stack.warnings)
    assert not any(warning.startswith(SHEAR) for warning in upright.warnings)
    assert upright.name.endswith("(tilt corrected)")
    assert upright.files == stack.files


def test_every_voxel_stays_where_it_was():
    stack = tilted((1, -1))
    upright = unsheared(stack)
    for i in range(DEPTH):
        down, right = np.unravel_index(np.argmax(stack.array[i]), (ROWS, COLUMNS))
        there = np.unravel_index(np.argmax(upright.array[i]), upright.array.shape[1:])
        before = stack.geometry.affine @ (i, down, right, 1)
        after = upright.geometry.affine @ (i, *there, 1)
        assert np.allclose(before, after)


def test_time_is_kept():
    stack = tilted((0, 1), times=2)
    assert stack.array.shape[:2] == (2, DEPTH)
    volume = np.asarray(unsheared(stack).array)
    assert volume.shape == (2, DEPTH, ROWS + DEPTH - 1, COLUMNS)
    assert np.array_equal(volume[1, 2, 2 : 2 + ROWS], np.asarray(stack.array)[1, 2])


def test_a_missing_slice_stays_blank():
    stack = tilted((0, 1), places=(0, 1, 3, 4))
    assert stack.geometry.missing == (2,)
    upright = unsheared(stack)
    volume = upright.read(errors="blank")
    assert not upright.valid[2]
    assert np.unique(volume[2]).tolist() == [stack.array.fill]
    assert np.array_equal(volume[4, 4:], stack.array[4])
    assert upright.default_limits()


def test_missing_slices_of_repeats():
    stack = tilted((0, 1), places=(0, 3), times=2)
    upright = unsheared(stack)
    assert upright.array.shape[:2] == stack.array.shape[:2]
    assert upright.default_limits()


def test_unevenly_spaced_slices_go_where_each_of_them_belongs():
    places = (0, 1, 2, 4.5, 5.5)
    stack = tilted((0, 1), places=places)
    assert not stack.geometry.regular
    volume = np.asarray(unsheared(stack).array)
    assert np.array_equal(volume[2, 2 : 2 + ROWS], stack.array[2])
    halfway = volume[3, 4 : 5 + ROWS]
    assert np.allclose(halfway[1:-1], (stack.array[3][1:] + stack.array[3][:-1].astype(float)) / 2)


def test_an_upright_stack_comes_back_as_it_is():
    stack = tilted((0, 0))
    assert np.array_equal(np.asarray(unsheared(stack).array), np.asarray(stack.array))


def test_a_bad_slice_is_noted_where_it_was():
    stack = tilted((0, 1))
    upright = unsheared(stack)
    object.__setattr__(stack.read_header(2).source, "data", b"")
    with pytest.raises(UnreadableFramesError):
        upright.array[2]
    assert np.unique(upright.array.display[2]).tolist() == [stack.array.fill]
    assert stack.problems.keys() == upright.problems.keys() == {2}


def test_without_a_place_there_is_nothing_to_undo():
    numbered = files([make_frame(None, None, number=i) for i in range(3)])
    uncalibrated = tilted((0, 1), spacing=None)
    rgb = make_layout(samples=3, photometric="RGB", bits=8)
    color = files([make_frame((0, i, 2.0 * i), AXIAL) for i in range(3)], layout=rgb)
    for header in (numbered, color):
        for stack in stacks_of([replace(h, pixels=h.pixels) for h in header]):
            with pytest.raises(UnreadableError):
                unsheared(stack)
    with pytest.raises(UnreadableError):
        unsheared(uncalibrated)
