"""Widgets that paint by themselves, in the colors of napari's theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import napari.viewer

from napari_medscan.napari_.failure_log import guarded


def follow_theme(
    viewer: napari.viewer.Viewer, set_theme: Callable[[str], object]
) -> Callable[[], object]:
    """Call a function with the name of a viewer's theme, now and when it changes.

    Returns
    -------
    callable
        Ends it.
    """
    on_theme = guarded(lambda _event=None: set_theme(viewer.theme))
    viewer.events.theme.connect(on_theme)
    on_theme()
    return partial(viewer.events.theme.disconnect, on_theme)
