"""What an image is made of: the files on screen, and nothing of the viewer after that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.dicom import CancelledError, load
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.image_in_view import is_same, look, series_looks
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.slab import set_slab
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.render import prepare
from napari_medscan.render.prepare import Preparer, Wish
from napari_medscan.widgets.assistant.ask import CHANGES as WATCHED

from ...dicom.making import item
from ...studies import write_series

WISH = Wish(longest=256, quality=95)


def opened(folder):
    viewer = ViewerModel()
    for layer in image_layers(load(folder).stacks):
        viewer.add_layer(layer)
    viewer.dims.set_current_step(0, 0)
    return viewer


def image_of(settled, preparer=None, wish=WISH):
    (image,) = (preparer or Preparer()).prepare([settled], wish)
    return image


def prepared(viewer, *, blended=False):
    return image_of(look(viewer, blended=blended))


def seen(monkeypatch):
    """Return the list that the images in which text is looked for come into."""
    pictures = []
    check = prepare.check_text

    def keep(rgb, others):
        pictures[:] = rgb, *others
        return check(rgb, others)

    monkeypatch.setattr(prepare, "check_text", keep)
    return pictures


def region(left):
    """Return an ultrasound's region of two columns."""
    return item(
        RegionLocationMinX0=left,
        RegionLocationMaxX1=left + 1,
        RegionLocationMinY0=0,
        RegionLocationMaxY1=3,
    )


def first(name, value):
    return lambda viewer: setattr(viewer.layers[0], name, value)


CHANGES = {
    "slice": lambda viewer: viewer.dims.set_current_step(0, 1),
    "window": first("contrast_limits", (-100, 100)),
    "gamma": first("gamma", 0.5),
    "colormap": first("colormap", "inferno"),
    "opacity": first("opacity", 0.5),
    "blending": first("blending", "additive"),
    "projection": first("projection_mode", "max"),
    "rendering": first("rendering", "minip"),
    "threshold": first("iso_threshold", 7.0),
    "attenuation": first("attenuation", 0.3),
    "interpolation": first("interpolation2d", "cubic"),
    "interpolation in 3-D": first("interpolation3d", "nearest"),
    "depiction": first("depiction", "plane"),
    "scale": first("scale", (3, 2, 1)),
    "translate": first("translate", (0, 1, 0)),
    "rotate": first("rotate", (0, 0, 90)),
    "shear": first("shear", (0.1, 0, 0)),
    "affine": first("affine", np.diag((1, 2, 1, 1))),
    "data": lambda viewer: setattr(viewer.layers[0], "data", np.array(viewer.layers[0].data)),
    "hidden": first("visible", False),
    "3-D": lambda viewer: setattr(viewer.dims, "ndisplay", 3),
    "transposed": lambda viewer: viewer.dims.transpose(),
    "turned over": lambda viewer: setattr(viewer.scene.camera, "orientation2d", ("up", "right")),
    "closed": lambda viewer: viewer.layers.clear(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_change_of_what_is_shown_is_noticed_and_heard_of(name, chest, qtbot):
    viewer = opened(chest)
    settled = look(viewer, blended=False)
    assert is_same(settled, viewer, blended=False)
    heard = []
    subscription = watch(viewer, lambda: heard.append(True), WATCHED)
    CHANGES[name](viewer)
    # At once, as a press of Send may come before the event loop comes round.
    assert not is_same(settled, viewer, blended=False)
    qtbot.waitUntil(lambda: heard == [True], timeout=60_000)
    subscription.release()


def test_zooming_changes_nothing(chest):
    viewer = opened(chest)
    settled = look(viewer, blended=False)
    viewer.scene.camera.zoom *= 3
    viewer.scene.camera.center = (0, 5, 5)
    viewer.layers[0].name = "another"
    assert is_same(settled, viewer, blended=False)


@pytest.fixture
def moving(tmp_path):
    """Return an ultrasound in files whose regions differ; the last one names none."""
    write_series(
        tmp_path,
        4,
        Modality="US",
        PixelData=lambda i: np.full((4, 6), 100 + i, "<u2").tobytes(),
        PixelSpacing=[2, 2],
        SequenceOfUltrasoundRegions=lambda i: [region(2 * i)] if i < 3 else None,
    )
    viewer = opened(tmp_path)
    viewer.layers[0].contrast_limits = (-1000, -930)
    return viewer


def test_the_regions_are_those_of_the_file_on_screen(moving, monkeypatch):
    pictures = seen(monkeypatch)
    for number in range(3):
        moving.dims.set_current_step(0, number)
        result = prepared(moving)
        columns = np.flatnonzero(pictures[0].any(axis=(0, 2)))
        assert columns.tolist() == [2 * number, 2 * number + 1]
        assert result.facts.regions_only
    moving.dims.set_current_step(0, 3)
    result = prepared(moving)
    assert pictures[0].any(axis=-1).all()
    assert not result.facts.regions_only


def test_a_cut_has_the_regions_of_each_file_it_goes_through(moving, monkeypatch):
    pictures = seen(monkeypatch)
    moving.dims.order = (1, 0, 2)
    prepared(moving)
    expected = [[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], [1] * 6]
    assert pictures[0].any(axis=-1).astype(int).tolist() == expected


def test_a_pixel_of_a_slab_is_in_the_regions_of_all_its_files(moving, monkeypatch):
    pictures = seen(monkeypatch)
    moving.dims.set_current_step(0, 2)
    set_slab(moving, moving.layers, "max", 4.0)
    shown = look(moving, blended=False).layers[0]
    assert shown.slices == (1, 2)
    prepared(moving)
    assert not pictures[0].any()


def test_all_files_of_a_cut_are_asked_for_text(tmp_path):
    write_series(
        tmp_path,
        Modality="US",
        PixelSpacing=[2, 2],
        BurnedInAnnotation=lambda i: "YES" if i == 0 else "NO",
    )
    viewer = opened(tmp_path)
    viewer.dims.set_current_step(0, 2)
    assert prepared(viewer).facts.signals.text == ()
    viewer.dims.order = (1, 0, 2)
    assert "Burned In Annotation is YES" in prepared(viewer).facts.signals.text[0]


@pytest.mark.parametrize("part", [None, "CHEST", "HEAD"])
def test_many_slices_of_an_unknown_body_part_may_show_a_face(part, tmp_path):
    write_series(tmp_path, 6, PixelSpacing=[2, 2], BodyPartExamined=part)
    viewer = opened(tmp_path)
    said = {None: ("", "no body part"), "CHEST": ("", ""), "HEAD": ("the head", "the head")}
    one, many = said[part]
    assert one in prepared(viewer).facts.signals.face
    assert bool(prepared(viewer).facts.signals.face) == bool(one)
    set_slab(viewer, viewer.layers, "max", 6.0)
    viewer.dims.set_current_step(0, 3)
    for order in ((0, 1, 2), (1, 0, 2)):
        viewer.dims.order = order
        face = prepared(viewer).facts.signals.face
        assert many in face
        assert bool(face) == bool(many)
    assert prepared(viewer).facts.signals.body_part == (part or "")


def test_it_is_made_of_what_was_settled_whatever_is_shown_then(pet_ct):
    viewer = opened(pet_ct)
    viewer.layers.selection = set(viewer.layers)
    settled = look(viewer, blended=True)
    expected = image_of(settled)
    viewer.dims.set_current_step(0, 3)
    viewer.dims.order = (2, 1, 0)
    viewer.layers[0].contrast_limits = (0, 1)
    viewer.layers[1].colormap = "magma"
    viewer.layers.clear()
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(image_of, settled).result()
    assert later.data == expected.data


def test_a_mask_renders_nothing_anew(pet_ct, monkeypatch):
    pictures = seen(monkeypatch)
    viewer = opened(pet_ct)
    preparer = Preparer()
    settled = look(viewer, blended=False)
    image_of(settled, preparer)
    pictures.clear()
    masked = image_of(settled, preparer, Wish(256, masks=((0, 0, 0.5, 0.5),)))
    assert len(masked.masks) == 1
    assert pictures == []


def test_slices_of_a_series_are_spread_over_it_and_compared_with_one_another(chest, monkeypatch):
    viewer, pictures = opened(chest), seen(monkeypatch)
    for count in (3, 100):
        looks = series_looks(viewer, count)
        extent = viewer.layers[0].data.shape[0]
        expected = np.linspace(0, extent - 1, min(count, extent)).round().astype(int).tolist()
        assert [settled.layers[0].index[0] for settled in looks] == expected
        images = Preparer().prepare(looks, WISH)
        assert len({image.sha256 for image in images}) == len(images)
        assert len(pictures) > 2, "burned-in text stays while anatomy moves"
        assert all(is_same(settled, viewer, blended=False) for settled in looks)


def test_what_slices_are_compared_with_is_drawn_once_for_all(chest, monkeypatch):
    looks, drawn, paint = series_looks(opened(chest), 6), [], prepare.paint

    def counted(*layers, **kwargs):
        drawn.append(layers)
        return paint(*layers, **kwargs)

    monkeypatch.setattr(prepare, "paint", counted)
    Preparer().prepare(looks, WISH)
    assert len(looks) < len(drawn) <= len(looks) + 4


@pytest.mark.parametrize("name", CHANGES)
def test_slices_of_a_series_stay_while_the_view_moves_along_it_alone(name, chest):
    viewer = opened(chest)
    settled = series_looks(viewer, 3)[1]
    assert is_same(settled, viewer, blended=False)
    CHANGES[name](viewer)
    assert is_same(settled, viewer, blended=False) is (name == "slice")


def test_slabs_of_a_series_are_others_when_they_are_thicker(chest):
    viewer = opened(chest)
    viewer.layers[0].projection_mode = "max"
    settled = series_looks(viewer, 3)[1]
    viewer.dims.margin_left = (5.0, 0, 0)
    assert not is_same(settled, viewer, blended=False)


def test_slices_at_another_time_point_are_others(tmp_path):
    viewer = opened(perfusion(tmp_path))
    settled = series_looks(viewer, 3)[0]
    viewer.dims.set_current_step(1, 2)
    assert is_same(settled, viewer, blended=False)
    viewer.dims.set_current_step(0, 1)
    assert not is_same(settled, viewer, blended=False)


def perfusion(folder):
    """Write three time points of four slices."""
    write_series(
        folder,
        12,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i % 4)],
        TemporalPositionIdentifier=lambda i: 1 + i // 4,
        AcquisitionTime=lambda i: f"1200{10 + 2 * (i // 4):02d}",
    )
    return folder


def test_a_series_of_one_image_has_no_others(tmp_path):
    write_series(tmp_path, 1)
    with pytest.raises(NoImageInViewError, match="one image only"):
        series_looks(opened(tmp_path), 8)


def test_preparing_a_series_can_be_stopped_between_images(chest):
    looks, done = series_looks(opened(chest), 6), []

    def stop(number, count):
        done.append((number, count))
        if number == 2:
            raise CancelledError("canceled")

    with pytest.raises(CancelledError):
        Preparer().prepare(looks, WISH, stop)
    assert done == [(0, 6), (1, 6), (2, 6)]
