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
from napari_medscan.widgets.image.save_window import SaveImageWindow

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
    widget, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "AI assistant", tabify=True)
    widget.raise_()
    names = dock.service.service_name.choices
    for name in names:
        dock.service.service_name.value = name
        QTest.qWait(STEP_MS)
    dock.tabs.setCurrentIndex(1)
    dock.service.service_name.value = "OpenAI"
    key = dock.service.key
    key.secret.value = "sk-of-this-session"
    key.use.native.click()
    until(lambda: key.source.text() == "Key entered for this session.")
    key.forget.native.click()
    dock.service.service_name.value = names[0]
    dock.service.model_name.value = "a-model"
    dock.tabs.setCurrentIndex(0)
    ask, review = dock.ask, dock.ask.review
    for name in ask.prompt.template.choices:
        ask.prompt.template.value = name
    ask.prompt.modality.value = True

    def image():
        until(lambda: review.images and ask.send.enabled)
        return review.images[0].data

    whole = image()
    review.draw_mask.native.click()
    review.view.drawn.emit(QRectF(0.1, 0.1, 0.3, 0.3))
    until(lambda: not ask.send.enabled or review.images[0].data != whole)
    assert image() != whole
    window = SaveImageWindow(ask._looks[0], None, masks=review.masks)
    window.show()
    until(lambda: window.review.images)
    with patch.object(QFileDialog, "getSaveFileName", return_value=(f"{folder}/image.png", "")):
        window.page.save.native.click()
    assert (folder / "image.png").read_bytes() == window.review.images[0].data
    window.reject()
    dock.open_audit.native.click()
    until(lambda: dock.audit.note.text().startswith("0 network requests"))
    dock.audit.reject()
    dock.tabs.setCurrentIndex(2)
    assert dock.usage.text() == "Network: not used in this session"
    return ["services and keys", "preview", "mask", "image saved", "audit"]


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
