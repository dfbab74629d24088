"""All checks together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import reading, strings
from napari_medscan.privacy.burned_in.findings import Check, Findings, merged

MOST_OTHERS = 16
"""So many other pictures of the stack are looked at, spread over those given."""
FEWEST_OTHERS = 2
_looking = Lock()


def find_text(
    picture: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]] = (), *, ocr: bool
) -> Findings:
    """Look for text that is burned into a picture.

    Takes a fraction of a second of processor time, with OCR several: not for
    the GUI thread. The text itself is neither returned nor logged.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        As it would be sent.
    others : sequence of ndarray
        Other pictures of the same stack, of the same shape and windowed in the
        same way; better far apart than neighbors. At most `MOST_OTHERS` are used.
    ocr : bool
        Whether to read too. Without the extra ``[ocr]``, or when reading fails,
        `Check.OCR` is missing from what is returned.

    Returns
    -------
    Findings

    Raises
    ------
    ValueError
        When `picture` has another type or shape, or one of `others` differs from it.
    """
    _check(picture, others)
    checks = {Check.NETWORK}
    with _one_core():
        boxes = strings.in_picture(picture)
        if len(others) >= FEWEST_OTHERS and picture.size:
            last, count = len(others) - 1, min(len(others), MOST_OTHERS)
            some = np.linspace(0, last, count).round().astype(int)
            still = strings.in_stack(picture, [others[index] for index in some])
            if still is not None:
                checks.add(Check.STACK)
                boxes += still
    read = reading.read(picture) if ocr and picture.size else None
    if read is not None:
        checks.add(Check.OCR)
        boxes += read
    return Findings(merged(boxes), frozenset(checks))


@contextmanager
def _one_core() -> Iterator[None]:
    """Let matrices be multiplied by one thread alone.

    They are small: with all cores BLAS waits, busily, for longer than it computes,
    and takes the cores from what napari draws. One check at a time, since the
    number of threads is the process's and is put back.
    """
    from threadpoolctl import threadpool_limits

    with _looking, threadpool_limits(1, user_api="blas"):
        yield


def _check(picture: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]) -> None:
    plain = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if picture.dtype != np.uint8 or not plain:
        raise ValueError("an image must have 8 bits and one or three channels")
    if any(other.dtype != np.uint8 or other.shape != picture.shape for other in others):
        raise ValueError("the images of a series must have the same dtype and shape")
