"""Telling what was not shown: one sentence, and the details on demand."""

from __future__ import annotations

from collections.abc import Sequence

from napari.utils.notifications import Notification, notification_manager, show_info

from napari_medscan.dicom import LoadReport, Stack
from napari_medscan.dicom.files import shown_name
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_.gui import has_gui, main_window

MAX_LINES = 4
"""Most notes about stacks in one notification; all of them are in the details."""


class _Notice(Notification):
    """A notification that says whose it is; napari would name an object of its own."""

    @property
    def source(self) -> str:
        """What napari shows beside the buttons."""
        return "MedScan"


def tell(message: str) -> None:
    """Show one sentence."""
    show_info(defuse(message))


def tell_report(report: LoadReport, opened: Sequence[Stack]) -> None:
    """Show what a drop did not give, and what to know about the stacks opened."""
    notes = (f"{stack.name}: {warning}." for stack in opened for warning in stack.warnings)
    warnings = list(dict.fromkeys(notes))
    if len(warnings) > MAX_LINES:
        rest = len(warnings) - MAX_LINES + 1
        warnings[MAX_LINES - 1 :] = [f"… and {rest} more notes."]
    message = "\n".join(filter(None, (report.summary(), *map(defuse, warnings))))
    if not message:
        return
    if not has_gui():
        show_info(message)
        return

    def on_details(_notification: object = None) -> None:
        show_details(report)

    actions = (("Details…", on_details),)
    notification_manager.dispatch(_Notice(message, "info", actions=actions))


def tell_bad_frames(stack: Stack) -> None:
    """Tell once, when the first frame of a stack turns out to be unreadable."""
    told = False

    def on_problem(_index: int, _error: Exception) -> None:
        nonlocal told
        if not told:
            told = True
            why = next(iter(stack.problems.values()))
            tell(f"{stack.name}: a slice cannot be shown and is left blank: {why}.")

    stack.array.watch(on_problem)


def show_details(*reports: LoadReport) -> None:
    """Open a window that lists every file that is not shown, with the reason."""
    from napari_medscan.napari_.details import ReportDetails

    rows = [row for report in reports for row in _rows(report)]
    dialog = ReportDetails(
        [(shown_name(name), what, shown_name(why)) for name, what, why in rows], main_window()
    )
    dialog.show()


def _rows(report: LoadReport) -> list[tuple[str, str, str]]:
    """Return file or series, outcome and reason."""
    return [
        *((name, "unreadable", why) for name, why in report.unreadable.items()),
        *(
            (name, "duplicate", f"the same picture as {of}")
            for name, of in report.duplicates.items()
        ),
        *((name, "skipped", why) for name, why in report.skipped.items()),
        *((s.name, "shown, with a note", why) for s in report.stacks for why in s.warnings),
    ]
