"""Hold the labels of segmentations against frames that pydicom decodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .decode import NoTruth, stored
from .places import Frame, frames

if TYPE_CHECKING:
    from napari_medscan.dicom import LoadReport, Segmentation

    from .verdict import Verdict


def compare_labels(case: str, report: LoadReport, verdict: Verdict) -> None:
    """Check that each segment has its own pixels at the place of each of its frames."""
    from napari_medscan.dicom import Segmentation

    for found in report.objects:
        if isinstance(found, Segmentation):
            _compare(case, found, report, verdict)


def _compare(case: str, found: Segmentation, report: LoadReport, verdict: Verdict) -> None:
    placement = found.place(report.stacks)
    volumes = [
        (numbers, np.asarray(found.labels(placement, numbers)))
        for numbers in found.label_sets(placement)
    ]
    affine = placement.geometry.affine
    assert affine is not None
    into_grid = np.linalg.inv(affine)
    total = 0
    for file in found.files:
        try:
            pixels = stored(case, file)
        except NoTruth:
            return
        for frame in frames(case, file):
            total += int(np.count_nonzero(pixels[frame.number]))
            right = _has_pixels(frame, pixels[frame.number], into_grid, volumes)
            verdict.check(right, f"labels: {file}", f"frame {frame.number} differs")
    labeled = sum(int(np.count_nonzero(volume)) for _, volume in volumes)
    verdict.check(labeled == total, f"labels: {found.files[0]}", f"{labeled} of {total} pixels")


def _has_pixels(
    frame: Frame,
    pixels: np.ndarray,
    into_grid: np.ndarray,
    volumes: list[tuple[tuple[int, ...], np.ndarray]],
) -> bool:
    """Say whether the voxels where a frame's pixels lie are those of its segment, and no others."""
    assert frame.position is not None
    assert frame.row is not None
    assert frame.column is not None
    assert frame.spacing
    assert frame.segment is not None
    rows, columns = np.indices(pixels.shape)
    places = (
        frame.position
        + rows[..., None] * frame.spacing[0] * frame.column
        + columns[..., None] * frame.spacing[1] * frame.row
    )
    homogeneous = np.concatenate([places, np.ones((*pixels.shape, 1))], -1)
    index = np.rint((homogeneous @ into_grid.T)[..., :3]).astype(int)
    (volume,) = (volume for numbers, volume in volumes if frame.segment in numbers)
    here = volume[tuple(np.moveaxis(index, -1, 0))] == frame.segment
    return bool(np.array_equal(here, pixels != 0))
