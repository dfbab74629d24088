"""Widgets that paint by themselves, in the colors of napari's theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import napari.viewer
from napari.utils.theme import get_theme
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.failure_log import guarded


class ThemedWidget(QWidget):
    """A widget that paints by itself, in the colors of a napari theme."""

    def __init__(self) -> None:
        super().__init__()
        self._theme = get_theme("dark")

    def set_theme(self, name: str) -> None:
        """Paint in the colors of a napari theme."""
        self._theme = get_theme(name)
        self.redraw()

    def redraw(self) -> None:
        """Paint anew."""
        self.update()

    def _color(self, name: str) -> QColor:
        return QColor(getattr(self._theme, name).as_hex())


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
