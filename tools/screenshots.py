"""Make the pictures of the documentation, from the phantoms, in the real window.

``make screenshots`` runs it; nothing in the pictures is a patient.
"""

from __future__ import annotations

from pathlib import Path

import napari
from qtpy.QtTest import QTest

from demo import save_window
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest
from napari_medscan.samples import study_folder

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SAMPLES = ("ct_chest", "mr_brain_oblique", "pet_ct")
SETTLED_MS = 2500
"""Thumbnails and tags come from threads and worker processes."""


def main() -> None:
    """Save one picture a sample."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        viewer = napari.Viewer(title="napari-medscan")
        viewer.window.resize(1200, 760)
        viewer.open_sample(PLUGIN, sample)
        viewer.canvas.overlays.scale_bar.visible = True
        viewer.reset_view()
        save_window(viewer, IMAGES / f"{sample}.png")
        viewer.close()
    for theme in ("dark", "light"):
        save_panel(theme)


def save_panel(theme: str) -> None:
    """Save one picture a tab of the panel."""
    viewer = napari.Viewer(title="napari-medscan")
    viewer.theme = theme
    viewer.window.resize(1280, 860)
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "MedScan")
    viewer.open(str(study_folder("ct-chest", write_ct_chest)), plugin=PLUGIN)
    viewer.reset_view()
    for tab in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(tab)
        QTest.qWait(SETTLED_MS)
        save_window(viewer, IMAGES / f"panel_{panel.tabs.tabText(tab).lower()}_{theme}.png")
    viewer.close()


if __name__ == "__main__":
    main()
