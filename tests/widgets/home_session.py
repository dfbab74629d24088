"""A session of everything that asks for a file, which test_home.py runs in a home of its own."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

import napari
from napari._app_model import get_app_model
from napari.settings import get_settings
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QDialogButtonBox, QFileDialog, QLineEdit

from napari_medscan.napari_.menu import PLUGIN

STEP_MS, STEPS = 25, 2400


def until(ready):
    for _ in range(STEPS):
        if ready():
            return
        QTest.qWait(STEP_MS)
    raise TimeoutError(ready)


class Hand:
    """Answers each file dialog: goes to a folder, names a file where one is wanted, accepts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name, self.answered = folder, "", 0
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(50)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            return
        dialog.setDirectory(str(self.folder))
        if self.name:
            suffix = Path(self.name).suffix
            kinds = [kind for kind in dialog.nameFilters() if suffix in kind]
            # The last one: napari's own writers are named first.
            dialog.selectNameFilter(kinds[-1])
            # As it is typed: Qt's selectFile does nothing while the field has the focus.
            dialog.findChild(QLineEdit).setText(self.name)
        self.name = ""
        buttons = dialog.findChild(QDialogButtonBox).buttons()
        self.answered += 1
        next(b for b in buttons if b.text().strip("&") != "Cancel").click()

    def during(self, do, name=""):
        """Do what asks for a file, and wait until it was answered."""
        before, self.name = self.answered, name
        do()
        until(lambda: self.answered > before)


def command(id_):
    return lambda: get_app_model().commands.execute_command(id_)


def server() -> str:
    """Answer one question, and return the address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        with connection:
            data = b""
            while b'"stream":' not in data:
                part = connection.recv(65536)
                assert part, "a connection was closed before its question came"
                data += part
            words = b'{"choices":[{"message":{"content":"A chest."},"finish_reason":"stop"}]}'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            connection.sendall(head + words)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


def opened(viewer, hand) -> list[str]:
    """Open the study by this plugin's dialog and by napari's own."""
    hand.during(command("napari-medscan.open_folder"))
    until(lambda: len(viewer.layers) == 1)
    viewer.layers.clear()
    get_settings().plugins.extension2reader = {"*/": PLUGIN, "*.dcm": PLUGIN}
    hand.during(command("napari.window.file.open_folder_dialog"))
    until(lambda: len(viewer.layers) == 1)
    return ["opened", "opened by napari"]


def exported(viewer, hand) -> list[str]:
    """Write all that a menu or the panel writes."""
    hand.during(command("napari-medscan.save_nifti"))
    until((hand.folder / "series.nii.gz").exists)
    viewer.layers.selection.active = viewer.layers[0]
    hand.during(command("napari.window.file.save_layers_dialog.selected"), "layer.nrrd")
    until((hand.folder / "layer.nrrd").exists)
    hand.during(command("napari.window.file.save_canvas_screenshot_dialog"), "screen.png")
    command("napari-medscan.save_image")()
    (window,) = (w for w in QApplication.topLevelWidgets() if "without metadata" in w.windowTitle())
    until(lambda: window.review.images)
    hand.during(window.page.save.native.click)
    until(lambda: list(hand.folder.glob("ct*.png")))
    window.reject()
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    panel.tabs.setCurrentWidget(panel.tags.native)
    until(lambda: panel.tags.model.rowCount() > 20)
    panel.tags.search.value = "CANARY"
    QTest.qWait(4 * STEP_MS)
    panel.tags.search.value = ""
    QTest.qWait(4 * STEP_MS)
    hand.during(panel.tags.export.native.click)
    until((hand.folder / "tags.csv").exists)
    return ["exported", "image saved", "tags saved"]


def asked(viewer, hand) -> list[str]:
    """Ask the assistant, keep its answer, and save the audit."""
    widget, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "AI assistant", tabify=True)
    widget.raise_()
    from napari_medscan.assistant.providers import provider

    dock.service.choose(provider("compatible"), server(), "a-model")
    until(lambda: dock.ask.send.enabled)
    dock.ask.send.native.click()
    until(lambda: dock.ask.answer["actions"].visible)
    hand.during(dock.ask.answer.save.native.click)
    until(lambda: list(hand.folder.glob("answer-*.md")))
    dock.open_audit.native.click()
    until(lambda: dock.audit.note.text().startswith("1 network request"))
    hand.during(dock.audit.export.native.click)
    dock.audit.reject()
    return ["asked", "audit saved"]


def settings(viewer) -> list[str]:
    """Open napari's preferences and change something, and what this plugin remembers."""
    command("napari.window.file.show_preferences_dialog")()
    QTest.qWait(8 * STEP_MS)
    for window in QApplication.topLevelWidgets():
        if isinstance(window, QDialog) and window.windowTitle().startswith("Preferences"):
            window.accept()
    get_settings().appearance.theme = "light"
    viewer.window._qt_window.close()
    return ["settings"]


def main(folder: Path) -> None:
    viewer = napari.Viewer(title="home")
    hand = Hand(folder)
    done = [*opened(viewer, hand), *exported(viewer, hand), *asked(viewer, hand)]
    done += settings(viewer)
    sys.stdout.write(" ".join(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
