"""Asks the assistant by the mouse of the X server, counting, for test_actions.py."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import napari
import pydicom
from napari.settings import get_settings
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu

from napari_medscan.assistant.conversation import State
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest, write_us_heart
from napari_medscan.widgets.assistant import service

sys.path.insert(0, str(Path(__file__).parents[2]))
from x_input import LEFT, XInput  # type: ignore[import-not-found]

STEP_MS, STEPS = 25, 2400
MODELS = json.dumps({"data": [{"id": "medgemma1.5:4b"}, {"id": "llama3.1:8b"}]})
ANSWER = json.dumps({"choices": [{"message": {"content": "A."}, "finish_reason": "stop"}]})


def until(ready):
    for _ in range(STEPS):
        if ready():
            QTest.qWait(STEP_MS)
            return
        QTest.qWait(STEP_MS)
    raise TimeoutError(ready)


def serving():
    """Answer for ever, as a server of models does, and return the port."""
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listening.accept()
            with connection:
                data = connection.recv(65536)
                is_list = data.startswith(b"GET")
                head, _, body = data.partition(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
                while len(body) < size:
                    body += connection.recv(65536)
                said = (MODELS if is_list else ANSWER).encode()
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(said) + said)

    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


class Person:
    """Who has a mouse; each click and each choice in a menu or a box is an action."""

    def __init__(self, viewer) -> None:
        self.viewer, self.mouse = viewer, XInput()
        self.dock = None
        self.actions = 0

    def click(self, widget, place=None) -> None:
        """Click a widget where it is on screen; it has to be there, and to be enabled."""
        until(lambda: widget.isVisible() and widget.isEnabled())
        part = widget.visibleRegion().boundingRect()
        assert not part.isEmpty(), f"{widget} is scrolled out of view"
        at = widget.mapToGlobal(part.center() if place is None else place)
        below = QApplication.widgetAt(at)
        assert below is widget or widget.isAncestorOf(below), f"{below} is over {widget}"
        self.mouse.click(LEFT, at.x(), at.y())
        self.actions += 1

    def choose(self, box, text) -> None:
        """Open a box and choose a line of it: two clicks."""
        self.click(box)
        assert box.findText(text) >= 0
        view = box.view()
        until(view.isVisible)
        index = view.model().index(box.findText(text), 0)
        self.click(view.viewport(), view.visualRect(index).center())
        assert box.currentText() == text

    def open_dock(self) -> None:
        """Choose Plugins, MedScan, AI assistant: one action, as each command of a menu is."""
        bar = self.viewer.window._qt_window.menuBar()
        before = self.actions
        self._choose_in(bar, "Plugins")
        for name in ("MedScan", "AI assistant"):
            until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
            menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu)]
            menu = next(
                m for m in menus if m.isVisible() and any(name in a.text() for a in m.actions())
            )
            self._choose_in(menu, name)
        self.actions = before + 1
        until(lambda: self._find_dock() is not None)
        self.dock = self._find_dock()

    def _find_dock(self):
        from napari_medscan.widgets.assistant.dock import AssistantDock

        docks = self.viewer.window.dock_widgets.values()
        return next((d for d in docks if isinstance(d, AssistantDock)), None)

    def _choose_in(self, menu, text) -> None:
        action = next(a for a in menu.actions() if text in a.text().replace("&", ""))
        self.click(menu, menu.actionGeometry(action).center())
        QTest.qWait(4 * STEP_MS)

    def send(self) -> None:
        """Look at what would be sent, which is an action, press Send, and read the answer."""
        ask = self.dock.ask
        until(ask.send.native.isEnabled)
        self.actions += 1
        self.read()

    def read(self) -> None:
        """Press Send, and have the answer in view."""
        ask, before = self.dock.ask, len(self.dock.ask.conversation.exchanges)
        self.click(ask.send.native)
        until(lambda: len(ask.conversation.exchanges) > before)
        until(lambda: ask.conversation.state is State.DONE)
        text = ask.answer.text
        until(lambda: not text.visibleRegion().isEmpty())

    def look_at_all(self) -> None:
        """Open the sheet of all images, which is an action, and turn the wheel to its end."""
        ask = self.dock.ask
        # Forty images are checked for text first.
        for _ in range(5):
            with suppress(TimeoutError):
                until(ask.view_images.native.isVisible)
                break
        self.click(ask.view_images.native)
        view = ask.review.full_size.area.viewport()
        until(view.isVisible)
        middle = view.mapToGlobal(view.rect().center())
        self.mouse.move(middle.x(), middle.y())
        for _ in range(STEPS):
            if all(map(ask._gate.is_seen, ask.review.images)):
                return
            self.mouse.wheel(2)
        raise TimeoutError(ask.status.text())

    def counted(self) -> int:
        done, self.actions = self.actions, 0
        return done


def opened(viewer, folder):
    viewer.layers.clear()
    viewer.open(str(folder), plugin=PLUGIN)
    QTest.qWait(20 * STEP_MS)


def follow_up(person) -> int:
    """Type another question and send it; what was looked at needs no other look."""
    person.dock.ask.prompt.text.value = "And the heart?"
    person.read()
    return person.counted()


def close_dock(person) -> None:
    (name,) = (n for n, d in person.viewer.window.dock_widgets.items() if d is person.dock)
    person.viewer.window.remove_dock_widget(person.viewer.window._wrapped_dock_widgets[name])
    person.dock = None
    QTest.qWait(10 * STEP_MS)


def session(folder: Path) -> dict[str, int]:  # noqa: PLR0915 - one after the other
    """Return how many actions each way from an image to an answer takes."""
    chest, heart = folder / "chest", folder / "heart"
    chest.mkdir()
    heart.mkdir()
    write_ct_chest(chest, size=128, slices=40)
    write_us_heart(heart, frames=2)
    # As real ones are: nothing says that there is no text.
    for path in heart.iterdir():
        data = pydicom.dcmread(path)
        data.BurnedInAnnotation = "YES"
        data.save_as(path)
    port = serving()
    here = service._LOCAL[0]
    service._LOCAL = (replace(here, base_url=f"http://127.0.0.1:{port}/v1"),)
    get_settings().application.confirm_close_window = False
    viewer = napari.Viewer(title="actions")
    viewer.window.resize(1500, 950)
    counts = {}
    opened(viewer, chest)
    person = Person(viewer)
    person.open_dock()
    person.click(person.dock.ask.find_models.native)
    models = person.dock.service.models
    until(lambda: models.usable == 1)
    person.click(models.viewport(), models.visualItemRect(models.item(0)).center())
    person.send()
    counts["first"] = person.counted()
    counts["follow-up"] = follow_up(person)
    close_dock(person)
    viewer.dims.set_current_step(0, 1)
    person.counted()
    person.open_dock()
    person.send()
    counts["later"] = person.counted()
    close_dock(person)
    person.counted()
    person.open_dock()
    # Until then the parts of the dock move.
    until(person.dock.ask.send.native.isEnabled)
    person.choose(person.dock.ask.images.which.native, "Whole series")
    person.look_at_all()
    person.read()
    counts["series"] = person.counted()
    counts["series, follow-up"] = follow_up(person)
    close_dock(person)
    opened(viewer, heart)
    person.counted()
    person.open_dock()
    review = person.dock.ask.review
    until(lambda: review.images and review.confirm.visible)
    person.click(review.enlarge.native)
    person.click(review.full_size.confirm.native)
    person.read()
    counts["ultrasound"] = person.counted()
    counts["ultrasound, follow-up"] = follow_up(person)
    person.mouse.close()
    viewer.close()
    return counts


if __name__ == "__main__":
    sys.stdout.write(json.dumps(session(Path(sys.argv[1]))))
