"""Telling what was not shown: one sentence, and the details on demand."""

from __future__ import annotations

from napari.utils.notifications import Notification, notification_manager, show_info

from napari_medscan.dicom import LoadReport
from napari_medscan.dicom.files import shown_name
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_.gui import has_gui, main_window


def tell(message: str) -> None:
    """Show one sentence."""
    show_info(defuse(message))


def tell_report(report: LoadReport) -> None:
    """Show what a drop did not give, if anything."""
    message = report.summary()
    if not message:
        return
    if not has_gui():
        tell(message)
        return
    note = Notification(
        defuse(message), "info", actions=(("Details…", lambda _: show_details(report)),)
    )
    notification_manager.dispatch(note)


def show_details(report: LoadReport) -> None:
    """Open a window that lists every file that is not shown, with the reason."""
    from napari_medscan.napari_.details import ReportDetails

    rows = [
        *((name, "unreadable", why) for name, why in report.unreadable.items()),
        *(
            (name, "duplicate", f"the same picture as {of}")
            for name, of in report.duplicates.items()
        ),
        *((name, "skipped", why) for name, why in report.skipped.items()),
    ]
    dialog = ReportDetails(
        [(shown_name(name), what, shown_name(why)) for name, what, why in rows], main_window()
    )
    dialog.show()
