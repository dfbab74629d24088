"""Scenes of the assistant's dock, with a model of our own that answers on this computer."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

Scene = Callable[[napari.Viewer, QWidget], None]
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
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "MedScan assistant", tabify=True)
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


def _send(dock: AssistantDock) -> None:
    dock.ask.preview()
    _until(dock.ask.send.isEnabled)
    dock.ask.send.click()


def assistant_service(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Choose whom to ask."""
    dock = _open(viewer, "")
    dock.tabs.setCurrentIndex(1)


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
        dock = _open(viewer, _NOWHERE, folder)
        dock.ask.preview()
        _until(lambda: dock.ask.pane.is_seen)


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


def assistant_streaming(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Watch an answer come."""
    with _model(ends=False) as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == "streaming")


def assistant_cancelled(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Stop an answer."""
    with _model(ends=False) as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == "streaming")
        dock.ask.answer.cancel.click()


def assistant_answer(viewer: napari.Viewer, _panel: QWidget) -> None:
    """Read an answer."""
    with _model() as address:
        dock = _open(viewer, address)
        _send(dock)
        _until(lambda: dock.ask.conversation.state == "done")


@contextmanager
def _model(*, ends: bool = True) -> Iterator[str]:
    """Answer each question by the same words, on a port of this computer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for text, finish in ((_ANSWER, None), ("", "stop"))[: 1 + ends]:
                choice = {"delta": {"content": text}, "finish_reason": finish}
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
            self.wfile.flush()
            if not ends:
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
    assistant_preview,
    assistant_outlined,
    assistant_changed,
    assistant_no_connection,
    assistant_streaming,
    assistant_cancelled,
    assistant_answer,
)
ASSISTANT: dict[str, Scene] = {scene.__name__: scene for scene in _SCENES}
