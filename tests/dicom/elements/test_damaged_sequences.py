"""Sequences that do not end where they say: what comes after them is read all the same."""

from __future__ import annotations

import struct
import time

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.elements.part10 import DAMAGED, scan_file
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.parse_header import WANTED

from ..making import (
    ITEM,
    ITEM_END,
    UNDEFINED,
    ct,
    delimiter,
    element,
    part10,
)

UID = element(0x00081155, "UI", b"1.2.3.9\0")
NESTED = element(0x00081160, "SQ", delimiter(ITEM, len(UID)) + UID)
CONTENT = UID + NESTED
WHOLE = delimiter(ITEM, len(CONTENT)) + CONTENT
OPEN = delimiter(ITEM, UNDEFINED) + CONTENT


def file_with(sequence: bytes, tag: int = 0x00081140) -> bytes:
    """A CT slice with one more sequence at the place of its tag."""
    before = {0x00081140: (0x10, 0x10), 0x00291010: (0x7FE0, 0x10), 0x00283010: (0x7FE0, 0x10)}[tag]
    data = part10(ct(PatientName="A"))
    at = data.index(struct.pack("<HH", *before))
    return data[:at] + sequence + data[at:]


DAMAGES = {
    "too long": lambda tag: element(tag, "SQ", WHOLE, length=len(WHOLE) + 16),
    "much too long": lambda tag: element(tag, "SQ", WHOLE, length=1 << 24),
    "too short": lambda tag: element(tag, "SQ", WHOLE, length=len(WHOLE) - 4),
    "never ends": lambda tag: element(tag, "SQ", OPEN + delimiter(ITEM_END), length=UNDEFINED),
}


@pytest.mark.parametrize("tag", [0x00081140, 0x00283010, 0x00291010])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_with_a_damaged_sequence_is_shown_as_without_it(tmp_path, damage, tag):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a").write_bytes(file_with(b"", tag))
    (plain,) = load(folder).stacks
    values = plain.read()
    (folder / "a").write_bytes(file_with(DAMAGES[damage](tag), tag))
    (stack,) = load(folder).stacks
    assert (stack.read() == values).all()
    assert (stack.geometry, stack.unit) == (plain.geometry, plain.unit)
    assert DAMAGED in stack.warnings
    # It could be a name, and the patient's may be lost.
    assert stack.description == ""


@pytest.mark.parametrize("length", [UNDEFINED, 1 << 24])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_sequence_without_its_end_in_an_implicit_data_set_is_passed_over(
    tmp_path, is_open, nested, length
):
    plain = part10(ct(PatientName="A"), "implicit")
    at = plain.index(struct.pack("<HH", 0x10, 0x10))
    content = element(0x00081155, "", b"1.2.3.9\0")
    if nested:
        content += element(0x00081160, "", delimiter(ITEM, len(content)) + content)
    item = delimiter(ITEM, UNDEFINED if is_open else len(content)) + content
    item += delimiter(ITEM_END) * is_open
    broken = plain[:at] + element(0x00081140, "", item, length=length) + plain[at:]
    (tmp_path / "a").write_bytes(plain)
    values = load(tmp_path).stacks[0].read()
    (tmp_path / "a").write_bytes(broken)
    (stack,) = load(tmp_path).stacks
    assert (stack.read() == values).all()
    assert DAMAGED in stack.warnings


@pytest.mark.parametrize(
    "tag", [Tag.PixelRepresentation, Tag.RescaleSlope, Tag.ModalityLUTSequence]
)
def test_what_decides_on_values_is_not_passed_over(tmp_path, tag):
    data = file_with(b"")
    if tag == Tag.ModalityLUTSequence:
        at = data.rindex(struct.pack("<HH", 0x7FE0, 0x10))
        data = data[:at] + DAMAGES["too long"](tag) + data[at:]
    else:
        at = data.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
        data = data[: at + 6] + b"\xff\xff" + data[at + 8 :]
    (tmp_path / "a").write_bytes(data)
    assert not load(tmp_path).stacks


def test_several_sequences_may_be_damaged(tmp_path):
    data = file_with(DAMAGES["too short"](0x00081140))
    at = data.rindex(struct.pack("<HH", 0x7FE0, 0x10))
    (tmp_path / "a").write_bytes(data[:at] + DAMAGES["too long"](0x00283010) + data[at:])
    found = scan_file(tmp_path / "a", WANTED)
    assert found.pixels is not None
    assert found.notes == (DAMAGED,)
    assert found.data_set.integer(Tag.Rows) == 4


def test_what_no_way_leads_around_has_no_pixels_and_takes_no_time(tmp_path):
    chain = b"".join(element(0x00090000 + n, "LO", b"") for n in range(0x1000, 0xF000))
    start = element(0x00080060, "CS", b"MR") + element(0x00081140, "SQ", b"", length=77)
    (tmp_path / "a").write_bytes(bytes(128) + b"DICM" + start + chain * 2)
    begin = time.process_time()
    assert scan_file(tmp_path / "a", WANTED).pixels is None
    assert time.process_time() - begin < 10
