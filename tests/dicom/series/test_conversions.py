"""Images of other libraries: the values, and every voxel where the files put it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from napari_medscan.dicom import GeometryError, load
from napari_medscan.dicom.series import conversions

from ...studies import write_series
from .test_coordinates import stack_at

INDICES = [(0, 0, 0), (2, 3, 5), (1, 2, 0)]


def needs(name):
    missing = find_spec(name) is None
    return pytest.mark.skipif(missing, reason=f"NOT TESTED: {name} is not installed")


@pytest.fixture(scope="module")
def oblique(tmp_path_factory):
    return stack_at(tmp_path_factory.mktemp("oblique"), [0, 2, 4])


@pytest.fixture(scope="module")
def tilted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tilted")
    write_series(folder, 3, ImagePositionPatient=lambda i: [0, -i, 2 * i])
    (stack,) = load(folder).stacks
    assert stack.geometry.tilt
    return stack


@pytest.fixture(scope="module")
def dynamic(tmp_path_factory):
    from napari_medscan.phantoms import write_us_heart

    folder = tmp_path_factory.mktemp("heart")
    write_us_heart(folder)
    (stack, *_) = load(folder).stacks
    return stack


@needs("SimpleITK")
@pytest.mark.parametrize("name", ["oblique", "tilted"])
def test_sitk_has_the_values_at_their_places(name, request):
    import SimpleITK

    stack = request.getfixturevalue(name)
    image = stack.to_sitk()
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), stack.array)
    for index in INDICES:
        place = image.TransformIndexToPhysicalPoint(index[::-1])
        np.testing.assert_allclose(place, stack.to_patient(index), atol=1e-5)


@needs("nibabel")
@pytest.mark.parametrize("name", ["oblique", "tilted"])
def test_nibabel_has_the_values_at_their_places(name, request):
    stack = request.getfixturevalue(name)
    image = stack.to_nibabel()
    np.testing.assert_array_equal(np.asarray(image.dataobj).T, stack.array)
    for index in INDICES:
        place = image.affine @ [*index[::-1], 1]
        np.testing.assert_allclose(place[:3] * [-1, -1, 1], stack.to_patient(index), atol=1e-4)
    assert image.header.get_xyzt_units()[0] == "mm"


@needs("SimpleITK")
@needs("nibabel")
def test_color_and_time_have_axes_of_their_own(dynamic):
    assert dynamic.axes.startswith("t")
    array = np.asarray(dynamic.array)
    image = dynamic.to_sitk()
    nifti = dynamic.to_nibabel()
    times = array.shape[: len(array.shape) - dynamic.is_rgb]
    assert image.GetSize() == times[::-1] == nifti.shape
    assert image.GetNumberOfComponentsPerPixel() == (3 if dynamic.is_rgb else 1)
    step = np.diff(dynamic.axis_values.values).mean()
    assert image.GetSpacing()[3] == pytest.approx(step)
    assert nifti.header["pixdim"][4] == pytest.approx(step)


@needs("xarray")
def test_xarray_has_named_axes_in_mm(oblique):
    data = oblique.to_xarray()
    assert data.dims == ("z", "y", "x")
    np.testing.assert_array_equal(data.values, oblique.array)
    assert np.diff(data.z) == pytest.approx(2)
    assert np.diff(data.x) == pytest.approx(0.75)
    assert data.z.attrs["units"] == "mm"
    assert data.attrs["units"] == "HU"


@pytest.mark.parametrize("name", ["SimpleITK", "nibabel", "xarray"])
def test_a_missing_library_is_named(oblique, name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    call = {"SimpleITK": "to_sitk", "nibabel": "to_nibabel", "xarray": "to_xarray"}[name]
    with pytest.raises(ImportError, match=f"this needs {name}: pip install {name}"):
        getattr(oblique, call)()


@pytest.mark.parametrize("convert", [conversions.to_sitk, conversions.to_nibabel])
def test_uneven_slices_are_refused(tmp_path, convert, monkeypatch):
    monkeypatch.setattr(conversions, "_imported", lambda _name: None)
    stack = stack_at(tmp_path, [0, 2, 3, 7, 8.5])
    with pytest.raises(GeometryError, match="unevenly spaced"):
        convert(stack)
