"""Make the pictures of the documentation, from the phantoms, in the real window.

``make screenshots`` runs it; nothing in the pictures is a patient.
"""

from __future__ import annotations

from pathlib import Path

import napari

from demo import save_window
from napari_medscan.napari_.menu import PLUGIN

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SAMPLES = ("ct_chest", "mr_brain_oblique", "pet_ct")


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


if __name__ == "__main__":
    main()
