"""Install a wheel by napari's plugin manager as a person does, and time the way to the first image.

Runs in a napari without this plugin: ``python tools/plugin_manager.py WHEEL``, with
napari-plugin-manager installed. It opens Plugins ▸ Install/Uninstall Plugins…, types the wheel into
the field, clicks Install, and then starts napari again with the sample CT.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import invalidate_caches
from importlib.metadata import version

import napari
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

PATIENCE_S = 900
OPENS = """
import sys, napari
from qtpy.QtTest import QTest
viewer = napari.Viewer()
layers = viewer.open_sample("napari-medscan", "ct_chest")
for _ in range(200):
    QTest.qWait(50)
    if viewer.screenshot(canvas_only=True, flash=False)[..., :3].std() > 10:
        break
else:
    sys.exit("no image was drawn")
print(layers[0].name)
viewer.close()
"""


def main() -> int:
    """Install, start again, and print clicks and seconds."""
    wheel = os.path.abspath(sys.argv[1])  # noqa: PTH100 - what a person pastes
    viewer = napari.Viewer()
    seconds = _install(viewer, wheel)
    viewer.close()
    invalidate_caches()
    print(f"napari {version('napari')}: installed {version('napari-medscan')} in {seconds:.0f} s")
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPENS], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stderr[-2000:])
        return 1
    print(f"from starting napari to the first image: {time.monotonic() - start:.0f} s")
    print("clicks: Plugins, Install/Uninstall Plugins…, the field, Install, and the restart;")
    print("then File, Open Sample, MedScan, CT chest phantom; or a drop of a folder")
    return 0


def _install(viewer: napari.Viewer, wheel: str) -> float:
    """Install a wheel by the dialog of the plugin manager; return the seconds that it took."""
    from napari_plugin_manager import qt_plugin_dialog

    # The list of all plugins comes from a server, which is not asked.
    qt_plugin_dialog.iter_napari_plugin_info = _no_plugins
    menu = next(
        action.menu()
        for action in viewer.window._qt_window.menuBar().actions()  # noqa: SLF001
        if action.text().replace("&", "") == "Plugins"
    )
    menu.aboutToShow.emit()
    entry = next(action for action in menu.actions() if "Install/Uninstall" in action.text())
    entry.trigger()
    QTest.qWait(500)
    dialog = next(
        widget
        for widget in QApplication.allWidgets()
        if isinstance(widget, qt_plugin_dialog.QtPluginDialog)
    )
    finished: list[object] = []
    dialog.installer.allFinished.connect(finished.append)
    closer = QTimer()
    closer.timeout.connect(_close_question)
    closer.start(200)
    start = time.monotonic()
    dialog.direct_entry_edit.setText(wheel)
    dialog.direct_entry_btn.click()
    while not finished and time.monotonic() - start < PATIENCE_S:
        QTest.qWait(200)
    seconds = time.monotonic() - start
    if not finished or any(finished[0]):  # type: ignore[arg-type]
        sys.exit(f"the plugin manager failed:\n{dialog.stdout_text.toPlainText()[-3000:]}")
    dialog.close()
    return seconds


def _close_question() -> None:
    """Close what asks whether to start napari again; that is done here anyway."""
    from napari_plugin_manager.qt_plugin_dialog import QtPluginDialog

    question = QApplication.activeModalWidget()
    if question is not None and not isinstance(question, QtPluginDialog):
        question.close()


def _no_plugins() -> Iterator[object]:
    """Yield nothing; the dialog runs a generator in a thread."""
    yield from ()


if __name__ == "__main__":
    sys.exit(main())
