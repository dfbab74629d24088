"""Whole-slide images: the plugin may show tiles one by one, or put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .decode import header
from .verdict import Verdict

if TYPE_CHECKING:
    from .places import Frame


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
        same = np.array_equal(np.asarray(ours, np.float32), truth)
        worst = float(np.abs(np.asarray(ours, np.float32) - truth).max())
        detail = f"{frame.file} tile {frame.number}: by up to {worst:.6g}"
        verdict.check(same, f"values: {label}", detail)
    return verdict


def _cut(plane: np.ndarray, frame: Frame) -> np.ndarray:
    assert frame.tile is not None
    top, left = frame.tile
    height, width = (part.stop for part in frame.part)
    return plane[top : top + height, left : left + width]
