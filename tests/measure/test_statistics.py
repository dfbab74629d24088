"""Areas and values of regions against known truth and SimpleITK."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from napari_medscan.dicom import load
from napari_medscan.measure import (
    Ellipse,
    MeasureError,
    Polygon,
    measure_region,
    profile,
    region_values,
    time_curve,
    transferred,
    transferred_point,
)

from ..dicom.making import RGB_IMAGE
from ..export.series import OBLIQUE, opened, opened_in_time
from ..studies import damage

SIZE = 48
LARGE = {"Rows": SIZE, "Columns": SIZE, "PixelSpacing": [0.5, 0.8]}


def noise(number):
    return np.random.default_rng(number).integers(0, 4000, (SIZE, SIZE), dtype="<u2").tobytes()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Return an oblique series of eight slices of noise, 2 mm apart."""
    folder = tmp_path_factory.mktemp("noise")
    return opened(folder, 8, orientation=OBLIQUE, PixelData=noise, **LARGE)


CENTERED = {
    0: ((10.3, 8.2), (40.7, 35.9)),
    1: ((1.2, 8.2), (6.4, 35.9)),
    2: ((0.3, 5.5), (6.9, 40)),
}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", ["ellipse", "polygon"])
def test_statistics_equal_those_of_simpleitk(stack, axis, kind):
    (y0, x0), (y1, x1) = CENTERED[axis]
    region = Ellipse.of_box(axis, 4, ((y0, x0), (y1, x1)))
    if kind == "polygon":
        outline = [(y0, (x0 + x1) / 2), ((y0 + y1) / 2, x1), (y1, x0 + 3), (y1 - 1, x0)]
        region = Polygon(axis, 4, np.array(outline))
    plane = np.take(np.asarray(stack.array), 4, axis)
    inside = np.zeros(plane.shape, np.uint8)
    box, mask = region.mask(plane.shape)
    inside[box] = mask
    for y, x in np.ndindex(plane.shape):
        assert inside[y, x] == bool(region.contains(np.array([float(y), float(x)])))
    oracle = sitk.LabelStatisticsImageFilter()
    oracle.Execute(sitk.GetImageFromArray(plane.astype(np.float64)), sitk.GetImageFromArray(inside))
    found = measure_region(stack, region)
    count = oracle.GetCount(1)
    assert found.count == count > 20
    assert found.mean == pytest.approx(oracle.GetMean(1))
    # SimpleITK's standard deviation is that of a sample.
    assert found.sd == pytest.approx(oracle.GetSigma(1) * np.sqrt((count - 1) / count))
    assert (found.minimum, found.maximum) == (oracle.GetMinimum(1), oracle.GetMaximum(1))
    assert found.median == np.median(plane[inside > 0])
    assert found.unit == "HU"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_area_is_that_of_the_shape_in_the_patient(stack, axis):
    steps = np.delete([2.0, 0.5, 0.8], axis)
    (y0, x0), (y1, x1) = CENTERED[axis]
    sides = np.array([y1 - y0, x1 - x0]) * steps
    ellipse = measure_region(stack, Ellipse.of_box(axis, 4, ((y0, x0), (y1, x1))))
    assert ellipse.area.value == pytest.approx(np.pi / 4 * sides.prod(), rel=1e-5)
    assert ellipse.area.unit == "mm²"
    # The pixels inside fill it but for half a pixel along its outline.
    outline = np.pi * np.linalg.norm(sides)
    assert abs(ellipse.count * steps.prod() - ellipse.area.value) < steps.max() / 2 * outline
    triangle = Polygon(axis, 4, np.array([(y0, x0), (y1, x0), (y1, x1)]))
    assert measure_region(stack, triangle).area.value == pytest.approx(sides.prod() / 2, rel=1e-5)


@pytest.mark.parametrize("degrees", [0, 30, 77])
def test_rolled_ellipse_has_the_same_area(stack, degrees):
    turn = np.radians(degrees)
    # Half axes of 8 and 5 mm, turned in millimeters.
    axes = np.array([(8 * np.cos(turn), 8 * np.sin(turn)), (-5 * np.sin(turn), 5 * np.cos(turn))])
    axes /= (0.5, 0.8)
    corners = [
        (24, 24) + a * axes[0] + b * axes[1] for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    found = measure_region(stack, Ellipse(0, 3, np.array(corners)))
    assert found.area.value == pytest.approx(np.pi * 40, rel=1e-6)
    assert found.count * 0.4 == pytest.approx(np.pi * 40, rel=0.03)


def test_pixel_counts_if_its_center_is_inside(stack):
    values = np.asarray(stack.array)[2]
    square = Polygon(0, 2, np.array([(9.6, 9.6), (9.6, 11.4), (11.4, 11.4), (11.4, 9.6)]))
    np.testing.assert_array_equal(
        np.sort(region_values(stack, square)), np.sort(values[10:12, 10:12].ravel())
    )


def test_slab_measures_the_planes_around(stack):
    region = Polygon(0, 4, np.array([(9.5, 9.5), (9.5, 12.5), (14.5, 12.5), (14.5, 9.5)]))
    values = np.asarray(stack.array)[3:6, 10:15, 10:13]
    found = measure_region(stack, region, slab=3)
    assert (found.count, found.mean) == (45, pytest.approx(values.mean()))


def test_region_with_a_hole_crosses_itself(stack):
    outer = [(4.5, 4.5), (4.5, 20.5), (20.5, 20.5), (20.5, 4.5), (4.5, 4.5)]
    inner = [(9.5, 9.5), (9.5, 14.5), (14.5, 14.5), (14.5, 9.5), (9.5, 9.5)]
    assert measure_region(stack, Polygon(0, 0, np.array(outer + inner))).count == 16 * 16 - 5 * 5


def test_what_reaches_beyond_the_image_is_cut(stack):
    region = Ellipse.of_box(0, 0, ((-10, -10), (9.9, 9.9)))
    assert 0 < measure_region(stack, region).count < 90
    outside = measure_region(stack, Ellipse.of_box(0, 0, ((-10, -10), (-2, -2))))
    assert outside.count == 0
    assert np.isnan(outside.mean)
    with pytest.raises(MeasureError, match="outside"):
        measure_region(stack, Ellipse.of_box(0, 9, ((1, 1), (4, 4))))


def test_regions_across_uneven_slices_are_refused(tmp_path):
    stack = opened(tmp_path, ImagePositionPatient=lambda i: [0, 0, (0, 1, 3.7)[i]])
    box = ((0, 0), (2, 3))
    assert measure_region(stack, Ellipse.of_box(0, 1, box)).count
    with pytest.raises(MeasureError, match="uneven"):
        measure_region(stack, Ellipse.of_box(1, 1, box))


def test_missing_slices_do_not_count(tmp_path):
    opened(tmp_path, slices=6)
    (tmp_path / "s3_3.dcm").unlink()
    (stack,) = load(tmp_path).stacks
    square = np.array([(-0.5, -0.5), (-0.5, 5.5), (5.5, 5.5), (5.5, -0.5)])
    assert measure_region(stack, Polygon(0, 2, square)).count == 0
    assert measure_region(stack, Polygon(0, 1, square), slab=3).count == 2 * 24
    assert measure_region(stack, Polygon(1, 1, square)).count == 5 * 6


def test_unreadable_slice_is_an_error(tmp_path):
    stack = opened(tmp_path)
    damage(tmp_path / stack.files[1])
    box = ((0, 0), (3, 4))
    assert measure_region(stack, Ellipse.of_box(0, 0, box)).count
    with pytest.raises(MeasureError, match="cannot be read"):
        measure_region(stack, Ellipse.of_box(0, 1, box))


def test_region_of_ct_measures_pet_at_the_same_place(pet_ct):
    report = load(pet_ct)
    ct, pet = (next(s for s in report.stacks if s.modality == m) for m in ("CT", "PT"))
    rows, columns = ct.array.shape[-2:]
    region = Ellipse.of_box(0, 1, ((rows * 0.3, columns * 0.3), (rows * 0.7, columns * 0.6)))
    there = transferred(region, ct, pet)
    for index, vertex in zip(there.points(), region.points(), strict=True):
        in_patient = pet.geometry.affine @ (*index, 1)
        expected = ct.geometry.affine @ (*vertex, 1)
        np.testing.assert_allclose(in_patient[:2], expected[:2], atol=1e-6)
        assert abs(in_patient[2] - expected[2]) <= pet.geometry.spacing[0] / 2
    found = measure_region(pet, there)
    suv = found.scaled(pet.suv.bw, "SUVbw")
    assert suv.maximum == pytest.approx(found.maximum * pet.suv.bw)
    assert found.area.value == pytest.approx(measure_region(ct, region).area.value)


@pytest.mark.parametrize("index", range(5))
def test_regions_and_points_move_between_even_and_uneven_slices_by_their_places(tmp_path, index):
    heights = (0, 1, 2.2, 7, 9)
    uneven = opened(tmp_path / "a", 5, ImagePositionPatient=lambda i: [0, 0, heights[i]])
    even = opened(tmp_path / "b", 10, origin=(0, 0, 0), step=(0, 0, 1))
    region = Ellipse.of_box(0, index, ((0, 0), (3, 4)))
    there = transferred(region, uneven, even)
    assert there.index == round(heights[index])
    np.testing.assert_allclose(there.vertices, region.vertices, atol=1e-9)
    assert transferred(there, even, uneven).index == index
    point = transferred_point((index, 1, 2), uneven, even)
    np.testing.assert_allclose(point, (heights[index], 1, 2), atol=1e-9)
    np.testing.assert_allclose(transferred_point(point, even, uneven), (index, 1, 2), atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"FrameOfReferenceUID": "1.2.9"}, "frames of reference"),
        ({"ImagePositionPatient": None}, "unknown"),
        ({"orientation": OBLIQUE}, "not parallel"),
        ({"origin": (-10, 20, 300)}, "outside"),
    ],
)
def test_region_is_not_transferred_without_a_common_plane(tmp_path, changes, reason):
    stack = opened(tmp_path / "a")
    other = opened(tmp_path / "b", **changes)
    with pytest.raises(MeasureError, match=reason):
        transferred(Ellipse.of_box(0, 1, ((0, 0), (3, 4))), stack, other)


def test_region_is_transferred_between_planes_of_other_names(tmp_path):
    axial = opened(tmp_path / "a", PixelSpacing=[1, 1], step=(0, 0, 1), origin=(0, 0, 0))
    sagittal = opened(
        tmp_path / "b",
        orientation=(0, 1, 0, 0, 0, -1),
        PixelSpacing=[1, 1],
        step=(1, 0, 0),
        origin=(0, 0, 3),
    )
    moved = transferred(Polygon(2, 1, np.array([(0, 0), (2, 0), (2, 3)])), axial, sagittal)
    assert (moved.axis, moved.index) == (0, 1)
    # Rows of the sagittal series run from z = 3 downwards, columns along y.
    np.testing.assert_allclose(moved.vertices, [(3, 0), (1, 0), (1, 3)], atol=1e-9)


def test_time_curve_is_the_mean_at_each_time(tmp_path):
    stack = opened_in_time(tmp_path)
    square = np.array([(-0.5, -0.5), (-0.5, 5.5), (3.5, 5.5), (3.5, -0.5)])
    times, means = time_curve(stack, Polygon(0, 1, square))
    assert times.tolist() == [0, 2, 4]
    np.testing.assert_allclose(means, np.asarray(stack.array)[:, 1].mean(axis=(1, 2)))


def test_profile_has_the_voxels_of_the_line(tmp_path):
    stack = opened(tmp_path)
    distances, values = profile(stack, (1, 2, 0), (1, 2, 5))
    np.testing.assert_array_equal(values, np.asarray(stack.array)[1, 2])
    np.testing.assert_allclose(distances, np.arange(6) * 0.75, atol=0.75 / 2)


def test_color_has_no_values(tmp_path):
    stack = opened(
        tmp_path,
        1,
        **RGB_IMAGE,
        PixelData=bytes(72),
    )
    with pytest.raises(MeasureError, match="Color"):
        measure_region(stack, Ellipse.of_box(0, 0, ((0, 0), (3, 4))))
