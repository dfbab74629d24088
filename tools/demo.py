"""The main job, as a user does it: open napari with a DICOM study in it.

``make demo [DICOM=path]`` runs it. Where there is no display it leaves a
screenshot of the real window and prints its path.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import napari

from napari_medscan.dicom import MedscanError
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest
from napari_medscan.samples import study_folder


def main() -> int:
    """Open the study; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", help="DICOM file or folder; a chest phantom by default")
    parser.add_argument("--screenshot", type=Path, help="save the window here instead of staying")
    options = parser.parse_args()

    viewer = napari.Viewer(title="napari-medscan")
    viewer.window.resize(1440, 900)
    viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    try:
        if options.study:
            viewer.open(str(Path(options.study).expanduser()), plugin=PLUGIN)
        else:
            study = study_folder("ct-chest", write_ct_chest)
            viewer.open(str(study), plugin=PLUGIN)
    except (MedscanError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 3
    if not viewer.layers:
        return 3
    for layer in viewer.layers:
        stack = stack_of(layer)
        if stack is not None:
            print(layer.name, stack.axes, stack.array.shape, *stack.warnings, sep="  ")
    if options.screenshot is None:
        napari.run()
        return 0
    save_window(viewer, options.screenshot)
    print(f"screenshot: {options.screenshot.resolve()}")
    viewer.close()
    return 0


def save_window(viewer: napari.Viewer, path: Path) -> None:
    """Save an image of the whole window once everything is drawn."""
    from qtpy.QtWidgets import QApplication

    for _ in range(5):
        QApplication.processEvents()
    viewer.window.screenshot(str(path), canvas_only=False, flash=False)


if __name__ == "__main__":
    sys.exit(main())
