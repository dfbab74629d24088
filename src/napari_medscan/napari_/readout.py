"""The value and the place under the cursor, in the status bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari.viewer
import numpy as np

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.series.orientation import patient_point, point_text
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.render.snapshot import is_inside

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.utils.events import Event

    from napari_medscan.dicom import Stack


def cursor_text(viewer: napari.viewer.Viewer) -> str:
    """Return what is under the cursor: "CT 3: 43 HU · L 12.3 P 45.6 S 102.4 mm".

    PET is given in SUV too: "PT 5: 7 432 Bq/ml · SUVbw 3.21".

    Every selected layer that this plugin opened gives its value, the place is that of the active
    one. Values come from the slices on the screen: nothing is read.

    Returns
    -------
    str
        '' when the active layer is not ours, or in 3-D, where the cursor is at no one place.
    """
    active = viewer.layers.selection.active
    stack = stack_of(active)
    if active is None or stack is None or viewer.dims.ndisplay == 3:
        return ""
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    parts = [_value(viewer, layer) for layer in selected if layer.visible and stack_of(layer)]
    parts.append(_place(viewer, active, stack))
    return defuse(" · ".join(filter(None, parts)))


class CursorReadout:
    """Puts the read-out where napari puts its own.

    napari works its text out in a thread and sets ``viewer.status`` when it is ready. This
    replaces it in the same event, after napari's status bar has heard of it and before Qt paints:
    the two never alternate.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose status bar.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        viewer.events.status.connect(self._on_status, position="last")

    def release(self) -> None:
        """Leave the status bar to napari."""
        self._viewer.events.status.disconnect(self._on_status)

    def _on_status(self, event: Event) -> None:
        # What napari says of a position is a dictionary, or " » " text for several layers.
        if isinstance(event.value, dict) or " » " in event.value:
            text = cursor_text(self._viewer)
            if text:
                self._viewer.status = text


def _value(viewer: napari.viewer.Viewer, layer: Layer) -> str:
    value: Any = layer.get_value(
        viewer.cursor.position,
        view_direction=None,
        dims_displayed=list(viewer.dims.displayed),
        world=True,
    )
    if value is None:
        return ""
    name = layer.name.partition(" · ")[0]
    stack = stack_of(layer)
    blank = "" if stack is None else _blank(viewer, layer, stack)
    if blank:
        return f"{name}: {blank}"
    if np.ndim(value):
        return f"{name}: " + " ".join(f"{c} {v}" for c, v in zip("RGB", value, strict=False))
    text = f"{name}: {_number(value)} {(stack.unit if stack else None) or ''}".rstrip()
    if stack is None or stack.suv is None:
        return text
    scale = display_scale(stack)
    return f"{text} · {scale.unit} {scale.factor * float(value):.2f}"


def _blank(viewer: napari.viewer.Viewer, layer: Layer, stack: Stack) -> str:
    """Return why what is drawn under the cursor is no value of the file, '' when it is one."""
    places = stack.array.places
    index = layer.world_to_data(viewer.cursor.position)[: places.ndim]
    place = tuple(round(float(i)) for i in index)
    number = int(places[place]) if is_inside(place, places.shape) else -1
    if number < 0:
        return "no slice here"
    return "not decoded" if number in stack.problems else ""


def _number(value: Any) -> str:  # noqa: ANN401 - of any dtype
    """Return a value as people write it: activities are of five and more digits."""
    if not isinstance(value, float | np.floating):
        return str(value)
    number = float(value)
    if 1e3 <= abs(number) < 1e9:
        return f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{number:.4g}"


def _place(viewer: napari.viewer.Viewer, layer: Layer, stack: Stack) -> str:
    index = np.asarray(layer.world_to_data(viewer.cursor.position), dtype=np.float64)
    # Across the view the place is that of the slice shown, which is not always the slider's.
    for axis in viewer.dims.not_displayed:
        along = axis - (viewer.dims.ndim - layer.ndim)
        if along >= 0:
            index[along] = round(index[along])
    point = patient_point(stack, index)
    if point is not None:
        return point_text(point)
    row, column = (round(float(i)) for i in index[-2:])
    return f"row {row}, column {column}"
