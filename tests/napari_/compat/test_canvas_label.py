"""Labels that Qt draws on the canvas where napari has no place for them."""

from __future__ import annotations

import pytest
from qtpy.QtTest import QTest

from napari_medscan.napari_.compat.canvas_label import CanvasLabel, _Label
from napari_medscan.napari_.qt_canvas import canvas_of


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


def labels(viewer):
    return canvas_of(viewer).canvas.native.findChildren(_Label)


def label(viewer, place, text, **options):
    made = CanvasLabel(viewer, place, font_size=15, **options)
    made.text = text
    made.visible = True
    return made


def center(widget):
    canvas = widget.parentWidget()
    middle = widget.geometry().center()
    return middle.x() / canvas.width(), middle.y() / canvas.height()


def test_a_label_keeps_its_place_when_the_canvas_is_resized(viewer):
    rows, columns = {"top": 0, "middle": 0.5, "bottom": 1}, {"left": 0, "center": 0.5, "right": 1}
    made = {
        (x, y): label(viewer, f"{row}_{column}", "R")
        for row, y in rows.items()
        for column, x in columns.items()
    }
    for size in ((1000, 700), (700, 500)):
        viewer.window.resize(*size)
        QTest.qWait(50)
        for place, widget in zip(made, labels(viewer), strict=True):
            assert center(widget) == pytest.approx(place, abs=0.1)
    for each in made.values():
        each.release()
    assert not labels(viewer)


def test_labels_of_one_place_stand_side_by_side(viewer):
    first, second = (label(viewer, "top_right", text) for text in ("first", "second"))
    one, other = (widget.geometry() for widget in labels(viewer))
    assert other.right() < one.left()
    first.visible = False
    assert labels(viewer)[1].geometry().right() == one.right()
    first.visible = True
    assert not labels(viewer)[0].geometry().intersects(labels(viewer)[1].geometry())
    first.release()
    assert labels(viewer)[0].geometry().right() == one.right()
    second.release()


def test_an_empty_or_hidden_label_is_not_drawn(viewer):
    made = label(viewer, "top_left", "text")
    (widget,) = labels(viewer)
    # Before 0.7, a welcome hides the canvas of a viewer without layers.
    assert not widget.isHidden()
    made.visible = False
    assert widget.isHidden()
    made.visible, made.text = True, ""
    assert widget.isHidden()
    made.release()


def test_a_label_follows_the_theme_unless_it_has_colors(viewer):
    plain = label(viewer, "top_left", "plain")
    warning = label(viewer, "top_right", "warning", colors=("#ffb347", "black"))
    one, other = labels(viewer)
    for theme, color in (("light", "#000000"), ("dark", "#ffffff")):
        viewer.theme = theme
        assert one.palette().windowText().color().name() == color
        assert other.palette().windowText().color().name() == "#ffb347"
    plain.release()
    warning.release()


def test_without_a_window_nothing_is_drawn(model):
    made = label(model, "middle_left", "R")
    assert (made.text, made.visible) == ("R", True)
    made.release()
