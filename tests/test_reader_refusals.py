"""What the reader does not open, and how it says so."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from napari_medscan import reader
from napari_medscan.dicom import CancelledError, MedscanError
from napari_medscan.napari_.layer_identity import stack_of

from .studies import damage, write_series, write_undecodable
from .test_reader import opened

# --- what is no DICOM, and what cannot be shown


@pytest.mark.parametrize("name", ["a.dcm", "IM0001", "DICOMDIR"])
def test_what_is_no_dicom_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89PNG\r\n" + bytes(3000))
    assert reader.get_reader(str(tmp_path / name)) is None


def test_nothing_is_refused_with_an_exception(tmp_path):
    assert reader.get_reader(str(tmp_path)) is None
    assert reader.get_reader(str(tmp_path / "absent")) is None
    assert reader.get_reader([]) is None
    (tmp_path / "note.txt").write_text("hello")
    assert reader.get_reader(str(tmp_path)) is None


def test_one_dicom_file_among_others_is_enough(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    paths = [str(tmp_path / "note.txt"), *map(str, write_series(tmp_path, 1))]
    assert reader.get_reader(paths) is reader.read
    assert reader.get_reader(str(tmp_path)) is reader.read


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.dcm")
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(reader.get_reader(str(tmp_path / "a.dcm"))), daemon=True
    )
    asking.start()
    asking.join(5)
    assert answers == [None]


def assert_says_only_what_is_wrong(error, folder):
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    for secret in ("Canary", "Alice", "MRN", str(folder), folder.name, "/"):
        assert secret not in text


@pytest.mark.usefixtures("no_gui")
def test_nothing_to_show_is_one_sentence(model, tmp_path):
    folder = tmp_path / "Canary Alice"
    write_series(folder, 1, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PixelData=None)
    with pytest.raises(MedscanError, match=r"^No images found: 1 report") as info:
        opened(model, folder)
    assert_says_only_what_is_wrong(info.value, folder)
    assert not model.layers


@pytest.mark.usefixtures("no_gui")
def test_a_single_damaged_image_is_no_black_layer(model, tmp_path):
    folder = tmp_path / "Canary Alice"
    path = write_undecodable(folder / "a.dcm")
    with pytest.raises(MedscanError) as info:
        opened(model, path)
    assert_says_only_what_is_wrong(info.value, folder)
    assert not model.layers


@pytest.mark.usefixtures("no_gui")
def test_an_absent_path_is_told_without_naming_it(tmp_path):
    with pytest.raises(MedscanError) as info:
        reader.read(str(tmp_path / "Canary"))
    assert_says_only_what_is_wrong(info.value, tmp_path)


def test_a_damaged_slice_is_blank_and_told_once(model, tmp_path, told):
    paths = write_series(tmp_path, 5)
    (layer,) = opened(model, tmp_path)
    damage(paths[0])
    damage(paths[4])
    assert not told
    for place in (4, 3, 0, 4):
        model.dims.set_current_step(0, place)
        assert np.unique(np.asarray(layer._slice.image.raw)).size == 1
    # Slice 0 was in the cache; slice 4 was not.
    assert stack_of(layer).problems.keys() == {4}
    assert np.unique(layer.data[4]).tolist() == [-1000]
    (message,) = [n.message for n in told]
    assert message.startswith("One slice could not be decoded and is blank (")


def test_cancelling_adds_nothing_and_says_so(model, chest, told, monkeypatch):
    def canceled(*_args, **_kwargs):
        raise CancelledError("opening was canceled")

    monkeypatch.setattr("napari_medscan.dicom.load", canceled)
    assert opened(model, chest) == []
    assert [n.message for n in told] == ["Canceled."]


# --- in a window


def test_in_a_window_it_is_a_sentence_and_no_exception(make_napari_viewer, tmp_path, told):
    viewer = make_napari_viewer()
    folder = tmp_path / "Canary Alice"
    write_series(folder, 1, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PixelData=None)
    assert not opened(viewer, folder)
    (note,) = told
    assert note.message == "No images found: 1 report. Open it in the DICOM panel."
    assert not viewer.layers


def test_a_drop_goes_on_after_a_file_that_cannot_be_shown(make_napari_viewer, tmp_path, told):
    viewer = make_napari_viewer()
    bad = write_undecodable(tmp_path / "one" / "a.dcm")
    good = write_series(tmp_path / "two", 3)
    opened(viewer, [bad, good[0]])
    assert [layer.data.shape[0] for layer in viewer.layers] == [3]
    assert len(told) == 1
