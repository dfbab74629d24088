"""The dock in a window, on a chest CT, and who presses its buttons."""

from __future__ import annotations

import npe2
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.conversation import State
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.providers import provider
from napari_medscan.assistant.transport import Limits
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.widgets.assistant import preparing
from napari_medscan.widgets.assistant.dock import AssistantDock
from napari_medscan.widgets.assistant.text_check import TextCheck

CHAT, MESSAGES = provider("compatible"), provider("compatible-messages")


class User:
    """Who looks at the dock and presses its buttons."""

    def __init__(self, dock, qtbot):
        self.dock, self.ask, self.qtbot = dock, dock.ask, qtbot

    @property
    def state(self):
        return self.ask.conversation.state

    @property
    def shown(self):
        return self.ask.answer

    def choose(self, url, service=CHAT, model="a-model"):
        self.dock.service.choose(service, url, model)

    def preview(self):
        """Press Preview and look at it; return the bytes."""
        self.ask.show_preview.click()
        self.qtbot.waitUntil(lambda: "Preparing" not in self.ask.status.text(), timeout=15000)
        self.qtbot.waitUntil(self.ask.send.isEnabled)
        return self.ask.pane.jpeg

    def prepare(self):
        """Press Preview where nothing can be sent; wait for what is said."""
        self.ask.show_preview.click()
        self.qtbot.waitUntil(lambda: "Preparing" not in self.ask.status.text(), timeout=15000)
        return self.ask.status.text()

    def send(self):
        assert self.ask.send.isEnabled()
        self.ask.send.click()

    def wait(self, state):
        self.qtbot.waitUntil(lambda: self.state is state, timeout=15000)
        # What the user sees comes a moment after.
        self.qtbot.waitUntil(lambda: self.shown.exchange.state is state, timeout=5000)

    def answered(self):
        """Preview, send, wait for the whole answer; return the bytes that were previewed."""
        previewed = self.preview()
        self.send()
        self.wait(State.DONE)
        return previewed


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    """Keep the environment's keys and lists, and all that is remembered, out of the tests."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MEDSCAN_ALLOWED_HOSTS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def _no_text(monkeypatch):
    """Find no text in the tests' small pictures: what is found there is luck."""
    monkeypatch.setattr(preparing, "check_text", lambda _rgb, _others: TextCheck((), ""))


@pytest.fixture
def saving_to(monkeypatch):
    """Return what has the next dialogs name a file, and something happen while they are open."""

    def answer(path, meanwhile=lambda: None):
        def ask(*_, **__):
            meanwhile()
            return str(path), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)

    return answer


@pytest.fixture
def empty(make_napari_viewer):
    """Return a viewer in a window that is on screen: only there a picture is seen."""
    npe2.PluginManager.instance().discover()
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1200, 1000)
    return viewer


@pytest.fixture
def viewer(empty, chest):
    empty.open(str(chest), plugin=PLUGIN)
    return empty


@pytest.fixture
def docked(tmp_path):
    """Return what puts a dock beside a viewer."""
    docks = []

    def put(viewer, limits=None):
        limits = limits or Limits(connect=2, first_byte=5, stall=5, total=10)
        client = Client(Keys(), Audit(tmp_path / "audit.jsonl"), limits)
        dock = AssistantDock(viewer, client)
        viewer.window.add_dock_widget(dock, name="AI assistant")
        docks.append(dock)
        return dock

    yield put
    for dock in docks:
        dock.release()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def user(viewer, docked, qtbot):
    return User(docked(viewer), qtbot)
