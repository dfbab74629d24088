"""Redrawing a layer when a frame that was blank can be read after all."""

from __future__ import annotations

import weakref

from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import has_gui


def redraw_recovered(layer: Image, stack: Stack) -> None:
    """Redraw a layer whenever a frame of its stack that was late has been read.

    The second attempt is made in a background thread; without a window nothing is redrawn.
    """
    shown = weakref.ref(layer)

    def redraw() -> None:
        layer = shown()
        if layer is not None:
            layer.refresh()

    def on_recovery(_number: int) -> None:
        if has_gui():
            from superqt.utils import ensure_main_thread

            ensure_main_thread(guarded(redraw))()

    stack.array.watch_recovery(on_recovery)
