"""References to files: parts, packed bytes, identity, the way to a worker."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.files import unpack
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.files.source import Memory, SourceStream
from napari_medscan.dicom.files.wire import from_message, to_message

DATA = bytes(range(256)) * 40


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "deflate": deflated,
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.fixture(params=["plain", "part", *PACKED, "packed twice"])
def ref(request, tmp_path):
    """Return DATA as a file, as a part of one, and packed in every way."""
    path = tmp_path / "Canary"
    kind = request.param
    if kind in PACKED:
        path.write_bytes(b"front" + PACKED[kind](DATA) + b"" * 3)
        return FileRef(str(path)).part(5).unpacked(kind)
    if kind == "packed twice":
        path.write_bytes(gzip.compress(b"front" + gzip.compress(DATA)))
        return FileRef(str(path)).unpacked("gzip").part(5).unpacked("gzip")
    path.write_bytes(DATA if kind == "plain" else b"front" + DATA + b"behind")
    return FileRef(str(path)) if kind == "plain" else FileRef(str(path)).part(5, len(DATA))


@given(offset=st.integers(0, 11_000), length=st.integers(0, 11_000))
@settings(max_examples=30, deadline=None)
def test_file_ref_reads_any_part_in_every_way(tmp_path_factory, offset, length):
    path = tmp_path_factory.mktemp("ref") / "a"
    path.write_bytes(b"front" + DATA + b"behind")
    packed = path.with_name("b")
    packed.write_bytes(gzip.compress(DATA))
    expected = DATA[offset : offset + length]
    for ref in (FileRef(str(path), 5, len(DATA)), FileRef(str(packed)).unpacked("gzip")):
        assert ref.read_at(offset, length) == expected
        buffer = bytearray(length)
        assert ref.read_into(offset, memoryview(buffer)) == len(expected)
        assert buffer[: len(expected)] == expected
        with ref.opened() as source:
            assert source.read_at(offset, length) == expected
        stream = SourceStream(ref, ref.size)
        stream.seek(offset)
        assert stream.read(length) == expected


def test_file_ref_opened_opens_the_file_at_the_first_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(DATA)
    with FileRef(str(path)).opened() as source:
        path.unlink()
        with pytest.raises(FileNotFoundError):
            source.read_at(0, 1)
        path.write_bytes(DATA)
        assert source.read_at(5, 5) == DATA[5:10]


def test_file_ref_start_and_size(ref):
    assert ref.start(100) == (DATA[:100], len(DATA))
    assert ref.prefix(100) == DATA[:100]
    assert ref.size == len(DATA)
    assert bytes(ref.mapped()[:]) == DATA


def test_file_ref_survives_pickling_and_names_nobody(ref):
    again = pickle.loads(pickle.dumps(ref))  # noqa: S301 - made here
    assert again == ref
    assert hash(again) == hash(ref)
    assert again.read_at(300, 9) == DATA[300:309]
    assert "Canary" not in repr(ref)


def test_file_ref_to_worker_and_back(ref):
    one, two = from_message(to_message([ref, ref.part(10, 5)]))
    assert one.read_at(0, one.size) == DATA
    assert two.read_at(0, 99) == DATA[10:15]


@pytest.mark.skipif(os.name != "posix", reason="needs names that are no text")
def test_file_ref_to_worker_any_name(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/IM\xff1")
    with open(path, "wb") as file:  # noqa: PTH123 - bytes
        file.write(DATA)
    (ref,) = from_message(to_message([file_ref(path)]))
    assert ref.read_at(0, 9) == DATA[:9]


def test_file_ref_identity_changes_with_the_file(tmp_path):
    path = tmp_path / "Canary"
    path.write_bytes(DATA)
    ref = FileRef(str(path))
    first = ref.identity()
    assert first == FileRef(str(path)).identity()
    assert len({first, ref.part(1).identity(), ref.unpacked("gzip").identity()}) == 3
    assert "Canary" not in first
    path.write_bytes(DATA + b"x")
    assert ref.identity() != first
    path.unlink()
    with pytest.raises(OSError, match="No such file"):
        ref.identity()


def test_unpacked_is_done_once_and_let_go_beyond_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "HELD", 3 * len(DATA))
    done = []
    unpacked = unpack.Unpacked._unpacked
    monkeypatch.setattr(
        unpack.Unpacked, "_unpacked", lambda self: done.append(self) or unpacked(self)
    )
    refs = []
    for number in range(5):
        path = tmp_path / str(number)
        path.write_bytes(gzip.compress(DATA))
        refs.append(FileRef(str(path)).unpacked("gzip"))
    for ref in refs:
        for _ in range(3):
            assert ref.read_at(1, 1) == DATA[1:2]
    assert len(done) == 5
    assert sum(ref.container._data is not None for ref in refs) <= 3
    # The first one was let go.
    assert refs[0].read_at(1, 1) == DATA[1:2]
    assert len(done) == 6
    # All of a file is not read again soon.
    refs[0].read_at(0, len(DATA))
    assert refs[0].container._data is None


@pytest.mark.parametrize("method", PACKED)
def test_unpacked_cut_anywhere_gives_nothing_unless_it_has_no_checksum(method):
    packed = PACKED[method](DATA)
    for length in range(0, len(packed), 7):
        ref = FileRef(Memory(packed[:length])).unpacked(method)
        if method == "deflate":
            assert DATA.startswith(ref.read_at(0, len(DATA)))
            continue
        with pytest.raises(FrameError, match="truncated"):
            ref.read_at(0, len(DATA))


@pytest.mark.parametrize("method", ["gzip", "bzip2", "xz"])
def test_unpacked_damaged_anywhere_gives_nothing_or_all(method):
    packed = PACKED[method](DATA)
    for at in range(len(packed)):
        data = bytearray(packed)
        data[at] ^= 0x41
        try:
            found = FileRef(Memory(bytes(data))).unpacked(method).read_at(0, len(DATA))
        except UnreadableError:
            continue
        assert found == DATA


def test_unpacked_with_checksum_refuses_what_is_damaged_or_cut():
    packed = deflated(DATA)
    size, crc = len(DATA), zlib.crc32(DATA)
    assert FileRef(Memory(packed)).unpacked("deflate", size, crc).read_at(0, 9) == DATA[:9]
    for wrong in ((packed[:-4], size, crc), (packed, size - 1, crc), (packed, size, crc ^ 1)):
        with pytest.raises(FrameError, match=r"corrupt|truncated"):
            FileRef(Memory(wrong[0])).unpacked("deflate", *wrong[1:]).read_at(0, 9)


def test_unpacked_without_checksum_gives_what_is_before_the_damage():
    packed = deflated(DATA[:5000])[:-10] + b"\xff" * 50
    ref = FileRef(Memory(packed)).unpacked("deflate")
    with pytest.raises(FrameError, match="corrupt"):
        ref.read_at(0, 20_000)


@pytest.mark.parametrize("method", PACKED)
def test_unpacked_bomb_is_refused(method, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED", 1 << 20)
    ref = FileRef(Memory(PACKED[method](bytes(2 << 20)))).unpacked(method)
    with pytest.raises(FrameError, match="larger than 512 MB"):
        ref.read_at(0, 1)
    assert ref.prefix(9) == bytes(9)


@pytest.mark.parametrize("method", ["bzip2", "xz"])
def test_unpacked_beyond_the_ratio_of_deflate_is_refused(method, monkeypatch):
    monkeypatch.setattr(unpack, "_UNCHECKED", 1 << 20)
    ref = FileRef(Memory(PACKED[method](bytes(64 << 20)))).unpacked(method)
    with pytest.raises(FrameError, match="suspicious"):
        ref.read_at(0, 1)


def test_unpacked_error_that_is_kept_keeps_no_memory(monkeypatch):
    """A batch of headers keeps its errors, and an error the frames that it went through."""
    made = []

    class Noted(bytearray):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(unpack, "MAX_UNPACKED", 1 << 20)
    monkeypatch.setattr(unpack, "bytearray", Noted, raising=False)
    ref = FileRef(Memory(gzip.compress(bytes(2 << 20)))).unpacked("gzip")
    with pytest.raises(FrameError) as kept:
        ref.read_at(0, 1)
    assert kept.traceback
    assert [len(data) for data in made] == [0]
