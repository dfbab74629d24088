"""Real series, read back from their export by libraries that nobody here wrote."""

from __future__ import annotations

import os

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from napari_medscan.dicom import load
from napari_medscan.export import ExportError, save_nifti, save_nrrd

from ..corpus.oracle import (
    box_corners,
    case_names,
    case_path,
    corner_distance,
    nifti_corners,
    nifti_volumes,
)

LPS_TO_RAS = np.diag([-1, -1, 1, 1])
SHORT = {
    "ct-tilt-ge-variable-spacing",
    "emr-philips-dti-4d",
    "mr-dti-philips-4d",
    "mr-mosaic-axial",
    "pet-slices",
    "rtdose-variants",
    "us-rgb",
}
CASES = [c for c in case_names() if c in SHORT or os.environ.get("MEDSCAN_TORTURE")]
WITHIN = 0.01
"""mm."""


@pytest.mark.parametrize("case", CASES)
def test_export_reads_back_with_the_same_voxels_and_corners(case, tmp_path):
    compared = 0
    for number, stack in enumerate(load(case_path(case)).stacks):
        try:
            nifti = save_nifti(stack, tmp_path / f"{number}.nii.gz").files[0]
        except ExportError as error:
            assert str(error).startswith(("Slice ", "Slice spacing is uneven"))  # noqa: PT017
            continue
        nrrd = save_nrrd(stack, tmp_path / f"{number}.nrrd", overwrite=True).files[0]
        expected = np.asarray(stack.array)
        image = nib.load(nifti)
        if not stack.is_rgb:
            np.testing.assert_array_equal(np.asanyarray(image.dataobj).T, expected)
        mirrored = sitk.GetArrayFromImage(sitk.ReadImage(nrrd))
        if stack.axes == "tzyx":
            mirrored = np.moveaxis(mirrored, -1, 0)
        np.testing.assert_array_equal(mirrored, expected)
        affine = stack.geometry.affine
        if affine is not None:
            first = stack.axes.index("z")
            sizes = stack.array.shape[first : first + 3]
            corners = box_corners(LPS_TO_RAS @ image.affine, sizes[::-1])
            assert corner_distance(corners, box_corners(affine, sizes)) < WITHIN
            compared += 1
            if case in ("mr-dti-philips-4d", "mr-mosaic-axial", "emr-philips-dti-4d"):
                assert (
                    min(corner_distance(corners, nifti_corners(v)) for v in nifti_volumes(case))
                    < WITHIN
                )
    assert compared or case not in SHORT - {"us-rgb"}
