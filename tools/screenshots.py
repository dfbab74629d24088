"""Make the pictures of the documentation, from the phantoms, in the real window.

``make screenshots`` runs it, ``make screenshots ONLY=tags`` some of it; nothing in the pictures
is a patient.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import napari
from napari._qt.dialogs.qt_notification import NapariQtNotification
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from assistant_scenes import ASSISTANT
from demo import save_window
from napari_medscan import phantoms
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.samples import study_folder
from napari_medscan.widgets.panel.dock import MedScanPanel

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SETTLED_MS = 2500
"""Thumbnails and tags come from threads and worker processes."""
_CT = ("ct-chest", phantoms.write_ct_chest)

Scene = Callable[[napari.Viewer, MedScanPanel], QWidget | None]
"""Returns the window that the picture is of, where that is not the viewer's."""


def main() -> None:
    """Save every scene in both themes, each in a process of its own: one session is one list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scenes whose names hold this")
    parser.add_argument("--scene", nargs=2, metavar=("NAME", "THEME"), help="just this one, here")
    options = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    if options.scene:
        name, theme = options.scene
        _save(IMAGES / f"{name}_{theme}.png", theme, SCENES[name])
        return
    for name in SCENES:
        for theme in ("dark", "light"):
            if options.only in name:
                subprocess.run([sys.executable, __file__, "--scene", name, theme], check=True)


def _save(path: Path, theme: str, scene: Scene) -> None:
    viewer = napari.Viewer(title="napari-medscan")
    viewer.theme = theme
    viewer.window.resize(1280, 860)
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    window = scene(viewer, panel)
    QTest.qWait(SETTLED_MS)
    for notice in panel.native.window().findChildren(NapariQtNotification):
        notice.close()
    QTest.qWait(500)
    if window is None:
        save_window(viewer, path)
    else:
        window.grab().save(str(path))
    viewer.close()


def _open(viewer: napari.Viewer, *study: object) -> None:
    """Open a sample study, or a folder."""
    folder = study[0] if len(study) == 1 else study_folder(*study)  # type: ignore[arg-type]
    viewer.open(str(folder), plugin=PLUGIN)
    QTest.qWait(SETTLED_MS)


def _tab(panel: MedScanPanel, title: str) -> None:
    """Show a tab of the panel."""
    titles = [panel.tabs.tabText(number) for number in range(panel.tabs.count())]
    panel.tabs.setCurrentIndex(titles.index(title))


def ct(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show a CT and its window."""
    _open(viewer, *_CT)
    _tab(panel, "Window")


def mr(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show an oblique MR and what can be done with its views."""
    _open(viewer, "mr-brain-oblique", phantoms.write_mr_brain_oblique)
    _tab(panel, "Views")


def pet_ct(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show PET on CT, and the window of the PET."""
    _open(viewer, "pet-ct", phantoms.write_pet_ct)
    viewer.layers.selection.active = viewer.layers[-1]
    _tab(panel, "Window")


def ultrasound(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show a cine."""
    _open(viewer, "us-heart", phantoms.write_us_heart)
    _tab(panel, "Views")


def tags(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show the tags of a slice."""
    _open(viewer, *_CT)
    _tab(panel, "Tags")


def tags_search(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Search the tags."""
    _open(viewer, *_CT)
    _tab(panel, "Tags")
    QTest.qWait(SETTLED_MS)
    panel.tags.search.value = "position"


def series_warning(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show what a damaged folder holds, and where it lacks slices."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "disc"
        shutil.copytree(study_folder(*_CT), folder)
        for number in (30, 31):
            (folder / f"IM{number:06d}.dcm").unlink()
        (folder / "report.pdf").write_bytes(b"%PDF-1.4 nothing")
        _open(viewer, folder)
        viewer.dims.set_current_step(0, stack_of(viewer.layers[0]).geometry.missing[0])
        _tab(panel, "Series")
        panel.series.tree.expandAll()
        QTest.qWait(SETTLED_MS)


def coronal(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Cut across the slices."""
    _open(viewer, *_CT)
    _tab(panel, "Views")
    panel.views.plane.value = "Coronal"


def volume(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show bone in 3-D."""
    _open(viewer, *_CT)
    _tab(panel, "Views")
    panel.views.rendering.value = "Bone"


_SCENES = (ct, mr, pet_ct, ultrasound, tags, tags_search, series_warning, coronal, volume)
SCENES: dict[str, Scene] = {scene.__name__: scene for scene in _SCENES} | ASSISTANT

if __name__ == "__main__":
    main()
