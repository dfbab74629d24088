"""K5, K6: clips that are cut or miscounted, streams with more or fewer bytes or bits than usual."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import generate_fragments

from napari_medscan.dicom import load

from .places import situation


def opened(name):
    """Return the one stack of a situation and all its frames."""
    (stack,) = load(situation(name)).stacks
    pixels = stack.read(errors="blank")
    return stack, pixels.reshape(-1, *pixels.shape[-2:])


def streams(name):
    """Return the fragments after the Basic Offset Table, by pydicom."""
    data = pydicom.dcmread(situation(name) / "a")
    return list(generate_fragments(data.PixelData))[1:]


def test_a_clip_cut_in_frame_7_shows_the_frames_before_it():
    stack, pixels = opened("trunc_encaps_bot")
    raw = (situation("trunc_encaps_bot") / "a").read_bytes()
    starts = [at for at in range(len(raw)) if raw.startswith(b"\xff\xd8\xff\xf7", at)]
    assert len(pixels) == 10
    for number, start in enumerate(starts[:7]):
        assert np.array_equal(pixels[number], imagecodecs.jpegls_decode(raw[start:]))
    assert not pixels[7:].any()
    assert stack.problems == {
        7: "truncated pixel data",
        8: "missing from the pixel data",
        9: "missing from the pixel data",
    }
    assert "The file is truncated: 7 of 10 frames are present" in stack.warnings


def test_of_six_frames_declared_the_five_that_are_there_are_shown():
    stack, pixels = opened("nof_more")
    expected = [imagecodecs.jpegls_decode(stream) for stream in streams("nof_more")]
    assert np.array_equal(pixels, expected)
    assert not stack.problems
    assert "Number of Frames is 6, but the file contains 5 frames; all are shown" in stack.warnings


def test_garbage_after_the_end_marker_does_no_harm():
    stack, pixels = opened("jpeg_trailing")
    assert np.array_equal(pixels[0], imagecodecs.jpeg8_decode(streams("jpeg_trailing")[0]))
    assert not stack.problems


def test_a_whole_image_without_an_end_marker_is_shown():
    stack, pixels = opened("jpeg_noeoi")
    assert pixels[0, 0, :6].tolist() == [191, 203, 216, 226, 236, 244]
    assert not stack.problems


def test_twelve_bits_are_shown_whatever_bits_stored_is():
    stack, pixels = opened("jpeg12_stored10")
    assert stack.header.layout.bits_stored == 10
    (stream,) = streams("jpeg12_stored10")
    assert np.array_equal(pixels[0], imagecodecs.jpeg8_decode(stream))
    assert pixels[0, 0, :6].tolist() == [3000, 3198, 3389, 3564, 3717, 3841]
    assert not stack.problems
