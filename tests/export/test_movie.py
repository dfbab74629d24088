"""Scrolls and cine loops as Pillow and PyAV read them back."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from napari_medscan.dicom import CancelledError
from napari_medscan.export import ExportError, save_movie, save_png
from napari_medscan.export.movie import write_movie
from napari_medscan.privacy.errors import NotConfirmedError
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Facts, Format, seal
from napari_medscan.privacy.signals import Signals

from .series import opened, opened_in_time

SQUARE = {"PixelSpacing": [0.5, 0.5], "WindowCenter": 2000, "WindowWidth": 4000}


def frames(path):
    with Image.open(path) as movie:
        return [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(movie)]


def test_gif_scrolls_through_the_images_of_save_png(tmp_path):
    stack = opened(tmp_path / "in", **SQUARE)
    (path,) = save_movie(stack, tmp_path / "m.gif", fps=5).files
    expected = [np.asarray(Image.open(f)) for f in save_png(stack, tmp_path / "png").files]
    np.testing.assert_array_equal(frames(path), expected)
    with Image.open(path) as movie:
        assert (movie.info["duration"], movie.info["loop"]) == (200, 0)
        assert "comment" not in movie.info


def test_times_are_a_cine_loop_of_one_slice(tmp_path):
    stack = opened_in_time(tmp_path / "in", **SQUARE)
    images = [np.asarray(Image.open(f)) for f in save_png(stack, tmp_path / "png").files]
    for number, chosen in ((1, images[1::2]), (0, images[::2])):
        (path,) = save_movie(stack, tmp_path / f"{number}.gif", slice_number=number).files
        np.testing.assert_array_equal(frames(path), chosen)
    np.testing.assert_array_equal(
        frames(save_movie(stack, tmp_path / "m.gif").files[0]), images[1::2]
    )
    with pytest.raises(ExportError, match="There are 2 slices"):
        save_movie(stack, tmp_path / "n.gif", slice_number=2)


def test_pixels_become_square(tmp_path):
    stack = opened(tmp_path / "in", PixelSpacing=[1.0, 0.5])
    assert frames(save_movie(stack, tmp_path / "m.gif").files[0])[0].shape == (8, 6)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_what_may_identify_is_refused_until_checked(tmp_path, suffix):
    stack = opened(tmp_path / "in", BurnedInAnnotation="YES")
    with pytest.raises(ExportError, match="may contain text"):
        save_movie(stack, tmp_path / f"m{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    save_movie(stack, tmp_path / f"m{suffix}", pixels_checked=True)


def test_images_that_nobody_confirmed_are_not_written(tmp_path):
    facts, gate = Facts(Signals(text=("Burned In Annotation is YES",))), Gate()
    images = [seal(np.zeros((8, 8), np.uint8), facts, format=Format.PNG)] * 2
    with pytest.raises(NotConfirmedError):
        write_movie(tmp_path / "m.gif", images, 5, gate=gate)
    assert list(tmp_path.iterdir()) == []
    gate.confirm(images[0], THIS_COMPUTER)
    write_movie(tmp_path / "m.gif", images, 5, gate=gate)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_canceling_leaves_nothing(tmp_path, suffix):
    def cancel(_done, _total):
        raise CancelledError

    with pytest.raises(CancelledError):
        save_movie(opened(tmp_path / "in"), tmp_path / f"m{suffix}", cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_mp4_holds_the_images_and_no_text(tmp_path):
    rows, columns = 33, 47
    y, x = np.mgrid[:rows, :columns]

    def pixels(i):
        return (1000 * i + 20 * x + 10 * y).astype("<u2").tobytes()

    stack = opened(tmp_path / "in", 4, Rows=rows, Columns=columns, PixelData=pixels, **SQUARE)
    (path,) = save_movie(stack, tmp_path / "m.mp4", fps=8).files
    expected = [np.asarray(Image.open(f)) for f in save_png(stack, tmp_path / "png").files]
    with av.open(path) as movie:
        assert movie.streams.video[0].average_rate == 8
        found = np.array([frame.to_ndarray(format="gray") for frame in movie.decode(video=0)])
    assert found.shape[1:] == (34, 48)
    found = found[:, :rows, :columns]
    assert len(found) == 4
    np.testing.assert_allclose(found.astype(int), expected, atol=16)
    assert b"Canarious" not in path.read_bytes()
