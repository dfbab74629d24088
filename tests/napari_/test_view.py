"""A series that is brought into view is seen as a radiologist expects it."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_medscan.dicom import load
from napari_medscan.napari_.active_viewer import add_pane_model
from napari_medscan.napari_.canvas_fit import refit
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes.twin_layer import twin_of
from napari_medscan.napari_.planes import show_acquired_plane, show_plane
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import add_hidden, bring_into_view, show_only

from ..studies import write_series
from .test_planes import CONVENTION

AXIAL = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
CORONAL = {
    "ImageOrientationPatient": [1, 0, 0, 0, 0, -1],
    "ImagePositionPatient": lambda i: [0, 2 * i, 0],
}
SAGITTAL = {
    "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
    "ImagePositionPatient": lambda i: [2 * i, 0, 0],
}
PLANES = {"axial": AXIAL, "coronal": CORONAL, "sagittal": SAGITTAL}
# The rows of the array run down the patient's left, or from right to left.
ODD = {
    "axial": {"ImageOrientationPatient": [0, 1, 0, 1, 0, 0]},
    "coronal": {
        "ImageOrientationPatient": [-1, 0, 0, 0, 0, 1],
        "ImagePositionPatient": lambda i: [0, 2 * i, 0],
    },
    "sagittal": {
        "ImageOrientationPatient": [0, 0, 1, 0, -1, 0],
        "ImagePositionPatient": lambda i: [2 * i, 0, 0],
    },
}


@pytest.fixture
def add(viewer, tmp_path):
    """Return what writes a series and adds it as a drop would."""

    def add(name, slices=5, **changes):
        folder = tmp_path / name
        number = 1 + sum(1 for _ in tmp_path.iterdir())
        write_series(
            folder,
            slices,
            **{
                "series": number,
                "StudyInstanceUID": f"1.2.9.{number}",
                "FrameOfReferenceUID": f"1.2.8.{number}",
                **changes,
            },
        )
        (layer,) = (viewer.add_layer(layer) for layer in image_layers(load(folder).stacks))
        return layer

    return add


def is_upright(viewer, layer, plane):
    middle = slice_in_view(viewer, layer) == stack_of(layer).typical
    return middle and edge_letters(viewer) == CONVENTION[plane] and current_layer(viewer) == layer


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("acquired", [PLANES, ODD], ids=["straight", "odd"])
def test_bring_into_view_first_series_is_upright(viewer, add, plane, acquired):
    layer = add("a", **acquired[plane])
    assert is_upright(viewer, layer, plane)


@pytest.mark.parametrize("first", PLANES)
@pytest.mark.parametrize("turned", PLANES)
@pytest.mark.parametrize("second", PLANES)
@pytest.mark.parametrize("removed", [False, True], ids=["on top", "after removal"])
def test_bring_into_view_after_a_turned_view_is_upright(
    viewer, add, first, turned, second, removed
):
    before = add("a", **PLANES[first])
    show_plane(viewer, before, turned)
    viewer.dims.set_current_step(viewer.dims.order[0], 0)
    if removed:
        viewer.layers.remove(before)
    layer = add("b", 7, **PLANES[second])
    assert is_upright(viewer, layer, second)
    assert removed or not before.visible


@pytest.mark.parametrize("ways", [("up", "left"), ("down", "left"), ("up", "right")])
def test_bring_into_view_after_a_flipped_camera_is_upright(viewer, add, ways):
    add("a")
    viewer.scene.camera.orientation2d = ways
    assert is_upright(viewer, add("b"), "axial")


def test_bring_into_view_after_3d_is_in_2d(viewer, add):
    add("a")
    viewer.dims.ndisplay = 3
    assert is_upright(viewer, add("b"), "axial")


def test_bring_into_view_fits_the_series_whatever_else_is_there(viewer, add):
    near = add("near")
    zoom, center = viewer.scene.camera.zoom, viewer.scene.camera.center
    add("far", 5, ImagePositionPatient=lambda i: [5000, 5000, 2 * i], PixelSpacing=[9, 9])
    viewer.add_image(np.zeros((900, 900)))
    bring_into_view(viewer, near)
    assert viewer.scene.camera.zoom == zoom
    assert viewer.scene.camera.center == center


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ({"PatientID": "other", "FrameOfReferenceUID": "1.2.8.1"}, False),
        ({"FrameOfReferenceUID": "1.2.8.7"}, False),
        ({"FrameOfReferenceUID": ""}, False),
        ({"FrameOfReferenceUID": "1.2.8.1"}, True),
        ({"FrameOfReferenceUID": "1.2.8.1", **CORONAL}, False),
    ],
    ids=["another patient", "another frame", "no frame", "the same place", "another plane"],
)
def test_bring_into_view_hides_what_does_not_belong(viewer, add, other, stays):
    layer = add("a")
    other = add("b", **other)
    other.opacity = 0.5
    layer.visible = True
    viewer.layers.selection.active = other
    bring_into_view(viewer, other)
    assert layer.visible is stays


def test_bring_into_view_two_series_without_a_frame_are_no_pair(add):
    ct = add("a", FrameOfReferenceUID="", StudyInstanceUID="1.2.9")
    pet = add("b", Modality="PT", FrameOfReferenceUID="", StudyInstanceUID="1.2.9")
    assert (ct.visible, pet.visible) == (False, True)
    assert str(pet.blending) != "additive"


def test_bring_into_view_never_hides_layers_of_others(viewer, add):
    foreign = viewer.add_image(np.zeros((4, 4)))
    derived = viewer.add_image(np.zeros((4, 4)), metadata=add("a").metadata)
    show_only(viewer, [add("b")])
    assert foreign.visible
    assert derived.visible


def test_show_only_leaves_hidden_layers_alone(viewer, add):
    hidden, shown, last = (add(name) for name in "abc")
    changed = []
    for layer in (hidden, shown, last):
        layer.events.visible.connect(lambda event: changed.append(event.source))
    show_only(viewer, [shown])
    assert changed == [last, shown]
    show_only(viewer, [shown])
    assert changed == [last, shown]


def test_removed_series_is_followed_by_the_best_of_its_study(viewer, add, qtbot):
    study = {"StudyInstanceUID": "1.2.9"}
    newer = add("newer", 9, StudyDate="20300101")
    scout = add("scout", 1, **study, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    axial, last = add("axial", 3, **study), add("last", 3, **study)
    assert [layer for layer in viewer.layers if layer.visible] == [last]
    viewer.layers.remove(last)
    qtbot.waitUntil(lambda: current_layer(viewer) is axial)
    assert viewer.layers.selection.active is axial
    assert slice_in_view(viewer, axial) == 1
    viewer.layers.remove(axial)
    qtbot.waitUntil(lambda: current_layer(viewer) is scout)
    viewer.layers.remove(scout)
    qtbot.waitUntil(lambda: current_layer(viewer) is newer)


def test_removed_series_is_not_followed_while_another_is_visible(viewer, add, qtbot):
    hidden, shown, last = (add(name) for name in "abc")
    shown.visible = True
    viewer.layers.remove(last)
    qtbot.wait(20)
    assert [layer for layer in viewer.layers if layer.visible] == [shown]
    shown.visible = False
    viewer.layers.remove(shown)
    qtbot.wait(20)
    assert not hidden.visible


def test_removed_series_is_not_followed_by_one_that_a_pane_shows(viewer, add, qtbot):
    in_pane, free, last = (add(name) for name in "abc")
    model = ViewerModel()
    add_pane_model(viewer, model)
    model.add_layer(twin_of(in_pane))
    viewer.layers.remove(last)
    qtbot.waitUntil(lambda: current_layer(viewer) is free)
    viewer.layers.remove(free)
    qtbot.wait(20)
    assert not in_pane.visible


@pytest.mark.parametrize("hide", [False, True])
def test_bring_into_view_scripts_can_keep_others_visible(viewer, add, hide):
    first, second = add("a"), add("b")
    first.visible = True
    bring_into_view(viewer, second, hide_others=hide)
    assert first.visible is not hide


def test_bring_into_view_keeps_the_arrangement_for_pet_on_its_ct(viewer, add):
    place = {"FrameOfReferenceUID": "1.2.8"}
    ct = add("ct", 9, **place)
    show_plane(viewer, ct, "coronal")
    viewer.scene.camera.orientation2d = ("down", "left")
    viewer.scene.camera.zoom *= 1.5
    viewer.dims.set_current_step(1, 1)
    before = viewer.dims.order, viewer.dims.point, viewer.scene.camera.model_dump()
    pet = add("pet", 9, Modality="PT", **place)
    assert (viewer.dims.order, viewer.dims.point, viewer.scene.camera.model_dump()) == before
    assert ct.visible
    assert (pet.visible, str(pet.blending), pet.colormap.name) == (True, "additive", "inferno")
    assert current_layer(viewer) == pet


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("way", ["opened", "show only"])
def test_another_phase_is_fit_as_the_one_before_was_unless_the_camera_was_moved(
    viewer, add, moved, way
):
    place = {"FrameOfReferenceUID": "1.2.8"}
    fine = {"PixelSpacing": [0.5, 0.5], **place}
    if way == "show only":
        small = add("small", 9, **fine)
    add("large", 9, PixelSpacing=[1, 1], **place)
    viewer.dims.set_current_step(0, 2)
    viewer.scene.camera.zoom *= 1.25 if moved else 1
    before = viewer.scene.camera.zoom
    if way == "show only":
        show_only(viewer, [small])
    else:
        small = add("small", 9, **fine)
    assert current_layer(viewer) == small
    assert slice_in_view(viewer, small) == 2
    assert viewer.scene.camera.zoom == (before if moved else pytest.approx(2 * before))


def test_bring_into_view_a_series_that_ends_before_the_slice_starts_anew(viewer, add):
    place = {"FrameOfReferenceUID": "1.2.8"}
    add("ct", 20, **place)
    viewer.dims.set_current_step(0, 19)
    phase = add("phase", 5, **place)
    assert is_upright(viewer, phase, "axial")


def test_openings_of_several_series_show_the_visible_one(viewer, tmp_path):
    folder = tmp_path / "study"
    write_series(folder, 1, series=1, **SAGITTAL)
    write_series(folder, 9, series=2)
    write_series(folder, 3, series=3, **CORONAL)
    layers = [viewer.add_layer(layer) for layer in image_layers(load(folder).stacks)]
    (shown,) = (layer for layer in layers if layer.visible)
    assert stack_of(shown).series_number == 2
    assert is_upright(viewer, shown, "axial")
    assert viewer.layers.selection == {shown}


def test_openings_of_a_hidden_series_later_keep_the_visible_one_active(
    make_napari_viewer, tmp_path, qtbot
):
    viewer = make_napari_viewer()
    follow_openings(viewer)
    write_series(tmp_path, 3, series=1)
    write_series(tmp_path, 3, series=2)
    first, second = image_layers(load(tmp_path).stacks)
    first.visible, second.visible = True, False
    viewer.add_layer(first)
    viewer.add_layer(second)
    qtbot.waitUntil(lambda: viewer.layers.selection.active is first)
    rows = viewer.window._qt_viewer.layers.selectionModel().selectedIndexes()
    assert [row.data() for row in rows] == [first.name]


@pytest.mark.parametrize(
    ("written", "edges"),
    [
        (["L", "F"], {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        (["R", "F"], {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        (["R", "H"], {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        (["F", "L"], {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        (["P", "F"], {"left": "A", "right": "P", "top": "S", "bottom": "I"}),
        (["A", "F"], {"left": "P", "right": "A", "top": "S", "bottom": "I"}),
        # Turned by half a turn, not mirrored.
        (["A", "H"], {"left": "A", "right": "P", "top": "S", "bottom": "I"}),
        # A craniocaudal mammogram stays as it is stored.
        (["P", "L"], {"left": "A", "right": "P", "top": "R", "bottom": "L"}),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
def test_bring_into_view_projection_image_by_patient_orientation(
    viewer, add, written, edges, order
):
    film = {"Modality": "DX", "ImageOrientationPatient": None, "ImagePositionPatient": None}
    add("before", 1, series=1, PatientOrientation=["H", "R"], **film)
    viewer.dims.order = order
    add("dx", 1, series=2, PatientOrientation=written, **film)
    assert edge_letters(viewer) == edges


def test_projection_image_is_turned_upright_while_the_slider_stands_beside_it(viewer, add):
    film = {"Modality": "DX", "ImageOrientationPatient": None, "ImagePositionPatient": None}
    layer = add("dx", 1, PatientOrientation=["R", "H"], **film)
    viewer.add_image(np.zeros((50, 4, 6)), visible=False)
    viewer.dims.set_point(0, 40)
    viewer.dims.order = (1, 0, 2)
    viewer.scene.camera.orientation2d = ("down", "right")
    show_acquired_plane(viewer, layer)
    viewer.dims.set_point(0, 0)
    assert edge_letters(viewer) == {"left": "R", "right": "L", "top": "S", "bottom": "I"}


def test_refit_follows_the_canvas_until_the_camera_moves(viewer, add):
    add("a")
    zoom = viewer.scene.camera.zoom
    viewer.canvas.size = (1600, 2000)
    fit = viewer.scene.camera.zoom
    assert fit > zoom
    viewer.scene.camera.zoom *= 2
    viewer.canvas.size = (300, 300)
    refit(viewer)
    assert viewer.scene.camera.zoom == 2 * fit


@pytest.mark.parametrize("place", [100.9, 100.5, 101.0])
@pytest.mark.parametrize("first", [0, 1])
def test_show_only_between_the_steps_of_the_slider_shows_the_series(
    make_napari_viewer, tmp_path, first, place
):
    """A lone slice beyond the last whole step of a volume is no slice of the slider."""
    write_series(tmp_path, 1, series=1, Rows=8, Columns=3, ImagePositionPatient=[0, 0, place])
    write_series(tmp_path, 4, series=2, ImagePositionPatient=lambda i: [0, 0, 5 * i])
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    lone, volume = image_layers(load(tmp_path).stacks)
    lone.visible, volume.visible = first == 0, first == 1
    viewer.add_layer(lone)
    viewer.add_layer(volume)
    assert slice_in_view(viewer, (lone, volume)[first]) is not None
    for layer in (volume, lone, volume, lone):
        show_only(viewer, [layer])
        assert slice_in_view(viewer, layer) is not None
        along = viewer.dims.point[0]
        assert layer.extent.world[0, 0] - 1e-6 <= along <= layer.extent.world[1, 0] + 1e-6
        assert current_layer(viewer) is layer


def test_bring_into_view_beside_a_series_without_calibration_is_not_black(
    make_napari_viewer, tmp_path
):
    """Units that are changed after a layer was sliced leave napari an inverse of the old ones."""
    plain = {"PixelSpacing": None, "ImagePositionPatient": None, "ImageOrientationPatient": None}
    write_series(tmp_path, 4, series=1, **plain)
    write_series(tmp_path, 1, series=2, ImagePositionPatient=[0, 0, 1687.5], Rows=4, Columns=6)
    viewer = make_napari_viewer(show=True)
    layers = viewer.open(str(tmp_path), plugin="napari-medscan")
    for layer in [*layers, *reversed(layers)]:
        show_only(viewer, [layer])
        assert not layer._slice.empty
        assert slice_in_view(viewer, layer) is not None


@pytest.mark.parametrize("moved", [False, True], ids=["fit", "moved by the user"])
def test_hidden_series_with_more_axes_leaves_the_camera(viewer, add, moved):
    layer = add("a")
    camera = viewer.scene.camera
    if moved:
        camera.center, camera.zoom = (0, 1, 2), 7
    before = camera.center, camera.zoom
    clip = Image(np.zeros((5, 3, 40, 60)), visible=False)
    add_hidden(viewer, clip)
    assert viewer.dims.ndim == 4
    assert (camera.center, camera.zoom) == before
    assert viewer.layers.selection.active is layer
    assert list(viewer.layers) == [clip, layer]
    viewer.layers.remove(clip)
    assert viewer.dims.ndim == 3
    assert (camera.center, camera.zoom) == before
