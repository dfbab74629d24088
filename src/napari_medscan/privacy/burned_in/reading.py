"""OCR, the extra ``[ocr]``, in a worker process: only boxes and a level come back."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in.findings import Box, Level
from napari_medscan.workers import WorkerError, WorkerPool

SECONDS = 30.0
"""What starting, loading the models and reading one picture may take."""
MOST_BOXES = 1000
MOST_PIXELS = 16 << 20
SURE, MAYBE = (0.9, 3), (0.5, 2)
"""Score of the recognition and letters or digits read: measured in privacy.md."""

readers = WorkerPool(1)
"""One worker: its models take most of a gigabyte."""


def ocr_installed() -> bool:
    """Tell whether the extra is there, without importing it."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def read(picture: NDArray[np.uint8]) -> list[Box] | None:
    """Find text by reading it.

    Returns
    -------
    list of Box, or None
        None when it was not read: no extra, too large a picture, a failed worker.
    """
    if not ocr_installed() or picture.shape[0] * picture.shape[1] > MOST_PIXELS:
        return None
    try:
        rows, _ = readers.call(
            f"{__name__}:read_request",
            np.ascontiguousarray(picture).tobytes(),
            seconds=SECONDS,
            shape=picture.shape,
        )
        height, width = picture.shape[:2]
        return [_box(row, height, width) for row in rows[:MOST_BOXES]]
    except (WorkerError, TypeError, ValueError):
        return None


def read_request(data: bytes, shape: list[int]) -> tuple[list[list[int]], None]:
    """Read a picture, in a worker; what was read stays there."""
    picture = np.frombuffer(data, np.uint8).reshape(shape)
    if picture.ndim == 2:
        picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
    # OpenCV's order of channels.
    answer = _engine()(np.ascontiguousarray(picture[..., ::-1]))
    rows = []
    boxes = () if answer.boxes is None else answer.boxes
    for corners, text, score in zip(boxes, answer.txts or (), answer.scores or (), strict=False):
        level = _level(text, score)
        if level is not None:
            left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
            right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
            rows.append([top, left, bottom - top, right - left, int(level)])
    return rows, None


@cache
def _engine() -> Any:  # noqa: ANN401 - it has no types, and may be missing
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": MAYBE[0],
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _level(text: str, score: float) -> Level | None:
    letters = sum(character.isalnum() for character in text)
    for level, (least, fewest) in ((Level.FOUND, SURE), (Level.POSSIBLE, MAYBE)):
        if score >= least and letters >= fewest:
            return level
    return None


def _box(row: list[int], height: int, width: int) -> Box:
    """Return what a worker says as a box inside the picture."""
    top, left, high, wide, level = (int(number) for number in row)
    top, left = min(max(top, 0), height - 1), min(max(left, 0), width - 1)
    return Box(
        top,
        left,
        min(max(high, 1), height - top),
        min(max(wide, 1), width - left),
        Level(level),
    )
