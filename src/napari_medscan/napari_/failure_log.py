"""Log unexpected failures without any value that could hold patient data."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from typing import ParamSpec

LOG = logging.getLogger("napari_medscan.failures")
"""Errors name the type and the place; debug messages add the stack."""

P = ParamSpec("P")


def log_failure(error: BaseException) -> None:
    """Log the type of an error and where it was raised, never its message.

    Messages of pydicom, numpy and the operating system quote values and paths. File, line and
    function of each frame hold no patient data.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    LOG.error("%s at %s", type(error).__name__, places[-1] if places else "an unknown place")
    LOG.debug("%s", "\n".join(places))


def guarded(function: Callable[P, object]) -> Callable[P, None]:
    """Return a callback that logs its errors instead of raising them.

    An exception that leaves a callback of a viewer event breaks napari for the rest of the session:
    every later selection, roll or added layer raises, too.

    To a signal of Qt that may still come while its object is deleted, such as the end of a timer,
    connect a method that was decorated with this, not what this makes of a method: Python may
    collect the latter while Qt calls it, and the process ends.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see above
            log_failure(error)

    return call
