"""Thumbnails: what is drawn, and how they are read."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtGui import QImage

from napari_medscan.dicom import load
from napari_medscan.napari_ import thumbnails
from napari_medscan.napari_.thumbnails import SIDE, Thumbnails, thumbnail

from ..studies import write_series
from .test_series_text import opened


def gray(image, x, y):
    return image.pixelColor(x, y).red()


def ramp(i):
    """Slice i is brighter from left to right, and darker than the next."""
    row = np.array([0, 20, 40, 60, 80, 100]) + 10 * i
    return np.tile(row, (4, 1)).astype("<u2").tobytes()


WINDOW = {"WindowCenter": -1024 + 60.5, "WindowWidth": 101, "RescaleIntercept": -1024}


def test_the_middle_slice_in_the_window_of_the_file(tmp_path):
    image = thumbnail(opened(tmp_path, PixelData=ramp, **WINDOW))
    # Values 10 … 110 of slice 1 from black to white.
    assert gray(image, 0, image.height() // 2) == 0
    assert gray(image, image.width() - 1, image.height() // 2) == 255
    middle = [gray(image, x, image.height() // 2) for x in range(image.width())]
    assert middle == sorted(middle)


def test_without_a_window_the_percentiles(tmp_path):
    image = thumbnail(opened(tmp_path, PixelData=ramp, WindowCenter=None, WindowWidth=None))
    assert (gray(image, 0, 0), gray(image, image.width() - 1, 0)) == (0, 255)


def test_monochrome1_is_inverted(tmp_path):
    changes = {"PhotometricInterpretation": "MONOCHROME1", **WINDOW}
    image = thumbnail(opened(tmp_path, PixelData=ramp, **changes))
    assert (gray(image, 0, 0), gray(image, image.width() - 1, 0)) == (255, 0)


@pytest.mark.parametrize(
    ("spacing", "size"),
    [([1, 1], (96, 64)), ([3, 1], (48, 96)), ([1, 4000], (96, 1))],
)
def test_proportions_are_those_of_the_patient(tmp_path, spacing, size):
    image = thumbnail(opened(tmp_path, PixelSpacing=spacing))
    assert (image.width(), image.height()) == size
    assert max(size) == SIDE


def test_color(tmp_path):
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[:] = (255, 128, 0)
    stack = opened(
        tmp_path,
        1,
        PixelData=pixels.tobytes(),
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
    )
    assert thumbnail(stack).pixelColor(10, 10).getRgb() == (255, 128, 0, 255)


def test_a_large_image(tmp_path):
    rows, columns = 700, 1100
    pixels = np.tile(np.arange(columns, dtype="<u2"), (rows, 1)).tobytes()
    stack = opened(
        tmp_path,
        1,
        Rows=rows,
        Columns=columns,
        PixelData=pixels,
        WindowCenter=-1024 + columns / 2,
        WindowWidth=columns,
        RescaleIntercept=-1024,
    )
    image = thumbnail(stack)
    assert image.width() == SIDE
    assert gray(image, SIDE // 2, 0) == pytest.approx(128, abs=5)


def test_what_cannot_be_read_has_no_image(tmp_path):
    stack = opened(tmp_path, 1)
    (tmp_path / "s3_1.dcm").unlink()
    assert thumbnail(stack) is None
    assert list(stack.problems) == [0]


# --- one after the other


@pytest.fixture
def stacks(tmp_path):
    for number in range(1, 5):
        write_series(tmp_path, 1, series=number)
    return load(tmp_path).stacks


class Reading:
    """Stands in for `thumbnail`: notes who reads what, and waits to be let go."""

    def __init__(self):
        self.go = threading.Semaphore(0)
        self.read, self.threads, self.at_once, self.most = [], set(), 0, 0

    def __call__(self, stack):
        self.threads.add(threading.current_thread())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.read.append(stack)
        self.go.acquire(timeout=10)
        self.at_once -= 1
        return QImage(2, 2, QImage.Format.Format_RGB888)


@pytest.fixture
def reading(monkeypatch):
    reading = Reading()
    monkeypatch.setattr(thumbnails, "thumbnail", reading)
    yield reading
    for _ in range(8):
        reading.go.release()


@pytest.fixture
def reader():
    ready = []
    reader = Thumbnails(lambda stack, image: ready.append((stack, image)))
    reader.arrived = ready
    yield reader
    reader.release()


def test_they_are_read_one_at_a_time_off_the_gui_thread(reader, reading, stacks, qtbot):
    for _ in stacks:
        reading.go.release()
    reader.ask(stacks)
    qtbot.waitUntil(lambda: len(reader.arrived) == 4)
    assert [stack for stack, _ in reader.arrived] == list(stacks)
    assert reading.most == 1
    assert threading.main_thread() not in reading.threads
    assert not reader._timer.isActive()


def test_asking_again_replaces_those_waiting_but_reads_none_twice(reader, reading, stacks, qtbot):
    reader.ask(stacks[:3])
    qtbot.waitUntil(lambda: len(reading.read) == 1)
    reader.ask([stacks[0], stacks[3]])
    for _ in stacks:
        reading.go.release()
    qtbot.waitUntil(lambda: len(reader.arrived) == 2)
    qtbot.wait(60)
    assert reading.read == [stacks[0], stacks[3]]


def test_after_release_nothing_arrives(reader, reading, stacks, qtbot):
    reader.ask(stacks)
    qtbot.waitUntil(lambda: len(reading.read) == 1)
    reader.release()
    reading.go.release()
    qtbot.wait(80)
    assert reader.arrived == []
    assert len(reading.read) == 1


def test_an_error_costs_one_image(reader, stacks, qtbot, monkeypatch):
    def fail(_stack):
        raise MemoryError

    monkeypatch.setattr(thumbnails, "thumbnail", fail)
    reader.ask(stacks[:2])
    qtbot.waitUntil(lambda: len(reader.arrived) == 2)
    assert [image for _, image in reader.arrived] == [None, None]
