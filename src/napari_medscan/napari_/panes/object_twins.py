"""Segmentations and other objects in the panes beside the main canvas, over the same arrays."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial

import napari.viewer
from napari.experimental import link_layers, unlink_layers
from napari.layers import Labels, Layer
from qtpy.QtCore import QObject

from napari_medscan.dicom import Stack
from napari_medscan.frames import LazyStack
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.objects.object_view import lies_on
from napari_medscan.napari_.objects.shown_object import note_object, object_of
from napari_medscan.napari_.panes.pane_twins import PaneTwins

_LINKED = (
    "blending",
    "brush_size",
    "colormap",
    "contour",
    "opacity",
    "selected_label",
    "show_selected_label",
)


class ObjectTwins(PaneTwins):
    """Shows the visible objects of the main canvas in a pane whose series they lie on.

    What is painted in one of them appears in all.

    Parameters
    ----------
    main : napari.viewer.Viewer
        The viewer of the main canvas.
    model : napari.viewer.Viewer
        The model of the pane.
    parent : QObject
        Lives in the GUI thread.
    """

    def __init__(
        self, main: napari.viewer.Viewer, model: napari.viewer.Viewer, parent: QObject
    ) -> None:
        super().__init__(main, model)
        self._reader = Latest(parent)

    def release(self) -> None:
        """Take the objects out of the pane."""
        super().release()
        self._reader.release()

    def _belongs(self, layer: Layer, stack: Stack) -> bool:
        shown = object_of(layer)
        return isinstance(layer, Labels) and shown is not None and lies_on(shown, stack)

    def _add(self, layers: Sequence[Layer]) -> None:
        # Another plane than the acquired one cuts all slices.
        unread = [a for x in layers if (a := _array_of(x)) is not None and not a.is_at_hand()]
        if unread:
            self._reader.start(
                lambda _: [array.load() for array in unread], lambda _: self.follow()
            )
            return
        for layer in layers:
            if isinstance(layer, Labels):
                self._show(layer, twin_of_labels(layer))

    def _remove(self, layer: Layer) -> None:
        unlink_layers([layer, self._twins[layer]], _LINKED)
        super()._remove(layer)


def twin_of_labels(layer: Labels) -> Labels:
    """Return a layer over the same labels, which are drawn and painted alike in both."""
    twin = Labels(
        layer.data,
        name=layer.name,
        scale=tuple(layer.scale),
        translate=tuple(layer.translate),
        units=layer.units,
        axis_labels=layer.axis_labels,
        features=layer.features,
        colormap=layer.colormap,
        projection_mode="none",
        multiscale=False,
        **{name: getattr(layer, name) for name in ("blending", "opacity")},
    )
    for name in ("brush_size", "contour", "selected_label", "show_selected_label"):
        setattr(twin, name, getattr(layer, name))
    shown = object_of(layer)
    if shown is not None:
        note_object(twin, shown)
    link_layers([layer, twin], _LINKED)
    for one, other in ((layer, twin), (twin, layer)):
        redraw = guarded(partial(_redraw, weakref.ref(other)))
        one.events.labels_update.connect(redraw)
        one.events.paint.connect(redraw)
    return twin


def _redraw(layer: Callable[[], Labels | None], _event: object = None) -> None:
    other = layer()
    if other is not None:
        other.refresh(extent=False)


def _array_of(layer: Layer) -> LazyStack | None:
    shown = object_of(layer)
    return None if shown is None else shown.array
