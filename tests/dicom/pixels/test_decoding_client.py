"""Decoding in a worker gives what the codec gives."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.errors import FrameError, LateFrameError
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.decoding_client import FRAME_SECONDS, deadline, decode
from napari_medscan.workers import WorkerError

JPEG_LS = "1.2.840.10008.1.2.4.80"
LAYOUT = PixelLayout(64, 48, 1, 16, 12, 11, False, False, False, "MONOCHROME2", 1, False)
PIXELS = np.random.default_rng(3).integers(0, 4096, (64, 48)).astype(np.uint16)


def decoded(data):
    """Decode one frame, raising what was told of it."""
    out = np.empty((1, *PIXELS.shape), np.uint16)
    (error,) = decode([data], JPEG_LS, LAYOUT, out)
    if error is not None:
        raise error
    return out[0]


def test_pixels_are_those_of_the_codec():
    assert np.array_equal(decoded(imagecodecs.jpegls_encode(PIXELS)), PIXELS)


def test_several_frames_are_decoded_and_rescaled_each_its_own_way():
    frames = [imagecodecs.jpegls_encode(PIXELS + np.uint16(n)) for n in range(3)]
    out = np.empty((3, *PIXELS.shape), np.float32)
    rescales = [(2.0, -1000.0), (0.5, 3.0), (1.0, 0.0)]
    assert decode(frames, JPEG_LS, LAYOUT, out, rescales) == [None] * 3
    for n, (slope, intercept) in enumerate(rescales):
        expected = (PIXELS.astype(int) + n) * slope + intercept
        assert np.array_equal(out[n], expected.astype(np.float32))


def test_a_damaged_frame_among_others_is_told_alone():
    whole = imagecodecs.jpegls_encode(PIXELS)
    out = np.zeros((3, *PIXELS.shape), np.uint16)
    first, second, third = decode([whole, whole[:200], whole], JPEG_LS, LAYOUT, out)
    assert first is None
    assert str(second) == "truncated pixel data"
    assert third is None
    assert np.array_equal(out[0], PIXELS)
    assert np.array_equal(out[2], PIXELS)


def test_a_frame_that_kills_its_worker_is_lost_alone(monkeypatch):
    """The others of its message are asked for again, each by itself."""
    fill, asked = workers.fill, []

    def fragile(function, data, out, *, lengths, **arguments):
        asked.append(len(lengths))
        if b"deadly" in data:
            raise WorkerError("corrupt data")
        return fill(function, data, out, lengths=lengths, **arguments)

    monkeypatch.setattr(workers, "fill", fragile)
    whole = imagecodecs.jpegls_encode(PIXELS)
    out = np.zeros((3, *PIXELS.shape), np.uint16)
    errors = decode([whole, b"deadly", whole], JPEG_LS, LAYOUT, out)
    assert [error is None for error in errors] == [True, False, True]
    assert asked == [3, 1, 1, 1]
    assert np.array_equal(out[0], PIXELS)
    assert np.array_equal(out[2], PIXELS)


@pytest.mark.parametrize("answer", [None, [], "no", {"a": 1}, [None, None]])
def test_a_worker_that_answers_nonsense_has_decoded_nothing(monkeypatch, answer):
    monkeypatch.setattr(workers, "fill", lambda *_, **__: answer)
    with pytest.raises(FrameError, match="corrupt pixel data"):
        decoded(imagecodecs.jpegls_encode(PIXELS))


def test_damage_is_told_with_the_codec_s_reason():
    with pytest.raises(FrameError, match="truncated pixel data"):
        decoded(imagecodecs.jpegls_encode(PIXELS)[:200])


def test_deadlines_grow_with_the_pixels_of_the_frame(monkeypatch):
    asked = []

    def note(*_, seconds, **__):
        asked.append(seconds)
        return [None]

    monkeypatch.setattr(workers, "fill", note)
    # 3340 x 2670 in color, lossless: 2.4 s of computing where it was measured.
    layout = replace(LAYOUT, rows=2670, columns=3340, samples=3, photometric="RGB")
    decode([bytes(16_800_000)], "1.2.3", layout, np.empty((1, 2670, 3340, 3), np.uint8))
    decode([bytes(1000)], "1.2.3", LAYOUT, np.empty((1, 64, 48), np.uint16))
    assert asked[0] > 4 * 2.4
    assert FRAME_SECONDS < asked[1] < FRAME_SECONDS + 0.1


def test_a_stream_of_a_few_bytes_gets_no_time_for_what_it_claims():
    assert deadline(512 << 20, 1000) < FRAME_SECONDS + 0.1


def test_a_frame_that_was_late_is_told_from_one_that_is_damaged(monkeypatch):
    def late(*_, **__):
        raise WorkerError("timed out")

    monkeypatch.setattr(workers, "fill", late)
    with pytest.raises(LateFrameError, match="decoding timed out"):
        decoded(imagecodecs.jpegls_encode(PIXELS))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_after_its_workers_were_killed_the_next_frame_is_right():
    data = imagecodecs.jpegls_encode(PIXELS)
    decoded(data)
    for worker in list(workers._all):
        os.kill(worker._process.pid, signal.SIGKILL)
    for _ in range(workers.workers):
        try:
            decoded(data)
        except FrameError:
            continue
    assert np.array_equal(decoded(data), PIXELS)
