"""Running an export off the GUI thread, with progress and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from napari_medscan.dicom import CancelledError
from napari_medscan.napari_.progress import reading_progress

Progress = Callable[[int, int], None]
Result = TypeVar("Result")

_TICK = 0.05


def run_with_progress(
    task: Callable[[Progress | None], Result], text: str, what: str = "slices"
) -> Result:
    """Run a task in a thread while a dialog shows how far it is; in a script, run it here.

    Parameters
    ----------
    task : callable
        Takes what it calls with (slices done, slices in all), or None; what that raises ends it.
    text : str
        What is being done.
    what : str
        What is counted.

    Raises
    ------
    CancelledError
        After Cancel, when the task has ended.
    Exception
        What the task raises.
    """
    done, is_canceled = (0, 0), False

    def note(count: int, total: int) -> None:
        nonlocal done
        done = count, total
        if is_canceled:
            raise CancelledError("canceled")

    with reading_progress(text, what) as report:
        if report is None:
            return task(None)
        with ThreadPoolExecutor(1, "medscan-export") as pool:
            running = pool.submit(task, note)
            while wait((running,), _TICK).not_done:
                try:
                    report(*done)
                except CancelledError:
                    is_canceled = True
            return running.result()
