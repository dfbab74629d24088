"""The dock in a window, on a chest CT, and who presses its buttons."""

from __future__ import annotations

import npe2
import pytest
from pytestqt.exceptions import TimeoutError as QtTimeoutError
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.conversation import State
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.providers import provider
from napari_medscan.assistant.transport import Limits
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.privacy import gate
from napari_medscan.privacy.text_check import TextCheck
from napari_medscan.render import prepare
from napari_medscan.widgets.assistant.dock import AssistantDock

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

    @property
    def review(self):
        return self.ask.review

    @property
    def question(self):
        return self.ask.details.question

    @property
    def image(self):
        """The bytes that are shown; none when they are not what would be sent."""
        images = self.review.images
        return images[0].data if images else b""

    def until(self, what, timeout=60_000):
        """Wait as long as a busy computer may take."""
        try:
            self.qtbot.waitUntil(lambda: bool(what()), timeout=timeout)
        except QtTimeoutError:
            raise AssertionError(
                f"still waiting; the dock says: {self.ask.status.text()!r}"
            ) from None

    def until_ready(self):
        self.until(lambda: self.ask.send.enabled)

    def preview(self):
        """Have the image prepared and look at it; return the bytes."""
        self.prepare()
        self.until_ready()
        return self.image

    def prepare(self):
        """Have the image prepared where nothing can be sent; return what is said."""
        self.ask.prepare()
        self.until(lambda: "Preparing" not in self.ask.status.text())
        return self.ask.status.text()

    def confirm(self):
        """Tick what has to be confirmed, having looked at full size."""
        self.ask.review.enlarge.native.click()
        self.review.full_size.enlarge.value = True
        self.scroll_until(lambda: self.review.confirm.enabled)
        self.review.full_size.reject()
        self.review.confirm.native.click()

    def scroll_until(self, what):
        """Scroll the window of full size through until something is so."""
        bar = self.review.full_size.area.verticalScrollBar()

        def go_on():
            bar.setValue(bar.value() + bar.pageStep() // 2 if bar.value() < bar.maximum() else 0)
            return what()

        self.until(go_on)

    def write(self, words):
        self.ask.prompt.text.value = words

    def send(self):
        assert self.ask.send.enabled
        self.ask.send.native.click()

    def wait(self, state):
        self.until(lambda: self.state is state)
        # What the user sees comes a moment after.
        self.until(lambda: self.shown.exchange is not None and self.shown.exchange.state is state)
        self.until(lambda: self.shown.text.is_whole)

    def answered(self, state=State.DONE):
        """Preview, send, wait for the whole answer or a state; return what was previewed."""
        previewed = self.preview()
        self.send()
        self.wait(state)
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
def _nothing_confirmed(monkeypatch):
    """Forget what other tests saw and confirmed."""
    monkeypatch.setattr(gate.SESSION, "_seen", {})
    monkeypatch.setattr(gate.SESSION, "_confirmed", {})


@pytest.fixture(autouse=True)
def _no_text(monkeypatch):
    """Find no text in the tests' small images: what is found there is luck."""
    monkeypatch.setattr(prepare, "check_text", lambda _rgb, _others: TextCheck())


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
    """Return a viewer in a window that is on screen: only there an image is seen."""
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

    def put(viewer, limits=None, *, automatic=False):
        # A test that waits for a limit sets its own; all others never meet one.
        limits = limits or Limits(connect=60, first_byte=60, stall=60, total=120)
        client = Client(Keys(), Audit(tmp_path / "audit.jsonl"), limits)
        dock = AssistantDock(viewer, client)
        dock.ask.is_automatic = automatic
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
