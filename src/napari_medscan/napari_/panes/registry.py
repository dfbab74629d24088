"""The panes of every viewer that has some."""

from __future__ import annotations

import atexit
import weakref
from contextlib import suppress
from functools import partial

import napari.viewer

from napari_medscan.napari_.panes.panes import Panes
from napari_medscan.napari_.viewer_proxy import unwrapped

_panes: weakref.WeakKeyDictionary[napari.viewer.Viewer, Panes] = weakref.WeakKeyDictionary()


def panes_of(viewer: napari.viewer.Viewer) -> Panes:
    """Return the panes of a viewer, which is a single canvas at first.

    Raises
    ------
    RuntimeError
        If the viewer has no window.
    """
    viewer = unwrapped(viewer)
    panes = _panes.get(viewer)
    if panes is None:
        panes = _panes[viewer] = Panes(viewer)
        panes.closed.connect(partial(_panes.pop, viewer, None))
    return panes


def known_panes(viewer: napari.viewer.Viewer) -> Panes | None:
    """Return the panes of a viewer if they were made already."""
    return _panes.get(unwrapped(viewer))


@atexit.register
def _close_all() -> None:
    """Let a script end with its window open: no thread may wake up a Qt that is being torn down."""
    for panes in list(_panes.values()):
        # Qt may have deleted the parts before.
        with suppress(RuntimeError):
            panes.close()
