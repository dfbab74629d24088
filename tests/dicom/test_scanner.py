"""The header scanner: equal to pydicom, bounded, and sparing with reads."""

from __future__ import annotations

import os
import struct
import time
from collections import Counter
from io import BytesIO
from pathlib import Path
from random import Random

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import part10
from napari_medscan.dicom.errors import NotDicomError
from napari_medscan.dicom.scanner import MAX_VALUE, UnusualError, scan
from napari_medscan.dicom.source import Memory
from napari_medscan.dicom.tags import WANTED, Tag

from .differential import compare, fallbacks, read, tolerant
from .making import (
    ITEM,
    ITEM_END,
    NATIVE,
    SEQUENCE_END,
    UNDEFINED,
    ct,
    delimiter,
    element,
    image_elements,
    pixel_data,
    write,
)
from .random_sets import KINDS, Writer

CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or Path(__file__).parents[3] / "shared/corpus")
FEWEST_FILES = 900
MOST_FALLBACKS = 0
READ_BYTES = 16 * 1024


@pytest.fixture(scope="module")
def corpus() -> list[Path]:
    cases = CORPUS / "cases"
    if not cases.is_dir():
        pytest.skip(f"NOT TESTED: no corpus of real DICOM in {CORPUS}; set MEDSCAN_CORPUS")
    return sorted(path for path in cases.rglob("*") if path.is_file())


def theirs_of(path: Path) -> pydicom.Dataset:
    """Read by pydicom; it gives up on cut-off compressed pixels, so without them then."""
    found = read(path)
    if found:
        return found
    with tolerant():
        return pydicom.dcmread(path, force=True, stop_before_pixels=True)


def test_every_value_of_the_corpus_is_the_one_pydicom_reads(corpus, record_testsuite_property):
    files = values = 0
    differences: list[str] = []
    with fallbacks() as fallen:
        for path in corpus:
            try:
                ours = part10.scan_file(path)
            except NotDicomError:
                continue
            if path.name in fallen:
                continue
            theirs = theirs_of(path)
            if ours.pixels is not None and theirs.get_item(int(ours.pixels.tag)) is None:
                ours = part10.ScannedFile(
                    ours.data_set, None, ours.transfer_syntax, ours.sop_class, ours.source, 0
                )
            compared, found = compare(ours, theirs)
            files += 1
            values += compared
            differences += [f"{path.relative_to(CORPUS)}{line}" for line in found]
    record_testsuite_property("header_files_compared", files)
    record_testsuite_property("header_values_compared", values)
    assert not differences
    assert len(fallen) <= MOST_FALLBACKS, f"these need pydicom: {fallen}"
    assert files >= FEWEST_FILES
    assert values > 100 * files


def test_a_single_slice_costs_at_most_16_kb_of_reading(corpus, monkeypatch):
    spent: Counter[Path] = Counter()
    now = [Path()]

    class Counting(part10.OpenFile):
        def read_at(self, offset: int, length: int) -> bytes:
            data = super().read_at(offset, length)
            spent[now[0]] += len(data)
            return data

    monkeypatch.setattr(part10, "OpenFile", Counting)
    single = []
    for path in corpus:
        now[0] = path
        try:
            found = part10.scan_file(path)
        except NotDicomError:
            continue
        data_set = found.data_set
        if data_set.text(Tag.Modality) in ("CT", "MR") and found.pixels is not None:
            single += [path] * ((data_set.integer(Tag.NumberOfFrames) or 1) == 1)
    costs = sorted(spent[path] for path in single)
    assert len(costs) > 500
    share = sum(cost <= READ_BYTES for cost in costs) / len(costs)
    assert share >= 0.95, f"{share:.0%} of {len(costs)} files"
    assert costs[len(costs) // 2] <= READ_BYTES // 2


@settings(
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32 - 1),
    encoding=st.sampled_from(sorted(NATIVE)),
    plan=st.lists(st.sampled_from(KINDS), max_size=14),
)
def test_every_value_of_a_random_data_set_is_the_one_pydicom_reads(tmp_path, seed, encoding, plan):
    path = tmp_path / "random.dcm"
    path.write_bytes(Writer(Random(seed), encoding).file(plan))
    theirs = read(path)
    if not theirs:
        return
    with fallbacks() as fallen:
        ours = part10.scan_file(path)
    assert not fallen
    assert ours.transfer_syntax == NATIVE[encoding]
    _, differences = compare(ours, theirs)
    assert not differences


def scanned(*elements: bytes, explicit: bool = True):
    data = b"".join(elements)
    return scan(Memory(data), 0, len(data), WANTED, explicit=explicit)
