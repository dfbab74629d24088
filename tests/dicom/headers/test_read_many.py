"""Many headers at once: order, reasons, and waiting for a slow disk only once."""

from __future__ import annotations

import threading
import time

import pytest

from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.headers import header_reader, read_many
from napari_medscan.dicom.headers.read_many import read_headers

from ...studies import write_series


@pytest.fixture
def series(tmp_path):
    write_series(tmp_path, 70)
    return list(walk([tmp_path]))


@pytest.fixture
def slow(monkeypatch):
    """Make opening a file take as long as on a network share; tell how many do at once."""
    inside, most, lock = [0], [0], threading.Lock()
    start_of = header_reader.HeaderReader.start_of

    def wait(self, *file):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        with lock:
            inside[0] -= 1
        return start_of(self, *file)

    monkeypatch.setattr(header_reader.HeaderReader, "start_of", wait)
    return most


def names(headers):
    return [header.name for header in headers.images]


def test_a_slow_disk_is_read_several_files_at_a_time(series, slow):
    found = read_headers(series)
    assert names(found) == [file.name for file in series]
    assert slow[0] > read_many.AT_ONCE / 2


def test_a_fast_disk_is_read_by_one_thread(series, monkeypatch):
    monkeypatch.setattr(read_many, "SLOW", 60)
    before = threading.active_count()
    seen = []
    read_headers(series, lambda *_: seen.append(threading.active_count()))
    assert max(seen) == before


@pytest.mark.usefixtures("slow")
def test_both_ways_find_the_same(series, monkeypatch):
    series[3].ref.path_on_disk.write_bytes(b"no image at all")
    series[40].ref.path_on_disk.write_bytes(series[41].ref.path_on_disk.read_bytes()[:-5])
    series = list(walk([series[0].ref.path_on_disk.parent]))
    several = read_headers(series)
    monkeypatch.setattr(read_many, "SLOW", 60)
    single = read_headers(series)
    assert names(several) == names(single)
    assert several.skipped == single.skipped
    assert several.unreadable == single.unreadable
    assert len(single.images) == 68
    assert [*single.skipped] == [series[3].name]
    assert [*single.unreadable] == [series[40].name]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 36, 37])
def test_no_file_is_left_out_between_batches(series, count):
    assert names(read_headers(series[:count])) == [file.name for file in series[:count]]


def test_read_headers_notes_every_image_once_and_in_order(series):
    noted = []
    found = read_headers(series, note=noted.append)
    assert len(noted) > 2
    assert [header for headers in noted for header in headers] == found.images
