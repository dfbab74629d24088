"""One object for each viewer: made when it is first asked for, gone with the viewer."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

import napari.viewer

from napari_medscan.napari_.viewer_proxy import unwrapped

_Made = TypeVar("_Made")


class PerViewer(Generic[_Made]):
    """Returns the one object of a viewer, or of napari's proxy of it.

    Parameters
    ----------
    make : callable
        Makes it. What it makes must refer to the viewer weakly, or the viewer would never go.
    """

    def __init__(self, make: Callable[[napari.viewer.Viewer], _Made]) -> None:
        self._make = make
        self._made: weakref.WeakKeyDictionary[napari.viewer.Viewer, _Made] = (
            weakref.WeakKeyDictionary()
        )

    def __call__(self, viewer: napari.viewer.Viewer) -> _Made:
        """Return the object of a viewer."""
        viewer = unwrapped(viewer)
        if viewer not in self._made:
            self._made[viewer] = self._make(viewer)
        return self._made[viewer]
