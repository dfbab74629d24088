"""Decoding and pydicom in workers give what they give in this process."""

from __future__ import annotations

import os
import signal

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom import fallback, isolation
from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.layout import PixelLayout
from napari_medscan.dicom.tags import WANTED, WANTED_DIRECTORY

from .making import ct, write

JPEG_LS = "1.2.840.10008.1.2.4.80"
LAYOUT = PixelLayout(64, 48, 1, 16, 12, 11, False, False, False, "MONOCHROME2", 1, False)
PIXELS = np.random.default_rng(3).integers(0, 4096, (64, 48)).astype(np.uint16)


def test_pixels_are_those_of_the_codec():
    data = imagecodecs.jpegls_encode(PIXELS)
    pixels, _ = isolation.decode(data, JPEG_LS, LAYOUT)
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, PIXELS)


def test_damage_is_told_with_the_codec_s_reason():
    with pytest.raises(FrameError, match="cut off"):
        isolation.decode(imagecodecs.jpegls_encode(PIXELS)[:200], JPEG_LS, LAYOUT)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_after_its_workers_were_killed_the_next_frame_is_right():
    data = imagecodecs.jpegls_encode(PIXELS)
    isolation.decode(data, JPEG_LS, LAYOUT)
    for worker in list(isolation.workers._all):
        os.kill(worker._process.pid, signal.SIGKILL)
    for _ in range(isolation.workers.workers):
        try:
            isolation.decode(data, JPEG_LS, LAYOUT)
        except FrameError:
            continue
    assert np.array_equal(isolation.decode(data, JPEG_LS, LAYOUT)[0], PIXELS)


@pytest.mark.parametrize("wanted", [WANTED, WANTED_DIRECTORY])
def test_a_header_from_a_worker_is_the_one_pydicom_gives_here(tmp_path, wanted):
    path = write(tmp_path / "a.dcm", ct())
    assert isolation.scan_with_pydicom(path, wanted) == fallback.scan_with_pydicom(path, wanted)


def test_what_pydicom_cannot_read_either_is_unreadable(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(b"\x08\x00\x05\x00ZZ\xff\xff\xff\xff")
    with pytest.raises(UnreadableError, match="damaged"):
        isolation.scan_with_pydicom(path, WANTED)
