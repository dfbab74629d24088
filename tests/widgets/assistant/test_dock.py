"""The dock in napari: opened, closed, looked at, and what it keeps."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_medscan.assistant.conversation import State
from napari_medscan.napari_ import viewer_watch
from napari_medscan.widgets.assistant.dock import AssistantDock
from napari_medscan.widgets.dock import WIDTH

from ...assistant.serving import WHOLE, Server, head, piece, says
from ...napari_window import let_go
from .conftest import User


def opened(viewer):
    """Open the dock as the Plugins menu does."""
    return viewer.window.add_plugin_dock_widget("napari-medscan", "AI assistant")


def listeners(viewer):
    """Return which objects of ours listen to the viewer and its layers."""
    emitters = [
        *viewer.dims.events.emitters.values(),
        *viewer.layers.events.emitters.values(),
        *viewer.scene.camera.events.emitters.values(),
        viewer.layers.selection.events,
        viewer.layers.selection.events.active,
        *(layer.events for layer in viewer.layers),
    ]
    methods = [c for emitter in emitters for c in emitter.callbacks if isinstance(c, tuple)]
    found = [reference() for reference, _ in methods]
    watched = viewer_watch._watches.get(viewer)
    found += [] if watched is None else [s.callback for s in watched._subscriptions]
    return [x for x in found if "widgets.assistant" in (getattr(x, "__module__", None) or "")]


def test_it_opens_from_the_menu_and_fits(viewer, qtbot):
    _, dock = opened(viewer)
    assert isinstance(dock, AssistantDock)
    for part in (dock, dock.ask, dock.service, dock.history):
        assert part.native.minimumSizeHint().width() <= WIDTH - 8
    qtbot.waitUntil(dock.native.isVisible, timeout=60_000)
    assert dock.usage.text().startswith("Network: ")


def test_every_label_is_plain_text(viewer):
    _, dock = opened(viewer)
    labels = dock.native.findChildren(QLabel)
    assert labels
    rich = [x.text() for x in labels if x.textFormat() is not Qt.TextFormat.PlainText]
    assert rich == []


def test_closing_and_opening_it_leaves_nothing(viewer, qtbot):
    left = []
    for _ in range(4):
        widget, dock = opened(viewer)
        dock.service.model_name.value = "m"
        dock.ask.prepare()
        left += [weakref.ref(dock), weakref.ref(dock.ask), weakref.ref(dock.ask._subscription)]
        assert listeners(viewer)
        widget.destroyOnClose()
        del widget, dock
        let_go()

    def is_gone():
        let_go()
        return not any(ref() is not None for ref in left)

    # The thread that prepares an image lets go when it is done.
    qtbot.waitUntil(is_gone, timeout=60_000)
    assert listeners(viewer) == []


def test_closing_while_streaming_ends_the_connection(user, network_allowed, qtbot):  # noqa: ARG001
    def answer(connection):
        connection.sendall(head() + piece("A chest"))
        gone.append(connection.recv(1) == b"")

    gone = []
    with Server(answer) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        user.dock.release()
        qtbot.waitUntil(lambda: gone == [True], timeout=60_000)
    assert user.state is State.CANCELED


def is_in_view(widget):
    return widget.visibleRegion().boundingRect() == widget.rect()


def test_question_and_answer_are_in_view_and_send_is_always(user, network_allowed):  # noqa: ARG001
    words = piece("A chest of a phantom. " * 6)
    with Server(says(head(), words, piece("", '"stop"'), b"data: [DONE]\n\n")) as recorder:
        user.choose(recorder.url)
        user.preview()
        assert is_in_view(user.ask.send.native)
        user.send()
        user.wait(State.DONE)
    user.until(lambda: is_in_view(user.shown.question))
    user.until(lambda: is_in_view(user.shown.text))
    assert is_in_view(user.ask.send.native)


def test_the_image_is_prepared_without_a_press_and_follows_the_view(viewer, docked, qtbot):
    user = User(docked(viewer, automatic=True), qtbot)
    user.choose("http://127.0.0.1:9/v1")
    user.until_ready()
    first = user.image
    viewer.dims.set_current_step(0, 1)
    user.until(lambda: user.image not in (b"", first))
    user.until_ready()


def test_closing_the_viewer_while_streaming_harms_nothing(viewer, docked, qtbot, network_allowed):  # noqa: ARG001
    user = User(docked(viewer), qtbot)
    with Server(lambda c: (c.sendall(head() + piece("A")), recorder.is_over.wait())) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        viewer.close()
        assert user.state is State.CANCELED
        let_go()


def test_the_service_is_remembered_and_the_key_is_not(user, viewer, docked, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        key = user.dock.service.key
        key.secret.value = "sk-canary-42"
        key.use.native.click()
        user.qtbot.waitUntil(lambda: "this session" in key.source.text(), timeout=60_000)
        user.answered()
        assert b"authorization: bearer sk-canary-42" in recorder.requests[0].lower()
    again = docked(viewer)
    assert again.service.address.value == recorder.url
    assert again.service.model == "a-model"
    config = os.environ["XDG_CONFIG_HOME"]
    for folder, _, names in os.walk(config):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123
                assert b"sk-canary" not in file.read()


def test_importing_it_imports_no_network_code():
    code = "import sys, napari_medscan.widgets.assistant.dock; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert "httpx" not in done.stdout.split()
