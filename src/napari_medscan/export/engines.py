"""Where the work of a batch is done: in this process, in others, or on a cluster of Ray."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Any, Final

from napari_medscan.export.errors import ExportError

Task = tuple[Any, ...]
Work = Callable[..., Any]
Done = tuple[Task, Any, BaseException | None]
"""A task with its result, or with what ended the process that did it."""
MISSING: Final = 'Ray needs: pip install "napari-medscan[cluster]"'
_RETRIES: Final = 5
"""Times that a task is begun again whose machine has failed."""


def run_here(work: Work, tasks: Sequence[Task]) -> Iterator[Done]:
    """Yield each task as it is done, in this process."""
    for task in tasks:
        yield task, work(*task), None


def run_in_processes(work: Work, tasks: Sequence[Task], jobs: int) -> Iterator[Done]:
    """Yield each task as it is done, in so many processes of this computer."""
    with fresh_processes(min(jobs, len(tasks))) as pool:
        waiting = {pool.submit(work, *task): task for task in tasks}
        for done in as_completed(waiting):
            error = done.exception()
            yield waiting[done], None if error else done.result(), error


@contextmanager
def fresh_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give so many processes; one that is forked would share locks and workers with its parent.

    They begin nothing more when the caller stops; what runs ends by itself, its files complete.
    When this process is killed, they end at once.
    """
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """End this process as soon as the one that began it is gone.

    It would wait for work for ever: each process holds both ends of the pipe that work comes by.
    """
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="medscan-parent", daemon=True).start()


@dataclass(frozen=True, slots=True)
class Ray:
    """Does tasks on a cluster of Ray, whose machines see the same folders at the same paths.

    A task whose machine fails is begun again on another one.

    Parameters
    ----------
    address : str
        Of the cluster ("10.0.0.1:6379", "auto"); '' for one of this computer alone, which ends
        with the run.
    """

    address: str = ""

    def __call__(self, work: Work, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield each task as it is done.

        Raises
        ------
        ExportError
            If Ray is not installed or there is no cluster.
        """
        # Before its import: Ray reports its use to its makers unless told not to.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ImportError:
            raise ExportError(MISSING) from None
        try:
            ray.init(
                self.address or "local",
                include_dashboard=None if self.address else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except Exception as error:  # noqa: BLE001 - Ray raises whatever its network came across
            why = type(error).__name__
            raise ExportError(f"No Ray cluster answers at this address ({why})") from None
        try:
            call = ray.remote(max_retries=_RETRIES)(_call)
            waiting = {call.remote(work, *task): task for task in tasks}
            while waiting:
                (done, *_), _ = ray.wait(list(waiting), num_returns=1)
                task = waiting.pop(done)
                try:
                    yield task, ray.get(done), None
                except ray.exceptions.RayError as error:
                    yield task, None, error
        finally:
            ray.shutdown()


def _call(work: Work, *task: object) -> object:
    return work(*task)
