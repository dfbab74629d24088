"""Which fragments make a frame, and reading them."""

from __future__ import annotations

import struct
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate as pydicom_encapsulate

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.fragments import Fragment
from napari_medscan.dicom.pixels import encapsulated
from napari_medscan.dicom.pixels.encapsulated import frame_fragments, read_frame_bytes

from ..building import encapsulate, encapsulated_header, offsets

START = b"\xff\xd8\xff"


def frame_bytes(number, length=40):
    """A frame that starts like a JPEG."""
    return START + bytes([number]) * (length - 3)


def pieces(frame, count):
    """A frame cut into fragments of even length; later ones look like nothing."""
    step = len(frame) // count // 2 * 2
    return [frame[i * step : (i + 1) * step if i < count - 1 else None] for i in range(count)]


def read(data, frames, **changes):
    header = encapsulated_header(data, frames=frames, **changes)
    return [read_frame_bytes(header, i) for i in range(frames)]


FRAMES = [frame_bytes(i, 40 + 2 * i) for i in range(4)]
CUT = [pieces(frame, 1 + i % 3) for i, frame in enumerate(FRAMES)]
FLAT = [fragment for fragments in CUT for fragment in fragments]


def test_frames_as_pydicom_writes_them():
    assert read(pydicom_encapsulate(FRAMES, has_bot=True), 4) == FRAMES
    assert read(pydicom_encapsulate(FRAMES, has_bot=False), 4) == FRAMES
    several = pydicom_encapsulate(FRAMES, fragments_per_frame=3, has_bot=True)
    assert read(several, 4) == FRAMES


def test_an_empty_table_and_a_fragment_a_frame():
    assert read(encapsulate(FRAMES), 4) == FRAMES


def test_a_fragment_a_frame_needs_neither_table_nor_start_markers():
    assert read(encapsulate([b"aa", b"bb", b"cc"]), 3) == [b"aa", b"bb", b"cc"]


def test_a_table_that_leaves_out_the_first_fragment_is_not_believed():
    parts = [b"aa", b"bb", b"cc"]
    with pytest.raises(FrameError, match="3 fragments for 2 frames"):
        read(encapsulate(parts, [10, 20]), 2)


def test_all_fragments_of_a_single_frame_belong_to_it():
    parts = [b"abcd", b"efgh", START + b"x"]
    assert read(encapsulate(parts), 1) == [b"".join(parts)]


def test_the_basic_offset_table_groups_fragments():
    assert read(encapsulate(FLAT, offsets(CUT)), 4) == FRAMES


def test_the_basic_offset_table_needs_no_start_markers():
    """Run-length encoded data have none."""
    frames = [[b"aaaa", b"bb"], [b"cc"], [b"dd", b"eeee"]]
    flat = [part for frame in frames for part in frame]
    assert read(encapsulate(flat, offsets(frames)), 3) == [b"aaaabb", b"cc", b"ddeeee"]


def test_without_a_table_start_markers_tell_frames_apart():
    assert read(encapsulate(FLAT), 4) == FRAMES


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\xff\x4f\xff\x51\0\0", b"\0\0\0\x0cjP  \r\n"]
)
def test_every_start_marker_is_known(start):
    parts = [start + b"aa", b"bb", start + b"cc", b"dd", b"ee"]
    assert read(encapsulate(parts), 2) == [b"".join(parts[:2]), b"".join(parts[2:])]


@pytest.mark.parametrize(
    "table",
    [
        [0, 0, 0, 0],
        [0, 8, 16, 24],
        [0, 48, 40, 500],
        [4, 50, 90, 150],
        [0xFFFFFFFF] * 4,
        [8, 56, 106, 158],
        [0, 48],
        [0, 48, 98, 150, 300],
    ],
)
def test_a_lying_table_is_not_believed(table):
    assert read(encapsulate(FRAMES, table), 4) == FRAMES
    assert read(encapsulate(FLAT, table), 4) == FRAMES


def test_a_table_whose_offsets_count_the_table_itself_is_not_believed():
    lying = [offset + 8 + 16 for offset in offsets(CUT)]
    assert read(encapsulate(FLAT, lying), 4) == FRAMES


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(FrameError, match="3 fragments for 2 frames"):
        read(encapsulate([b"aa", b"bb", b"cc"]), 2)


def test_no_pixel_data_are_refused():
    for data in (encapsulate([]), b"", b"\0" * 4, encapsulate([b"", b""])):
        with pytest.raises(FrameError, match="empty"):
            read(data, 1)


def test_an_empty_fragment_first_does_not_shift_the_table():
    parts = [b"", b"aaaa", b"bb", b"cc"]
    assert read(encapsulate(parts, [0, 30]), 2) == [b"aaaabb", b"cc"]


# --- extended offset table


def with_extended(fragments, starts, lengths, table=()):
    pixels = encapsulate(fragments, table)
    columns = struct.pack(f"<{len(starts)}Q", *starts), struct.pack(f"<{len(lengths)}Q", *lengths)
    data = pixels + columns[0] + columns[1]
    header = encapsulated_header(pixels, frames=4)
    places = (len(pixels), len(columns[0])), (len(pixels) + len(columns[0]), len(columns[1]))
    header = replace(header, source=Memory(data), size=len(data), offset_table=places)
    return [read_frame_bytes(header, i) for i in range(4)]


STARTS = offsets([[frame] for frame in FRAMES])
LENGTHS = [len(frame) for frame in FRAMES]


def test_the_extended_offset_table_names_the_frames():
    assert with_extended(FRAMES, STARTS, LENGTHS) == FRAMES


def test_the_extended_offset_table_may_leave_out_the_padding():
    short = [length - 1 for length in LENGTHS]
    assert with_extended(FRAMES, STARTS, short) == [frame[:-1] for frame in FRAMES]


@pytest.mark.parametrize(
    ("starts", "lengths"),
    [
        ([s + 2 for s in STARTS], LENGTHS),
        (STARTS, [n + 8 for n in LENGTHS]),
        (STARTS, [0] * 4),
        (STARTS, [4] * 4),
        (STARTS[:3], LENGTHS[:3]),
        (STARTS, LENGTHS[:2]),
        ([2**63] * 4, LENGTHS),
    ],
)
def test_a_lying_extended_offset_table_is_not_believed(starts, lengths):
    assert with_extended(FRAMES, starts, lengths) == FRAMES


# --- cut off, and wild


def test_of_a_file_cut_off_in_its_last_frame_all_others_can_be_read():
    data = encapsulate(FRAMES)[: -8 - 10]
    header = encapsulated_header(data, frames=4)
    assert [read_frame_bytes(header, i) for i in range(3)] == FRAMES[:3]
    # The decoder sees that the last one has no end.
    assert read_frame_bytes(header, 3) == FRAMES[3][:-10]


def test_a_file_that_shrank_after_it_was_opened_is_an_error_of_the_frame():
    data = bytearray(encapsulate(FRAMES))
    header = encapsulated_header(bytes(data), frames=4)
    header = replace(header, source=Memory(data))
    assert read_frame_bytes(header, 3) == FRAMES[3]
    del data[-20:]
    assert read_frame_bytes(header, 2) == FRAMES[2]
    with pytest.raises(FrameError, match="truncated file"):
        read_frame_bytes(header, 3)


def test_a_missing_sequence_delimiter_does_no_harm():
    assert read(encapsulate(FRAMES)[:-8], 4) == FRAMES


def test_what_follows_the_delimiter_is_not_read():
    assert read(encapsulate(FRAMES) + encapsulate([b"xx"]), 4) == FRAMES


def test_a_hundred_thousand_empty_fragments_take_linear_time():
    reads = []

    class Counting:
        def read_at(self, offset, length):
            reads.append(length)
            return data[offset : offset + length]

    data = encapsulate([FRAMES[0], *[b""] * 100_000, *FRAMES[1:]])
    header = replace(encapsulated_header(data, frames=4), source=Counting())
    started = time.perf_counter()
    found = frame_fragments(header)
    assert time.perf_counter() - started < 5
    assert sum(reads) < 2 * len(data)
    assert [read_frame_bytes(header, i) for i in range(4)] == FRAMES
    assert found[0] == (Fragment(16, 40, starts=True),)


@given(
    st.lists(st.lists(st.binary(max_size=6), min_size=1, max_size=3), min_size=1, max_size=6),
    st.booleans(),
)
@settings(deadline=None)
def test_frames_are_found_by_their_table_or_their_start(frames, tabled):
    # Fragments are even (PS3.5 A.4), and only the first of a frame starts a stream.
    even = [
        [START + b"\0", *(b"\1" * (2 - len(part) % 2) + part for part in frame)] for frame in frames
    ]
    flat = [part for frame in even for part in frame]
    data = encapsulate(flat, offsets(even) if tabled else ())
    assert read(data, len(even)) == [b"".join(frame) for frame in even]


@given(st.binary(max_size=200), st.integers(1, 4), st.booleans())
@settings(deadline=None)
def test_any_bytes_give_frames_or_a_frame_error(data, frames, framed):
    data = encapsulate([data[:20], data[20:]])[: len(data)] + data if framed else data
    try:
        found = read(data, frames)
    except FrameError:
        return
    assert len(found) == frames


@pytest.fixture
def many(monkeypatch):
    """Take a few frames for many, of which each is looked up in the table."""
    monkeypatch.setattr(encapsulated, "_MANY", 2)


@pytest.mark.usefixtures("many")
def test_frames_of_a_file_with_many_are_read_by_their_table(monkeypatch):
    monkeypatch.setattr(encapsulated, "frame_fragments", None)
    assert read(encapsulate(FLAT, offsets(CUT)), 4) == FRAMES


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("wrong", [[0, 8, 16, 24], [0, 0, 0, 0], [8, 4, 2, 1], [0, 48, 56, 9999]])
def test_frames_whose_table_is_wrong_are_read_by_their_streams(wrong):
    assert read(encapsulate(FLAT, wrong), 4) == FRAMES


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4))
def test_frames_are_the_same_whatever_stands_in_a_table(table):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encapsulated, "_MANY", 2)
        assert read(encapsulate(FLAT, table), 4) == FRAMES
