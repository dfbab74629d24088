"""Series beside each other: those of the session, open or not."""

from __future__ import annotations

import threading

import pytest

from napari_medscan.dicom import LoadReport, MedscanError, load
from napari_medscan.frames import LazyStack
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import layer_of, stack_of
from napari_medscan.napari_.layers import image_layer, image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.phantoms import write_us_heart

from ...studies import write_series


@pytest.fixture
def find(tmp_path, record):
    """Return what writes a series and takes it into the record without opening it."""

    def find(name, **changes):
        write_series(tmp_path / name, 5, SeriesDescription=name, **changes)
        report = load(tmp_path / name)
        record.add(report)
        (stack,) = report.stacks
        return stack

    return find


@pytest.fixture
def prior(find):
    return find("Prior", series=20, StudyInstanceUID="1.2.9", StudyDate="20230101")


def titles(pane):
    box = pane.frame.header.series
    return [box.itemText(i) for i in range(box.count())]


def test_pane_shows_a_prior_that_is_not_open(arrange, add, viewer, prior):
    current = add("a", StudyDate="20240101")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    assert stack_of(pane.layer) is prior
    hidden = layer_of(viewer, prior)
    assert pane.source is hidden
    assert not hidden.visible
    # The series to look at stays on top of the list, alone selected.
    assert list(viewer.layers) == [hidden, current]
    assert viewer.layers.selection == {current}
    assert current_layer(viewer) is current
    assert viewer.dims.point[0] == pytest.approx(8)
    (title,) = (title for title in titles(pane) if title.startswith("CT 20 · Prior · "))
    assert title == "CT 20 · Prior · 12 months before the latest · CT"
    panes.close()


def test_chosen_series_that_is_closed_is_read_in_a_thread(
    arrange, add, viewer, find, qtbot, monkeypatch
):
    add("a")
    add("b")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    closed = find("Closed", series=30)
    qtbot.waitUntil(lambda: len(titles(pane)) == 3)
    threads, frame = [], LazyStack.frame

    def read(array, number):
        threads.append(threading.current_thread())
        return frame(array, number)

    monkeypatch.setattr(LazyStack, "frame", read)
    pane.frame.header.series.activated.emit(titles(pane).index("CT 30 · Closed"))
    assert not panes.is_ready
    assert pane.frame.header.series.currentText() == "CT 30 · Closed"
    qtbot.waitUntil(lambda: panes.is_ready, timeout=10_000)
    assert threads[0] is not threading.main_thread()
    assert stack_of(pane.layer) is closed
    assert closed in map(stack_of, viewer.layers)
    viewer.layers.remove(pane.source)
    qtbot.waitUntil(lambda: not pane.viewer.layers)
    assert pane.frame.header.series.currentIndex() == -1
    qtbot.wait(50)
    assert not pane.viewer.layers
    panes.close()


def test_series_that_cannot_be_read_is_told_and_leaves_the_pane(
    arrange, add, find, qtbot, monkeypatch, told
):
    add("a")
    other = add("b")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    before = pane.source
    find("Closed", series=30)
    qtbot.waitUntil(lambda: len(titles(pane)) == 3)

    def fail(_array, _number):
        raise MedscanError("gone")

    monkeypatch.setattr(LazyStack, "frame", fail)
    pane.frame.header.series.activated.emit(titles(pane).index("CT 30 · Closed"))
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert "cannot be read" in told[-1].message
    assert pane.source is before is not other
    assert panes.is_ready
    panes.close()


def test_empty_pane_shows_what_is_found_later(arrange, add, find, qtbot):
    add("a")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    assert not pane.viewer.layers
    found = find("Later", series=30)
    qtbot.waitUntil(lambda: stack_of(pane.layer) is found, timeout=10_000)
    panes.close()


def test_series_of_a_drop_that_is_about_to_open_gets_one_layer(
    arrange, add, viewer, qtbot, tmp_path, record
):
    add("a")
    panes = arrange("Side by side")
    pane = panes.panes[1]
    write_series(tmp_path / "drop", 3, series=30)
    (stack,) = load(tmp_path / "drop").stacks
    record.add(LoadReport((stack,)), [stack])
    qtbot.wait(100)
    assert not pane.viewer.layers
    viewer.layers.insert(0, image_layer(stack, visible=False))
    qtbot.waitUntil(lambda: stack_of(pane.layer) is stack, timeout=10_000)
    assert [stack_of(layer) for layer in viewer.layers].count(stack) == 1
    panes.close()


def test_two_panes_never_show_one_series(arrange, add, find):
    add("a")
    stacks = {find(str(number), series=number) for number in (30, 31, 32)}
    panes = arrange("2 × 2")
    assert {stack_of(pane.layer) for pane in panes.panes[1:]} == stacks
    panes.close()


@pytest.fixture
def visible_viewer(make_napari_viewer, tmp_path):
    """Return a viewer whose canvas takes part in the layout of its window."""
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    write_series(tmp_path / "a", 9)
    (layer,) = image_layers(load(tmp_path / "a").stacks)
    viewer.add_layer(layer)
    viewer.window._qt_window.resize(1200, 800)
    return viewer


def filled(viewer):
    """Return how much of the canvas the current series fills along its closer edges."""
    layer, canvas = current_layer(viewer), viewer.canvas.size
    axes = [axis - viewer.dims.ndim for axis in viewer.dims.displayed]
    size = [abs(layer.scale[axis]) * layer.data.shape[axis] for axis in axes]
    return max(size[i] * viewer.scene.camera.zoom / canvas[i] for i in (0, 1))


def arranged(viewer, name, qtbot):
    panes = panes_of(viewer)
    panes.arrangement = name
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    qtbot.wait(150)
    return panes


def test_main_canvas_is_fit_in_each_arrangement(visible_viewer, qtbot):
    viewer, sizes = visible_viewer, set()
    for name in ("Three planes", "Side by side", "2 × 2", "Three planes", "2 × 2", "Single"):
        panes = arranged(viewer, name, qtbot)
        sizes.add(tuple(viewer.canvas.size))
        assert filled(viewer) == pytest.approx(0.95)
    assert len(sizes) == 4
    panes.close()
    qtbot.wait(20)


def test_main_canvas_that_was_zoomed_stays_so(visible_viewer, qtbot):
    viewer = visible_viewer
    viewer.scene.camera.zoom = zoom = viewer.scene.camera.zoom * 3
    for name in ("Three planes", "Side by side", "2 × 2", "Single"):
        panes = arranged(viewer, name, qtbot)
        assert name == "Three planes" or viewer.scene.camera.zoom == pytest.approx(zoom)
    panes.close()
    qtbot.wait(20)


def test_main_canvas_stays_fit_when_a_pane_opens_a_clip(visible_viewer, record, qtbot, tmp_path):
    viewer = visible_viewer
    main = current_layer(viewer)
    panes = arranged(viewer, "Side by side", qtbot)
    write_us_heart(tmp_path / "clip", frames=4)
    report = load(tmp_path / "clip")
    record.add(report)
    pane = panes.panes[1]
    qtbot.waitUntil(lambda: len(titles(pane)) == 2)
    # Of another patient: only by choice.
    assert not pane.viewer.layers
    number = next(i for i, title in enumerate(titles(pane)) if "US" in title)
    pane.frame.header.series.activated.emit(number)
    qtbot.waitUntil(lambda: pane.layer is not None, timeout=10_000)
    assert stack_of(pane.layer) is report.stacks[0]
    assert viewer.dims.ndim == 4 > main.ndim
    for name in ("Side by side", "2 × 2"):
        panes = arranged(viewer, name, qtbot)
        assert current_layer(viewer) is main
        assert slice_in_view(viewer, main) == 4
        assert filled(viewer) == pytest.approx(0.95)
    panes.close()
    qtbot.wait(20)


def test_main_canvas_is_fit_in_each_arrangement_without_the_panel(
    make_napari_viewer, qtbot, tmp_path
):
    viewer = make_napari_viewer(show=True)
    write_series(tmp_path / "a", 9)
    (layer,) = image_layers(load(tmp_path / "a").stacks)
    viewer.add_layer(layer)
    bring_into_view(viewer, layer)
    for name in ("2 × 2", "Single"):
        panes = arranged(viewer, name, qtbot)
        assert filled(viewer) == pytest.approx(0.95)
    panes.close()
    qtbot.wait(20)
