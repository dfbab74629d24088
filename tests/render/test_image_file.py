"""A script gets the image of a slice, and saves it once somebody looked at it."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.privacy.errors import NotConfirmedError
from napari_medscan.privacy.sealed_image import Concern, Format
from napari_medscan.render import image_file
from napari_medscan.render.image_file import image_of, look_at, save_image

from ..studies import write_series


def opened(folder, **changes):
    def pixels(number):
        return (np.arange(24).reshape(4, 6) + 30 * number).astype("<u2").tobytes()

    window = {"WindowCenter": -960, "WindowWidth": 129}
    write_series(folder, 3, **{"PixelData": pixels, "PixelSpacing": [2, 2], **window, **changes})
    return load(folder).stacks[0]


@pytest.fixture
def stack(tmp_path):
    return opened(tmp_path / "study")


@pytest.mark.parametrize("number", [0, 2, -1])
def test_image_of_a_slice_is_windowed_as_the_file_says(stack, number):
    image = image_of(stack, number)
    low, high = stack.default_limits()
    shares = ((stack.array[number].astype(float) - low) / (high - low)).clip(0, 1)
    drawn = imagecodecs.png_decode(image.data)
    assert drawn.shape == (4, 6)
    assert np.abs(drawn - shares * 255).max() <= 1
    assert (image.facts.modality, image.facts.plane) == ("CT", "axial")


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_image_of_a_slice_is_drawn_by_the_curve_of_the_file(tmp_path, photometric):
    """PS3.3 C.11.2.1.3.1."""
    stack = opened(
        tmp_path / "study",
        VOILUTFunction="SIGMOID",
        WindowWidth=20,
        PhotometricInterpretation=photometric,
    )
    values = np.asarray(stack.array[2], float)
    grays = 255 / (1 + np.exp(-4 * (values + 960) / 20))
    drawn = imagecodecs.png_decode(image_of(stack, 2).data)
    expected = 255 - grays if photometric == "MONOCHROME1" else grays
    assert np.abs(drawn - expected).max() <= 1


def test_image_of_no_slice_is_refused(stack):
    for place in (3, -4, (0, 0)):
        with pytest.raises(IndexError):
            image_of(stack, place)


def test_save_image_writes_what_needs_no_look(stack, tmp_path):
    image = image_of(stack, 1, format=Format.JPEG)
    save_image(image, tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == image.data


def test_save_image_writes_nothing_before_somebody_looked(tmp_path):
    write_series(tmp_path / "study", 1, Modality="OT", BurnedInAnnotation="YES")
    image = image_of(load(tmp_path / "study").stacks[0], 0)
    assert Concern.HEADER in image.concerns
    file = tmp_path / "a.png"
    with pytest.raises(NotConfirmedError, match="Check the image for names"):
        save_image(image, file)
    assert not file.exists()
    save_image(image, file, confirmed=True)
    assert file.read_bytes() == image.data


@pytest.mark.parametrize(
    ("slices", "room", "expected"), [(20, 64 << 20, 12), (20, 200, 2), (1, 200, 0)]
)
def test_what_a_slice_is_compared_with_is_bounded(tmp_path, monkeypatch, slices, room, expected):
    write_series(tmp_path / "study", slices)
    monkeypatch.setattr(image_file, "_OTHERS_BYTES", room)
    # The first and the last are among them; the one that is looked at is not.
    assert len(look_at(load(tmp_path / "study").stacks[0], (0,)).others) in (expected, expected - 1)
