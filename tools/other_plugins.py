"""Run one real operation of other napari plugins on a series, and write what came of it.

``make plugins`` installs them into an environment of their own (``.compat/plugins``, or where
MEDSCAN_COMPAT says), runs this there and writes ``docs/other-plugins.md``. Each result is compared
with the same operation on a plain numpy array of the same values.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import napari
import numpy as np
from napari.layers import Image, Labels

from compat import environment
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "other-plugins.md"
Operation = Callable[[napari.Viewer, Image, np.ndarray], str]
"""Runs on a viewer, the layer of a series and its values; returns what was compared."""


def skimage(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Smooth by the widget of napari-skimage."""
    from napari_skimage.skimage_filter_widget import gaussian_filter_widget
    from skimage.filters import gaussian

    widget = gaussian_filter_widget()
    viewer.window.add_dock_widget(widget)
    widget.img_layer.value = layer
    widget.preserve_range.value = True
    widget()
    result = viewer.layers[-1]
    expected = gaussian(values, 1.0, mode=widget.mode.value, preserve_range=True)
    np.testing.assert_allclose(result.data, expected)
    _require_same_place(result, layer)
    return "Gaussian filter: equal, in the same place"


def simpleitk(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Smooth by napari-simpleitk-image-processing."""
    from napari_simpleitk_image_processing import median_filter

    expected = np.asarray(median_filter(values, 1, 1, 0))
    result = np.asarray(median_filter(layer.data, 1, 1, 0))
    np.testing.assert_array_equal(result, expected)
    viewer.add_image(result, scale=layer.scale, translate=layer.translate)
    return "median filter: equal"


def segment_blobs(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Segment by napari-segment-blobs-and-things-with-membranes."""
    from napari_segment_blobs_and_things_with_membranes import gauss_otsu_labeling

    expected = np.asarray(gauss_otsu_labeling(values, 1.0))
    result = np.asarray(gauss_otsu_labeling(layer.data, 1.0))
    np.testing.assert_array_equal(result, expected)
    viewer.add_labels(result, scale=layer.scale, translate=layer.translate)
    return f"Gauss-Otsu labeling: equal, {result.max()} labels"


def crop(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Crop a rectangle by napari-crop."""
    from napari_crop._function import crop_region

    z = values.shape[0] // 2
    corners = [[z, 8, 10], [z, 8, 40], [z, 30, 40], [z, 30, 10]]
    viewer.layers.selection.active = layer
    viewer.window._qt_viewer.layerButtons.newShapesButton.click()  # noqa: SLF001
    shapes = viewer.layers[-1]
    shapes.add([[shapes.world_to_data(layer.data_to_world(corner)) for corner in corners]])
    ((data, properties, kind),) = crop_region(layer, shapes, viewer=viewer)
    del properties["name"]
    (result,) = viewer._add_layer_from_data(data, properties, kind)  # noqa: SLF001
    if not np.array_equal(result.data, values[:, 8:31, 10:41]):
        raise AssertionError(f"{result.data.shape} voxels of another place")
    start = layer.world_to_data(result.data_to_world((0, 0, 0)))
    np.testing.assert_allclose(start, (0, 8, 10), atol=1e-4)
    return f"rectangle of {data.shape} voxels: equal, in its place"


def regionprops(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Measure labels by napari-skimage-regionprops."""
    from napari_skimage_regionprops import regionprops_table
    from skimage.measure import label
    from skimage.measure import regionprops_table as expected_table

    labels = label(values > 300)
    added = viewer.add_labels(labels, scale=layer.scale, translate=layer.translate)
    regionprops_table(layer.data, labels, size=True, intensity=True, napari_viewer=viewer)
    table = added.properties
    expected = expected_table(labels, values, properties=("area", "mean_intensity"))
    np.testing.assert_allclose(table["area"], expected["area"])
    np.testing.assert_allclose(table["mean_intensity"], expected["mean_intensity"])
    return f"areas and mean intensities of {labels.max()} labels: equal"


def animation(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:  # noqa: ARG001
    """Film a scroll through the slices by napari-animation."""
    from imageio import mimread
    from napari_animation import Animation

    film = Animation(viewer)
    viewer.dims.set_current_step(0, 0)
    film.capture_keyframe()
    viewer.dims.set_current_step(0, values.shape[0] - 1)
    film.capture_keyframe(steps=8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        film.animate(path, canvas_only=True)
        frames = mimread(path)
    if len({frame.tobytes() for frame in frames}) < 5:
        raise AssertionError("the frames do not differ")
    return f"a scroll through the slices: {len(frames)} frames that differ"


def interactive(viewer: napari.Viewer, layer: Image, values: np.ndarray) -> str:
    """Segment from a prompt point, as nnInteractive's plugin does without its network.

    It reads the whole image, adds labels with the layer's transform and metadata, takes points in
    the world, and writes the labels in place.
    """
    from skimage.segmentation import flood

    image = np.asarray(layer.data)
    labels = Labels(
        np.zeros(layer.data.shape, np.uint8),
        scale=layer.scale,
        translate=layer.translate,
        metadata=dict(layer.metadata),
    )
    viewer.add_layer(labels)
    seed = tuple(np.argwhere(values > 300)[0])
    points = viewer.add_points([layer.data_to_world(seed)])
    index = tuple(np.rint(layer.world_to_data(points.data[0])).astype(int))
    labels.data[flood(image, index, tolerance=200)] = 1
    labels.refresh()
    np.testing.assert_array_equal(labels.data, flood(values, seed, tolerance=200))
    _require_same_place(labels, layer)
    # Scrolling, painting, undoing.
    viewer.dims.set_current_step(0, int(index[0]))
    labels.paint(index, 2)
    labels.undo()
    if labels.data[index] != 1:
        raise AssertionError("undo did not bring the label back")
    return f"prompt point to {np.count_nonzero(labels.data)} voxels, equal, in the same place"


OPERATIONS: dict[str, Operation] = {
    "napari-skimage": skimage,
    "napari-simpleitk-image-processing": simpleitk,
    "napari-segment-blobs-and-things-with-membranes": segment_blobs,
    "napari-crop": crop,
    "napari-skimage-regionprops": regionprops,
    "napari-animation": animation,
    "a session like nnInteractive's": interactive,
}
CAUSES = {
    "napari-crop": (
        "Theirs to fix: it moves the rectangle by the translation of the image, which napari 0.9 "
        "has given to the new Shapes layer already. It does the same to a plain numpy layer with "
        "a translation"
    ),
    "napari-simpleitk-image-processing": (
        "Theirs to fix: it converts numpy and dask arrays only, by their types. Until then, "
        "Layers ▸ Data ▸ Load into memory makes the layer one"
    ),
}
"""Who has to do what about an operation that fails."""


def _require_same_place(result: Any, layer: Image) -> None:  # noqa: ANN401 - any layer
    np.testing.assert_allclose(result.extent.world, layer.extent.world)


def outcome(name: str, operation: Operation, study: Path) -> str:
    """Run an operation in a window of its own; return what is written of it."""
    viewer = napari.Viewer(show=True)
    try:
        (layer,) = viewer.open(str(study), plugin=PLUGIN)
        stack = stack_of(layer)
        if stack is None:
            return "**fails**: the layer is not a series"
        return f"works: {operation(viewer, layer, np.asarray(stack.array))}"
    except Exception as error:  # noqa: BLE001 - whatever another plugin raises is the result
        reason = str(error).strip().splitlines()
        text = f"**fails**: {type(error).__name__}: {reason[0] if reason else ''}"
        return f"{text}. {CAUSES[name]}" if name in CAUSES else text
    finally:
        viewer.close()


def main() -> int:
    """Write the page; return how many operations failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those with this in their names")
    parser.add_argument("--write", action="store_true", help="write docs/other-plugins.md")
    parser.add_argument("--install", action="store_true", help="in an environment of their own")
    options = parser.parse_args()
    if options.install:
        python = environment("plugins", ["napari==0.9.2"], "plugins")
        rest = [word for word in sys.argv[1:] if word != "--install"]
        return subprocess.run([python, "-W", "ignore", __file__, *rest], check=False).returncode
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "chest"
        write_ct_chest(study, size=64, slices=12)
        for name, operation in OPERATIONS.items():
            if options.only in name:
                named = name if " " in name else f"{name} {version(name)}"
                rows.append((named, outcome(name, operation, study)))
                print(*rows[-1], sep=": ", flush=True)
    if options.write:
        table = "\n".join(f"| {name} | {result} |" for name, result in rows)
        PAGE.write_text(
            "# Other plugins\n\n"
            "One operation of each, run on the layer of a CT in napari "
            f"{version('napari')} and compared with the same operation on a plain numpy array. "
            "`make plugins` runs them again and writes this page.\n\n"
            f"| plugin | result |\n|---|---|\n{table}\n",
            encoding="utf-8",
        )
    return sum("fails" in result for _, result in rows)


if __name__ == "__main__":
    sys.exit(main())
