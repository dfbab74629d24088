"""Slices as PNG: what is black, what is white, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_medscan.dicom import CancelledError
from napari_medscan.export import ExportError, save_png

from .series import opened, opened_in_time


def images(exported):
    return np.stack([np.asarray(Image.open(file)) for file in exported.files])


def test_window_of_the_file_is_drawn(tmp_path):
    stack = opened(tmp_path / "in", WindowCenter=40, WindowWidth=400)
    found = images(save_png(stack, tmp_path / "out"))
    # PS3.3 C.11.2.1.2.1, LINEAR.
    shown = ((np.asarray(stack.array, float) - 39.5) / 399 + 0.5) * 255
    np.testing.assert_allclose(found, np.clip(shown, 0, 255), atol=0.51)


def test_monochrome1_is_drawn_inverted(tmp_path):
    window = {"WindowCenter": 40, "WindowWidth": 400}
    plain = images(save_png(opened(tmp_path / "a", **window), tmp_path / "one"))
    stack = opened(tmp_path / "b", PhotometricInterpretation="MONOCHROME1", **window)
    np.testing.assert_array_equal(images(save_png(stack, tmp_path / "two")), 255 - plain)


def test_time_points_are_named_one_after_the_other(tmp_path):
    exported = save_png(opened_in_time(tmp_path / "in"), tmp_path / "out")
    assert [file.name for file in exported.files][:3] == [
        "0001-0001.png",
        "0001-0002.png",
        "0002-0001.png",
    ]


def test_existing_folder_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportError, match="exists"):
        save_png(opened(tmp_path / "in"), tmp_path / "out")


def test_cancel_leaves_nothing(tmp_path):
    def cancel(_done, _total):
        raise CancelledError

    with pytest.raises(CancelledError):
        save_png(opened(tmp_path / "in"), tmp_path / "out", cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_images_that_may_contain_text_are_refused_until_checked(tmp_path):
    stack = opened(tmp_path / "in", BurnedInAnnotation="YES")
    with pytest.raises(ExportError, match="may contain text"):
        save_png(stack, tmp_path / "out")
    assert len(save_png(stack, tmp_path / "out", pixels_checked=True).files) == 3


def test_images_hold_no_metadata(tmp_path):
    for file in save_png(opened(tmp_path / "in"), tmp_path / "out").files:
        with Image.open(file) as image:
            assert image.info == {}
