"""K4: positions, planes and spacings that differ by rounding or by the motion of a head."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import load

from ..corpus.oracle import case_path, corpus_dir
from .places import situation


def test_positions_a_hundredth_of_a_millimeter_apart_are_one_position():
    (stack,) = load(situation("jitter")).stacks
    right = [[100.0 * t + z for z in range(5)] for t in range(2)]
    assert np.asarray(stack.array)[..., 0, 0].tolist() == right
    assert stack.geometry.spacing[0] == pytest.approx(5)
    assert stack.warnings == ()


@pytest.mark.parametrize(("name", "slices"), [("iop_noise", 10), ("ps_noise", 6)])
def test_directions_and_spacings_that_are_rounded_are_one_stack(name, slices):
    (stack,) = load(situation(name)).stacks
    assert np.asarray(stack.array)[:, 0, 0].tolist() == list(range(slices))
    assert [text for text in stack.warnings if "Rescale" not in text] == []


@pytest.mark.parametrize("largest", [0.05, 4.0])
def test_mosaics_stay_volumes_wherever_motion_correction_puts_them(tmp_path, largest):
    if not (corpus_dir() / "cases" / "mr-mosaic-axial").is_dir():
        pytest.skip("NOT TESTED: there is no corpus (set MEDSCAN_CORPUS)")
    file = min(path for path in case_path("mr-mosaic-axial").rglob("*") if path.is_file())
    data_set = pydicom.dcmread(file)
    x, y, z = data_set.ImagePositionPatient
    for number in range(20):
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = f"1.2.{number}"
        data_set.InstanceNumber = data_set.AcquisitionNumber = number + 1
        data_set.ImagePositionPatient = [x, y, round(z + largest * (number * 7 % 20) / 19, 4)]
        data_set.save_as(tmp_path / f"{number * 7 % 20:02d}")
    (stack,) = load(tmp_path).stacks
    assert stack.array.shape == (20, 36, 64, 64)
    assert [file.name for file in map(tmp_path.joinpath, stack.files)] == [
        f"{number * 7 % 20:02d}" for number in range(20)
    ]
    notes = [text for text in stack.warnings if "move by up to" in text]
    assert bool(notes) == (largest > 1)
