"""Scenes of the assistant's dock, with a model of our own that answers on this computer."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import napari
import pydicom
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_medscan import phantoms
from napari_medscan.assistant.providers import provider
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.samples import study_folder
from napari_medscan.widgets.assistant.dock import AssistantDock

Scene = Callable[[napari.Viewer, QWidget], QWidget | None]
_ANSWER = (
    "An **axial slice** through the chest of a phantom:\n\n- the heart in the middle, both lungs"
    "\n- the spine and the ribs\n\nNothing stands out. A single image cannot show motion or "
    "neighbouring slices."
)
_STEP_MS, _STEPS = 20, 500
_NOWHERE = "http://127.0.0.1:9/v1"


def _open(viewer: napari.Viewer, address: str, study: str = "") -> AssistantDock:
    """Show a study, by default a CT, and the dock before the panel, with settings of its own."""
    home = tempfile.mkdtemp()
    os.environ.update(XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
    study = study or str(study_folder("ct-chest", phantoms.write_ct_chest))
    viewer.open(study, plugin=PLUGIN)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "AI assistant", tabify=True)
    dock.raise_()
    if address:
        dock.service.choose(provider("ollama"), address, "llava:7b")
    QTest.qWait(1000)
    return dock


def _until(ready: Callable[[], bool]) -> None:
    for _ in range(_STEPS):
        if ready():
            return
        QTest.qWait(_STEP_MS)
    raise TimeoutError


def _look_at(viewer: napari.Viewer, study: str) -> AssistantDock:
    """Preview a study until the whole picture was in view; whether it may be sent is open."""
    dock = _open(viewer, _NOWHERE, study)
    dock.ask.preview()
    _until(lambda: dock.ask.pane.is_seen)
    return dock


def _send(dock: AssistantDock) -> None:
    dock.ask.preview()
    _until(dock.ask.send.isEnabled)
    dock.ask.send.click()


def assistant_service(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Choose whom to ask."""
    dock = _open(viewer, "")
    dock.tabs.setCurrentIndex(1)


def assistant_no_model(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Begin, before a model is chosen."""
    dock = _open(viewer, "")
    dock.ask.preview()
    _until(lambda: "No model" in dock.ask.status.text())


def assistant_preview(viewer: napari.Viewer, _panel: QWidget) -> None:
    """See all of what would be sent."""
    dock = _open(viewer, _NOWHERE)
    dock.ask.preview()
    _until(dock.ask.send.isEnabled)


def assistant_outlined(viewer: napari.Viewer, _panel: QWidget) -> None:
    """See what looks like text, in an ultrasound whose file names no regions."""
    with tempfile.TemporaryDirectory() as folder:
        phantoms.write_us_heart(Path(folder), frames=6)
        for path in Path(folder).iterdir():
            data = pydicom.dcmread(path)
            del data.SequenceOfUltrasoundRegions
            # It was in the regions; without it napari would show a notice over the picture.
            data.PixelSpacing = [0.3, 0.3]
            data.save_as(path)
        _look_at(viewer, folder)


def assistant_look(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Be asked to look, since the header makes text likely."""
    with tempfile.TemporaryDirectory() as folder:
        phantoms.write_us_heart(Path(folder), frames=6)
        _look_at(viewer, folder)


def assistant_full_size(viewer: napari.Viewer, _panel: QWidget) -> QWidget:
    """Read what is written in a picture, in a window of its own."""
    with tempfile.TemporaryDirectory() as folder:
        phantoms.write_us_heart(Path(folder), frames=6)
        pane = _look_at(viewer, folder).ask.pane
        pane.enlarge.click()
        _until(lambda: "has been in view" in pane.full_size.note.text())
        return pane.full_size


def assistant_changed(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Move to another slice after the preview."""
    dock = _open(viewer, _NOWHERE)
    dock.ask.preview()
    _until(dock.ask.send.isEnabled)
    viewer.dims.set_current_step(0, 20)


def assistant_no_connection(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Ask where nobody answers."""
    dock = _open(viewer, _NOWHERE)
    _send(dock)
    _until(lambda: dock.ask.conversation.state == "failed")


def assistant_sending(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Wait for the first byte."""
    with _model(_Said(200, "", waits=True)) as address:
        dock = _open(viewer, address)
        _send(dock)
        # Until it is connected.
        QTest.qWait(1000)


def assistant_streaming(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Watch an answer come."""
    with _model(_answer(_ANSWER, waits=True)) as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == "streaming")


def assistant_cancelled(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Stop an answer."""
    with _model(_answer(_ANSWER, waits=True)) as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == "streaming")
        dock.ask.answer.cancel.click()


def assistant_answer(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Read an answer."""
    _ended(viewer, _answer(_ANSWER, "stop"), "done")


def assistant_incomplete(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Read an answer that breaks off."""
    _ended(viewer, _answer(_ANSWER[:70]), "incomplete")


def assistant_wrong_key(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Be refused."""
    said = json.dumps({"error": {"message": "Incorrect API key provided."}})
    _ended(viewer, _Said(401, said), "failed")


def assistant_wait(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Be asked to wait."""
    said = json.dumps({"error": {"message": "Rate limit reached."}})
    _ended(viewer, _Said(429, said, retry_after=90), "failed")


def assistant_audit(viewer: napari.Viewer, _panel: QWidget) -> QWidget:
    """See all uses of the network."""
    with _model(_answer(_ANSWER, "stop"), _Said(401, "{}"), _answer("A ch")) as address:
        dock = _open(viewer, address)
        for state in ("done", "failed", "incomplete"):
            _send(dock)
            _until(lambda state=state: dock.ask.conversation.state == state)
    dock.open_audit.click()
    _until(lambda: dock.audit.model.rowCount() == 3)
    return dock.audit


def _ended(viewer: napari.Viewer, said: _Said, state: str) -> None:
    with _model(said) as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == state)


@dataclass(frozen=True)
class _Said:
    """What a model says to one question, and whether it leaves the connection open then."""

    status: int
    body: str
    retry_after: int = 0
    waits: bool = False


def _answer(text: str, finish: str = "", *, waits: bool = False) -> _Said:
    choices = [{"delta": {"content": text}, "finish_reason": None}]
    if finish:
        choices.append({"delta": {}, "finish_reason": finish})
    events = (f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
    return _Said(200, "".join(events), waits=waits)


@contextmanager
def _model(*says: _Said) -> Iterator[str]:
    """Answer each question by the next of some answers, on a port of this computer."""
    left = list(says)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = left.pop(0)
            self.rfile.read(int(self.headers["Content-Length"]))
            if said.body:
                self.send_response(said.status)
                kind = "text/event-stream" if said.status == 200 else "application/json"
                self.send_header("Content-Type", kind)
                if said.retry_after:
                    self.send_header("Retry-After", str(said.retry_after))
                self.end_headers()
                self.wfile.write(said.body.encode())
                self.wfile.flush()
            if said.waits:
                # The picture is taken meanwhile.
                threading.Event().wait(10)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


_SCENES = (
    assistant_service,
    assistant_no_model,
    assistant_preview,
    assistant_outlined,
    assistant_look,
    assistant_full_size,
    assistant_changed,
    assistant_sending,
    assistant_no_connection,
    assistant_streaming,
    assistant_cancelled,
    assistant_answer,
    assistant_incomplete,
    assistant_wrong_key,
    assistant_wait,
    assistant_audit,
)
ASSISTANT: dict[str, Scene] = {scene.__name__: scene for scene in _SCENES}
