"""Compare series: go to the same place, or scroll two of them together by hand."""

from __future__ import annotations

from functools import partial

import napari.viewer
from magicgui.widgets import Container, Widget

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.linking import SamePlace, slice_link_of
from napari_medscan.widgets.panel.form import Call, button, column, note, row
from napari_medscan.widgets.panel.switch import Switch


class LinkControls:
    """The switch ``sync_position``, and buttons that link the current series to a reference.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose series.
    on_changed : callable
        Called when a link was made or undone: the buttons have to be updated.
    """

    def __init__(self, viewer: napari.viewer.Viewer, on_changed: Call) -> None:
        self._link = slice_link_of(viewer)
        self._on_changed = on_changed
        self._sync = Switch(
            "sync_position",
            "Sync position when switching series",
            "Selecting another series goes to the same place in the patient.",
            partial(SamePlace, viewer),
        )
        mark = "Use this slice as the reference, e.g. in the prior exam"
        link = "Move the reference series so that its slice lies on the slice in view"
        self._set_reference = button(
            "set_reference", "Set reference slice", mark, self._on_set_reference
        )
        self._link_here = button("link_to_slice", "Link to this slice", link, self._on_link)
        self._unlink = button("unlink", "Unlink", "Put the moved series back", self._on_unlink)
        self._status = note("link_status")
        self.rows: Container[Widget] = column(
            self._sync.box,
            self._set_reference,
            row(self._link_here, self._unlink),
            self._status,
        )

    def release(self) -> None:
        """Put linked series back, and sync no more."""
        self._link.unlink()
        self._sync.release()

    def update(self, *, in_2d: bool) -> None:
        """Offer what is possible now; `in_2d` is whether slices of a current series are shown."""
        self._set_reference.enabled = in_2d
        self._link_here.enabled = in_2d and self._link.marked is not None
        self._unlink.enabled = self._link.is_linked

    def _on_set_reference(self) -> None:
        why = self._link.mark()
        marked = self._link.marked
        name = "" if marked is None else marked.name.partition(" · ")[0]
        self._say(why or f"Reference: {name}. Now scroll the other series to the same level.")

    def _on_link(self) -> None:
        self._say(self._link.link() or "Linked: one slider scrolls both.")

    def _on_unlink(self) -> None:
        self._link.unlink()
        self._say("")

    def _say(self, text: str) -> None:
        self._status.value = defuse(text)
        self._on_changed()
