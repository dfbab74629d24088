"""Scanning of bytes that tests make."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.headers.parse_header import WANTED


@pytest.fixture
def scanned(tmp_path):
    def scan(data: bytes):
        path = tmp_path / "file"
        path.write_bytes(data)
        return part10.scan_file(path, WANTED)

    return scan
