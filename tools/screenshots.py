"""Take the screenshots that README.md and docs/ show, in the real window.

``make screenshots`` takes all of them, ``make screenshots ONLY=tags`` those with that in their
names. Every image in them is synthetic.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtTest import QTest

from demo import save_window
from napari_medscan import phantoms
from napari_medscan.assistant.providers import provider
from napari_medscan.napari_.menu import PLUGIN, open_paths
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.samples import study_folder
from napari_medscan.widgets.panel.dock import MedScanPanel

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
SETTLED_MS = 2500
"""Thumbnails, tags and volumes come from threads and worker processes."""

Scene = Callable[[napari.Viewer, MedScanPanel], None]


def main() -> None:
    """Save every screenshot, each from a process of its own with settings of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those with this in their names")
    parser.add_argument("--scene", nargs=2, metavar=("NAME", "THEME"), help="one, in this process")
    options = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    if options.scene:
        name, theme = options.scene
        _save(IMAGES / f"{name}_{theme}.png", theme, _SCENES[name])
        return
    for name, theme in SCREENSHOTS:
        if options.only in f"{name}_{theme}":
            with tempfile.TemporaryDirectory() as home:
                subprocess.run(
                    [sys.executable, __file__, "--scene", name, theme],
                    check=True,
                    env=os.environ | {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home},
                )


def _save(path: Path, theme: str, scene: Scene) -> None:
    """Take a screenshot while Qt's event loop runs: what a scene opens, a person opens."""
    viewer = napari.Viewer(title="napari-medscan")
    viewer.theme = theme
    viewer.window.resize(1280, 860)
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    errors: list[Exception] = []

    def take() -> None:
        try:
            QTest.qWait(SETTLED_MS)
            scene(viewer, panel)
            QTest.qWait(SETTLED_MS)
            save_window(viewer, path)
        except Exception as error:  # noqa: BLE001 - napari would show it in the window and go on
            errors.append(error)
        viewer.close()

    QTimer.singleShot(0, take)
    napari.run()
    if errors:
        raise errors[0]
    with Image.open(path) as image:
        # Less than half of the size: git keeps every version. On average a color changes by less
        # than one of 255 levels.
        palette = image.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
        )
        palette.save(path, optimize=True)


def _open(viewer: napari.Viewer, folder: Path) -> None:
    open_paths(viewer, [folder])
    QTest.qWait(SETTLED_MS)


def _tab(panel: MedScanPanel, title: str) -> None:
    titles = [panel.tabs.tabText(number) for number in range(panel.tabs.count())]
    panel.tabs.setCurrentIndex(titles.index(title))


def _arrange(viewer: napari.Viewer, panel: MedScanPanel, arrangement: str) -> None:
    panel.views.arrangement.value = arrangement
    _until(lambda: panes_of(viewer).is_ready)


def _until(ready: Callable[[], bool]) -> None:
    for _ in range(300):
        if ready():
            return
        QTest.qWait(100)
    raise TimeoutError


def _shift_click(viewer: napari.Viewer, across: float, down: float) -> None:
    """Go to a place off the middle, where no line crosses the letters at the edges."""
    QTest.qWait(SETTLED_MS)
    canvas = canvas_of(viewer).canvas.native
    place = QPoint(int(across * canvas.width()), int(down * canvas.height()))
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(canvas, left, shift, place)
    QTest.qWait(500)
    # Clears the status bar, where a pane shows the value at a mouse that it does not have.
    QTest.mouseMove(canvas, place)


def _ct_chest() -> Path:
    return study_folder("ct-chest", phantoms.write_ct_chest)


def _pet_ct() -> Path:
    return study_folder("pet-ct", phantoms.write_pet_ct)


def three_planes(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show the heart of a chest CT in three planes."""
    viewer.window.resize(1440, 860)
    _open(viewer, _ct_chest())
    _tab(panel, "Views")
    _arrange(viewer, panel, "Three planes")
    viewer.dims.set_current_step(0, 48)
    _shift_click(viewer, 0.53, 0.44)


def browser(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Open a disc of two patients, four studies and 26 series."""
    # The list has room for all studies, and for the whole names of those.
    viewer.window.resize(1280, 960)
    window, dock = panel.native.window(), panel.native.parent()
    window.resizeDocks([dock], [380], Qt.Orientation.Horizontal)
    with tempfile.TemporaryDirectory() as scratch:
        disc = Path(scratch) / "disc"
        subprocess.run([sys.executable, "-m", "tests.messy_disc", disc], cwd=ROOT, check=True)
        _open(viewer, disc)
        _tab(panel, "Series")
        # The files are read for thumbnails.
        QTest.qWait(2 * SETTLED_MS)
        tree = panel.series.tree
        for row in range(1, tree.model().rowCount()):
            tree.collapse(tree.model().index(row, 0))


def pet_ct(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show PET on CT, and the window of the PET."""
    _open(viewer, _pet_ct())
    _tab(panel, "Window")


def side_by_side(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show coronal PET on CT beside the CT, and where each cuts the other."""
    viewer.window.resize(1440, 760)
    _open(viewer, _pet_ct())
    _tab(panel, "Views")
    _arrange(viewer, panel, "Side by side")
    panel.views.plane.value = "Coronal"
    viewer.dims.set_current_step(1, 100)
    _shift_click(viewer, 0.52, 0.44)


def volume(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show bone in 3-D."""
    _open(viewer, _ct_chest())
    _tab(panel, "Views")
    panel.views.rendering.value = "Bone"


def measure(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Measure a region of PET on CT, a length and a point, and plot the region."""
    _open(viewer, _pet_ct())
    _tab(panel, "Measure")
    pet = next(layer for layer in viewer.layers if layer.name.startswith("PT"))
    rows, columns = pet.data.shape[-2:]
    at = round(float(pet.world_to_data(viewer.dims.point)[0]))

    def places(*shares: tuple[float, float]) -> list[tuple[float, ...]]:
        return [(at, y * rows, x * columns) for y, x in shares]

    _draw(viewer, panel, "ellipse", places((0.45, 0.3), (0.45, 0.42), (0.6, 0.42), (0.6, 0.3)))
    _draw(viewer, panel, "length", places((0.5, 0.19), (0.5, 0.81)))
    _draw(viewer, panel, "point", places((0.55, 0.6)))
    _until(lambda: len(panel.measure.rows) == 7)
    panel.measure.choose(0)


def _draw(
    viewer: napari.Viewer, panel: MedScanPanel, tool: str, points: list[tuple[float, ...]]
) -> None:
    getattr(panel.measure, tool).changed.emit(True)
    layer = viewer.layers.selection.active
    if tool == "point":
        layer.add(np.array(points))
    else:
        layer.add(np.array(points), shape_type="line" if tool == "length" else tool)
    layer.mode = "pan_zoom"


def tags(viewer: napari.Viewer, panel: MedScanPanel) -> None:
    """Show the tags of a slice."""
    _open(viewer, _ct_chest())
    _tab(panel, "Tags")
    _until(lambda: len(panel.tags.model.tree) > 0)


def assistant_look(viewer: napari.Viewer, _panel: MedScanPanel) -> None:
    """Preview an image whose header makes text in it likely; nothing is sent."""
    _open(viewer, study_folder("us-heart", phantoms.write_us_heart))
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "AI assistant")
    dock.service.choose(provider("ollama"), "http://127.0.0.1:9/v1", "llava:7b")
    QTest.qWait(1000)
    _until(lambda: dock.ask.review.images and not dock.ask.send.enabled)


SCREENSHOTS = (
    ("three_planes", "dark"),
    ("three_planes", "light"),
    ("browser", "dark"),
    ("pet_ct", "dark"),
    ("side_by_side", "dark"),
    ("volume", "dark"),
    ("measure", "dark"),
    ("tags", "light"),
    ("assistant_look", "dark"),
)
"""Scene and theme of each."""

_SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        three_planes,
        browser,
        pet_ct,
        side_by_side,
        volume,
        measure,
        tags,
        assistant_look,
    )
}

if __name__ == "__main__":
    main()
