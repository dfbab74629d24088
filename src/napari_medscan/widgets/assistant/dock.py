"""The dock of the assistant, put together."""

from __future__ import annotations

from contextlib import suppress

import napari.viewer
from qtpy.QtCore import QEvent, QPoint, QTimer
from qtpy.QtWidgets import (
    QApplication,
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
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.assistant.ask import AskSection
from napari_medscan.widgets.assistant.audit_window import AuditWindow
from napari_medscan.widgets.assistant.history import HistoryPane
from napari_medscan.widgets.assistant.service import ServiceForm
from napari_medscan.widgets.assistant.texts import Heading, PlainLabel
from napari_medscan.widgets.dock import Docked, scrolling

_USAGE_MS = 2000
_KEYS = Keys()
"""What was entered for this session lasts as long, whatever becomes of the dock."""


class AssistantDock(Docked):
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
        viewer = unwrapped(napari_viewer)
        network.watch()
        client = client or Client(_KEYS, Audit())
        self.service = ServiceForm(client)
        self.ask = AskSection(viewer, client, self.service, Templates())
        self.history = HistoryPane()
        self.audit = AuditWindow(client.audit, self)
        self.not_for_diagnosis = Heading("Not for diagnosis")
        self.usage = PlainLabel()
        self.open_audit = QPushButton("Audit log…")
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        bar = self.tabs.tabBar()
        if bar is not None:
            # A white line in the dark theme.
            bar.setDrawBase(False)
        asking = scrolling(self.ask)
        self.tabs.addTab(asking, "Ask")
        self.tabs.addTab(scrolling(self.service), "Service")
        self.tabs.addTab(scrolling(self.history), "History")
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
        self.on_release(client.close, self._watching.stop)
        self.on_release(*(p.release for p in (self.audit, self.history, self.service, self.ask)))

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


def _scroll_to(area: QScrollArea, part: QWidget) -> None:
    """Bring the top of a part into view, once it has got its place."""

    def scroll() -> None:
        # The dock may be gone by now.
        with suppress(RuntimeError):
            bar, inside = area.verticalScrollBar(), area.widget()
            if bar is not None and inside is not None:
                # Lines are broken, and parts grow, once their widths are known.
                QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
                bar.setValue(part.mapTo(inside, QPoint(0, 0)).y())

    QTimer.singleShot(0, scroll)
