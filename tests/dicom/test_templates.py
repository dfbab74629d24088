"""Headers read by what a series has in common are those that a full scan gives."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from napari_medscan.dicom import templates
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.parse_header import read_header
from napari_medscan.dicom.templates import HeaderReader
from napari_medscan.phantoms import write_ct_chest, write_pet_ct

CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or Path(__file__).parents[3] / "shared/corpus")


def assert_same(found, expected):
    for field in fields(expected):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name


def read_by(read, path):
    try:
        return read(path, path.name)
    except (MedscanError, OSError) as error:
        return type(error), str(error)


@pytest.fixture
def count_scans(monkeypatch):
    counted = []
    scan_file = templates.scan_file
    monkeypatch.setattr(
        templates, "scan_file", lambda path: counted.append(path) or scan_file(path)
    )
    return counted


def test_every_corpus_file_is_read_as_by_a_full_scan(count_scans):
    if not CORPUS.is_dir():
        pytest.skip(f"NOT TESTED: no corpus of real DICOM in {CORPUS}; set MEDSCAN_CORPUS")
    reader, compared, short, scanned = HeaderReader(), 0, 0, 0
    for path in sorted(path for path in CORPUS.glob("cases/**/*") if path.is_file()):
        found, expected = read_by(reader.read, path), read_by(read_header, path)
        if isinstance(expected, tuple):
            assert found == expected
        else:
            assert_same(found, expected)
            compared += 1
            short += expected.pixels.offset <= templates.HEAD
            scanned += path in count_scans and expected.pixels.offset <= templates.HEAD
    assert compared > 500
    # It would not be worth its lines if it hardly ever applied.
    assert scanned < 0.6 * short


@pytest.mark.parametrize("write", [write_ct_chest, write_pet_ct])
def test_a_series_is_scanned_a_few_times_only(tmp_path, count_scans, write):
    write(tmp_path, size=16, slices=40)
    reader = HeaderReader()
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path in paths:
        assert_same(reader.read(path, path.name), read_header(path, path.name))
    assert len(count_scans) < len(paths) / 2


@pytest.mark.parametrize("step", [1, 7])
def test_no_changed_byte_goes_unnoticed(tmp_path, step):
    """Whatever byte of a file differs, the header is what a full scan makes of it."""
    write_ct_chest(tmp_path / "series", size=8, slices=2)
    first, second = sorted((tmp_path / "series").iterdir())
    original = second.read_bytes()
    header_length = len(original) - 8 * 8 * 2
    changed = Path(tmp_path / "changed")
    reader = HeaderReader()
    reader.read(first, first.name)
    for place in range(128, header_length, step):
        data = bytearray(original)
        data[place] ^= 0x11 * step
        changed.write_bytes(data)
        found, expected = read_by(reader.read, changed), read_by(read_header, changed)
        if isinstance(expected, tuple):
            assert found == expected, place
        else:
            assert_same(found, expected)
