"""Measure: draws lengths, angles and regions, and lists what they measure."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import napari.viewer
from magicgui.widgets import PushButton
from napari.layers import Layer, Shapes
from napari.utils.events import Event
from qtpy.QtWidgets import QApplication

from napari_medscan.measure.table import HEADINGS, Row, to_csv
from napari_medscan.napari_ import table
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.current_layer import visible_series
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_command import NO_SERIES
from napari_medscan.napari_.shape_measurements import (
    drawn_shapes,
    measured,
    new_layer,
    write_labels,
)
from napari_medscan.storage import replacing
from napari_medscan.widgets.panel.form import Page, holder, note, row, stretch

_TOOLS = {
    "length": ("Length", "add_line", "Drag from end to end"),
    "angle": ("Angle", "add_path", "Click three points, Esc. Four points: Cobb angle"),
    "ellipse": ("Ellipse", "add_ellipse", "Drag an ellipse"),
    "rectangle": ("Rectangle", "add_rectangle", "Drag a rectangle"),
    "polygon": ("Polygon", "add_polygon", "Click the corners, Esc"),
    "freehand": ("Freehand", "add_polygon_lasso", "Draw an outline"),
}
_NUMBERS = (1, 3, 4, 5, 6, 7, 8)
"""Columns that are aligned to the right."""
_HINT = (
    "Draw on the current series. Select, move and delete shapes with napari's own tools. Values "
    "are those of all pixels whose centers are inside, on every visible series."
)


class MeasureTab(Page):
    """The page of measurements.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they are drawn, in a Shapes layer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Shapes | None = None
        self.rows: tuple[Row, ...] = ()
        """What is listed."""
        buttons = []
        for name, (text, mode, tip) in _TOOLS.items():
            button = PushButton(name=name, text=text, tooltip=tip)
            button.changed.connect(guarded(partial(self._draw, mode)))
            buttons.append(stretch(button))
        self.append(row(*buttons[:3]))
        self.append(row(*buttons[3:]))
        self.append(note("hint", _HINT))
        self._table = table.plain_table(HEADINGS, right=_NUMBERS)
        self.append(holder(self._table))
        copy = PushButton(name="copy_table", text="Copy", tooltip="Copy the table to the clipboard")
        save = PushButton(name="save_table", text="Save CSV…", tooltip="Save the table as CSV")
        copy.changed.connect(guarded(self._copy))
        save.changed.connect(guarded(self._ask_and_save))
        self.append(row(stretch(copy), stretch(save)))
        self._work = Latest(self.native)
        self._on_change = guarded(self.refresh)
        self._on_removed = guarded(self._forget)
        viewer.layers.events.removed.connect(self._on_removed)

    def release(self) -> None:
        """Let go of the viewer; what was drawn stays."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._follow(None)
        self._work.release()

    def refresh(self, _event: Event | None = None) -> None:
        """Measure all shapes again, in the background."""
        layer = self._layer
        if layer is None:
            self._show(())
            return
        drawn = drawn_shapes(self._viewer, layer, list(visible_series(self._viewer)))
        self._work.start(lambda _stale: tuple(measured(drawn)), self._show)

    def save(self, path: Path) -> None:
        """Write the table as CSV."""
        with replacing(path) as file:
            file.write(to_csv(self.rows).encode("utf-8-sig"))

    def _draw(self, mode: str, _pressed: object = None) -> None:
        series = next(visible_series(self._viewer), None)
        if series is None:
            tell(NO_SERIES)
            return
        if self._layer is None or self._layer.ndim != series.ndim:
            self._follow(new_layer(self._viewer, series))
        layer = self._layer
        if layer is not None:
            self._viewer.layers.selection.active = layer
            layer.mode = mode

    def _follow(self, layer: Shapes | None) -> None:
        if self._layer is not None:
            self._layer.events.data.disconnect(self._on_change)
        self._layer = layer
        if layer is not None:
            layer.events.data.connect(self._on_change)

    def _forget(self, event: Event) -> None:
        removed: Layer = event.value
        if removed is self._layer:
            self._follow(None)
            self.refresh()

    def _show(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        if self._layer is not None:
            write_labels(self._layer, rows)
        self._table.clear()
        table.fill(self._table, [table.row(each.cells(), right=_NUMBERS) for each in rows])

    def _copy(self, _pressed: object = None) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(to_csv(self.rows, "\t"))

    def _ask_and_save(self, _pressed: object = None) -> None:
        title, name = "Save measurements", "measurements.csv"
        chosen = ask_where_to_save(self.native, title, name, "*.csv")
        if chosen is None:
            return
        try:
            self.save(chosen[0])
        except OSError:
            tell("The measurements cannot be written there.")
