"""A session of everything but Send, which test_offline.py runs in a process of its own."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import napari
from qtpy.QtCore import QRectF
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QTreeWidget

from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest

STEP_MS, STEPS = 20, 1000


def until(ready):
    for _ in range(STEPS):
        if ready():
            return
        QTest.qWait(STEP_MS)
    raise TimeoutError(ready)


def look_around(viewer: napari.Viewer) -> list[str]:
    """Use the panel: series, window, views, tags."""
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    for number in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(number)
        QTest.qWait(STEP_MS)
    presets = panel.window.native.findChild(QTreeWidget)
    until(lambda: presets.topLevelItemCount() > 0)
    limits = []
    for row in range(presets.topLevelItemCount()):
        presets.itemClicked.emit(presets.topLevelItem(row), 0)
        limits.append(tuple(viewer.layers[0].contrast_limits))
    assert len(set(limits)) > 1
    for plane in ("Coronal", "Sagittal", "Axial"):
        panel.views.plane.value = plane
        QTest.qWait(STEP_MS)
    panel.views.rendering.value = "Bone"
    QTest.qWait(STEP_MS)
    panel.views.plane.value = "Axial"
    tags = panel.tags
    until(lambda: tags.model.rowCount() > 20)
    everything = tags.model.rowCount()
    tags.search.value = "position"
    until(lambda: 0 < tags.model.rowCount() < everything)
    return ["panel", "presets", "planes and volume", "tags and search"]


def prepare(viewer: napari.Viewer, folder: Path) -> list[str]:
    """Do all in the assistant's dock but press Send."""
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "AI assistant", tabify=True)
    dock.raise_()
    for number in range(dock.service.provider_choice.count()):
        dock.service.provider_choice.setCurrentIndex(number)
        QTest.qWait(STEP_MS)
    dock.tabs.setCurrentIndex(1)
    dock.service.provider_choice.setCurrentText("OpenAI")
    key = dock.service.key
    key.secret.setText("sk-of-this-session")
    key.use.click()
    until(lambda: key.source.text() == "Key entered for this session.")
    key.forget.click()
    dock.service.provider_choice.setCurrentIndex(0)
    dock.service.model_choice.setEditText("a-model")
    dock.tabs.setCurrentIndex(0)
    ask, pane = dock.ask, dock.ask.pane
    for number in range(ask.prompt.choice.count()):
        ask.prompt.choice.setCurrentIndex(number)
    ask.prompt.modality.setChecked(True)

    def show():
        until(lambda: pane.preview is not None and pane.is_seen)

    ask.show_preview.click()
    show()
    whole = pane.jpeg
    pane.draw_mask.click()
    pane.picture.drawn.emit(QRectF(0.1, 0.1, 0.3, 0.3))
    show()
    assert pane.jpeg != whole
    if not pane.is_ready:
        pane.confirm.setChecked(True)
    assert ask.send.isEnabled()
    with patch.object(QFileDialog, "getSaveFileName", return_value=(f"{folder}/picture.jpg", "")):
        ask.save_jpeg.click()
    assert (folder / "picture.jpg").read_bytes() == pane.jpeg
    dock.open_audit.click()
    until(lambda: dock.audit.note.text().startswith("0 network requests"))
    dock.audit.reject()
    dock.tabs.setCurrentIndex(2)
    assert dock.usage.text() == "Network: not used in this session"
    return ["services and keys", "preview", "mask", "JPEG saved", "audit"]


def session(folder: Path) -> list[str]:
    """Return what was done, in a folder of its own."""
    study = folder / "study"
    study.mkdir()
    write_ct_chest(study, size=64, slices=12)
    viewer = napari.Viewer(title="offline")
    viewer.open(str(study), plugin=PLUGIN)
    done = ["opened", *look_around(viewer), *prepare(viewer, folder)]
    viewer.close()
    return done
