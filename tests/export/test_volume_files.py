"""NIfTI and NRRD as nibabel and SimpleITK read them back."""

from __future__ import annotations

import gzip
import json

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name
from scipy.spatial.transform import Rotation

from napari_medscan.dicom import CancelledError, load
from napari_medscan.export import ExportError, save_nifti, save_nrrd, volume

from ..dicom.making import RGB_IMAGE
from ..studies import damage
from .series import AXIAL, CORONAL, OBLIQUE, SAGITTAL, opened, opened_in_time

LPS_TO_RAS = np.diag([-1, -1, 1, 1])
SAVE = {".nii.gz": save_nifti, ".nii": save_nifti, ".nrrd": save_nrrd}
ORIENTATIONS = [AXIAL, CORONAL, SAGITTAL, OBLIQUE]


def random_orientation(seed):
    matrix = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    return tuple(np.round(matrix[:, :2].T.ravel(), 6))


def saved(stack, folder, suffix, **options):
    target = folder / "out"
    target.mkdir(exist_ok=True)
    return SAVE[suffix](stack, target / f"v{suffix}", **options)


def affine_of(image):
    """Return the matrix from (column, row, slice, 1) to LPS of a SimpleITK image."""
    n = image.GetDimension()
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(n, n)[:3, :3]
    affine[:3, :3] = direction * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return affine


def ours(stack):
    return stack.geometry.affine[:, [2, 1, 0, 3]]


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("orientation", [*ORIENTATIONS, random_orientation(1)])
@pytest.mark.parametrize("backwards", [False, True])
def test_simpleitk_reads_the_same_voxels_at_the_same_places(
    tmp_path, suffix, orientation, backwards
):
    row, column = np.array(orientation).reshape(2, 3)
    step = np.cross(row, column) * (-2 if backwards else 2)
    stack = opened(tmp_path / "in", orientation=orientation, step=step)
    image = sitk.ReadImage(saved(stack, tmp_path, suffix).files[0])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), np.asarray(stack.array))
    np.testing.assert_allclose(affine_of(image), ours(stack), atol=1e-3)


@pytest.mark.parametrize("orientation", [*ORIENTATIONS, *map(random_orientation, range(2))])
def test_nifti_s_form_and_q_form_lead_to_the_same_places(tmp_path, orientation):
    stack = opened(tmp_path / "in", orientation=orientation)
    image = nib.load(saved(stack, tmp_path, ".nii.gz").files[0])
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.header.get_xyzt_units() == ("mm", "unknown")
    np.testing.assert_array_equal(np.asanyarray(image.dataobj).T, np.asarray(stack.array))
    np.testing.assert_allclose(LPS_TO_RAS @ image.get_sform(), ours(stack), atol=1e-5)
    np.testing.assert_allclose(LPS_TO_RAS @ image.get_qform(), ours(stack), atol=1e-3)


def test_nifti_shear_is_in_the_s_form_alone(tmp_path):
    stack = opened(tmp_path / "in", slices=4, step=(0, 0.5, 2))
    image = nib.load(saved(stack, tmp_path, ".nii.gz").files[0])
    np.testing.assert_allclose(LPS_TO_RAS @ image.get_sform(), ours(stack), atol=1e-5)
    assert int(image.header["qform_code"]) == 0


def test_unshear_resamples_to_a_grid_at_right_angles(tmp_path):
    stack = opened(tmp_path / "in", slices=4, step=(0, 0.5, 2))
    image = nib.load(saved(stack, tmp_path, ".nii.gz", unshear=True).files[0])
    assert int(image.header["qform_code"]) == 1
    axes = image.get_sform()[:3, :3]
    assert abs(axes[:, 1] @ axes[:, 2]) < 1e-6
    # One row a slice, since rows are 0.5 mm apart: nothing is interpolated.
    voxels = np.asanyarray(image.dataobj).T
    for number in range(4):
        np.testing.assert_array_equal(voxels[number, number : number + 4], stack.array[number])


def test_nifti_of_time_points_has_their_step(tmp_path):
    stack = opened_in_time(tmp_path / "in")
    assert stack.array.shape == (3, 2, 4, 6)
    image = nib.load(saved(stack, tmp_path, ".nii.gz").files[0])
    np.testing.assert_array_equal(np.asanyarray(image.dataobj).T, np.asarray(stack.array))
    assert image.header.get_zooms()[3] == 2
    assert image.header.get_xyzt_units() == ("mm", "sec")


def test_nrrd_of_time_points_is_read_as_a_list(tmp_path):
    stack = opened_in_time(tmp_path / "in")
    image = sitk.ReadImage(saved(stack, tmp_path, ".nrrd").files[0])
    voxels = np.moveaxis(sitk.GetArrayFromImage(image), -1, 0)
    np.testing.assert_array_equal(voxels, np.asarray(stack.array))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_color_is_kept(tmp_path, suffix):
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    stack = opened(
        tmp_path / "in",
        **RGB_IMAGE,
        PixelData=lambda i: (pixels + i).tobytes(),
    )
    image = sitk.ReadImage(saved(stack, tmp_path, suffix).files[0])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), np.asarray(stack.array))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("dtype", ["bool", "int64", "uint16"])
def test_labels_are_written_on_the_grid_of_the_series(tmp_path, suffix, dtype):
    stack = opened(tmp_path / "in", orientation=OBLIQUE)
    labels = (np.arange(72).reshape(3, 4, 6) % 5).astype(dtype)
    image = sitk.ReadImage(saved(stack, tmp_path, suffix, labels=labels).files[0])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), labels)
    np.testing.assert_allclose(affine_of(image), ours(stack), atol=1e-3)


def test_labels_of_another_shape_are_refused(tmp_path):
    stack = opened(tmp_path / "in")
    with pytest.raises(ExportError, match="shape"):
        saved(stack, tmp_path, ".nii.gz", labels=np.zeros((3, 4, 5), int))


@pytest.mark.parametrize("suffix", SAVE)
def test_small_blocks_give_the_same_file(tmp_path, suffix, monkeypatch):
    stack = opened_in_time(tmp_path / "in", slices=3)
    whole = saved(stack, tmp_path, suffix).files[0].read_bytes()
    monkeypatch.setattr(volume, "BLOCK_BYTES", 2 * stack.array[0, 0].nbytes)
    made = volume.volume_of(stack, None, {})
    assert [len(block) for block in made.blocks()] == [2, 1] * 3
    again = saved(stack, tmp_path, suffix, overwrite=True).files[0].read_bytes()
    assert again == whole


@pytest.mark.parametrize("suffix", SAVE)
def test_files_hold_no_identity(tmp_path, suffix):
    stack = opened(tmp_path / "in")
    exported = saved(stack, tmp_path, suffix)
    assert "Canarious" in stack.description
    for file in exported.files:
        data = file.read_bytes()
        data += gzip.decompress(data) if suffix == ".nii.gz" and file.suffix == ".gz" else b""
        for canary in (
            b"Alice",
            b"Canarious",
            b"MRN77X",
            b"1.2.3.3",
            b"in/",
            str(tmp_path).encode(),
        ):
            assert canary not in data


def test_json_has_the_unit_and_the_fourth_axis(tmp_path):
    exported = saved(opened_in_time(tmp_path / "in"), tmp_path, ".nii.gz")
    facts = json.loads(exported.files[1].read_text())
    assert (facts["Units"], facts["Axes"]) == ("HU", "tzyx")
    assert (facts["FourthAxis"], facts["FourthAxisValues"]) == ("Time", [0, 2, 4])


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_existing_files_are_kept(tmp_path, suffix):
    stack = opened(tmp_path / "in")
    (tmp_path / "out").mkdir()
    for name in (f"v{suffix}", "v.json"):
        there = tmp_path / "out" / name
        there.write_text("mine")
        with pytest.raises(ExportError, match="exists"):
            saved(stack, tmp_path, suffix)
        assert [file.name for file in there.parent.iterdir()] == [name]
        assert there.read_text() == "mine"
        there.unlink()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_cancel_leaves_no_file(tmp_path, suffix):
    stack = opened(tmp_path / "in")
    calls = []

    def cancel(done, total):
        calls.append((done, total))
        raise CancelledError

    with pytest.raises(CancelledError):
        saved(stack, tmp_path, suffix, progress=cancel)
    assert calls == [(3, 3)]
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_unreadable_slice_is_an_error_unless_blanks_are_asked_for(tmp_path, suffix):
    stack = opened(tmp_path / "in")
    damage(tmp_path / "in" / stack.files[1])
    with pytest.raises(ExportError, match="Slice 2 of 3 cannot be read"):
        saved(stack, tmp_path, suffix)
    assert list((tmp_path / "out").iterdir()) == []
    exported = saved(stack, tmp_path, suffix, blanks=True)
    assert exported.blank == (1,)
    assert json.loads(exported.files[1].read_text())["BlankSlices"] == [1]
    voxels = sitk.GetArrayFromImage(sitk.ReadImage(exported.files[0]))
    assert (voxels[1] == stack.array.fill).all()
    assert (voxels[2] == stack.array[2]).all()


def test_missing_slice_is_an_error_unless_blanks_are_asked_for(tmp_path):
    opened(tmp_path / "in", slices=6)
    (tmp_path / "in" / "s3_3.dcm").unlink()
    (stack,) = load(tmp_path / "in").stacks
    with pytest.raises(ExportError, match="Slice 3 of 6 is missing"):
        saved(stack, tmp_path, ".nii.gz")
    assert saved(stack, tmp_path, ".nii.gz", blanks=True).blank == (2,)


def test_uneven_slices_are_refused_unless_asked_for(tmp_path):
    stack = opened(tmp_path / "in", ImagePositionPatient=lambda i: [0, 0, (0, 1, 3.7)[i]])
    with pytest.raises(ExportError, match="uneven"):
        saved(stack, tmp_path, ".nii.gz")
    exported = saved(stack, tmp_path, ".nii.gz", uneven=True)
    facts = json.loads(exported.files[1].read_text())
    assert [place[2] for place in facts["SlicePositionsLPS"]] == [0, 1, 3.7]


def test_unknown_position_is_said(tmp_path):
    stack = opened(tmp_path / "in", 1, ImagePositionPatient=None, PixelSpacing=None)
    exported = saved(stack, tmp_path, ".nii.gz")
    assert "position" in exported.warnings[0]
    header = nib.load(exported.files[0]).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (0, 0)
    assert header.get_xyzt_units()[0] == "unknown"


def test_other_names_are_refused(tmp_path):
    stack = opened(tmp_path / "in")
    for suffix in ("", ".gz", ".nii.bz2", ".nhdr"):
        for save in (save_nifti, save_nrrd):
            with pytest.raises(ExportError, match="ends in"):
                save(stack, tmp_path / f"v{suffix}")


def test_diffusion_weighting_is_written_for_fsl(tmp_path):
    directions = [(0, 0, 0), (1, 0, 0), (0, 0.6, 0.8)]
    weights = [0, 1000, 800]
    stack = opened_in_time(
        tmp_path / "in",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.4",
        Modality="MR",
        TemporalPositionIdentifier=None,
        DiffusionBValue=lambda i: float(weights[i // 2]),
        DiffusionGradientOrientation=lambda i: list(map(float, directions[i // 2])),
    )
    exported = saved(stack, tmp_path, ".nii.gz")
    texts = {file.suffix: file.read_text() for file in exported.files[2:]}
    order = np.argsort(weights)
    assert np.loadtxt(texts[".bval"].split()).tolist() == sorted(weights)
    # The voxel axes run along L, P and H: with RAS right-handed, FSL mirrors x.
    expected = np.array(directions)[order] * (-1, 1, 1)
    np.testing.assert_allclose(np.loadtxt(texts[".bvec"].splitlines()).T, expected)
