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

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.scanner import MAX_VALUE, UnusualError, scan
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import NotDicomError
from napari_medscan.dicom.files import file_ref
from napari_medscan.dicom.files.source import Memory, OpenFile
from napari_medscan.dicom.headers.parse_header import WANTED

from ...corpus.oracle import corpus_dir
from ..differential import compare, fallbacks, read, tolerant
from ..making import (
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
from ..random_sets import KINDS, Writer

CORPUS = corpus_dir()
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
                ours = part10.scan_file(path, WANTED)
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

    class Counting(OpenFile):
        def read_at(self, offset: int, length: int) -> bytes:
            data = super().read_at(offset, length)
            spent[now[0]] += len(data)
            return data

    monkeypatch.setattr(file_ref, "OpenFile", Counting)
    single = []
    for path in corpus:
        now[0] = path
        try:
            found = part10.scan_file(path, WANTED)
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
    max_examples=2000 if os.environ.get("MEDSCAN_TORTURE") else 500,
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
        ours = part10.scan_file(path, WANTED)
    assert not fallen
    assert ours.transfer_syntax == NATIVE[encoding]
    _, differences = compare(ours, theirs)
    assert not differences


def scanned(*elements: bytes, explicit: bool = True):
    data = b"".join(elements)
    return scan(Memory(data), 0, len(data), WANTED, explicit=explicit)


def nested(depth: int) -> bytes:
    """Return private sequences of undefined length, one inside the other."""
    opening = element(0x00091001, "SQ", length=UNDEFINED) + delimiter(ITEM, UNDEFINED)
    return opening * depth + (delimiter(ITEM_END) + delimiter(SEQUENCE_END)) * depth


def test_depth_exhausts_no_stack():
    found = scanned(nested(100_000), image_elements(), pixel_data(b"abcd"))
    assert found.data_set.integer(Tag.Rows) == 2
    assert found.pixels is not None


def test_time_grows_with_the_bytes_and_not_with_the_depth():
    def seconds(depth: int) -> float:
        data = nested(depth)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            scanned(data)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(40_000) < 12 * seconds(10_000)


def test_an_unclosed_nest_is_refused():
    with pytest.raises(UnusualError):
        scanned(nested(1000)[:-4])


def test_lengths_beyond_the_file_are_refused_without_reading():
    for tag in (0x00081030, Tag.SeriesDescription, Tag.MREchoSequence):
        vr = "SQ" if tag == Tag.MREchoSequence else "UT"
        with pytest.raises(UnusualError):
            scanned(element(tag, vr, b"x", length=0x7FFFFFF0))


def test_a_wanted_value_of_extravagant_length_is_left_out():
    long = element(Tag.SeriesDescription, "UT", bytes(MAX_VALUE + 2))
    found = scanned(long, image_elements())
    assert Tag.SeriesDescription not in found.data_set
    assert found.data_set.integer(Tag.Rows) == 2


def test_an_element_longer_than_its_item_is_refused():
    inside = element(Tag.SegmentNumber, "US", b"\1\0", length=40)
    body = delimiter(ITEM, len(inside)) + inside
    with pytest.raises(UnusualError):
        scanned(image_elements(), element(Tag.SegmentSequence, "SQ", body), bytes(64))


def test_an_item_longer_than_its_sequence_is_refused():
    inside = element(Tag.SegmentNumber, "US", b"\1\0")
    body = delimiter(ITEM, len(inside) + 8) + inside
    with pytest.raises(UnusualError):
        scanned(image_elements(), element(Tag.SegmentSequence, "SQ", body), bytes(64))


@pytest.mark.parametrize("vr", [b"??", b"us", b"\0\0", b"OX", b""])
@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("tag", [0x00080070, Tag.Modality, Tag.PixelData])
def test_an_unknown_representation_is_read_if_it_is_certain_where_it_ends(vr, width, tag):
    if vr == b"" and width == 2:
        return
    value = b"CT" * 150
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    reserved = b"\0\0" if width == 4 and vr else b""
    odd = head + reserved + len(value).to_bytes(width, "little") + value
    parts = [odd, image_elements()] if tag != Tag.PixelData else [image_elements(), odd]
    found = scanned(*parts)
    assert found.data_set.integer(Tag.Rows) == 2
    if tag == Tag.Modality:
        assert found.data_set.data(tag) == value
    if tag == Tag.PixelData:
        assert found.pixels.length == len(value)


@pytest.mark.parametrize("vr", ["XX", "us", "\0\0"])
def test_an_unknown_representation_is_left_to_pydicom_if_nothing_follows_it(vr):
    head = struct.pack("<HH", 0x0008, 0x0070) + vr.encode() + struct.pack("<H", 2)
    for after in (b"a", b"abc", b"ab" + element(0x00080005, "CS", b"ab")):
        with pytest.raises(UnusualError):
            scanned(head + after)


def test_a_sequence_in_another_representation_counts_as_absent():
    found = scanned(image_elements(), element(Tag.SegmentSequence, "OB", b"12345678"))
    assert found.data_set.items(Tag.SegmentSequence) == ()


def test_large_values_are_located_and_not_read():
    csa = b"SV10" + bytes(60_000)
    read: list[tuple[int, int]] = []

    class Spy(Memory):
        def read_at(self, offset: int, length: int) -> bytes:
            read.append((offset, length))
            return super().read_at(offset, length)

    creator = element(0x00290010, "LO", b"SIEMENS CSA HEADER")
    data = image_elements() + creator + element(0x00291010, "OB", csa) + pixel_data(b"abcd")
    found = scan(Spy(data), 0, len(data), WANTED, explicit=True)
    place = found.data_set.deferred(Private.SiemensCSAImageHeader)
    assert place is not None
    assert data[place.offset : place.offset + place.length] == csa
    assert found.data_set.data(Private.SiemensCSAImageHeader) == b""
    assert sum(length for _, length in read) < 20_000


STRUCTURE_SET = element(Tag.SOPClassUID, "UI", b"1.2.840.10008.5.1.4.1.1.481.3\0")


def test_what_is_no_image_is_not_walked_to_its_end():
    many = element(0x30060039, "UN", bytes(100)) * 1000
    assert scanned(STRUCTURE_SET, many + b"damage").pixels is None
    with pytest.raises(UnusualError):
        scanned(many + b"damage")


@pytest.mark.parametrize("tag", [0x0040A730, 0x00291010, 0x30060039, 0xFFFC0000])
@pytest.mark.parametrize("explicit", [True, False])
def test_an_element_out_of_order_hides_no_image(tag, explicit):
    late = element(tag, "UN" * explicit, b"late")
    body = image_elements() + pixel_data(b"abcd")
    if not explicit:
        elements = ((0x00280010, b"\2\0"), (0x00280011, b"\2\0"), (Tag.PixelData, b"abcd"))
        body = b"".join(element(at, "", value) for at, value in elements)
    found = scanned(late, body, explicit=explicit)
    assert found.data_set.integer(Tag.Rows) == 2
    assert found.pixels is not None


def test_what_follows_the_pixels_is_never_looked_at():
    found = scanned(image_elements(), pixel_data(b"abcd"), b"\xff" * 1000)
    assert found.pixels is not None
    assert found.pixels.length == 4


def test_wanted_elements_of_an_unwanted_sequence_do_not_leak_out(tmp_path):
    data = ct()
    data.ReferencedImageSequence = [ct(PixelData=None, Rows=99, SeriesDescription="Other")]
    found = part10.scan_file(write(tmp_path / "a.dcm", data), WANTED).data_set
    assert found.integer(Tag.Rows) == 4
    assert found.text(Tag.SeriesDescription) == "Chest"


def test_reading_ahead_never_skips_a_byte():
    # Every alignment of an element to the end of what was read ahead.
    for padding in range(4050, 4110):
        found = scanned(element(0x00081030, "UT", bytes(padding)), image_elements(7, 9))
        assert (found.data_set.integer(Tag.Rows), found.data_set.integer(Tag.Columns)) == (7, 9)


def test_a_sequence_whose_representation_got_lost_is_implicit_inside():
    inside = struct.pack("<HHI", 0x0062, 0x0004, 2) + b"\5\0"
    body = delimiter(ITEM, len(inside)) + inside
    found = scanned(image_elements(), element(Tag.SegmentSequence, "UN", body))
    assert [i.integer(Tag.SegmentNumber) for i in found.data_set.items(Tag.SegmentSequence)] == [5]


def test_duplicate_elements_take_the_last_value_as_in_pydicom():
    first, last = (element(Tag.SeriesNumber, "IS", n) for n in (b"1 ", b"2 "))
    assert scanned(first, last).data_set.integer(Tag.SeriesNumber) == 2
    assert pydicom.dcmread(BytesIO(first + last), force=True).SeriesNumber == 2


def test_a_lost_representation_deep_in_what_is_skipped_is_implicit_inside():
    # As explicit, the length's bytes would be taken for a representation that is none.
    inside = delimiter(ITEM, UNDEFINED) + element(0x00080060, "", b"MR") + delimiter(ITEM_END)
    unknown = element(0x00091001, "UN", inside + delimiter(SEQUENCE_END), length=UNDEFINED)
    items = delimiter(ITEM, UNDEFINED) + unknown + delimiter(ITEM_END) + delimiter(SEQUENCE_END)
    skipped = element(0x00081140, "SQ", items, length=UNDEFINED)
    assert scanned(skipped, image_elements()).data_set.integer(Tag.Rows) == 2


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("tag", [ITEM_END, SEQUENCE_END])
def test_a_delimiter_that_ends_nothing_is_passed_over(tag, explicit):
    """Some close a sequence whose length they have told (fo-dicom 64)."""
    inside = element(0x00080060, "CS" * explicit, b"MR")
    items = delimiter(ITEM, len(inside)) + inside
    body = element(0x00081140, "SQ" * explicit, items) + delimiter(tag)
    rows = element(0x00280010, "US" * explicit, b"\2\0")
    assert scanned(body, rows, explicit=explicit).data_set.integer(Tag.Rows) == 2


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("tag", [Tag.SegmentSequence, 0x00081140, 0x00091001])
@pytest.mark.parametrize("closed", [(False, True), (True, False), (False, False)])
@pytest.mark.parametrize("depth", [1, 2])
def test_an_item_that_is_not_closed_ends_where_its_sequence_goes_on(explicit, tag, closed, depth):
    """Some close the sequence alone (fo-dicom 378)."""
    inside = element(0x00620004, "US" * explicit, b"\5\0")
    if depth == 2:
        inside += element(0x00620006, "SQ" * explicit, length=UNDEFINED) + delimiter(
            ITEM, UNDEFINED
        )
        inside += element(0x00080060, "CS" * explicit, b"MR") + delimiter(SEQUENCE_END)
    items = b"".join(
        delimiter(ITEM, UNDEFINED) + inside + delimiter(ITEM_END) * is_closed
        for is_closed in closed
    )
    body = element(tag, "SQ" * explicit, items + delimiter(SEQUENCE_END), length=UNDEFINED)
    rows = element(0x00280010, "US" * explicit, b"\2\0")
    found = scanned(body, rows, explicit=explicit).data_set
    assert found.integer(Tag.Rows) == 2
    if tag == Tag.SegmentSequence:
        assert [i.integer(Tag.SegmentNumber) for i in found.items(tag)] == [5, 5]
