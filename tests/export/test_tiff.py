"""OME-TIFF as tifffile reads it back."""

from __future__ import annotations

import re
import uuid

import numpy as np
import pytest
import tifffile

from napari_medscan.dicom import CancelledError
from napari_medscan.export import ExportError, save_tiff

from ..dicom.making import RGB_IMAGE
from ..studies import damage
from .series import opened, opened_in_time

COLOR = {
    **RGB_IMAGE,
    "PixelData": lambda i: bytes((np.arange(72) + i).astype(np.uint8)),
}


def attributes(path):
    """Return the attributes of OME-XML's Pixels, and the XML."""
    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata
    return dict(re.findall(r'(\w+)="([^"]*)"', re.search(r"<Pixels [^>]*>", xml)[0])), xml


@pytest.mark.parametrize("changes", [{}, {"RescaleSlope": 0.5}, {"PixelRepresentation": 1}])
def test_tifffile_reads_the_same_values_with_voxel_sizes(tmp_path, changes):
    stack = opened(tmp_path / "in", **changes)
    (path,) = save_tiff(stack, tmp_path / "v.tif").files
    np.testing.assert_array_equal(tifffile.imread(path), np.asarray(stack.array))
    found, _ = attributes(path)
    sizes = [float(found[f"PhysicalSize{axis}"]) for axis in "ZYX"]
    np.testing.assert_allclose(sizes, stack.spacing)
    assert {found[f"PhysicalSize{axis}Unit"] for axis in "ZYX"} == {"mm"}
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "ZYX"
        per_cm = file.pages[0].tags["XResolution"].value
    assert per_cm[0] / per_cm[1] == pytest.approx(10 / stack.spacing[2])


def test_time_points_are_the_axis_t_with_their_step(tmp_path):
    stack = opened_in_time(tmp_path / "in")
    (path,) = save_tiff(stack, tmp_path / "v.tiff").files
    np.testing.assert_array_equal(tifffile.imread(path), np.asarray(stack.array))
    found, _ = attributes(path)
    assert (found["SizeT"], found["SizeZ"]) == ("3", "2")
    assert (float(found["TimeIncrement"]), found["TimeIncrementUnit"]) == (2, "s")


def test_color_is_interleaved(tmp_path):
    stack = opened(tmp_path / "in", **COLOR)
    assert stack.is_rgb
    (path,) = save_tiff(stack, tmp_path / "v.tif").files
    np.testing.assert_array_equal(tifffile.imread(path), np.asarray(stack.array))


def test_file_holds_no_text_of_the_header_and_no_network_address(tmp_path):
    (path,) = save_tiff(opened(tmp_path / "in"), tmp_path / "v.tif").files
    content = path.read_bytes()
    for text in (b"Canarious", b"1942", uuid.getnode().to_bytes(6, "big").hex().encode()):
        assert text not in content
    _, xml = attributes(path)
    assert uuid.UUID(re.search(r'UUID="urn:uuid:([^"]*)"', xml)[1]).version == 4
    assert not re.search(r"\d{4}[-:]\d\d[-:]\d\d", xml.replace("2016-06", ""))


def test_damaged_slice_is_an_error_or_a_blank_that_is_told(tmp_path):
    stack = opened(tmp_path / "in")
    damage(tmp_path / "in" / stack.files[1])
    with pytest.raises(ExportError, match="Slice 2 of 3 cannot be read"):
        save_tiff(stack, tmp_path / "v.tif")
    assert not list(tmp_path.glob("*v.tif")) + list(tmp_path.glob(".medscan*"))
    done = save_tiff(stack, tmp_path / "v.tif", blanks=True)
    assert done.blank == (1,)
    np.testing.assert_array_equal(tifffile.imread(done.files[0]), stack.read(errors="blank"))


def test_canceling_leaves_no_file(tmp_path):
    stack = opened(tmp_path / "in")

    def cancel(_done, _total):
        raise CancelledError("canceled")

    with pytest.raises(CancelledError):
        save_tiff(stack, tmp_path / "v.tif", progress=cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_large_series_is_a_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medscan.export.tiff._CLASSIC_BYTES", 10)
    stack = opened(tmp_path / "in")
    (path,) = save_tiff(stack, tmp_path / "v.tif").files
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
    np.testing.assert_array_equal(tifffile.imread(path), np.asarray(stack.array))


def test_uneven_slices_have_no_slice_step(tmp_path):
    stack = opened(tmp_path / "in", 4, ImagePositionPatient=lambda i: [0, 0, [0, 2, 5, 6][i]])
    (path,) = save_tiff(stack, tmp_path / "v.tif").files
    found, _ = attributes(path)
    assert "PhysicalSizeX" in found
    assert "PhysicalSizeZ" not in found
