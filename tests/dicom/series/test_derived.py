"""Copies of a series: what is still true of them, and which are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import load
from napari_medscan.dicom.series.derived import derived
from napari_medscan.dicom.series.orientation import patient_point
from napari_medscan.dicom.space.index_map import AxisMap

from ...studies import write_series
from ..making import RGB_IMAGE
from ..space.test_index_map import slices

TILTED = {"ImagePositionPatient": lambda i: [3.0, 1.1 * i, 2.0 * i]}
UNEVEN = {"ImagePositionPatient": lambda i: [3.0, -8.0, (0, 2, 4, 6, 9, 15)[i]]}
PLAIN = {"ImagePositionPatient": lambda i: [3.0, -8.0, 2.0 * i]}
ROWS, COLUMNS, SLICES = 12, 12, 6


def values(i):
    """Return a slice that is like no other one, mirrored or not."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    bright = 900 * np.exp(-((y - 3) ** 2 + (x - 8 + i) ** 2) / 9) + 20 * x + 5 * y + 90 * i
    return bright.astype("<u2")


def one_series(folder, **changes):
    square = {"Rows": ROWS, "Columns": COLUMNS, "PixelData": lambda i: values(i).tobytes()}
    write_series(folder, SLICES, **{**PLAIN, **square, **changes})
    (stack,) = load(folder).stacks
    return stack


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folders = {"plain": PLAIN, "tilted": TILTED, "uneven": UNEVEN}
    return {
        name: one_series(tmp_path_factory.mktemp(name), **changes)
        for name, changes in folders.items()
    }


def whole(stack):
    return tuple(AxisMap(1.0, 0.0, extent) for extent in stack.array.shape)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["plain", "tilted", "uneven"]),
    st.tuples(*map(slices, (SLICES, ROWS, COLUMNS))),
    st.data(),
)
def test_derived_copy_of_values_is_the_series_there(series, name, axes, data):
    stack = series[name]
    copy = np.asarray(stack.array)[np.ix_(*(axis.indices for axis in axes))]
    found = derived(stack, copy, axes, is_image=True)
    assert found.origin is stack
    assert (found.unit, found.windows, found.padding) == (stack.unit, stack.windows, stack.padding)
    assert np.array_equal(np.asarray(found.array), copy)
    index = [data.draw(st.integers(0, axis.length - 1)) for axis in axes]
    inside = [int(axis.indices[i]) for axis, i in zip(axes, index, strict=True)]
    assert np.allclose(patient_point(found, index), patient_point(stack, inside))
    mine, theirs = found.array.places[index[0]], stack.array.places[inside[0]]
    assert found.slices[mine].file == stack.slices[theirs].file
    assert found.read_header(mine) is stack.read_header(theirs)


def filtered(copy):
    """Return what a filter makes of an image: other values, like those before."""
    return (np.roll(copy, 1, axis=-1) + copy.astype(np.float64)) / 2


def test_derived_filtered_copy_has_place_and_tags_but_no_unit(series):
    stack = series["plain"]
    found = derived(stack, filtered(np.asarray(stack.array)), whole(stack), is_image=True)
    assert stack.unit == "HU"
    assert (found.unit, found.windows, found.padding, found.suv) == (None, (), None, None)
    assert np.allclose(found.geometry.affine, stack.geometry.affine)
    assert found.derivation.has_slices


REARRANGED = {
    "left to right": lambda a: a[..., ::-1],
    "top to bottom": lambda a: a[:, ::-1],
    "upside down": lambda a: a[:, ::-1, ::-1],
    "reversed": lambda a: a[::-1],
    "reversed and mirrored": lambda a: a[::-1, :, ::-1],
    "transposed": lambda a: a.swapaxes(1, 2),
    "turned": lambda a: np.rot90(a, axes=(1, 2)),
}


@pytest.mark.parametrize("change", REARRANGED.values(), ids=REARRANGED)
@pytest.mark.parametrize("also", [np.array, filtered], ids=["values", "filtered"])
def test_derived_rearranged_copy_in_the_old_place_is_none(series, change, also):
    stack = series["plain"]
    copy = also(np.asarray(stack.array))
    assert derived(stack, copy, whole(stack), is_image=True) is not None
    assert derived(stack, change(copy).copy(), whole(stack), is_image=True) is None


def test_derived_crop_in_another_place_is_none(series):
    """Some plugins crop the array and leave the layer where it was."""
    stack = series["plain"]
    axes = (AxisMap(1.0, 0.0, SLICES), AxisMap(1.0, 2.0, 8), AxisMap(1.0, 3.0, 8))
    crop = np.asarray(stack.array)[:, 2:10, 3:11].copy()
    assert derived(stack, crop, axes, is_image=True) is not None
    corner = (axes[0], AxisMap(1.0, 0.0, 8), AxisMap(1.0, 0.0, 8))
    assert derived(stack, crop, corner, is_image=True) is None
    assert derived(stack, filtered(crop), axes, is_image=True) is None


def test_derived_resampled_slices_have_a_place_and_no_tags(series):
    stack = series["plain"]
    volume = np.asarray(stack.array).repeat(2, axis=0)
    axes = (AxisMap(0.5, -0.25, 2 * SLICES), *whole(stack)[1:])
    found = derived(stack, volume, axes, is_image=True)
    assert not found.derivation.has_slices
    assert np.allclose(patient_point(found, (3, 2, 1)), patient_point(stack, (1.25, 2, 1)))


@pytest.mark.parametrize(
    ("project", "unit"), [(np.max, "HU"), (np.min, "HU"), (np.sum, None), (np.mean, None)]
)
def test_derived_projection_has_directions_and_maybe_the_unit(series, project, unit):
    stack = series["plain"]
    flat = project(np.asarray(stack.array), axis=0)
    found = derived(stack, flat, (None, *whole(stack)[1:]), is_image=True)
    assert (found.axes, found.array.shape) == ("yx", (ROWS, COLUMNS))
    assert found.geometry.orientation == stack.geometry.orientation
    assert found.geometry.affine is None
    assert not found.derivation.has_slices
    assert found.unit == unit
    assert np.array_equal(np.asarray(found.array), flat)


@pytest.mark.parametrize("name", ["plain", "tilted", "uneven"])
@pytest.mark.parametrize("number", [0, 2, SLICES - 1])
@pytest.mark.parametrize(("top", "left"), [(0, 0), (3, 2)])
def test_derived_slice_of_a_split_series_is_that_slice(series, name, number, top, left):
    stack = series[name]
    image = np.asarray(stack.array)[number, top:, left:].copy()
    # The slices were looked at when napari split them.
    for each in range(SLICES):
        stack.array.frame(each)
    axes = (None, AxisMap(1.0, float(top), ROWS - top), AxisMap(1.0, float(left), COLUMNS - left))
    found = derived(stack, image, axes, is_image=True)
    assert (found.axes, found.unit, found.derivation.has_slices) == ("yx", "HU", True)
    assert found.slices[0].file == stack.slices[number].file
    assert np.allclose(
        patient_point(found, (1, 2)), patient_point(stack, (number, top + 1, left + 2))
    )
    assert np.allclose(found.positions, patient_point(stack, (number, top, left)))
    assert np.array_equal(np.asarray(found.array), image)


def test_derived_slice_with_values_of_two_is_nowhere(tmp_path):
    stack = one_series(tmp_path, PixelData=lambda i: values(min(i, 4)).tobytes())
    volume = stack.array[...]
    axes = (None, *whole(stack)[1:])
    assert derived(stack, volume[3].copy(), axes, is_image=True).geometry.affine is not None
    for number in (4, 5):
        found = derived(stack, volume[number].copy(), axes, is_image=True)
        assert found.geometry.affine is None
        assert not found.derivation.has_slices


def test_derived_slice_is_not_looked_for_in_files(series, monkeypatch):
    stack = series["plain"]
    image = stack.array[2].copy()
    monkeypatch.setattr(type(stack.array), "peek", lambda *_: None)
    found = derived(stack, image, (None, *whole(stack)[1:]), is_image=True)
    assert not found.derivation.has_slices


def test_derived_labels_have_a_place_whatever_their_values(series):
    stack = series["plain"]
    labels = np.zeros(stack.array.shape, np.uint8)
    labels[2, 3, 4] = 7
    found = derived(stack, labels, whole(stack), is_image=False)
    assert found.unit is None
    assert np.allclose(found.geometry.affine, stack.geometry.affine)


def test_derived_channel_of_a_color_series_is_gray(tmp_path):
    pixels = np.stack([values(0), values(1), values(2)], -1).clip(0, 255).astype(np.uint8)
    color = {
        **RGB_IMAGE,
        "PixelData": pixels.tobytes(),
    }
    stack = one_series(tmp_path, **color)
    axes = tuple(AxisMap(1.0, 0.0, extent) for extent in stack.array.shape[:-1])
    volume = np.asarray(stack.array)
    assert derived(stack, volume.copy(), axes, is_image=True).axes == "zyxc"
    red = derived(stack, volume[..., 0].copy(), axes, is_image=True)
    assert (red.axes, red.is_rgb) == ("zyx", False)


def test_derived_time_point_and_maximum_over_time_are_volumes(tmp_path):
    for time in range(2):
        write_series(
            tmp_path / str(time),
            SLICES,
            **PLAIN,
            Rows=ROWS,
            Columns=COLUMNS,
            Modality="MR",
            TemporalPositionIdentifier=time + 1,
            SOPInstanceUID=lambda i, time=time: f"1.2.{7 + time}.{i}",
            InstanceNumber=lambda i, time=time: 10 * time + i,
            PixelData=lambda i, time=time: (values(i) + 40 * time).astype("<u2").tobytes(),
        )
    (stack,) = load(tmp_path).stacks
    assert stack.axes == "tzyx"
    volume = np.asarray(stack.array)
    axes = whole(stack)
    same = derived(stack, volume.copy(), axes, is_image=True)
    assert (same.axes, same.axis_values) == ("tzyx", stack.axis_values)
    mean = ((volume[0].astype(int) + volume[1]) // 2).astype(volume.dtype)
    flat = derived(stack, mean, (None, *axes[1:]), is_image=True)
    assert flat.axes == "zyx"
    assert np.allclose(flat.geometry.affine, stack.geometry.affine)
    assert not flat.derivation.has_slices
    halves = np.concatenate([volume[0, :3], volume[1, 3:]])
    assert not derived(stack, halves, (None, *axes[1:]), is_image=True).derivation.has_slices
    assert stack.array[...].shape == volume.shape  # in the cache, as napari's splitting leaves it
    for time in range(2):
        volume_then = derived(stack, volume[time].copy(), (None, *axes[1:]), is_image=True)
        assert (volume_then.axes, volume_then.dimension) == ("zyx", "")
        assert volume_then.derivation.has_slices
        files = [record.file for record in volume_then.slices]
        assert files == [stack.slices[n].file for n in stack.array.places[time]]
