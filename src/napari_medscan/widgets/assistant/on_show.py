"""Noticing that a widget comes on screen."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.failure_log import guarded


class OnShow(QObject):
    """Calls a function when a widget comes on screen."""

    def __init__(self, widget: QWidget, call: Callable[[], object]) -> None:
        super().__init__(widget)
        self._call = guarded(call)
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Notice that it is shown."""
        if event is not None and event.type() == QEvent.Type.Show:
            self._call()
        return False
