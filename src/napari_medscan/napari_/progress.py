"""Progress with Cancel while headers or whole volumes are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from napari_medscan.dicom import CancelledError
from napari_medscan.dicom.headers.read_many import Progress
from napari_medscan.frames import LazyStack
from napari_medscan.napari_.gui import has_gui, main_window

if TYPE_CHECKING:
    from qtpy.QtWidgets import QProgressDialog

SHOW_AFTER_MS = 800
"""A dialog that flashes by is worse than none."""
READING_VOLUME = "Loading volume…"
_REFRESH = 0.05
_TICK = 0.02
"""Seconds between calls of the progress of work in a thread."""
_Result = TypeVar("_Result")


def progress_dialog(text: str) -> QProgressDialog:
    """Return a dialog with a Cancel button, modal to the application, that is soon shown."""
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QProgressDialog

    dialog = QProgressDialog(text, "Cancel", 0, 0, main_window())
    dialog.setWindowTitle("MedScan")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(SHOW_AFTER_MS)
    dialog.setMinimumWidth(360)
    # All files read is not all done: series are put together after that.
    dialog.setAutoReset(False)
    return dialog


def show_progress(dialog: QProgressDialog, text: str, done: int, total: int, what: str) -> None:
    """Say in a progress dialog how far it is; a modal one handles events then, once it is shown."""
    dialog.setMaximum(total)
    dialog.setLabelText(f"{text}\n{done:,} of {total:,} {what}")
    dialog.setValue(done)


@contextmanager
def reading_progress(text: str, what: str = "files") -> Iterator[Progress | None]:
    """Show how far reading is, in a dialog with a Cancel button.

    Yields
    ------
    callable or None
        To be called with (done, all); raises CancelledError after Cancel, or if the window closes.
        None without a GUI.
    """
    if not has_gui():
        yield None
        return
    from qtpy.QtCore import QEventLoop
    from qtpy.QtWidgets import QApplication

    dialog = progress_dialog(text)
    last = time.monotonic()

    def handle_events() -> None:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _REFRESH:
            return
        last = now
        try:
            show_progress(dialog, text, done, total, what)
            if not dialog.isVisible():
                handle_events()
            is_canceled = dialog.wasCanceled()
        except RuntimeError:
            # The window was closed, and the dialog with it.
            is_canceled = True
        if is_canceled:
            raise CancelledError("canceled")

    try:
        yield report
        # What was read is about to be made layers, which takes its time as well.
        if time.monotonic() - last >= _REFRESH:
            handle_events()
    finally:
        with suppress(RuntimeError):
            dialog.close()
            dialog.deleteLater()


def run_with_progress(
    task: Callable[[Progress | None], _Result], text: str, what: str = "slices"
) -> _Result:
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
    with reading_progress(text, what) as report:
        return task(None) if report is None else in_thread(task, report, waits_for_end=True)


def in_thread(
    work: Callable[[Progress], _Result], progress: Progress, *, waits_for_end: bool = False
) -> _Result:
    """Return what some work gives that is done in a thread, while progress handles events.

    Parameters
    ----------
    work : callable
        Gets a function to be called with (done, all), which raises CancelledError after Cancel.
    progress : callable
        As `reading_progress` yields it; called in this thread.
    waits_for_end : bool
        After Cancel wait until the work has ended, which it does when it next says how far it is.

    Raises
    ------
    CancelledError
        After Cancel, at once unless it waits.
    """
    state = (0, 0)
    is_canceled = False

    def note(done: int, total: int) -> None:
        nonlocal state
        state = done, total
        if is_canceled:
            raise CancelledError("canceled")

    pool = ThreadPoolExecutor(1, "medscan-progress")
    try:
        result = pool.submit(work, note)
        while wait((result,), _TICK).not_done:
            try:
                progress(*state)
            except CancelledError:
                if not waits_for_end:
                    raise
                is_canceled = True
        return result.result()
    finally:
        is_canceled = True
        pool.shutdown(wait=waits_for_end)


@contextmanager
def volume_progress(stack: LazyStack) -> Iterator[Callable[[int, int], bool] | None]:
    """Show how far the reading of a volume is; after Cancel go back to single slices.

    Parameters
    ----------
    stack : LazyStack
        What is read.

    Yields
    ------
    callable or None
        For `LazyStack.reading`.
    """
    canceled, stack.turned_away = False, False
    with reading_progress(READING_VOLUME, "slices") as report:
        if report is None:
            yield None
            return

        def goes_on(done: int, total: int) -> bool:
            nonlocal canceled
            try:
                report(done, total)
            except CancelledError:
                canceled = True
            return not canceled

        try:
            yield goes_on
        finally:
            from qtpy.QtCore import QTimer

            # Not now: napari is still drawing what it asked for.
            if canceled:
                QTimer.singleShot(0, _show_single_slices)
            elif stack.turned_away:
                QTimer.singleShot(0, _draw_again)


def _show_single_slices() -> None:
    import napari

    viewer = napari.current_viewer()
    if viewer is not None:
        viewer.dims.ndisplay = 2
        viewer.dims.order = tuple(range(viewer.dims.ndim))


def _draw_again() -> None:
    """Draw what the sliders, which have moved meanwhile, show now."""
    import napari

    viewer = napari.current_viewer()
    for layer in () if viewer is None else viewer.layers:
        layer.refresh()
