"""The dock of the assistant, put together."""

from __future__ import annotations

import napari.viewer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QTabWidget

from napari_medscan.assistant import network
from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.prompts import Templates
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.assistant.ask import AskTab
from napari_medscan.widgets.assistant.audit_window import AuditWindow
from napari_medscan.widgets.assistant.history import HistoryTab
from napari_medscan.widgets.assistant.service import ServiceTab
from napari_medscan.widgets.dock import DockContainer, scrolling
from napari_medscan.widgets.panel.form import button, heading, holder, row, stretch
from napari_medscan.widgets.texts import PlainLabel

_USAGE_MS = 2000
_KEYS = Keys()
"""What was entered for this session lasts as long, whatever becomes of the dock."""


class AssistantDock(DockContainer):
    """The assistant's dock widget; its tabs are ``dock.ask``, ``dock.service``, ``dock.history``.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        What the image is of; napari hands it over by this name.
    client : Client, optional
        What sends; one of its own by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, client: Client | None = None) -> None:
        super().__init__()
        viewer = unwrapped(napari_viewer)
        network.watch()
        client = client or Client(_KEYS, Audit())
        self.service = ServiceTab(client)
        self.ask = AskTab(viewer, client, self.service, Templates())
        self.history = HistoryTab()
        self.audit = AuditWindow(client.audit, self.native)
        self.usage = PlainLabel()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        if (bar := self.tabs.tabBar()) is not None:
            # In the dark theme it is a white line.
            bar.setDrawBase(False)
        self.tabs.addTab(self.ask.native, "Ask")
        self.tabs.addTab(scrolling(self.service.native), "Service")
        self.tabs.addTab(scrolling(self.history.native), "History")
        audit = "Every use of the network by the assistant"
        foot = row(
            stretch(holder(self.usage)),
            button("open_audit", "Audit log…", audit, self.audit.open_audit),
        )
        self.open_audit = foot["open_audit"]
        self.extend([heading("Not for diagnosis"), holder(self.tabs), foot])
        self._watching = QTimer(self.native)
        self._watching.timeout.connect(self._show_usage)
        self._watching.start(_USAGE_MS)
        self.service.connected.connect(self._show_usage)
        self.ask.told.connect(guarded(self._on_told))
        self._is_back_after_choice = False
        self.ask.model_wanted.connect(guarded(self._on_model_wanted))
        self.service.models.chosen.connect(guarded(self._on_model_chosen))
        self._show_usage()
        self.on_release(client.close, self._watching.stop)
        self.on_release(*(p.release for p in (self.audit, self.history, self.service, self.ask)))

    def _on_told(self) -> None:
        self.history.show_exchanges(self.ask.conversation.exchanges)
        self._show_usage()

    def _on_model_wanted(self) -> None:
        self._is_back_after_choice = True
        self.tabs.setCurrentIndex(1)
        self.service.find_on_this_computer()

    def _on_model_chosen(self, *_: object) -> None:
        if self._is_back_after_choice:
            self._is_back_after_choice = False
            self.tabs.setCurrentIndex(0)

    @guarded
    def _show_usage(self) -> None:
        said = network.usage().text
        if said != self.usage.text():
            self.usage.say(said)
