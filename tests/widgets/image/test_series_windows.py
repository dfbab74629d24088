"""A series is saved as a movie or as de-identified DICOM after the look at one image's gate."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from PIL import Image
from qtpy.QtCore import QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_medscan.dicom import CancelledError
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.privacy.gate import Gate
from napari_medscan.privacy.text_check import Box, Outline, TextCheck
from napari_medscan.render import prepare
from napari_medscan.widgets.image import deidentify_window, movie_window

from ...dicom.making import item
from ...export.series import opened_in_time
from ...export.test_movie import frames
from ...studies import write_series

SIDE, SLICES = 64, 3
TEXT = TextCheck((Outline(Box(4, 6, 8, 20), is_sure=True),), "Text in the image: 1 found")
ALIKE = {"Rows": SIDE, "Columns": SIDE, "PixelSpacing": [1, 1]}


def pixels(number):
    y, x = np.mgrid[:SIDE, :SIDE]
    return (20 * number + 8 * x + 4 * y + 1).astype("<u2")


@pytest.fixture
def study(tmp_path):
    write_series(
        tmp_path / "study", SLICES, PixelData=lambda i: pixels(i).tobytes(), **ALIKE
    )  # fmt: skip
    return tmp_path / "study"


@pytest.fixture
def shown(model, study, qtbot, monkeypatch, request):
    """Return a function that opens the window of a command on the series, with a gate."""
    check = TEXT if "with_text" in request.fixturenames else TextCheck()
    monkeypatch.setattr(prepare, "check_text", lambda *_: check)
    model.open(str(study), plugin=PLUGIN)
    windows = []

    def show(kind):
        if kind == "movie":
            looks = movie_window.series_looks(model, 99)
            made = movie_window.MovieWindow(
                {(movie_window.SLICES, movie_window.CURRENT): looks}, 5, None, Gate()
            )
        else:
            stack = deidentify_window.series_of(current_layer(model))
            made = deidentify_window.DeidentifyWindow(stack, None, Gate())
        windows.append(made)
        made.show()
        ready(made, qtbot)
        return made

    yield show
    for window in windows:
        window.reject()


@pytest.fixture
def with_text():
    """Have text found in every image."""


def ready(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.images), timeout=60_000)


@pytest.fixture
def out(tmp_path, monkeypatch):
    """Return where the dialogs lead."""
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / "out" / a[2]), "")
    )
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "out"))
    return tmp_path / "out"


def written(out):
    return [pydicom.dcmread(path) for path in sorted(out.rglob("*.dcm"))]


@pytest.mark.parametrize("kind", ["movie", "dicom"])
def test_nothing_is_saved_before_text_is_masked_or_confirmed(shown, kind, out, with_text):  # noqa: ARG001
    window = shown(kind)
    window.page.save.native.click()
    assert list(out.iterdir()) == []
    assert window.status.text().startswith("Not saved yet. Mask the outlined text")


def test_movie_is_what_is_displayed(shown, model, out, told):
    layer = current_layer(model)
    layer.contrast_limits = (-1024, -224)
    window = shown("movie")
    window.kind.value, window.rate.value = "GIF", 5
    window.page.save.native.click()
    (path,) = out.iterdir()
    assert told[-1].message == "Movie saved."
    found = np.stack(frames(path)).astype(float)
    values = np.asarray(layer.data, float)
    np.testing.assert_allclose(found, np.clip((values + 1024) / 800, 0, 1) * 255, atol=1)
    with Image.open(path) as movie:
        assert movie.info["duration"] == 200


def test_masks_are_in_every_image_of_a_movie(shown, out, with_text, qtbot):  # noqa: ARG001
    window = shown("movie")
    window.review.mask_all.native.click()
    ready(window, qtbot)
    window.kind.value = "GIF"
    window.page.save.native.click()
    (path,) = out.iterdir()
    found = np.stack(frames(path))
    assert found[:, 4:12, 6:26].max() == 0
    assert found[:, 20:].max() > 0


def test_masked_text_is_declared_once_all_images_were_seen(shown, out, with_text, qtbot, told):  # noqa: ARG001
    window = shown("dicom")
    window.review.mask_all.native.click()
    ready(window, qtbot)
    qtbot.waitUntil(lambda: all(map(window.gate.is_seen, window.images)), timeout=60_000)
    window.page.save.native.click()
    assert told[-1].message == f"{SLICES} of {SLICES} files written."
    masked = np.zeros((SIDE, SIDE), bool)
    masked[4:12, 6:26] = True
    assert len(written(out)) == SLICES
    for number, data in enumerate(written(out)):
        assert data.BurnedInAnnotation == "NO"
        codes = {code.CodeValue for code in data.DeidentificationMethodCodeSequence}
        assert "113101" in codes
        found = np.frombuffer(data.PixelData, "<u2").reshape(SIDE, SIDE)
        np.testing.assert_array_equal(found[~masked], pixels(number)[~masked])
        assert len(np.unique(found[masked])) == 1


def test_masks_stay_when_something_else_is_played(model, tmp_path, qtbot, monkeypatch):
    """They are drawn on the same series; the images must not come back without them."""
    monkeypatch.setattr(prepare, "check_text", lambda *_: TextCheck())
    opened_in_time(tmp_path / "in", 4, 3)
    model.open(str(tmp_path / "in"), plugin=PLUGIN)
    ways = {
        (way, "all"): movie_window.series_looks(model, 99, axis)
        for way, axis in (("t", 0), ("z", 1))
    }
    window = movie_window.MovieWindow(ways, 5, None, Gate())
    ready(window, qtbot)
    window.review.masks = ((0, 0, 0.5, 1),)
    window.way.value = "z"
    ready(window, qtbot)
    assert all(image.masks for image in window.images)
    window.review.clear_parts()
    ready(window, qtbot)
    assert not any(image.masks for image in window.images)
    window.reject()


def test_ultrasound_is_masked_outside_its_regions_as_displayed(
    shown, model, tmp_path, out, qtbot, told
):
    region = item(RegionLocationMinX0=0, RegionLocationMinY0=16,
                  RegionLocationMaxX1=SIDE - 1, RegionLocationMaxY1=SIDE - 1)  # fmt: skip
    about = {**ALIKE, "Modality": "US", "SequenceOfUltrasoundRegions": [region]}
    write_series(tmp_path / "us", SLICES, PixelData=lambda i: pixels(i).tobytes(), **about)
    model.open(str(tmp_path / "us"), plugin=PLUGIN)
    window = shown("dicom")
    assert window.regions.visible
    window.regions.value = True
    ready(window, qtbot)
    window.page.save.native.click()
    assert written(out) == []
    qtbot.waitUntil(lambda: all(map(window.gate.is_seen, window.images)), timeout=60_000)
    window.review.confirm.value = True
    window.page.save.native.click()
    assert told[-1].message == f"{SLICES} of {SLICES} files written."
    for number, data in enumerate(written(out)):
        codes = {code.CodeValue for code in data.DeidentificationMethodCodeSequence}
        assert ("113101" in codes, data.BurnedInAnnotation) == (True, "NO")
        found = np.frombuffer(data.PixelData, "<u2").reshape(SIDE, SIDE)
        np.testing.assert_array_equal(found[16:], pixels(number)[16:])
        assert len(np.unique(found[:16])) == 1


def test_regions_are_offered_for_ultrasound_alone(shown):
    assert not shown("dicom").regions.visible


def test_options_are_those_of_the_profile(shown, out):
    window = shown("dicom")
    window.kept["dates"].value = False
    window.page.save.native.click()
    (data, *_) = written(out)
    assert data.LongitudinalTemporalInformationModified == "REMOVED"
    assert "113101" not in {c.CodeValue for c in data.DeidentificationMethodCodeSequence}


def test_series_of_one_session_have_one_pseudonym(shown, out, tmp_path, monkeypatch):
    window = shown("dicom")
    window.page.save.native.click()
    (tmp_path / "more").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "more"))
    window.page.save.native.click()
    one, other = written(out)[0], written(tmp_path / "more")[0]
    for name in ("PatientID", "StudyInstanceUID", "SOPInstanceUID"):
        assert one[name].value == other[name].value != ""


def test_each_series_gets_a_folder_of_its_own(shown, out, told):
    window = shown("dicom")
    for _ in range(2):
        window.page.save.native.click()
    names = [path.name for path in sorted(out.iterdir())]
    assert names == ["ct-axial-deidentified", "ct-axial-deidentified-2"]
    assert len(written(out)) == 2 * SLICES
    assert told[-1].message == f"{SLICES} of {SLICES} files written."


def test_originals_get_no_copies_beside_them(shown, study, told, monkeypatch):
    window = shown("dicom")
    before = sorted(study.rglob("*"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(study))
    window.page.save.native.click()
    assert told[-1].message.startswith("The original files are in this folder.")
    assert sorted(study.rglob("*")) == before


def test_cancel_leaves_nothing(shown, out, monkeypatch):
    def canceled(task, *_):
        def cancel(done, _total):
            if done > 1:
                raise CancelledError

        return task(cancel)

    window = shown("dicom")
    monkeypatch.setattr(deidentify_window, "run_with_progress", canceled)
    window.page.save.native.click()
    assert list(out.iterdir()) == []


def test_a_box_drawn_on_one_of_several_images_is_masked_in_all(shown, qtbot):
    window = shown("movie")
    view = window.review.view
    qtbot.waitExposed(window)
    window.review.draw_mask.native.click()
    place = view.place(1)
    end = place.center() - QPointF(0, place.height() / 4)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place.topLeft().toPoint())
    QTest.mouseMove(view, end.toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end.toPoint())
    ready(window, qtbot)
    ((top, left, bottom, right),) = window.review.masks
    np.testing.assert_allclose((top, left, bottom, right), (0, 0, 0.25, 0.5), atol=0.02)
    assert len({image.masks for image in window.images}) == 1


def test_no_image_of_a_movie_or_series_is_left_out(shown, qtbot, with_text):  # noqa: ARG001
    window = shown("movie")
    window.review.look()
    qtbot.waitUntil(lambda: all(map(window.gate.is_seen, window.images)), timeout=60_000)
    assert not window.review.leave_out.visible
    assert window.review.full_size.view.findChildren(QPushButton) == []


def test_time_points_and_slices_can_be_played(model, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(prepare, "check_text", lambda *_: TextCheck())
    opened_in_time(tmp_path / "in", 4, 3)
    model.open(str(tmp_path / "in"), plugin=PLUGIN)
    made = []
    monkeypatch.setattr(movie_window.MovieWindow, "show", lambda self: made.append(self))  # noqa: PLW0108
    movie_window.save_movie_without_metadata(model)
    (window,) = made
    ready(window, qtbot)
    assert len(window.images) == 4
    window.way.value = movie_window.SLICES
    ready(window, qtbot)
    assert len(window.images) == 3
    window.reject()


def test_movie_shows_all_visible_layers_or_the_current_series(
    model, study, out, qtbot, monkeypatch
):
    monkeypatch.setattr(prepare, "check_text", lambda *_: TextCheck())
    model.open(str(study), plugin=PLUGIN)
    series = current_layer(model)
    block = np.zeros(series.data.shape, np.uint8)
    block[1, 8:24, 8:24] = 1
    model.add_labels(block, scale=series.scale, translate=series.translate, opacity=1)
    model.layers.selection.active = series
    made = []
    monkeypatch.setattr(movie_window.MovieWindow, "show", lambda self: made.append(self))  # noqa: PLW0108
    movie_window.save_movie_without_metadata(model)
    (window,) = made
    ready(window, qtbot)
    window.kind.value = "GIF"
    window.page.save.native.click()
    (path,) = out.iterdir()
    with_labels = frames(path)
    window.layers.value = movie_window.CURRENT
    ready(window, qtbot)
    window.page.save.native.click()
    for number, (both, alone) in enumerate(zip(with_labels, frames(path), strict=True)):
        # A GIF has 256 colors, and spreads what is between them.
        differs = np.abs(both.astype(int) - alone)
        assert (differs[8:24, 8:24].mean() > 8) == (number == 1)
        assert differs[24:].mean() < 4
    window.reject()


@pytest.mark.parametrize(
    "command", [movie_window.save_movie_without_metadata, deidentify_window.save_deidentified]
)
def test_commands_say_when_there_is_no_series(model, command, told):
    command(model)
    assert told[-1].message
