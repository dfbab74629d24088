"""An image is saved and copied without metadata, and not before what is asked was confirmed."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.image_in_view import look
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.privacy.gate import Gate
from napari_medscan.privacy.sealed_image import SealedImage
from napari_medscan.privacy.text_check import Box, Outline, TextCheck
from napari_medscan.render import prepare
from napari_medscan.widgets.image import review_window, save_window
from napari_medscan.widgets.image.save_window import SaveImageWindow

from ...studies import write_series

TEXT = TextCheck((Outline(Box(40, 60, 20, 80), is_sure=True),), "Text in the image: 1 found")


@pytest.fixture
def window(qtbot, model, tmp_path, monkeypatch, request):
    """Return the window on a CT of 200 × 2000 pixels, with a name in it where a test wants it."""
    check = TEXT if "with_text" in request.fixturenames else TextCheck()
    monkeypatch.setattr(prepare, "check_text", lambda *_: check)
    rows, columns = 200, 2000
    pixels = np.full((rows, columns), 40, "<u2").tobytes()
    size = {"Rows": rows, "Columns": columns, "PixelSpacing": [1, 1]}
    write_series(tmp_path / "study", 1, PixelData=pixels, **size)
    model.open(str(tmp_path / "study"), plugin=PLUGIN)
    window = SaveImageWindow(look(model, blended=False), None, Gate())
    window.show()
    qtbot.waitUntil(lambda: bool(window.review.images), timeout=60_000)
    yield window
    window.reject()


@pytest.fixture
def with_text():
    """Have text found in the image."""


@pytest.fixture
def saving(tmp_path, monkeypatch):
    """Return the file that is named, and what was suggested for it."""
    file, suggested = tmp_path / "out" / "image.png", []
    file.parent.mkdir()

    def ask(_parent, _title, name, _kinds):
        suggested.append(name)
        return str(file), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return file, suggested


def test_full_resolution_is_saved_without_a_service(window, saving, told):
    file, suggested = saving
    window.page.save.native.click()
    assert SealedImage(file.read_bytes()).shape == (200, 2000)
    assert imagecodecs.png_decode(file.read_bytes()).shape == (200, 2000)
    assert suggested == ["ct-axial.png"]
    assert [record.message for record in told] == ["Image saved."]


def test_a_jpeg_is_saved_where_it_is_chosen(window, saving, qtbot):
    file, suggested = saving
    window.format.value = "JPEG"
    qtbot.waitUntil(lambda: bool(window.review.images), timeout=60_000)
    window.page.save.native.click()
    assert SealedImage(file.read_bytes()).shape == (200, 2000)
    assert suggested == ["ct-axial.jpg"]


@pytest.mark.parametrize("exit_", ["save", "copy"])
def test_nothing_leaves_before_the_confirmation(exit_, window, with_text, saving, qtbot):  # noqa: ARG001
    file, clipboard = saving[0], QApplication.clipboard()
    clipboard.clear()
    button = window.page[exit_] if exit_ == "copy" else window.page.save
    button.native.click()
    assert not file.exists()
    assert clipboard.image().isNull()
    what = "saved" if exit_ == "save" else "copied"
    assert window.status.text() == (
        f"Not {what} yet. Mask the outlined text, or confirm that it is not a name."
    )
    review = window.review
    # A look that is too small to read is not enough, wherever the tick came from.
    review.confirm.native.click()
    assert not review.confirm.value
    review.enlarge.native.click()
    bar = review.full_size.area.horizontalScrollBar()
    for place in range(0, bar.maximum() + 1, 200):
        bar.setValue(place)
        qtbot.wait(20)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: review.confirm.enabled, timeout=60_000)
    review.full_size.reject()
    review.confirm.native.click()
    button.native.click()
    assert file.exists() is (exit_ == "save")
    assert clipboard.image().isNull() is (exit_ == "save")


def test_what_is_masked_needs_no_confirmation(window, with_text, saving, qtbot):  # noqa: ARG001
    file = saving[0]
    window.review.mask_all.native.click()
    qtbot.waitUntil(lambda: bool(window.review.images), timeout=60_000)
    window.page.save.native.click()
    pixels = imagecodecs.png_decode(file.read_bytes())
    assert not pixels[40:60, 60:140].any()


def test_the_file_menu_has_the_command_and_says_when_there_is_no_image(model, told):
    save_window.save_image_without_metadata(model)
    assert "No image yet" in told[-1].message


def test_image_has_all_visible_layers_or_the_current_series(window, model, qtbot, monkeypatch):
    """As movies have."""
    series = current_layer(model)
    block = np.zeros(series.data.shape, np.uint8)
    block[0, 20:60, 30:90] = 1
    labels = model.add_labels(block, scale=series.scale, translate=series.translate, opacity=1)
    model.layers.selection.active = series
    made = []
    monkeypatch.setattr(SaveImageWindow, "show", lambda self: made.append(self))  # noqa: PLW0108
    save_window.save_image_without_metadata(model)
    (both,) = made
    qtbot.waitUntil(lambda: bool(both.images), timeout=60_000)
    pixels = imagecodecs.png_decode(both.images[0].data)
    color = np.rint(labels.get_color(1) * 255)[:3]
    np.testing.assert_allclose(pixels[20:60, 30:90] - color, 0, atol=1)
    both.layers.value = review_window.CURRENT
    qtbot.waitUntil(lambda: bool(both.images), timeout=60_000)
    assert both.images[0].data == window.images[0].data
    both.reject()
