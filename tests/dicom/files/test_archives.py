"""Archives give what the folder that was packed into them gives, or a sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import struct
import tarfile
import threading
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import RLELossless

from napari_medscan.dicom import load
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files import archives, unpack, zip_archive
from napari_medscan.dicom.files.member import LONGEST_LABEL, label_of
from napari_medscan.dicom.headers.sniff import has_dicom
from napari_medscan.dicom.loading import load_series_of
from napari_medscan.dicom.pixels.read_frames import read_slice
from napari_medscan.dicom.tags.reading import read_tree, read_value

from ...studies import write_series
from ..differential import fallbacks
from ..headers.test_dicomdir import dicomdir
from ..making import ct, element, part10, write
from .iso_packing import write_iso
from .packing import KINDS, pack

NAMES = st.sampled_from(
    ["IM1", "im 2.dcm", "Ä/ß.dcm", "図/画像1", "a/b/c/d.IMA", "DICOM/0001", "x.y.z", "_", "10", "9"]
)


@pytest.fixture(autouse=True)
def _no_index(monkeypatch):
    monkeypatch.setenv("MEDSCAN_INDEX", "off")


def contents(report, prefix=""):
    """Return what a report says, with the values of every stack, without a prefix of all names."""

    def plain(names):
        return tuple(name.removeprefix(prefix) for name in names)

    stacks = [
        (
            plain(stack.files),
            stack.axes,
            stack.geometry,
            stack.warnings,
            stack.read(errors="blank").tolist(),
            sorted(stack.problems.items()),
        )
        for stack in report.stacks
    ]
    texts = [
        sorted(zip(plain(reasons), reasons.values(), strict=True))
        for reasons in (report.skipped, report.unreadable)
    ]
    twice = sorted(zip(plain(report.duplicates), plain(report.duplicates.values()), strict=True))
    return sorted(stacks, key=repr), texts, twice, report.warnings


def pixels(stack, number):
    """Return a slice of 4 x 6 pixels as it is read from its file."""
    out = np.empty((4, 6), np.int16)
    read_slice(stack.read_header(number), stack.slices[number].index, out)
    return out


def prefix_of(path):
    inner = {"zip in zip": "tree.zip/", "tgz in zip": "tree.tgz/"}
    return f"{path.name}/{inner.get(path.parent.name, '')}"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a series in it."""
    write_series(tmp_path / "tree" / "DICOM", 5)
    return tmp_path / "tree"


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def slices(count=3, **changes):
    """Return the bytes of some slices by name."""
    return {
        f"IM{i}": part10(
            ct(
                SOPInstanceUID=f"1.2.9.{i}",
                InstanceNumber=i,
                ImagePositionPatient=[0, 0, i],
                PixelData=bytes([i]) * 48,
                **changes,
            )
        )
        for i in range(count)
    }


@st.composite
def trees(draw):
    """Return files by name: series in several encodings, odd ones, and files that are no DICOM."""
    files = {}
    encodings = st.sampled_from(["explicit", "implicit", "big", "deflated"])
    for number, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))):
        series = draw(st.integers(1, 2))
        data = part10(
            ct(
                SOPInstanceUID=f"1.2.9.{draw(st.integers(0, 9))}.{series}",
                SeriesInstanceUID=f"1.2.3.{series}",
                InstanceNumber=draw(st.integers(0, 9)),
                ImagePositionPatient=[0, 0, draw(st.integers(0, 5))],
                PixelData=draw(st.binary(min_size=48, max_size=48)),
                ICCProfile=bytes(draw(st.sampled_from([0, 9000, 200_000]))),
            ),
            draw(encodings),
        )
        kind = draw(st.sampled_from(["whole"] * 6 + ["cut", "empty", "text", "flipped"]))
        if kind == "cut":
            data = data[: draw(st.integers(1, len(data)))]
        elif kind == "flipped":
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        files[name] = {"empty": b"", "text": b"hello" * number}.get(kind, data)
    return {
        name: data
        for name, data in files.items()
        if not any(n.startswith(f"{name}/") for n in files)
    }


@given(tree=trees(), kind=st.sampled_from(KINDS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_archives_random_trees_give_what_the_folder_gives(tmp_path_factory, tree, kind):
    base = tmp_path_factory.mktemp("packed")
    for name, data in tree.items():
        path = base / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (base / kind).mkdir()
    path = pack(base / "tree", kind, base / kind / "tree")
    assert contents(load(path), prefix_of(path)) == contents(load(base / "tree"))


@pytest.mark.parametrize("kind", KINDS)
def test_archives_in_a_folder_are_opened_beside_its_files(folder, tmp_path, kind):
    drop = tmp_path / "drop"
    (drop / "x").mkdir(parents=True)
    pack(folder, kind, drop / "x" / "tree")
    write(drop / "alone", ct(SeriesInstanceUID="1.2.7"))
    report = load(drop)
    assert sorted(len(stack.slices) for stack in report.stacks) == [1, 5]
    assert not report.unreadable
    assert has_dicom(tmp_path / "drop")


@pytest.mark.parametrize("kind", KINDS)
def test_archives_no_handle_is_held_and_pixels_come_back_from_threads(folder, tmp_path, kind):
    path = pack(folder, kind, tmp_path / "tree")
    (stack,) = load(path).stacks
    wrong = []

    def read(seed):
        random = Random(seed)
        for _ in range(40):
            number = random.randrange(5)
            if not np.all(pixels(stack, number) == 10 * number - 1024):
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    handles = Path("/proc/self/fd")
    if handles.is_dir():
        held = [handle.resolve() for handle in handles.iterdir()]
        assert path.resolve() not in held


def test_archives_changed_behind_our_back_give_errors_never_other_pixels(folder, tmp_path):
    path = pack(folder, "zip stored", tmp_path / "tree")
    (stack,) = load(path).stacks
    write_series(folder / "DICOM", 5, series=9)
    pack(folder, "zip stored", tmp_path / "tree")
    with pytest.raises(FrameError, match="changed"):
        pixels(stack, 3)
    path.unlink()
    with pytest.raises(FrameError, match="can no longer be read"):
        pixels(stack, 3)


def test_archives_dicomdir_inside_notes_missing_references(tmp_path):
    members = {f"CD/{name}": data for name, data in slices(2).items()}
    members["CD/DICOMDIR"] = dicomdir("IM0", "IM1", "IM7")
    report = load(zipped(tmp_path / "disc.zip", members))
    assert report.warnings == ("The DICOMDIR lists 3 files; 1 is missing",)


@pytest.mark.parametrize("kind", KINDS)
def test_archives_files_reach_workers(tmp_path, kind):
    """Decoding, pydicom's parsing and the tags are done in other processes."""
    compressed = dcmread(BytesIO(part10(ct(PixelData=bytes([7]) * 48, BitsStored=16, HighBit=15))))
    compressed.compress(RLELossless, generate_instance_uid=False)
    (tmp_path / "tree").mkdir()
    compressed.save_as(tmp_path / "tree" / "rle", enforce_file_format=True)
    # A representation of no standard, which only pydicom can read.
    odd = struct.pack("<HH2sH2s", 0x0008, 0x0070, b"ZZ", 2, b"ab")
    modality = element(Tag.Modality, "CS", b"CT")
    plain = part10(ct(SeriesInstanceUID="1.2.7")).replace(modality, odd + modality)
    (tmp_path / "tree" / "odd").write_bytes(plain)
    path = pack(tmp_path / "tree", kind, tmp_path / "tree")
    with fallbacks() as fallen:
        rle, odd = sorted(load(path).stacks, key=lambda stack: -int(stack.is_compressed))
    assert fallen
    assert np.all(pixels(rle, 0) == 7 * 257 - 1024)
    assert pixels(odd, 0)[0, 0] == 256 - 1024
    for stack in (rle, odd):
        tree = read_tree(stack.slices[0].file)
        row = next(row for row in range(len(tree)) if tree.path(row) == "SeriesInstanceUID")
        assert read_value(stack.slices[0].file, tree.steps(row)) == stack.header.series


# --- compressed files


@pytest.mark.parametrize(("ending", "packed"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_archives_compressed_files_are_a_series(tmp_path, ending, packed):
    for name, data in slices(4).items():
        (tmp_path / f"{name}.dcm{ending}").write_bytes(packed(data))
    (tmp_path / f"brain.nii{ending}").write_bytes(packed(b"n+1" * 2000))
    report = load(tmp_path)
    assert [len(stack.slices) for stack in report.stacks] == [4]
    assert np.asarray(report.stacks[0].array)[:, 0, 0].tolist() == [-1024, -767, -510, -253]
    assert report.skipped == {f"brain.nii{ending}": "compressed file, not DICOM"}
    alone = load_series_of(tmp_path / f"IM2.dcm{ending}")
    assert [len(stack.slices) for stack in alone.stacks] == [4]


def test_archives_compressed_in_several_streams_are_read_whole(tmp_path):
    (data,) = slices(1).values()
    (tmp_path / "a.dcm.gz").write_bytes(gzip.compress(data[:500]) + gzip.compress(data[500:]))
    assert len(load(tmp_path).stacks) == 1


# --- names are labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../x", "x"),
        ("a/../b", "a/b"),
        ("C:\\DICOM\\IM1", "DICOM/IM1"),
        ("C:IM1", "IM1"),
        ("a\0b\n", "ab"),
        ("..", "unnamed"),
        ("./a//b", "a/b"),
    ],
)
def test_label_of_a_path_is_none(name, label):
    assert label_of(name) == label


@given(st.text())
def test_label_of_any_name_is_short_and_relative(name):
    label = label_of(name)
    assert 0 < len(label) <= LONGEST_LABEL
    assert not label.startswith("/")
    assert ".." not in label.split("/")


def test_archives_hostile_names_are_told_apart_and_write_nothing(tmp_path):
    data = list(slices(4).values())
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in zip(("../x", "/x", "x", "x (2)"), data, strict=True):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("warnings.warn", lambda *_a, **_k: None)
                archive.writestr(zipfile.ZipInfo(name), member)
    (stack,) = load(path).stacks
    assert len(set(stack.files)) == 4
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip", "in"]


@pytest.mark.parametrize("utf8", [False, True])
def test_archives_names_in_both_encodings(tmp_path, utf8):
    path = zipped(tmp_path / "a.zip", {"Äß" if utf8 else "AB": next(iter(slices(1).values()))})
    data = path.read_bytes()
    if not utf8:
        data = data.replace(b"AB", "Äß".encode("cp437"))
    path.write_bytes(data)
    (stack,) = load(path).stacks
    assert stack.files == ("a.zip/Äß",)


# --- what is refused


def only_reason(path):
    report = load(path)
    assert not report.stacks
    (reason,) = report.unreadable.values()
    return reason


def flagged(path, at_local, at_central, value):
    """Set a field of every header of a ZIP archive."""
    data = bytearray(path.read_bytes())
    for magic, at in ((b"PK\3\4", at_local), (b"PK\1\2", at_central)):
        place = -1
        while (place := data.find(magic, place + 1)) >= 0:
            struct.pack_into("<H", data, place + at, value)
    path.write_bytes(data)
    return path


def test_archives_encrypted_get_a_sentence_and_others_open(folder):
    flagged(zipped(folder / "secret.zip", slices()), 6, 8, 1)
    report = load(folder)
    assert [len(stack.slices) for stack in report.stacks] == [5]
    assert report.unreadable == {"secret.zip": zip_archive.ENCRYPTED}


def test_archives_unsupported_method_gets_a_sentence(tmp_path):
    path = flagged(zipped(tmp_path / "a.zip", slices()), 8, 10, 98)
    assert only_reason(path) == zip_archive.UNSUPPORTED


def test_archives_overlapping_members_are_refused(tmp_path):
    """Entries that share bytes are how a small archive becomes a large one."""
    path = zipped(tmp_path / "a.zip", slices(2))
    data = path.read_bytes()
    start = data.index(b"PK\1\2")
    length = data.index(b"PK\1\2", start + 4) - start
    end = data.index(b"PK\5\6")
    record = bytearray(data[end:])
    struct.pack_into("<2H2I", record, 8, 3, 3, end - start + length, start)
    path.write_bytes(data[:end] + data[start : start + length] + record)
    assert only_reason(path) == zip_archive.OVERLAP


def test_archives_a_bomb_of_one_member_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack.Unpacked, "_unpacked", lambda _: pytest.fail("it was unpacked"))
    header = part10(ct(PixelData=None))
    monkeypatch.setattr(zip_archive, "MAX_UNPACKED", 5 << 20)
    path = zipped(tmp_path / "a.zip", {"IM1": header + bytes(6 << 20)})
    assert path.stat().st_size < 1 << 20
    assert "larger than 512 MB" in only_reason(path)


def test_archives_a_bomb_of_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_archive, "MAX_TOTAL", 1 << 20)
    path = zipped(tmp_path / "a.zip", {f"{n}": bytes(1 << 19) for n in range(9)})
    assert only_reason(path) == zip_archive.TOO_LARGE


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_archives_a_tar_bomb_is_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(unpack, "MAX_UNPACKED", 20 << 20)
    with tarfile.open(tmp_path / f"a.tar.{kind}", f"w:{kind}") as archive:
        for number in range(4):
            info = tarfile.TarInfo(str(number))
            info.size = 8 << 20
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    # gzip packs less tightly than the others.
    refused = unpack.TOO_LARGE if kind == "gz" else unpack.SUSPICIOUS
    assert only_reason(tmp_path / f"a.tar.{kind}") == refused


def test_archives_deeper_than_two_get_a_sentence(tmp_path):
    path = zipped(tmp_path / "1.zip", slices())
    for number in (2, 3):
        path = zipped(tmp_path / f"{number}.zip", {path.name: path.read_bytes()})
    assert only_reason(path) == archives.NESTED
    assert list(load(path).unreadable) == ["3.zip/2.zip/1.zip"]


def test_archives_that_hold_themselves_end(tmp_path):
    """A quine: an archive that unpacks to itself, here by a member that is the whole file."""
    inner = zipped(tmp_path / "a.zip", {"a.zip": b""}, zipfile.ZIP_STORED).read_bytes()
    data = bytearray(inner)
    for magic, at in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        struct.pack_into("<2I", data, data.index(magic) + at, len(inner), len(inner))
    (tmp_path / "a.zip").write_bytes(data)
    assert only_reason(tmp_path / "a.zip") == zip_archive.OVERLAP


def test_archives_with_more_members_than_allowed(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", slices(4))
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    report = load(path)
    assert report.unreadable == {"a.zip": archives.TOO_LARGE}
    assert report.shown == 3


def test_archives_links_and_special_files_are_not_followed(folder, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(folder / "DICOM", "DICOM")
        for name, kind in (("up", tarfile.SYMTYPE), ("pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    report = load(tmp_path / "a.tar")
    assert report.skipped == {
        "a.tar/up": "symbolic link (not followed)",
        "a.tar/pipe": "special file",
    }
    assert report.shown == 5


@pytest.mark.parametrize("kind", KINDS)
def test_archives_empty_ones_are_named(tmp_path, kind):
    (tmp_path / "none").mkdir()
    report = load(pack(tmp_path / "none", kind, tmp_path / "tree"))
    assert list(report.skipped.values()) == ["empty archive"]
    assert report.summary() == "No images found: 1 empty archive."


# --- images of discs


def test_disc_names_of_the_first_standard_lose_their_version(tmp_path):
    (tmp_path / "tree" / "dicom").mkdir(parents=True)
    for name, data in slices(3).items():
        (tmp_path / "tree" / "dicom" / f"{name}.").write_bytes(data)
    (tmp_path / "tree" / "dicomdir.").write_bytes(dicomdir("DICOM/IM0", "DICOM/IM1", "DICOM/IM2"))
    report = load(write_iso(tmp_path / "tree", tmp_path / "DISC.ISO", joliet=False))
    assert sorted(report.stacks[0].files) == [f"DISC.ISO/DICOM/IM{n}" for n in range(3)]
    assert not report.warnings


def test_a_disc_whose_folders_hold_themselves_ends(tmp_path):
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    path = write_iso(tmp_path / "tree", tmp_path / "disc.iso")
    data = bytearray(path.read_bytes())
    # The last folder is at the place of the first.
    first = struct.pack("<I", 19)
    data = data.replace(struct.pack("<I", 21), first)
    path.write_bytes(data)
    assert not load(path).stacks


def test_a_large_folder_of_a_disc_is_read_whole(tmp_path):
    (tmp_path / "tree").mkdir()
    for number in range(100):
        (tmp_path / "tree" / f"{number:064}").write_bytes(b"%d" % number)
    report = load(write_iso(tmp_path / "tree", tmp_path / "disc.iso"))
    assert len(report.skipped) == 100


@pytest.mark.parametrize("gap", [0, 150, 11_416])
def test_all_sessions_of_a_disc_are_read_and_files_of_several_once(tmp_path, gap):
    images = slices(5)
    for session, numbers in (("first", (0, 1, 2)), ("second", (2, 3, 4))):
        (tmp_path / session).mkdir()
        for number in numbers:
            (tmp_path / session / f"IM{number}").write_bytes(images[f"IM{number}"])
    first = write_iso(tmp_path / "first", tmp_path / "first.iso").read_bytes()
    start = len(first) // 2048 + gap
    second = write_iso(tmp_path / "second", tmp_path / "second.iso", start=start).read_bytes()
    # The last file of the first session is the first of the second, after descriptors and folder.
    sectors = len(first) // 2048 - -(-len(images["IM2"]) // 2048), start + 20
    old, own = (struct.pack("<I", sector) + struct.pack(">I", sector) for sector in sectors)
    assert second.count(own) == 1
    path = tmp_path / "disc.iso"
    path.write_bytes(first + bytes(2048 * gap) + second.replace(own, old))
    report = load(path)
    (stack,) = report.stacks
    assert sorted(stack.files) == [f"disc.iso/{name}" for name in images]
    assert not report.duplicates


# --- damage


@pytest.mark.parametrize("kind", KINDS)
def test_archives_truncated_anywhere_give_a_sentence_or_what_is_before(folder, tmp_path, kind):
    path = pack(folder, kind, tmp_path / "tree")
    data = path.read_bytes()
    for length in range(0, len(data) - 1, max(1, len(data) // 60)):
        path.write_bytes(data[:length])
        report = load(path)
        for stack in report.stacks:
            for record in stack.slices:
                value = 10 * (int(record.name[-5]) - 1) - 1024
                assert np.all(pixels(stack, stack.slices.index(record)) == value)
        assert report.files
        if report.shown < 5:
            assert report.unreadable or report.skipped


@pytest.mark.parametrize("kind", ["zip stored", "zip deflated", "tar", "tgz", "zip in zip"])
def test_archives_bit_flips_give_a_sentence_or_the_right_values(folder, tmp_path, kind):
    """Not in the members themselves: a flip in a stored one is as in a file on disk."""
    path = pack(folder, kind, tmp_path / "tree")
    original = path.read_bytes()
    random = Random(kind)
    start = original.index(b"PK\1\2") if kind.startswith("zip") else 0
    for _ in range(150):
        data = bytearray(original)
        for _ in range(random.choice((1, 1, 1, 4, 30))):
            at = random.randrange(start, len(data))
            if kind == "tar" and at // 512 % 4:
                at -= at % 512
            data[at] ^= 1 << random.randrange(8)
        path.write_bytes(data)
        report = load(path)
        assert report.files
        for stack in report.stacks:
            np.asarray(stack.array.frame(0))
        if kind.startswith("zip"):
            for stack in report.stacks:
                assert_right_or_marked(stack)


def assert_right_or_marked(stack):
    for number, record in enumerate(stack.slices):
        try:
            values = pixels(stack, number)
        except FrameError:
            continue
        assert np.all(values == 10 * round(record.position[2] / 2) - 1024)


def test_archives_damaged_deflate_is_never_shown(folder, tmp_path):
    path = pack(folder, "zip deflated", tmp_path / "tree")
    (stack,) = load(path).stacks
    original = path.read_bytes()
    status = path.stat()
    end = original.index(b"PK\1\2")
    for at in range(40, end, 37):
        data = bytearray(original)
        data[at] ^= 0x10
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert_right_or_marked(stack)


@given(st.binary(max_size=3000), st.sampled_from(archives.ENDINGS), st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_archives_random_bytes_give_one_reason(tmp_path, data, ending, as_zip):
    if as_zip:
        data = b"PK\3\4" + data + b"PK\5\6" + data[:18].ljust(18, b"\0")
    path = tmp_path / f"x{ending}"
    path.write_bytes(data)
    report = load(path)
    assert report.files == 1
    assert has_dicom(path) in (True, False)


def test_archives_crc_of_deflated_member_is_checked(tmp_path):
    path = zipped(tmp_path / "a.zip", slices(1))
    data = path.read_bytes()
    crc = struct.pack("<I", zlib.crc32(next(iter(slices(1).values()))))
    assert data.count(crc) == 2
    path.write_bytes(data.replace(crc, bytes(4)))
    report = load(path)
    for stack in report.stacks:
        with pytest.raises(FrameError, match="corrupt"):
            pixels(stack, 0)
