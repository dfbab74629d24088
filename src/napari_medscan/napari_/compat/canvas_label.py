"""A text at an edge or in a corner of the canvas, drawn by Qt instead of napari.

napari before 0.9 has no overlays half-way up the canvas, where one would silently go to the upper
left corner, and 0.6 has none on a box. Screenshots of the canvas alone do not have these labels.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import cast

import napari.viewer
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.qt_canvas import canvas_of

PIXELS_PER_POINT = 1.8
"""vispy takes a point for 96 / 72 pixels, 72 of which are an inch of 96 pixels."""
_MARGIN = 6
"""Pixels between the edge of the canvas and a label, and between two labels."""
_PADDING = 4
"""Pixels between a text and the edge of its box."""


class CanvasLabel:
    """A text on a box in one of eight places of the canvas; texts in one place stand side by side.

    It is drawn once the viewer has a widget, and in the colors of the viewer's theme.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas it is on: the viewer itself, not a proxy of it.
    place : str
        "top_left", "top_center", "middle_right" …
    font_size : float
        In points, as of napari's overlays.
    colors : tuple of str, optional
        Of the text and of its box, as Qt's style sheets name them; those of the theme if left out.
    """

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        place: str,
        *,
        font_size: float,
        colors: tuple[str, str] | None = None,
    ) -> None:
        self._viewer = weakref.ref(viewer)
        self._place = place
        self._font_size = font_size
        self._colors = colors
        self._text = ""
        self._visible = False
        self._label: _Label | None = None
        self._on_theme = guarded(self._follow_theme)
        viewer.events.theme.connect(self._on_theme)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text
        self._draw()

    @property
    def visible(self) -> bool:
        """Whether it is drawn."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._visible = visible
        self._draw()

    @property
    def font_size(self) -> float:
        """Its size in points."""
        return self._font_size

    @font_size.setter
    def font_size(self, points: float) -> None:
        self._font_size = points
        self._follow_theme()

    def release(self) -> None:
        """Take it off the canvas for good."""
        viewer, label, self._label = self._viewer(), self._label, None
        if viewer is not None:
            viewer.events.theme.disconnect(self._on_theme)
        # Qt may have deleted the canvas before, and the label with it.
        with suppress(RuntimeError):
            if label is not None:
                label.leave()

    def _draw(self) -> None:
        viewer = self._viewer()
        if self._label is None and self._visible and viewer is not None:
            canvas = canvas_of(viewer)
            if canvas is None:
                return
            self._label = _Label(cast("QWidget", canvas.canvas.native), self._place)
            self._follow_theme()
        if self._label is not None:
            self._label.draw(self._text if self._visible else "")

    def _follow_theme(self, _event: object = None) -> None:
        viewer = self._viewer()
        if viewer is None or self._label is None:
            return
        text, box = self._colors or _theme_colors(viewer.theme)
        self._label.setStyleSheet(
            f"color: {text}; background-color: {box}; padding: {_PADDING}px;"
            f"font-size: {round(self._font_size * PIXELS_PER_POINT)}px;"
        )
        self._label.draw(self._label.text())


class _Label(QLabel):
    """The widget of a text, which lets the mouse through to the canvas."""

    def __init__(self, canvas: QWidget, place: str) -> None:
        super().__init__(canvas)
        self.place = place
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if place.endswith("right"):
            self.setAlignment(Qt.AlignmentFlag.AlignRight)
        canvas.installEventFilter(self)

    def draw(self, text: str) -> None:
        """Show a text; none when it is empty."""
        self.setText(text)
        self.adjustSize()
        self.setVisible(bool(text))
        self._lay_out()

    def leave(self) -> None:
        """Leave the canvas to what else is on it."""
        self.draw("")
        self.setParent(None)
        self.deleteLater()

    def eventFilter(self, canvas: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Keep the place when the canvas is resized."""
        is_resized = event is not None and event.type() == QEvent.Type.Resize
        if is_resized and canvas is self.parent() and not self.isHidden():
            self._lay_out()
        return False

    def _lay_out(self) -> None:
        """Put all labels of this place side by side, the first nearest to the edge."""
        canvas = self.parentWidget()
        if canvas is None:
            return
        used = _MARGIN
        for label in canvas.findChildren(_Label):
            if label.place != self.place or label.isHidden():
                continue
            width, height = label.width(), label.height()
            vertical, horizontal = self.place.split("_")
            x = {
                "left": used,
                "center": (canvas.width() - width) // 2,
                "right": canvas.width() - width - used,
            }[horizontal]
            y = {
                "top": _MARGIN,
                "middle": (canvas.height() - height) // 2,
                "bottom": canvas.height() - height - _MARGIN,
            }[vertical]
            label.move(x, y)
            used += width + _MARGIN


def _theme_colors(name: str) -> tuple[str, str]:
    """Return the colors of text and box in a theme of napari, as its own overlays have them."""
    red, green, blue = get_theme(name).canvas.as_rgb_tuple()[:3]
    text = "white" if red + green + blue < 3 * 128 else "black"
    return text, f"rgba({red}, {green}, {blue}, 80%)"
