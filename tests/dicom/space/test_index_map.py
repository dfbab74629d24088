"""The place of a copy on the grid of its series."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.space.geometry import stack_geometry
from napari_medscan.dicom.space.index_map import AxisMap, index_map, mapped_geometry

HOME = ((2.5, 0.7, 0.8), (-120.0, 33.3, -7.1))
EXTENTS = (20, 30, 40)


@st.composite
def slices(draw, extent):
    """Return what numpy calls a slice, with at least one element."""
    start = draw(st.integers(0, extent - 1))
    step = draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))
    most = (extent - 1 - start) // step if step > 0 else start // -step
    length = draw(st.integers(1, most + 1))
    return AxisMap(float(step), float(start), length)


def placed(axes, home=HOME):
    """Return scale, translate and shape of a layer that lies there."""
    sizes, origins = home
    return (
        [size * axis.step for size, axis in zip(sizes, axes, strict=True)],
        [o + size * a.offset for o, size, a in zip(origins, sizes, axes, strict=True)],
        [axis.length for axis in axes],
    )


def oblique(count=20):
    """Return the geometry of slices whose planes cross all axes of the patient."""
    a, b = math.radians(20), math.radians(35)
    row = (math.cos(a), math.sin(a), 0.0)
    column = (-math.sin(a) * math.cos(b), math.cos(a) * math.cos(b), math.sin(b))
    normal = np.cross(row, column)
    positions = [tuple(np.array([10.0, -20.0, 30.0]) + 2.5 * i * normal) for i in range(count)]
    return stack_geometry(positions, (*row, *column), (0.7, 0.8))


@given(st.tuples(*map(slices, EXTENTS)))
def test_index_map_of_a_slice_of_numpy_is_that_slice(axes):
    found = index_map(*placed(axes), HOME, EXTENTS)
    assert found == axes
    for axis, extent in zip(found, EXTENTS, strict=True):
        start, step = int(axis.offset), int(axis.step)
        stop = start + step * axis.length
        taken = np.arange(extent)[start : None if stop < 0 else stop : step]
        assert axis.indices.tolist() == taken.tolist()


@given(st.tuples(*map(slices, EXTENTS)))
def test_mapped_geometry_affine_is_that_of_the_series_after_the_map(axes):
    geometry = oblique()
    mapped = mapped_geometry(geometry, axes)
    matrix = np.diag([*(axis.step for axis in axes), 1.0])
    matrix[:3, 3] = [axis.offset for axis in axes]
    assert np.allclose(mapped.affine, geometry.affine @ matrix)


@given(st.tuples(*map(slices, EXTENTS)), st.integers(0, 2), st.floats(0.05, 0.45))
def test_index_map_between_voxels_is_none(axes, axis, fraction):
    scale, translate, shape = placed(axes)
    assert index_map(scale, translate, shape, HOME, EXTENTS) is not None
    translate[axis] += fraction * HOME[0][axis]
    if shape[axis] > 1 or EXTENTS[axis] > 1:
        found = index_map(scale, translate, shape, HOME, EXTENTS)
        assert found is None or found[axis].covers(EXTENTS[axis])


@pytest.mark.parametrize("axis", range(3))
def test_index_map_outside_of_the_series_is_none(axis):
    whole = tuple(AxisMap(1.0, 0.0, extent) for extent in EXTENTS)
    scale, translate, shape = placed(whole)
    assert index_map(scale, translate, shape, HOME, EXTENTS) == whole
    for way in (-1, 1):
        moved = list(translate)
        moved[axis] += way * HOME[0][axis]
        assert index_map(scale, moved, shape, HOME, EXTENTS) is None


@given(st.floats(0.3, 3.0), st.integers(0, 2))
def test_index_map_of_the_same_field_of_view_resampled_is_exact(zoom, axis):
    axes = [AxisMap(1.0, 0.0, extent) for extent in EXTENTS]
    length = max(1, round(EXTENTS[axis] * zoom))
    step = EXTENTS[axis] / length
    # Voxels cover the same millimeters: the edge of the first is the edge of the series.
    axes[axis] = AxisMap(step, (step - 1) / 2, length)
    found = index_map(*placed(axes), HOME, EXTENTS)
    assert found is not None
    assert found[axis].step == pytest.approx(step)
    assert found[axis].offset == pytest.approx((step - 1) / 2, abs=0.011)


def test_index_map_of_another_axis_is_none():
    """A maximum along z of (t, z, y, x) is (t, y, x): napari takes its first axis for slices."""
    home = ((1.0, 2.5, 0.7, 0.8), (0.0, -120.0, 33.3, -7.1))
    extents = (10, 20, 30, 40)
    assert index_map((1.0, 0.7, 0.8), (0.0, 33.3, -7.1), (10, 30, 40), home, extents) is None
    volume = index_map((2.5, 0.7, 0.8), (-120.0, 33.3, -7.1), (20, 30, 40), home, extents)
    assert volume == (None, *(AxisMap(1.0, 0.0, extent) for extent in extents[1:]))


def test_mapped_geometry_of_a_projection_has_directions_and_no_position():
    geometry = oblique()
    whole = AxisMap(1.0, 0.0, 30), AxisMap(1.0, 0.0, 40)
    mapped = mapped_geometry(geometry, (None, *whole))
    assert mapped.affine is None
    assert mapped.orientation == geometry.orientation


def test_mapped_geometry_between_unevenly_spaced_slices_has_no_position():
    positions = [(0.0, 0.0, float(z)) for z in (0, 2, 4, 6, 9, 15, 16)]
    geometry = stack_geometry(positions, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.7, 0.8))
    assert not geometry.measurable
    plane = AxisMap(1.0, 0.0, 30), AxisMap(1.0, 0.0, 40)
    assert mapped_geometry(geometry, (AxisMap(2.0, 0.0, 3), *plane)).affine is not None
    assert mapped_geometry(geometry, (AxisMap(0.5, -0.25, 14), *plane)).affine is None


def test_mapped_geometry_missing_slices_are_those_within_the_copy():
    positions = [(0.0, 0.0, 2.0 * z) for z in (0, 1, 2, 4, 5, 6, 7)]
    geometry = stack_geometry(positions, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.7, 0.8))
    assert geometry.missing == (3,)
    plane = AxisMap(1.0, 0.0, 30), AxisMap(1.0, 0.0, 40)
    assert mapped_geometry(geometry, (AxisMap(-1.0, 6.0, 5), *plane)).missing == (3,)
    assert mapped_geometry(geometry, (AxisMap(1.0, 4.0, 4), *plane)).missing == ()
