"""Masks of other programs, laid onto the series that they were made of."""

from __future__ import annotations

import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from napari_medscan.export import ExportError, lay_onto, read_volume, save_nifti, save_nrrd

from .series import AXIAL, OBLIQUE, SAGITTAL, opened
from .test_volume_files import ours

LABELS = (np.arange(72).reshape(3, 4, 6) * 7 % 11).astype(np.uint8)
RAS = np.diag([-1, -1, 1, 1])


def written(path, stack, change=None, labels=LABELS):
    """Write labels with nibabel, on the grid of a stack or one beside it."""
    affine = RAS @ (np.eye(4) if change is None else change) @ ours(stack)
    nib.save(nib.Nifti1Image(labels.T, affine), path)
    return path


def moved(x=0.0, y=0.0, z=0.0):
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_labels_come_back_as_they_were(tmp_path, orientation, suffix):
    stack = opened(tmp_path / "in", orientation=orientation)
    save = save_nifti if suffix == ".nii.gz" else save_nrrd
    save(stack, tmp_path / f"mask{suffix}", LABELS)
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / f"mask{suffix}"), stack), LABELS)


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
@pytest.mark.parametrize("axes", ["RAS", "PIR", "ILA"])
def test_other_orders_and_directions_of_the_axes_are_put_back(tmp_path, orientation, axes):
    stack = opened(tmp_path / "in", orientation=orientation)
    image = nib.load(written(tmp_path / "mask.nii.gz", stack))
    turn = nib.orientations.ornt_transform(
        nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(axes)
    )
    nib.save(image.as_reoriented(turn), tmp_path / "turned.nii.gz")
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / "turned.nii.gz"), stack), LABELS)


def test_mask_of_simpleitk_is_laid_onto_the_series(tmp_path):
    stack = opened(tmp_path / "in", orientation=OBLIQUE)
    save_nrrd(stack, tmp_path / "image.nrrd")
    mask = sitk.ReadImage(tmp_path / "image.nrrd") > 500
    for name in ("mask.nii.gz", "mask.nrrd"):
        sitk.WriteImage(mask, tmp_path / name)
        laid = lay_onto(read_volume(tmp_path / name), stack)
        np.testing.assert_array_equal(laid, np.asarray(stack.array) > 500)


@pytest.mark.parametrize("axes", ["RAS", "ILA"])
def test_mask_of_an_uneven_series_comes_back_from_its_own_export_alone(tmp_path, axes):
    heights = (0.0, 1.0, 3.7)
    stack = opened(tmp_path / "in", ImagePositionPatient=lambda i: [0, 0, heights[i]])
    assert not stack.geometry.measurable
    save_nifti(stack, tmp_path / "mask.nii.gz", LABELS, uneven=True)
    image = nib.load(tmp_path / "mask.nii.gz")
    turn = nib.orientations.ornt_transform(
        nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(axes)
    )
    nib.save(image.as_reoriented(turn), tmp_path / "turned.nii.gz")
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / "turned.nii.gz"), stack), LABELS)
    step = image.affine[:3, 2]
    shifted = image.affine.copy()
    shifted[:3, 3] += step
    others = (image.slicer[:, :, 1:], nib.Nifti1Image(np.asarray(image.dataobj), shifted))
    for other in others:
        nib.save(other, tmp_path / "other.nii.gz")
        with pytest.raises(ExportError, match="unevenly spaced"):
            lay_onto(read_volume(tmp_path / "other.nii.gz"), stack)


def test_part_of_the_grid_is_padded(tmp_path):
    stack = opened(tmp_path / "in", orientation=OBLIQUE)
    part = LABELS[1:, 1:3, 2:5]
    affine = ours(stack)
    affine[:3, 3] = (affine @ (2, 1, 1, 1))[:3]
    nib.save(nib.Nifti1Image(part.T, RAS @ affine), tmp_path / "part.nii")
    expected = np.zeros_like(LABELS)
    expected[1:, 1:3, 2:5] = part
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / "part.nii"), stack), expected)


def test_more_than_the_grid_is_cut(tmp_path):
    stack = opened(tmp_path / "in")
    padded = np.pad(LABELS, 2)
    affine = ours(stack)
    affine[:3, 3] = (affine @ (-2, -2, -2, 1))[:3]
    nib.save(nib.Nifti1Image(padded.T, RAS @ affine), tmp_path / "more.nii")
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / "more.nii"), stack), LABELS)


def test_fourth_axis_comes_first(tmp_path):
    stack = opened(tmp_path / "in")
    several = np.stack([LABELS, LABELS + 1])
    written(tmp_path / "several.nii", stack, labels=several)
    np.testing.assert_array_equal(lay_onto(read_volume(tmp_path / "several.nii"), stack), several)


ROTATED = np.array([[0.995, -0.0998, 0, 0], [0.0998, 0.995, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (np.diag([2.0, 1, 1, 1]), "The voxels of the file are"),
        (np.diag([1.0, 1, 1.01, 1]), "The voxels of the file are"),
        (moved(x=0.3), "lie 0.3 mm beside"),
        (moved(z=1.0), "lie 1 mm beside"),
        (ROTATED, "rotated by 5.7°"),
        (moved(z=100.0), "no voxel in common"),
    ],
)
def test_another_grid_is_refused_with_the_reason(tmp_path, change, reason):
    stack = opened(tmp_path / "in")
    file = read_volume(written(tmp_path / "other.nii", stack, change))
    with pytest.raises(ExportError, match=reason):
        lay_onto(file, stack)


def test_series_without_position_is_refused(tmp_path):
    file = read_volume(written(tmp_path / "mask.nii", opened(tmp_path / "in")))
    other = opened(tmp_path / "other", 1, ImagePositionPatient=None)
    with pytest.raises(ExportError, match="position"):
        lay_onto(file, other)


def test_damaged_files_are_refused_without_their_path(tmp_path):
    stack = opened(tmp_path / "in")
    good = {
        "canary.nii.gz": save_nifti(stack, tmp_path / "good.nii.gz").files[0].read_bytes(),
        "canary.nrrd": save_nrrd(stack, tmp_path / "well.nrrd").files[0].read_bytes(),
    }
    for name, data in good.items():
        for damaged in (b"", data[:30], data[: len(data) // 2], b"\xff" * 400):
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(ExportError) as raised:
                read_volume(tmp_path / name)
            assert "canary" not in str(raised.value)


def test_implausible_size_is_refused(tmp_path):
    file = save_nifti(opened(tmp_path / "in"), tmp_path / "v.nii").files[0]
    header = bytearray(file.read_bytes())
    header[42:48] = struct.pack("<3h", 32767, 32767, 32767)
    file.write_bytes(header)
    with pytest.raises(ExportError, match="size"):
        read_volume(file)


def test_nrrd_that_leads_to_another_file_is_refused(tmp_path):
    data = save_nrrd(opened(tmp_path / "in"), tmp_path / "v.nrrd").files[0].read_bytes()
    (tmp_path / "w.nrrd").write_bytes(
        data.replace(b"encoding: gzip", b"data file: /etc/passwd\nencoding: raw")
    )
    with pytest.raises(ExportError, match="another file"):
        read_volume(tmp_path / "w.nrrd")


@pytest.mark.parametrize("name", ["a.dcm", "a.nhdr", "a.txt", "nii"])
def test_other_files_are_refused(tmp_path, name):
    with pytest.raises(ExportError, match="Only"):
        read_volume(tmp_path / name)
