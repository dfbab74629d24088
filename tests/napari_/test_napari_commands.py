"""Every command that napari has for layers, on layers of every kind, with the panel open."""

from __future__ import annotations

import os

import numpy as np
import pytest
from app_model.types import SubmenuItem
from napari._app_model import get_app_model
from napari._app_model.constants import MenuId
from napari._app_model.context import get_context
from napari.layers import Image, Labels
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import series_of, stack_of
from napari_medscan.napari_.layers import image_layer

from ..dicom.making import RGB_IMAGE
from ..studies import write_series

PREFIX = "napari.layer."
EVERY = bool(os.environ.get("MEDSCAN_TORTURE"))
"""Whether to run every command on every kind of layer: adding one to a window takes its time."""
MAKING = ("project_max", "split_stack", "split_rgb")
SIMILAR = ("project_min", "project_std", "project_sum", "project_median")
SIDE = 32
"""napari takes (rows, columns, 3) for color from 30 pixels on."""
PIXELS = [np.random.default_rng(i).integers(0, 900, (SIDE, SIDE), "<u2") for i in range(8)]
COLOR = {
    **RGB_IMAGE,
    "PixelData": lambda i: np.random.default_rng(i).bytes(3 * SIDE * SIDE),
}


def time_point(number):
    return {
        "Modality": "MR",
        "TemporalPositionIdentifier": number + 1,
        "SOPInstanceUID": lambda i: f"1.2.{7 + number}.{i}",
        "InstanceNumber": lambda i: 4 * number + i + 1,
        "PixelData": lambda i: PIXELS[4 * number + i].tobytes(),
    }


GRAY = {"PixelData": lambda i: PIXELS[i].tobytes()}
KINDS = {
    "3-D": [(3, GRAY)],
    "4-D": [(2, time_point(0)), (2, time_point(1))],
    "RGB": [(2, COLOR)],
    "one slice": [(1, GRAY)],
}
LETTERS = {"right": "L", "left": "R", "bottom": "P", "top": "A"}


def commands():
    """Return the commands of the registry and of the layer list's context menu, by their ids."""
    app = get_app_model()
    found = {id_: None for id_, _ in app.commands if id_.startswith(PREFIX)}
    menus = [MenuId.LAYERLIST_CONTEXT]
    for menu in menus:
        for item in app.menus.get_menu(menu):
            if isinstance(item, SubmenuItem):
                menus.append(item.submenu)
            else:
                found[item.command.id] = item.command.enablement
    return found


def is_enabled(viewer, enablement):
    return enablement is None or bool(enablement.eval(get_context(viewer.layers)))


class Desk:
    """The window, with one layer at a time."""

    def __init__(self, viewer):
        self.viewer = viewer
        self.ran = set()

    def run(self, id_):
        """Run a command as the menu does; napari's errors are raised."""
        before = list(self.viewer.layers)
        get_app_model().commands.execute_command(id_).result()
        if list(self.viewer.layers) != before:
            QApplication.processEvents()
        self.ran.add(id_)

    def show(self, *stacks):
        """Show layers of series anew and select them."""
        self.viewer.layers.clear()
        layers = [self.viewer.add_layer(image_layer(stack)) for stack in stacks]
        self.viewer.layers.selection = set(layers)
        self.viewer.layers.selection.active = layers[-1]
        if len(layers) > 1:
            self.viewer.layers.selection = set(layers)
        QApplication.processEvents()
        return layers[-1]

    def check_alive(self):
        """What a broken callback of the viewer or the layer list would stop."""
        viewer = self.viewer
        shown = list(viewer.layers)
        other = viewer.add_image(np.zeros((5, 5)))
        viewer.layers.selection.active = shown[0]
        viewer.dims.ndisplay = 3
        viewer.dims.ndisplay = 2
        viewer.layers.remove(other)
        viewer.layers.selection.active = shown[-1]
        QApplication.processEvents()
        assert list(viewer.layers) == shown


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    found = {}
    for kind, parts in KINDS.items():
        folder = tmp_path_factory.mktemp("kind")
        for number, (slices, changes) in enumerate(parts):
            write_series(folder / str(number), slices, Rows=SIDE, Columns=SIDE, **changes)
        (found[kind],) = load(folder).stacks
    return found


@pytest.fixture(scope="module")
def desk(view_session):
    desk = Desk(view_session.viewer)
    # A software renderer takes its time for every pixel.
    desk.viewer.window._qt_window.resize(600, 400)
    yield desk
    view_session.start()


def check_result(id_, layer, volume, viewer):
    """Check what a command made of a layer."""
    layers = list(viewer.layers)
    name = id_.removeprefix(PREFIX)
    if name.startswith("project_"):
        expected = getattr(np, name.removeprefix("project_"))(volume, axis=0)
        assert np.array_equal(layers[-1].data, expected)
        assert layers[0] is layer
        assert series_of(layers[-1]) is None
    elif name in ("split_stack", "split_rgb"):
        axis = -1 if layer.rgb else 0
        parts = np.moveaxis(volume, axis, 0)
        assert len(layers) == len(parts)
        for part, expected in zip(layers, parts, strict=True):
            assert np.array_equal(part.data, expected)
            assert series_of(part) is None
    elif name == "duplicate":
        assert len(layers) == 2
        assert {series_of(x) for x in layers} == {series_of(layer)}
    elif name == "convert_to_labels":
        assert type(layers[-1]) is Labels
        assert series_of(layers[-1]) is None
        assert np.array_equal(layers[-1].data, volume)
    else:
        assert layers == [layer]


@pytest.mark.parametrize("kind", KINDS)
def test_napari_commands_of_one_layer_work(desk, stacks, kind):
    stack = stacks[kind]
    volume = np.asarray(stack.array)
    layer = desk.show(stack)
    for id_, enablement in commands().items():
        if layer not in desk.viewer.layers:
            layer = desk.show(stack)
        if not layer.visible:
            layer.visible = True
        if not is_enabled(desk.viewer, enablement):
            continue
        name = id_.removeprefix(PREFIX)
        if not EVERY and (name in SIMILAR or (kind != "3-D" and name not in MAKING)):
            continue
        if stack.is_rgb and id_ == f"{PREFIX}convert_to_labels":
            # napari cannot do that with any color image.
            continue
        desk.run(id_)
        check_result(id_, layer, volume, desk.viewer)
        if layer in desk.viewer.layers:
            for other in [x for x in desk.viewer.layers if x is not layer]:
                desk.viewer.layers.remove(other)
            desk.viewer.layers.selection.active = layer
    desk.check_alive()


def test_napari_commands_of_two_layers_work(desk, stacks):
    stack = stacks["3-D"]
    volume = np.asarray(stack.array)
    one = desk.show(stack, stack)
    other = desk.viewer.layers[0]
    for name in ("link_selected_layers", "select_linked_layers", "unlink_selected_layers"):
        desk.run(PREFIX + name)
        desk.viewer.layers.selection = {one} if name.startswith("link") else {one, other}
    desk.run(f"{PREFIX}merge_stack")
    (merged,) = desk.viewer.layers
    assert np.array_equal(merged.data, [volume, volume])
    assert stack_of(merged) is None
    desk.check_alive()


def test_napari_commands_of_labels_work(desk, stacks):
    stack = stacks["3-D"]
    volume = np.asarray(stack.array)
    desk.show(stack)
    desk.run(f"{PREFIX}convert_to_labels")
    (labels,) = desk.viewer.layers
    desk.viewer.layers.selection.active = labels
    labels.selected_label = 7
    labels.paint((1, 3, 4), 7)
    # napari refuses types that do not hold the values.
    for kind in ("int16", "int32", "int64"):
        desk.run(f"{PREFIX}convert_to_{kind}")
        assert labels.dtype == kind
        assert int(labels.data[1, 3, 4]) == 7
    desk.run(f"{PREFIX}convert_to_image")
    (image,) = desk.viewer.layers
    assert type(image) is Image
    assert np.array_equal(image.data[0], volume[0])
    assert series_of(image) is None
    desk.check_alive()
