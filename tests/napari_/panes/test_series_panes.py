"""Series beside each other: those of the session, open or not."""

from __future__ import annotations

import threading

import pytest

from napari_medscan.dicom import LoadReport, MedscanError, load
from napari_medscan.frames import LazyStack
from napari_medscan.napari_.canvas_fit import fit_zoom, is_fit
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import layer_of, stack_of
from napari_medscan.napari_.layers import image_layer

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
    box = pane.frame._series
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
    assert any("before the latest · CT 20 · Prior" in title for title in titles(pane))
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
    pane.frame._series.activated.emit(titles(pane).index("CT 30 · Closed"))
    assert not panes.is_ready
    assert pane.frame._series.currentText() == "CT 30 · Closed"
    qtbot.waitUntil(lambda: panes.is_ready, timeout=10_000)
    assert threads[0] is not threading.main_thread()
    assert stack_of(pane.layer) is closed
    assert closed in map(stack_of, viewer.layers)
    viewer.layers.remove(pane.source)
    qtbot.waitUntil(lambda: not pane.viewer.layers)
    assert pane.frame._series.currentIndex() == -1
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
    pane.frame._series.activated.emit(titles(pane).index("CT 30 · Closed"))
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


def test_main_canvas_is_fit_again_in_each_arrangement(arrange, add, viewer, qtbot):
    layer = add("a")
    viewer.window._qt_window.resize(1200, 800)
    for name in ("Three planes", "Side by side", "2 × 2", "Single"):
        panes = arrange(name)
        qtbot.wait(50)
        assert is_fit(viewer, layer)
        assert viewer.scene.camera.zoom == pytest.approx(fit_zoom(viewer))
        size = [abs(layer.scale[axis]) * layer.data.shape[axis] for axis in viewer.dims.displayed]
        fills = [size[i] * viewer.scene.camera.zoom / viewer.canvas.size[i] for i in (0, 1)]
        assert max(fills) == pytest.approx(0.95)
    viewer.scene.camera.zoom *= 3
    zoomed = viewer.scene.camera.zoom
    panes = arrange("Side by side")
    qtbot.wait(50)
    assert viewer.scene.camera.zoom == zoomed
    panes.close()
