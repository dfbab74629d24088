"""Tiled sheets: UIH grids, and the word MOSAIC in images that are none."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import load
from napari_medscan.frames import FrameCache

from ..corpus.oracle import corpus_dir
from .places import situation


def test_a_uih_grid_of_four_volumes_is_four_dimensional():
    folder = situation("uih-grid")
    (stack,) = load(folder, cache=FrameCache()).stacks
    assert stack.axes == "tzyx"
    assert stack.array.shape == (4, 20, 64, 64)
    assert not stack.warnings
    files = sorted(map(pydicom.dcmread, folder.iterdir()), key=lambda file: file.InstanceNumber)
    for volume, file in zip(stack.array[...], files, strict=True):
        sheet = file.pixel_array.reshape(4, 64, 5, 64).transpose(0, 2, 1, 3)
        np.testing.assert_array_equal(volume, sheet.reshape(20, 64, 64))
    again = load(folder, cache=FrameCache()).stacks[0]
    np.testing.assert_array_equal(again.array[...], stack.array[...])
    table = [item.ImagePositionPatient for item in files[0][0x0065, 0x1051].value]
    corners = [stack.geometry.affine @ (i, 0, 0, 1) for i in range(20)]
    np.testing.assert_allclose([corner[:3] for corner in corners], table, atol=1e-3)


@pytest.mark.parametrize("index", ["on", "off"])
def test_enhanced_images_that_are_marked_as_a_mosaic_are_slices(monkeypatch, index):
    monkeypatch.setenv("MEDSCAN_INDEX", index)
    (stack,) = load(situation("xa30_mosaic_flag"), cache=FrameCache()).stacks
    assert stack.array.shape == (5, 16, 16)
    assert not any("mosaic" in warning.lower() for warning in stack.warnings)


@pytest.mark.parametrize("case", ["mr-mosaic-axial", "mr-mosaic-sagittal-odd35"])
@pytest.mark.parametrize("groups", [(), (0x0019,)])
def test_a_mosaic_without_its_csa_image_header_is_the_same_volume(tmp_path, case, groups):
    folder = corpus_dir() / "cases" / case
    if not folder.is_dir():
        pytest.skip(f"NOT TESTED: no corpus of real DICOM in {corpus_dir()}; set MEDSCAN_CORPUS")
    for path in folder.iterdir():
        data = pydicom.dcmread(path)
        del data[0x0029, 0x1010]
        for group in groups:
            for element in list(data.group_dataset(group)):
                del data[element.tag]
        data.save_as(tmp_path / path.name)
    (expected,) = load(folder, cache=FrameCache()).stacks
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    np.testing.assert_array_equal(stack.array[...], expected.array[...])
    np.testing.assert_allclose(stack.geometry.affine, expected.geometry.affine, atol=1e-3)
    assert stack.warnings == expected.warnings
