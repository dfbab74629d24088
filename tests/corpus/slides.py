"""Whole-slide images, and segmentations of them: tiles one by one, or put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decode import header
from .places import frames
from .values import compare_values
from .verdict import Verdict

if TYPE_CHECKING:
    import numpy as np

    from napari_medscan.dicom import LoadReport

    from .places import Frame


def compare_slides(case: str, report: LoadReport, verdict: Verdict) -> None:
    """Check that each tile of the slides that were opened lies in their pyramid where it should."""
    from napari_medscan.dicom import Slide

    for found in report.objects:
        if isinstance(found, Slide):
            for headers, level in zip(found.levels, found.pyramid(), strict=False):
                for frame in (f for header in headers for f in frames(case, header.name)):
                    ours = _cut(level, frame)
                    truth = frame.values()[: ours.shape[0], : ours.shape[1]]
                    what = f"{frame.file} tile {frame.number}"
                    compare_values(ours, truth, what, frame.file, verdict)


def compare_slide(axes: str, array: np.ndarray, images: list[Frame], label: str) -> Verdict:
    """Compare a slide's stack, tile by tile.

    A tile outside of which the file has nothing says nothing about the background, so only what
    lies under a tile is compared.
    """
    verdict = Verdict()
    ds = header(images[0].case, images[0].file)
    total = (int(ds.TotalPixelMatrixRows), int(ds.TotalPixelMatrixColumns))
    plane = array.reshape(-1, *array.shape[-3 if axes.endswith("c") else -2 :])
    if plane.shape[:3] == (1, *total):
        pieces = [_cut(plane[0], frame) for frame in images]
    elif len(plane) == len(images):
        pieces = list(plane)
    else:
        detail = f"{array.shape} is neither {len(images)} tiles nor {total}"
        verdict.check(False, f"slide: {label}", detail)
        return verdict
    for frame, ours in zip(images, pieces, strict=True):
        truth = frame.values()[: ours.shape[0], : ours.shape[1]]
        compare_values(ours, truth, f"{frame.file} tile {frame.number}", label, verdict)
    return verdict


def _cut(plane: np.ndarray, frame: Frame) -> np.ndarray:
    assert frame.tile is not None
    top, left = frame.tile
    height, width = (part.stop for part in frame.part)
    return plane[top : top + height, left : left + width]
