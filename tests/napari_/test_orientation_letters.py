"""Letters at the edges, against geometry worked out here from matrices alone."""

from itertools import product

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import OrientationLetters, edge_letters

from ..studies import write_series

NAMES = (("R", "L"), ("A", "P"), ("I", "S"))
PLANES = {
    # Image Orientation (Patient) as scanners write it: row direction, column direction.
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
FLIPS = list(product((1, -1), repeat=3))


def rotation(axis, degrees):
    """Rodrigues' formula."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def oblique_of(row, column):
    turn = rotation((1, 2, 0.5), 25)
    return turn @ row, turn @ column


def letters_of(direction):
    """The letters of a direction by thresholds on angles, not on components."""
    angles = {}
    for axis, (negative, positive) in enumerate(NAMES):
        unit = np.zeros(3)
        unit[axis] = 1
        angle = np.degrees(np.arccos(np.clip(direction @ unit, -1, 1)))
        angles[positive], angles[negative] = angle, 180 - angle
    limit = np.degrees(np.arccos(0.1))
    return "".join(sorted((n for n in angles if angles[n] <= limit), key=angles.get))


def series(folder, row, column, slices=4):
    normal = np.cross(row, column)
    write_series(
        folder,
        slices,
        ImageOrientationPatient=[round(float(v), 9) for v in (*row, *column)],
        ImagePositionPatient=lambda i: [round(float(v), 6) for v in normal * 2 * i],
    )
    (layer,) = image_layers(load(folder).stacks)
    return layer, (normal, np.array(column, float), np.array(row, float))


def expected_edges(axes, displayed, signs, *, flipped_down, flipped_right):
    """What stands at the edges; `axes` are the patient directions of z, y and x."""
    vertical, horizontal = displayed
    down = axes[vertical] * signs[vertical] * (-1 if flipped_down else 1)
    right = axes[horizontal] * signs[horizontal] * (-1 if flipped_right else 1)
    return {
        "right": letters_of(right),
        "left": letters_of(-right),
        "bottom": letters_of(down),
        "top": letters_of(-down),
    }


@pytest.mark.parametrize("oblique", [False, True], ids=["straight", "oblique"])
@pytest.mark.parametrize("plane", PLANES)
def test_every_flip_and_every_order_of_axes(model, tmp_path, plane, oblique):
    row, column = PLANES[plane]
    if oblique:
        row, column = oblique_of(row, column)
    layer, axes = series(tmp_path, row, column)
    scale = layer.scale
    model.add_layer(layer)
    seen = set()
    for signs in FLIPS:
        layer.scale = scale * signs
        for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            model.dims.order = order
            for down, right in product(("down", "up"), ("right", "left")):
                model.scene.camera.orientation2d = (down, right)
                edges = edge_letters(model)
                assert edges == expected_edges(
                    axes,
                    order[-2:],
                    signs,
                    flipped_down=down == "up",
                    flipped_right=right == "left",
                )
                seen.add(tuple(edges.values()))
    # Three pairs of axes, either way up, either way round, transposed or not.
    assert len(seen) == 24


@pytest.mark.parametrize("flip", FLIPS, ids=str)
@pytest.mark.parametrize("plane", PLANES)
def test_every_flip_in_the_file(model, tmp_path, plane, flip):
    """Rows and columns that run the other way in the file itself; the third sign is the order."""
    row, column = (np.array(v) for v in PLANES[plane])
    layer, axes = series(tmp_path, row * flip[0], column * flip[1])
    model.add_layer(layer)
    model.scene.camera.orientation2d = ("down", "right" if flip[2] > 0 else "left")
    assert edge_letters(model) == expected_edges(
        axes, (1, 2), (1, 1, 1), flipped_down=False, flipped_right=flip[2] < 0
    )


def test_radiology_says_the_right_is_on_the_left(model, tmp_path):
    layer, _ = series(tmp_path, *PLANES["axial"])
    model.add_layer(layer)
    assert edge_letters(model) == {"left": "R", "right": "L", "top": "A", "bottom": "P"}


def test_an_affine_counts(model, tmp_path):
    layer, _ = series(tmp_path, *PLANES["axial"])
    layer.affine = np.diag([1, 1, -1, 1])
    model.add_layer(layer)
    assert edge_letters(model)["left"] == "L"


def test_a_time_axis_has_no_letters(model, tmp_path):
    write_series(
        tmp_path,
        6,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i // 2)],
        TemporalPositionIdentifier=lambda i: i % 2 + 1,
    )
    (layer,) = image_layers(load(tmp_path).stacks)
    model.add_layer(layer)
    assert layer.ndim == 4
    assert edge_letters(model) == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    model.dims.order = (2, 3, 0, 1)
    assert edge_letters(model) == {"left": "I", "right": "S", "top": "", "bottom": ""}


def test_hidden_in_3d_and_without_orientation(model, tmp_path):
    assert set(edge_letters(model).values()) == {""}
    layer, _ = series(tmp_path / "known", *PLANES["axial"])
    model.add_layer(layer)
    model.dims.ndisplay = 3
    assert set(edge_letters(model).values()) == {""}
    model.dims.ndisplay = 2
    write_series(
        tmp_path / "unknown", 1, ImageOrientationPatient=None, ImagePositionPatient=None, series=9
    )
    model.add_layer(*image_layers(load(tmp_path / "unknown").stacks))
    model.dims.set_point(0, 0)
    assert set(edge_letters(model).values()) == {""}


def test_the_active_layer_leads_else_the_topmost_visible(model, tmp_path):
    axial, _ = series(tmp_path / "a", *PLANES["axial"])
    sagittal, _ = series(tmp_path / "s", *PLANES["sagittal"])
    model.add_layer(axial)
    model.add_layer(sagittal)
    model.layers.selection.active = axial
    assert edge_letters(model)["left"] == "R"
    model.add_image(np.zeros((4, 4, 6)))
    assert edge_letters(model)["left"] == "A"
    sagittal.visible = False
    assert edge_letters(model)["left"] == "R"
    axial.visible = False
    assert edge_letters(model)["left"] == ""


def film(folder, *written, modality="DX"):
    """Images without a plane in the patient, of one series: one slice each."""
    write_series(
        folder,
        len(written),
        ImageOrientationPatient=None,
        ImagePositionPatient=None,
        Modality=modality,
        PatientOrientation=lambda i: written[i],
    )
    (layer,) = image_layers(load(folder).stacks)
    return layer


@pytest.mark.parametrize("written", [["L", "F"], ["A", "FR"]], ids="-".join)
def test_every_flip_of_a_film(model, tmp_path, written):
    layer = film(tmp_path, written)
    model.add_layer(layer)
    opposite = {"L": "R", "F": "H", "A": "P", "R": "L"}
    scale = layer.scale
    for transposed, *signs, up, left in product((False, True), (1, -1), (1, -1), (0, 1), (0, 1)):
        layer.scale = scale * (1, *signs)
        model.dims.order = (0, 2, 1) if transposed else (0, 1, 2)
        model.scene.camera.orientation2d = ("up" if up else "down", "left" if left else "right")
        ways = {"x": [written[0], signs[1] < 0], "y": [written[1], signs[0] < 0]}
        right, down = (ways["y"], ways["x"]) if transposed else (ways["x"], ways["y"])
        expected = {}
        for (to, against), (text, turned), flipped in (
            (("right", "left"), right, left),
            (("bottom", "top"), down, up),
        ):
            texts = [text, "".join(opposite[letter] for letter in text)]
            if turned != bool(flipped):
                texts.reverse()
            expected[to], expected[against] = texts
        as_read = str.maketrans("HF", "SI")
        assert edge_letters(model) == {e: t.translate(as_read) for e, t in expected.items()}


def test_each_image_of_a_stack_of_films_has_letters_of_its_own(model, tmp_path):
    model.add_layer(film(tmp_path, ["L", "F"], ["P", "F"], ["", ""], modality="OT"))
    edges = []
    for number in range(3):
        model.dims.set_point(0, number)
        edges.append("".join(edge_letters(model)[edge] for edge in ("left", "right", "top")))
    assert edges == ["RLS", "APS", ""]
    model.dims.set_point(0, 0)
    model.dims.order = (1, 0, 2)
    # Nobody knows how films lie behind each other.
    assert set(edge_letters(model).values()) == {""}


def shown(viewer):
    overlays = viewer.canvas.overlays
    return {
        edge: overlays[f"medscan_{edge}"].text
        for edge in ("left", "right", "top", "bottom")
        if overlays[f"medscan_{edge}"].visible
    }


def test_letters_on_the_canvas_follow_and_go(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    before = set(viewer.canvas.overlays)
    letters = OrientationLetters(viewer)
    assert shown(viewer) == {}
    layer, _ = series(tmp_path, *PLANES["axial"])
    viewer.add_layer(layer)
    qtbot.waitUntil(lambda: shown(viewer) == {"left": "R", "right": "L", "top": "A", "bottom": "P"})
    viewer.dims.order = (1, 0, 2)
    qtbot.waitUntil(lambda: shown(viewer).get("bottom") == "S")
    viewer.scene.camera.orientation2d = ("up", "right")
    qtbot.waitUntil(lambda: shown(viewer)["bottom"] == "I")
    layer.visible = False
    qtbot.waitUntil(lambda: shown(viewer) == {})
    layer.visible = True
    qtbot.waitUntil(lambda: len(shown(viewer)) == 4)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: shown(viewer) == {})
    letters.release()
    assert set(viewer.canvas.overlays) == before
    viewer.add_layer(layer)
    qtbot.wait(20)
    assert set(viewer.canvas.overlays) == before


def test_letters_of_a_series_that_the_sliders_have_left_are_empty(make_napari_viewer, tmp_path):
    """Letters of one patient beside the image of another would be read as that one's."""
    viewer = make_napari_viewer()
    write_series(tmp_path / "near", 3)
    write_series(
        tmp_path / "far",
        3,
        series=4,
        ImagePositionPatient=lambda i: [500 + i, 0, 0],
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
    )
    near, far = (
        viewer.add_layer(layer)
        for name in ("near", "far")
        for layer in image_layers(load(tmp_path / name).stacks)
    )
    viewer.dims.set_point(0, near.extent.world[0][0])
    viewer.layers.selection.active = far
    assert current_layer(viewer) == far
    assert set(edge_letters(viewer).values()) == {""}
    viewer.layers.selection.active = near
    assert edge_letters(viewer)["left"] == "R"
    viewer.layers.selection.active = far
    viewer.dims.set_point(0, far.extent.world[0][0])
    assert edge_letters(viewer)["left"] == "A"
