"""Measure: draws lengths, angles, regions and points, and lists and plots what they measure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import napari.viewer
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from qtpy.QtWidgets import QAbstractSpinBox, QTreeWidgetItem

from napari_medscan.dicom import MedscanError
from napari_medscan.measure import MeasureError
from napari_medscan.measure.shapes import ANGLE, ARROW, COBB_ANGLE, DIAMETERS, measured
from napari_medscan.measure.table import HEADINGS, Row, from_csv, to_csv
from napari_medscan.napari_ import table
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.current_layer import visible_series
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.file_traces import ask_for_file
from napari_medscan.napari_.measurement_layers import rename
from napari_medscan.napari_.measurement_session import Drawn, MeasurementSession
from napari_medscan.napari_.notify import tell
from napari_medscan.storage import replacing
from napari_medscan.widgets.clipboard import copy_text
from napari_medscan.widgets.panel.form import Page, button, holder, note, number, row, stretch
from napari_medscan.widgets.panel.measure_plot import MeasurePlot
from napari_medscan.widgets.panel.weight_field import WeightField
from napari_medscan.widgets.save_bytes import save_bytes

_DIAMETERS_HINT = (
    "Drag the longest one, then the one across, which turns to right angles when you let go. Hold "
    "Ctrl to leave it as drawn"
)
_COBB_HINT = "Click both ends of the upper end plate, then both of the lower one"
_TOOLS = {
    "length": ("Length", "add_line", "", "Drag from end to end"),
    "angle": ("Angle", "add_polyline", ANGLE, "Click one end, the vertex, the other end"),
    "cobb_angle": ("Cobb angle", "add_polyline", COBB_ANGLE, _COBB_HINT),
    "diameters": ("Diameters", "add_line", DIAMETERS, _DIAMETERS_HINT),
    "ellipse": ("Ellipse", "add_ellipse", "", "Drag an ellipse"),
    "rectangle": ("Rectangle", "add_rectangle", "", "Drag a rectangle"),
    "polygon": ("Polygon", "add_polygon", "", "Click the corners, Esc"),
    "freehand": ("Freehand", "add_polygon_lasso", "", "Draw an outline"),
    "point": ("Point", "add", "", "Click for the value of a pixel"),
    "arrow": ("Arrow", "add_line", ARROW, "Drag, then name it in the table"),
}
_NUMBERS = (1, 3, 4, 5, 6, 7, 8)
"""Columns that are aligned to the right."""
_SHOWN = HEADINGS[:-3]
"""Outlines are for files."""
_LONGEST = 10_000.0
"""Millimeters."""
_PLACE = Qt.ItemDataRole.UserRole
_CALIBRATION = "True length of the line in the current row, or the last one; 0 ends calibration"
_DELETE_TIP = "Delete what is in the current row, or else the last one drawn (key Delete)"
_HINT = (
    "Draw on a series, in any pane; napari's own tools select and move shapes. Click a row to "
    "plot it, double-click it to go there or, in the first column, to rename it."
)


class MeasureTab(Page):
    """The page of measurements.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they are drawn, in a Shapes and a Points layer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._drawn: list[Drawn] = []
        self.rows: tuple[Row, ...] = ()
        """What is listed."""
        self._session = MeasurementSession(viewer, self.refresh)
        tools = [
            stretch(button(name, text, tip, partial(self._try, self._session.draw, mode, tool)))
            for name, (text, mode, tool, tip) in _TOOLS.items()
        ]
        mark = partial(self._try, self._session.mark_key_image)
        tools.append(stretch(button("key_image", "Key image", "Mark the slice in view", mark)))
        delete = partial(self._try, self.delete_measurement)
        tools.append(stretch(button("delete", "Delete", _DELETE_TIP, delete)))
        for first in range(0, len(tools), 3):
            self.append(row(*tools[first : first + 3]))
        self._length = number(
            "true_length", _CALIBRATION, limits=(0, _LONGEST), value=0, unit=" mm"
        )
        # Its buttons would leave no room for the number.
        self._length.native.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.append(
            row(
                self._length,
                stretch(button("calibrate", "Calibrate", _CALIBRATION, self._calibrate)),
            )
        )
        self.append(note("hint", _HINT))
        self._table = table.plain_table(_SHOWN, right=_NUMBERS)
        self._table.itemDoubleClicked.connect(guarded(self._on_double_click))
        self._table.itemChanged.connect(guarded(self._on_renamed))
        self._table.currentItemChanged.connect(guarded(self._plot_current))
        self._delete_key = QShortcut(QKeySequence(Qt.Key.Key_Delete), self._table)
        self._delete_key.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._delete_key.activated.connect(guarded(delete))
        self.append(holder(self._table))
        self.append(
            row(
                stretch(button("copy_table", "Copy", "Copy the table", self._copy)),
                stretch(button("save_table", "Save CSV…", "Save the table", self._ask_and_save)),
                stretch(button("open_table", "Open CSV…", "Draw a saved table again", self._open)),
            )
        )
        self._weight = WeightField(self.refresh)
        self.append(self._weight)
        self.plot = MeasurePlot(viewer)
        self.append(self.plot)
        self._work = Latest(self.native)
        self.refresh()

    def release(self) -> None:
        """Let go of the viewer; what was drawn stays."""
        self._session.release()
        self._work.release()
        self.plot.release()
        self._weight.release()

    def refresh(self) -> None:
        """Measure all shapes again, in the background."""
        self._weight.follow(visible_series(self._viewer))
        drawn = self._session.drawn()
        if not drawn:
            self._work.cancel()
            self._show([], [])
            return
        self._work.start(
            lambda _stale: [measured(each.shape) for each in drawn], partial(self._show, drawn)
        )

    def save(self, path: Path) -> None:
        """Write the table as CSV."""
        with replacing(path) as file:
            file.write(self._csv())

    def open(self, path: Path) -> None:
        """Draw again what is listed in a CSV that was saved here, each on the series of its name.

        Raises
        ------
        MeasureError
            If it is no such file, or no series is visible.
        OSError
            If it cannot be read.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise MeasureError("This is not a table of measurements") from None
        self._session.draw_again(from_csv(text))

    def choose(self, number: int) -> None:
        """Make a row of the table the current one, which is plotted."""
        self._table.setCurrentItem(self._table.topLevelItem(number))

    def delete_measurement(self) -> None:
        """Delete what is in the current row, or else the last one drawn; diameters as a pair.

        Raises
        ------
        MeasureError
            If nothing is drawn.
        """
        chosen = self._chosen() or self._session.last_drawn()
        if chosen is None:
            raise MeasureError("Nothing is drawn")
        self._session.remove(chosen)

    def calibrate_line(self, millimeters: float) -> None:
        """Take the line of the current row, or the last one, for one of so many mm; 0 ends it.

        Raises
        ------
        MeasureError
            If there is no line.
        """
        current = self._chosen()
        visible = [each for each in self._drawn if each.layer.visible]
        shapes = [each.shape for each in (*visible, *([current] if current else []))]
        lines = [each for each in shapes if each.kind == "line" and each.tool != ARROW]
        if not lines:
            raise MeasureError("Draw a line of known length first")
        self._session.calibrate(lines[-1], millimeters)

    def _calibrate(self) -> None:
        self._try(self.calibrate_line, float(self._length.value))

    def _try(self, call: Callable[..., object], *arguments: object) -> None:
        """Do something; what is wrong is said."""
        try:
            call(*arguments)
        except MedscanError as error:
            tell(f"{error}.")
        except OSError:
            tell("The measurements cannot be read.")

    # --- the table

    def _show(self, drawn: list[Drawn], found: list[tuple[Row, ...]]) -> None:
        chosen = self._table.indexOfTopLevelItem(self._table.currentItem())
        places = [place for place, rows in enumerate(found) for _ in rows]
        if chosen >= 0 and len(drawn) > len(self._drawn):
            # What was drawn just now is what the next action is about.
            known = {(each.layer, each.number) for each in self._drawn}
            added = (n for n, each in enumerate(drawn) if (each.layer, each.number) not in known)
            chosen = places.index(next(added))
        self._drawn = drawn
        self.rows = tuple(each for rows in found for each in rows)
        self._session.write_labels(drawn, found)
        was_blocked = self._table.blockSignals(True)
        self._table.clear()
        items = []
        for place, each in zip(places, self.rows, strict=True):
            item = table.row(each.cells()[: len(_SHOWN)], right=_NUMBERS)
            item.setData(0, _PLACE, place)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            items.append(item)
        table.fill(self._table, items)
        self._table.setCurrentItem(self._table.topLevelItem(chosen))
        self._table.blockSignals(was_blocked)
        self._plot_current()

    def _on_double_click(self, item: QTreeWidgetItem, column: int) -> None:
        if column > 0:
            self._session.go_to(self._drawn[item.data(0, _PLACE)])

    def _on_renamed(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            drawn = self._drawn[item.data(0, _PLACE)]
            rename(drawn.layer, drawn.number, item.text(0).strip())
        self.refresh()

    def _chosen(self) -> Drawn | None:
        item = self._table.currentItem()
        return None if item is None else self._drawn[item.data(0, _PLACE)]

    def _plot_current(self, *_items: object) -> None:
        chosen = self._chosen()
        self.plot.follow(None if chosen is None else chosen.shape)

    def _copy(self) -> None:
        copy_text(to_csv(self.rows, "\t"))

    def _ask_and_save(self) -> None:
        save_bytes(self.native, "measurements", self._csv(), "measurements.csv")

    def _csv(self) -> bytes:
        # With the mark by which spreadsheets know UTF-8.
        return to_csv(self.rows).encode("utf-8-sig")

    def _open(self) -> None:
        chosen = ask_for_file(self.native, "Open measurements", "*.csv")
        if chosen is not None:
            self._try(self.open, chosen)
