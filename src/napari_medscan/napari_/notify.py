"""Messages: what happened, in at most two lines, with the details on demand.

What holds as long as a series is open, such as an unknown calibration, is no message: it stands
on the canvas and in the Series tab.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

import napari
from napari.utils.notifications import Notification, notification_manager, show_info

from napari_medscan.dicom import LoadReport, MedscanError, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.files.walk import shown_name
from napari_medscan.napari_.dicom_panel import has_panel, offer, open_panel
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import has_gui, is_interactive, is_opening, main_window

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_STILL = 200
"""Milliseconds that a canvas keeps its size for before it is taken to be laid out."""


class _Notice(Notification):
    """A notification that says whose it is; napari would name an object of its own."""

    @property
    def source(self) -> str:
        """What napari shows beside the buttons."""
        return "MedScan"


def tell(message: str) -> None:
    """Show one sentence."""
    _when_visible(partial(show_info, defuse(message)))


def tell_error(error: Exception, otherwise: str) -> None:
    """Show what a MedscanError says; of any other error `otherwise`: its text may have a path."""
    tell(f"{error}." if isinstance(error, MedscanError) else otherwise)


def tell_report(report: LoadReport, opened: Sequence[Stack]) -> None:
    """Show what a drop did not give: series that are not open, files that are not images.

    The panel lists both: while it is open, only what is lost is told. The first time that
    somebody opens DICOM without the panel, a button opens it.

    Parameters
    ----------
    report : LoadReport
        What became of the drop.
    opened : sequence of Stack
        The series that become layers.
    """
    if not has_gui():
        _dispatch([defuse(report.summary())])
        return
    lines = []
    is_listed = has_panel(napari.current_viewer())
    if 0 < len(opened) < len(report.stacks) and not is_listed:
        # napari cuts a line after some 45 characters until it is clicked.
        lines.append(f"{len(opened)} of {len(report.stacks)} series opened.")
    if report.unreadable or report.warnings or not is_listed:
        lines.append(defuse(report.summary()))
    actions: list[tuple[str, Callable[..., None]]] = []
    if report.skipped or report.duplicates or report.unreadable or report.warnings:
        actions.append(("Details…", partial(_call, show_details, report)))
    viewer = offer.take() if opened else None
    if viewer is not None:
        if not any(lines):
            lines.append("Windows, views and tags: DICOM panel")
        actions.append(("Open panel", partial(_call, open_panel, viewer)))
    _when_visible(partial(_when_still, partial(_dispatch, lines, actions)))


def tell_bad_frames(stack: Stack) -> None:
    """Tell once, when the first frame of a stack turns out to be unreadable."""
    told = False

    def on_problem(_index: int, _error: Exception) -> None:
        nonlocal told
        if not told:
            told = True
            why = next(iter(stack.problems.values()))
            tell(f"One slice could not be decoded and is blank ({why}).")

    stack.array.watch(on_problem)


def show_details(*reports: LoadReport) -> None:
    """Open a window that lists skipped files and warnings, with the reasons."""
    from napari_medscan.napari_.details import ReportDetails

    rows = [row for report in reports for row in _rows(report)]
    dialog = ReportDetails(
        [(shown_name(name), what, shown_name(why)) for name, what, why in rows], main_window()
    )
    dialog.show()


def _when_visible(act: Callable[[], object], window: QWidget | None = None) -> None:
    """Act when napari has shown the window in which a person opens something.

    ``napari PATH`` shows it after reading, and napari drops the messages of a hidden window.
    """
    if window is None and is_opening():
        window = main_window()
    if window is None or window.isVisible():
        act()
        return
    from qtpy.QtCore import QTimer

    # It ends with the window.
    timer = QTimer(window)
    timer.setSingleShot(True)
    timer.timeout.connect(guarded(partial(_when_visible, act, window)))
    timer.start(_STILL)


def _when_still(act: Callable[[], object], size: tuple[int, int] | None = None) -> None:
    """Act when the canvas keeps its size, at once in a script.

    napari places a message in the corner of the canvas once. The first layer brings controls and
    sliders that make the canvas smaller, and would cut off the message's buttons.
    """
    viewer = napari.current_viewer() if is_interactive() else None
    # Only a process with a window has Qt.
    canvas = None if viewer is None else _canvas_of(viewer)
    if canvas is None or (canvas.width(), canvas.height()) == size:
        act()
        return
    from qtpy.QtCore import QTimer

    size = canvas.width(), canvas.height()
    QTimer.singleShot(_STILL, guarded(partial(_when_still, act, size)))


def _canvas_of(viewer: napari.viewer.Viewer) -> QWidget | None:
    from napari_medscan.napari_.qt_canvas import canvas_of

    canvas = canvas_of(viewer)
    return None if canvas is None else cast("QWidget", canvas.canvas.native)


def _dispatch(
    lines: Sequence[str], actions: Sequence[tuple[str, Callable[..., None]]] = ()
) -> None:
    message = "\n".join(filter(None, lines))
    if not message:
        return
    if actions:
        notification_manager.dispatch(_Notice(message, "info", actions=tuple(actions)))
    else:
        show_info(message)


def _call(function: Callable[..., object], argument: object, _notification: object = None) -> None:
    """Call a function when a button is clicked; napari hands over the notification."""
    guarded(function)(argument)


def _rows(report: LoadReport) -> list[tuple[str, str, str]]:
    """Return file or series, status and reason."""
    return [
        *((name, "Unreadable", why) for name, why in report.unreadable.items()),
        *((name, "Duplicate", f"duplicate of {of}") for name, of in report.duplicates.items()),
        *((name, "Skipped", why) for name, why in report.skipped.items()),
        *((s.name, "Warning", why) for s in report.stacks for why in s.warnings),
    ]
