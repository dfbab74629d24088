"""The dock of the assistant, put together."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import napari.viewer
from qtpy.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from qtpy.QtGui import QCloseEvent, QHideEvent
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.assistant import network
from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.prompts import Templates
from napari_medscan.widgets.assistant.ask import AskSection
from napari_medscan.widgets.assistant.audit_window import AuditWindow
from napari_medscan.widgets.assistant.history import HistoryPane
from napari_medscan.widgets.assistant.service import ServiceForm
from napari_medscan.widgets.assistant.texts import Heading, PlainLabel

WIDTH = 310
"""Pixels that the dock asks for."""
_USAGE_MS = 2000

_docks: weakref.WeakSet[AssistantDock] = weakref.WeakSet()


@atexit.register
def _release_all() -> None:
    """Let a script end with its window open: no thread may wake up a Qt that is being torn down."""
    for dock in list(_docks):
        dock.release()


class AssistantDock(QWidget):
    """The assistant's dock widget.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        What the picture is of; napari hands it over by this name.
    client : Client, optional
        What sends; one of its own by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, client: Client | None = None) -> None:
        super().__init__()
        _docks.add(self)
        network.watch()
        client = client or Client(Keys(), Audit())
        self.service = ServiceForm(client)
        self.ask = AskSection(napari_viewer, client, self.service, Templates())
        self.history = HistoryPane()
        self.audit = AuditWindow(client.audit, self)
        self.not_for_diagnosis = Heading("Not for diagnosis")
        self.usage = PlainLabel()
        self.open_audit = QPushButton("Audit…")
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        asking = _scrolling(self.ask)
        self.tabs.addTab(asking, "Ask")
        self.tabs.addTab(_scrolling(self.service), "Service")
        self.tabs.addTab(_scrolling(self.history), "History")
        self.ask.look_at.connect(lambda part: _scroll_to(asking, part))
        self._bar = asking.verticalScrollBar()
        if self._bar is not None:
            self._bar.rangeChanged.connect(self._on_longer)
        self._watching = QTimer(self)
        self._watching.timeout.connect(self._show_usage)
        self._watching.start(_USAGE_MS)
        self._lay_out()
        self.open_audit.clicked.connect(self.audit.open_audit)
        self.service.connected.connect(self._show_usage)
        self.ask.told.connect(self._on_told)
        self._show_usage()
        self._parts: list[Callable[[], object]] = [
            client.close,
            self._watching.stop,
            self.audit.release,
            self.history.release,
            self.service.release,
            self.ask.release,
        ]
        # Not a method: Qt calls none of an object that is going, but its children still stand.
        self.destroyed.connect(partial(_release, self._parts))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the width that it is made for."""
        return QSize(WIDTH, super().sizeHint().height())

    def release(self) -> None:
        """Cancel what is on its way and let go of the viewer; it is of no use after that."""
        _release(self._parts)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Notice that napari has taken it out of its place, which it does to close it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and not self.parent():
            self.release()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release it when napari's window closes: it tells its docks nothing else."""
        super().hideEvent(event)
        window = self.window()
        if window is not None and window is not self and not window.isVisible():
            self.release()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release it when it is a window of its own."""
        self.release()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        self.usage.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        foot.addWidget(self.usage, 1)
        foot.addWidget(self.open_audit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.not_for_diagnosis)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(foot)
        self.setMinimumWidth(WIDTH - 8)
        # Else napari adds a stretch below it.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def _on_longer(self, _low: int, high: int) -> None:
        """Keep the end of an answer in view while it comes."""
        if self._bar is not None and self.ask.conversation.state.is_busy:
            self._bar.setValue(high)

    def _on_told(self) -> None:
        self.history.show_exchanges(self.ask.conversation.exchanges, self.ask.places)
        self._show_usage()

    def _show_usage(self) -> None:
        said = network.usage().text
        if said != self.usage.text():
            self.usage.say(said)


def _release(parts: list[Callable[[], object]], _dock: object = None) -> None:
    while parts:
        # At the end of the process Qt may have deleted a part's timers before its window.
        with suppress(RuntimeError):
            parts.pop()()


def _scroll_to(area: QScrollArea, part: QWidget) -> None:
    """Bring the top of a part into view, once it has got its place."""

    def scroll() -> None:
        # The dock may be gone by now.
        with suppress(RuntimeError):
            bar, inside = area.verticalScrollBar(), area.widget()
            if bar is not None and inside is not None:
                bar.setValue(part.mapTo(inside, QPoint(0, 0)).y())

    QTimer.singleShot(0, scroll)


def _scrolling(part: QWidget) -> QScrollArea:
    """Let a part be scrolled when the window is too low for it; never sideways."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(part)
    return area
