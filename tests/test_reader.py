"""Dropping, opening, scrolling: through napari's own viewer.open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import napari
import numpy as np
import pytest
from napari import __main__ as napari_command_line
from napari.layers import Image
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QApplication

from napari_medscan import reader
from napari_medscan.dicom import Stack
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.series import slice_source
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.openings import follow_openings

from .corpus.oracle import corpus_dir
from .dicom.making import ct, write
from .studies import BIDI, HOSTILE, damage, write_many, write_series

PLUGIN = "napari-medscan"


def opened(viewer, path, **options):
    paths = [str(p) for p in path] if isinstance(path, list) else str(path)
    return viewer.open(paths, plugin=PLUGIN, **options)


@pytest.fixture
def reads(monkeypatch):
    """Collect (file, frame) of every frame that is read, and check that no other pixels are."""
    slices, bytes_read = [], []
    read_slice = slice_source.read_slice

    def counted_slice(header, index, out):
        slices.append((header.name, index))
        read_slice(header, index, out)

    def counted(read):
        def read_and_count(self, offset, what):
            bytes_read.append(what)
            return read(self, offset, what)

        return read_and_count

    monkeypatch.setattr(slice_source, "read_slice", counted_slice)
    for name in ("read_at", "read_into"):
        monkeypatch.setattr(FileRef, name, counted(getattr(FileRef, name)))
    yield slices
    assert len(bytes_read) <= len(slices)


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that only moves when it is told to."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(reader, "time", clock)
    return clock


# --- what napari gets


def test_a_folder_becomes_a_lazy_layer_a_series(make_napari_viewer, chest):
    viewer = make_napari_viewer()
    (layer,) = opened(viewer, chest)
    assert list(viewer.layers) == [layer]
    assert type(layer) is Image
    assert layer.name == "CT 2 · Chest 2.5 B30f"
    assert layer.data.shape == (6, 32, 32)
    assert not isinstance(layer.data, np.ndarray)
    assert isinstance(layer.metadata["medscan"], Stack)
    assert layer.contrast_limits == [-160, 239]
    assert layer.contrast_limits_range[0] < -160
    assert layer.contrast_limits_range[1] > 3071
    assert layer.source.reader_plugin == PLUGIN
    assert viewer.dims.current_step[0] == 2
    assert viewer.dims.axis_labels == ("z", "y", "x")


def test_the_middle_slice_is_the_one_on_screen(model, tmp_path):
    write_series(tmp_path, 7)
    (layer,) = opened(model, tmp_path)
    assert model.dims.current_step[0] == 3
    assert np.unique(layer._slice.image.raw).tolist() == [30 - 1024]


def test_pet_and_ct_are_seen_together(make_napari_viewer, pet_ct):
    viewer = make_napari_viewer()
    ct, pet = opened(viewer, pet_ct)
    assert (ct.visible, pet.visible) == (True, True)
    assert pet.blending == "additive"
    assert np.allclose(ct.extent.world.mean(axis=0), pet.extent.world.mean(axis=0), atol=5)


def test_a_hostile_name_is_harmless_where_napari_shows_it(make_napari_viewer, tmp_path):
    write_series(tmp_path, SeriesDescription=f"{HOSTILE}{BIDI}" + "y" * 300)
    viewer = make_napari_viewer()
    opened(viewer, tmp_path)
    model = viewer.window._qt_viewer.layers.model()
    index = model.index(0, 0)
    for role in (
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.EditRole,
    ):
        shown = index.data(role)
        assert "‹img" in shown
        assert "<" not in shown
        assert BIDI not in shown
        # By which Qt decides; only the first line counts.
        assert not Qt.mightBeRichText(shown)


def test_a_duplicate_shares_the_pixels(make_napari_viewer, chest):
    from napari.layers._layer_actions import _duplicate_layer

    viewer = make_napari_viewer()
    (layer,) = opened(viewer, chest)
    _duplicate_layer(viewer.layers)
    twin = viewer.layers[1]
    assert twin is not layer
    assert twin.data is layer.data
    assert stack_of(twin) is stack_of(layer)


def test_closing_the_viewer_closes_everything(make_napari_viewer, tmp_path):
    write_many(tmp_path, 3)
    viewer = make_napari_viewer(strict_qt="raise")
    opened(viewer, tmp_path)
    viewer.layers.clear()
    opened(viewer, tmp_path)
    # What napari's event loop does as soon as it is back.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


# --- how much is read


@pytest.fixture(scope="module")
def long_series(tmp_path_factory):
    """Return the folder of a real series of 192 files, or of one that is made."""
    real = corpus_dir() / "cases" / "mr-sag-mprage192"
    if real.is_dir():
        return real
    folder = tmp_path_factory.mktemp("long")
    write_series(folder, 192)
    return folder


def test_opening_192_files_reads_what_is_shown_and_no_more(make_napari_viewer, long_series, reads):
    viewer = make_napari_viewer()
    (layer,) = opened(viewer, long_series)
    assert layer.data.shape[0] == 192
    stack = stack_of(layer)
    # One where the slider stands before napari puts it in the middle, then the middle.
    assert len(reads) == 2
    assert reads[1] == (stack.slices[95].name, 0)
    assert viewer.dims.current_step[0] == 95

    viewer.dims.set_current_step(0, 94)
    assert reads[2:] == [(stack.slices[94].name, 0)]
    viewer.dims.set_current_step(0, 95)
    layer.contrast_limits = (0, 100)
    layer.gamma = 0.5
    assert len(reads) == 3


def test_3d_reads_every_frame_and_keeps_them(make_napari_viewer, long_series, reads):
    viewer = make_napari_viewer()
    (layer,) = opened(viewer, long_series)
    viewer.dims.ndisplay = 3
    assert len(reads) == len(set(reads)) == 192
    viewer.dims.ndisplay = 2
    for place in (3, 100, 191):
        viewer.dims.set_current_step(0, place)
    viewer.dims.order = (1, 0, 2)
    assert layer.data[50].any()
    assert len(reads) == 192


def test_hidden_series_read_no_more_than_two_frames_each(model, tmp_path, reads):
    for number in range(1, 5):
        write_series(tmp_path, 9, series=number)
    opened(model, tmp_path)
    assert len(set(reads)) == len(reads)
    assert len(reads) <= 2 * 4


# --- files dropped


def test_one_file_opens_its_whole_series_and_no_other(model, tmp_path):
    write_series(tmp_path, 4, series=1)
    paths = write_series(tmp_path, 5, series=2)
    (layer,) = opened(model, paths[3])
    assert layer.data.shape[0] == 5
    assert layer.name.startswith("CT 2")


@pytest.mark.usefixtures("clock")
def test_a_burst_of_files_gives_one_layer_a_series(model, tmp_path):
    one, two = write_series(tmp_path, 6, series=1), write_series(tmp_path, 4, series=2)
    mixed = [p for pair in zip(one, two, strict=False) for p in pair] + one[4:]
    opened(model, mixed)
    assert sorted(layer.data.shape[0] for layer in model.layers) == [4, 6]


SCOUT = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


@pytest.mark.usefixtures("clock", "qapp")
@pytest.mark.parametrize(
    ("kinds", "visible"),
    [([{}, {}], 0), ([SCOUT, {}], 1), ([{}, SCOUT], 0), ([SCOUT, {}, {}], 1)],
    ids=["equals", "scout first", "scout last", "scout and two"],
)
def test_burst_the_first_useful_series_stays_in_view(model, tmp_path, kinds, visible):
    follow_openings(model)
    paths = []
    for number, kind in enumerate(kinds, 1):
        # Scans of one plane and place would else stay on top of each other.
        place = {"FrameOfReferenceUID": f"1.2.{number}"}
        paths += write_series(tmp_path / str(number), 3, series=number, **place, **kind)
    opened(model, paths)
    assert [layer.visible for layer in model.layers] == [n == visible for n in range(len(kinds))]
    QApplication.processEvents()
    assert model.layers.selection.active == model.layers[visible]


def test_burst_that_is_over_does_not_hide_the_next_series(model, tmp_path, clock):
    follow_openings(model)
    for number in (1, 2):
        place = {"FrameOfReferenceUID": f"1.2.{number}"}
        opened(model, write_series(tmp_path / str(number), 3, series=number, **place))
        clock.now += 5
    assert [layer.visible for layer in model.layers] == [False, True]


@pytest.mark.usefixtures("clock")
def test_burst_pet_after_its_ct_is_fused(model, tmp_path):
    follow_openings(model)
    ct_file, *_ = write_series(tmp_path / "a", 3, series=1)
    pet_file, *_ = write_series(tmp_path / "b", 3, series=2, Modality="PT")
    opened(model, [ct_file, pet_file])
    assert [(layer.visible, layer.blending) for layer in model.layers][1] == (True, "additive")
    assert model.layers[0].visible


@pytest.mark.usefixtures("clock")
def test_a_bad_file_in_a_burst_does_not_stop_it(model, tmp_path, told):
    paths = write_series(tmp_path, 5)
    damage(paths[2])
    (layer,) = opened(model, paths)
    assert layer.data.shape[0] == 5
    assert len(stack_of(layer).files) == 4
    assert ["1 file could not be read" in n.message for n in told].count(True) == 1


def test_a_burst_lasts_as_long_as_files_keep_coming(model, tmp_path, clock):
    paths = write_series(tmp_path, 4)
    for path in paths:
        opened(model, path)
        clock.now += 1.2
    assert len(model.layers) == 1


def test_after_a_pause_the_same_file_opens_again(model, tmp_path, clock):
    paths = write_series(tmp_path, 3)
    opened(model, paths[0])
    clock.now += 5
    opened(model, paths[0])
    assert len(model.layers) == 2


def test_files_opened_as_a_stack_make_just_what_they_are(model, tmp_path):
    paths = write_series(tmp_path, 5)
    (layer,) = opened(model, paths[:3], stack=True)
    assert layer.data.shape[0] == 3


def test_a_dicomdir_stands_for_its_folder(model, tmp_path):
    write_many(tmp_path / "DATA", 2)
    directory = ct(SOPClassUID="1.2.840.10008.1.3.10", PixelData=None, Rows=None, Columns=None)
    path = write(tmp_path / "DICOMDIR", directory)
    assert len(opened(model, path)) == 2


@pytest.mark.usefixtures("no_gui")
def test_a_real_disc(model):
    disc = corpus_dir() / "cases" / "dicomdir-tree-pydicom"
    if not disc.is_dir():
        pytest.skip("NOT TESTED: there is no corpus")
    directory = next(disc.rglob("DICOMDIR"))
    assert len(opened(model, directory)) > 8


# --- without a window


@pytest.mark.usefixtures("no_gui")
def test_scripts_get_layers_too(chest):
    (layer,) = reader.read(str(chest))
    assert layer.data.shape == (6, 32, 32)


@pytest.mark.usefixtures("no_gui")
def test_scripts_are_not_asked(tmp_path):
    write_many(tmp_path, 10)
    assert len(reader.read(str(tmp_path))) == 10


# --- more than eight


@pytest.fixture
def person(monkeypatch):
    """Make the code believe that a person opens the files, not this test."""
    monkeypatch.setattr("napari_medscan.napari_.gui.is_interactive", lambda: True)


@pytest.mark.usefixtures("person")
def test_many_series_are_asked_about(make_napari_viewer, tmp_path, monkeypatch):
    write_many(tmp_path, 9)
    viewer = make_napari_viewer()
    asked = []

    def choose(stacks, parent):
        asked.append((len(stacks), parent.isVisible()))
        return list(stacks)[:2]

    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", choose)
    opened(viewer, tmp_path)
    assert [count for count, _ in asked] == [9]
    assert [layer.name for layer in viewer.layers] == ["CT 2 · Scan 2", "CT 1 · Scan 1"]


def test_a_script_in_a_window_gets_every_series(make_napari_viewer, tmp_path, monkeypatch):
    write_many(tmp_path, 9)
    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", lambda *_: pytest.fail("asked"))
    assert len(opened(make_napari_viewer(), tmp_path)) == 9


def test_napari_s_command_line_asks_and_tells_when_its_window_is_visible(
    make_napari_viewer, tmp_path, monkeypatch, qtbot
):
    write_many(tmp_path, 9)
    viewer = make_napari_viewer()
    asked, visible = [], []

    def choose(stacks, parent):
        asked.append((len(stacks), parent.isVisible()))
        return list(stacks)[:2]

    def dispatch(*_):
        visible.append(napari.current_viewer().window._qt_window.isVisible())

    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", choose)
    monkeypatch.setattr("napari_medscan.napari_.notify._dispatch", dispatch)
    monkeypatch.setattr("napari.__main__.Viewer", lambda **_: napari.current_viewer())
    monkeypatch.setattr("napari.run", lambda **_: None)
    monkeypatch.setattr("sys.argv", ["napari", str(tmp_path), "--plugin", PLUGIN])
    napari_command_line._run()
    assert asked == [(9, False)]
    assert len(viewer.layers) == 2
    viewer.show()
    qtbot.waitUntil(lambda: visible == [True])


@pytest.mark.usefixtures("person")
def test_eight_are_not(make_napari_viewer, tmp_path, monkeypatch):
    write_many(tmp_path, 8)
    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", lambda *_: pytest.fail("asked"))
    assert len(opened(make_napari_viewer(), tmp_path)) == 8


# --- start-up


def test_refusing_a_folder_imports_nothing_large(tmp_path):
    """napari asks for every path that is dropped: the answer no must come at once."""
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "IM0001").write_bytes(bytes(4000))
    code = (
        "import sys; from napari_medscan.reader import get_reader\n"
        f"assert get_reader({str(tmp_path)!r}) is None\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    heavy = {"napari", "qtpy", "PyQt6", "httpx", "pydicom", "pandas", "vispy", "scipy", "rich"}
    assert heavy & set(done.stdout.split()) == set()
    assert Path(tmp_path).is_dir()
