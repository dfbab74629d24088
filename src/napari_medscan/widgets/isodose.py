"""The form for isodose lines."""

from __future__ import annotations

import re

import napari.layers
import napari.viewer
from magicgui import magic_factory
from magicgui.widgets import Container, Widget
from napari.qt import QtViewer

from napari_medscan.napari_.fusion import highest_dose
from napari_medscan.napari_.isodose import GRAY, PERCENT, isodose_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.dock import DockRelease
from napari_medscan.widgets.full_text import show_in_full

DEFAULT_LEVELS = "95, 90, 80, 70, 50, 30"


def _doses(box: Widget) -> list[napari.layers.Image]:
    """Return the dose grids of the viewer in whose window a box is."""
    canvas = box.native.window().findChild(QtViewer)
    return [] if canvas is None else [x for x in canvas.viewer.layers if _is_dose(x)]


def _is_dose(layer: napari.layers.Layer) -> bool:
    stack = stack_of(layer)
    return stack is not None and stack.kind.measures == "dose"


def _as_dock(form: Container[Widget]) -> None:
    form.native.layout().addStretch()
    show_in_full(form["dose"].native)
    DockRelease(form.native)


@magic_factory(
    call_button="Draw isodose lines",
    persist=False,
    widget_init=_as_dock,
    dose={
        "label": "Dose",
        "tooltip": "An RT Dose series",
        "widget_type": "ComboBox",
        "choices": _doses,
    },
    levels={"label": "Levels", "tooltip": "Numbers separated by commas"},
    unit={"label": "Unit", "choices": [PERCENT, GRAY], "tooltip": "Unit of the levels"},
    reference={
        "label": "Reference (Gy)",
        "min": 0.0,
        "max": 1000.0,
        "tooltip": "The dose that is 100% and drawn in red. 0 = highest dose in the grid",
    },
)
def isodose_lines(
    napari_viewer: napari.viewer.Viewer,
    dose: object,
    levels: str = DEFAULT_LEVELS,
    unit: str = PERCENT,
    reference: float = 0.0,
) -> None:
    """Draw lines of equal dose on the slices of a dose grid; those drawn before are replaced."""
    viewer = unwrapped(napari_viewer)
    stack = stack_of(dose) if isinstance(dose, napari.layers.Image) else None
    if stack is None or stack.kind.measures != "dose":
        tell("Open an RT Dose series.")
        return
    numbers = [float(text) for text in re.findall(r"\d+(?:\.\d+)?", levels)]
    if not numbers:
        tell("Enter at least one level.")
        return
    top = reference or highest_dose(stack)
    doses = [number * top / 100 if unit == PERCENT else number for number in numbers]
    layer = isodose_layer(stack, doses, top)
    if not len(layer.data):
        tell("The dose does not cross any of these levels.")
        return
    for old in [x for x in viewer.layers if x.name == layer.name]:
        viewer.layers.remove(old)
    note_object(layer, ShownObject(None, stack, stack.geometry.orientation))
    viewer.add_layer(layer)
