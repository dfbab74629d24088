"""A whole drop: every file is accounted for, and nothing is told that must not be."""

from __future__ import annotations

import logging
import os
import zipfile
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import CancelledError, LoadReport, load
from napari_medscan.dicom.loading import load_series_of

from ..studies import write_series
from .making import NATIVE, ct, part10, write
from .random_sets import KINDS, Writer


def slices(folder, count=3, **changes):
    for number in range(count):
        uid = f"1.2.3.{changes.get('SeriesInstanceUID', '4')[-1]}.{number + 1}"
        attributes = {
            "SOPInstanceUID": uid,
            "InstanceNumber": number + 1,
            "ImagePositionPatient": [0, 0, number],
            "PixelData": bytes([number]) * 48,
        } | changes
        write(folder / f"IM{number + 1}", ct(**attributes))
    return folder


@pytest.fixture
def drop(tmp_path):
    folder = slices(tmp_path / "drop", 4)
    (folder / "copy").mkdir()
    (folder / "copy" / "IM1").write_bytes((folder / "IM1").read_bytes())
    (folder / "notes.txt").write_text("nothing")
    with zipfile.ZipFile(folder / "scan.zip", "w") as archive:
        archive.writestr("leaflet.pdf", "%PDF-1.4")
    (folder / "cut").write_bytes((folder / "IM1").read_bytes()[:-4])
    write(folder / "plan", ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5", PixelData=None))
    (folder / "link").symlink_to("IM1")
    return folder


def test_every_file_is_accounted_for_once(drop):
    report = load(drop)
    assert [stack.files for stack in report.stacks] == [("IM1", "IM2", "IM3", "IM4")]
    assert set(report.skipped) == {"notes.txt", "scan.zip/leaflet.pdf", "plan", "link"}
    assert report.duplicates == {"copy/IM1": "IM1"}
    assert list(report.unreadable) == ["cut"]
    assert report.shown == 4
    assert report.files == 10


def test_files_behind_the_header_of_another_file_system_open_as_without_it(tmp_path):
    folder = slices(tmp_path / "drop")
    plain = load(folder).stacks[0].read()
    for number in (1, 2, 3):
        file = folder / f"IM{number}"
        file.write_bytes(f"IM{number}".encode().ljust(128, b"\0") + file.read_bytes() + bytes(99))
    for _ in range(2):
        (stack,) = load(folder).stacks
        assert (stack.read() == plain).all()
        assert str(stack.dataset(1)["SOPInstanceUID"].value) == "1.2.3.4.2"


def test_every_file_has_a_reason_in_words(drop):
    report = load(drop)
    assert report.skipped["notes.txt"] == "not DICOM"
    assert report.skipped["plan"] == "RT plan"
    assert report.skipped["link"] == "symbolic link (not followed)"
    assert report.unreadable["cut"].startswith("truncated file")


def test_the_summary_says_what_is_not_shown(drop):
    summary = load(drop).summary()
    assert summary.startswith("1 file could not be read (truncated file")
    assert "). 1 duplicate file ignored. 4 files skipped: " in summary
    assert summary.count(", ") == 3
    assert summary.endswith(", …")
    assert load(slices(drop.parent / "good")).summary() == ""


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (LoadReport(), "The folder is empty."),
        (LoadReport(skipped={"a": "RT plan"}), "No images found: 1 RT plan."),
        (
            LoadReport(unreadable={"a": "x", "b": "y"}),
            "No images found. 2 files could not be read.",
        ),
        (
            LoadReport(unreadable={"a": "x", "b": "x"}),
            "No images found. 2 files could not be read (x).",
        ),
    ],
)
def test_the_summary_of_nothing(report, sentence):
    assert report.summary() == sentence


@pytest.mark.parametrize(
    ("reasons", "kinds"),
    [
        (["RT plan"], "1 RT plan"),
        (["RT Structure Set"] * 3, "3 RT structure sets"),
        (["PDF, not DICOM", "structured report", "structured report"], "2 reports, 1 PDF"),
        (["not DICOM"] * 2, "2 non-DICOM files"),
        (["symbolic link (not followed)"] * 2, "2 symbolic links"),
        (["executable file, not DICOM", "encapsulated PDF"], "1 executable file, 1 PDF"),
        (["a", "b", "b", "c", "d", "d"], "2 bs, 2 ds, 1 a, …"),
    ],
)
def test_summary_skipped_files_are_counted_by_kind(reasons, kinds):
    report = LoadReport(skipped={str(number): why for number, why in enumerate(reasons)})
    dot = "" if kinds.endswith("…") else "."
    assert report.summary() == f"No images found: {kinds}{dot}"
    also_corrupt = LoadReport(unreadable={"a": "truncated file"}, skipped=report.skipped)
    mixed = f"{len(reasons)} files skipped: {kinds}{dot}"
    skipped = mixed if ", " in kinds else f"{kinds} skipped."
    assert also_corrupt.summary() == (
        f"No images found. 1 file could not be read (truncated file). {skipped}"
    )


def test_an_empty_folder_and_a_missing_path(tmp_path):
    assert load(tmp_path) == LoadReport()
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        load([tmp_path, tmp_path / "none"])


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
def test_a_link_to_itself_is_an_os_error(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="link"):
        load(tmp_path / "loop")


def test_files_of_the_same_name_in_two_folders_are_both_loaded(tmp_path):
    slices(tmp_path / "a", 1)
    slices(tmp_path / "b", 1, SOPInstanceUID="1.2.9", ImagePositionPatient=[0, 0, 5])
    for given_ in ([tmp_path / "a", tmp_path / "b"], [tmp_path / "a/IM1", tmp_path / "b/IM1"]):
        report = load(given_)
        assert report.shown == report.files == 2


def test_the_same_file_in_two_folders_is_shown_once(tmp_path):
    slices(tmp_path / "a", 1)
    slices(tmp_path / "b", 1)
    report = load([tmp_path / "a" / "IM1", tmp_path / "b" / "IM1"])
    assert report.shown == 1
    assert report.duplicates == {"b/IM1": "a/IM1"}


def test_damage_of_the_same_name_in_two_folders_is_counted_twice(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "IM1").write_bytes(part10(ct())[:-4])
    assert load([tmp_path / "a", tmp_path / "b"]).files == 2


def test_progress_counts_up_to_all_and_can_cancel(drop):
    seen: list[tuple[int, int]] = []
    load(drop, progress=lambda done, of: seen.append((done, of)))
    assert seen[0] == (0, 10)
    assert seen[-1] == (10, 10)
    assert seen == sorted(seen)
    assert len(seen) > 2

    def cancel(done: int, of: int) -> None:
        if done:
            raise CancelledError(f"{done} of {of}")

    with pytest.raises(CancelledError):
        load(drop, progress=cancel)


def test_putting_series_together_can_be_canceled_too(tmp_path):
    for series in range(3):
        write_series(tmp_path, 2, series=series)
    seen: list[tuple[int, int]] = []

    def cancel_at_the_third_series(done: int, of: int) -> None:
        seen.append((done, of))
        if seen.count((6, 6)) == 4:
            raise CancelledError

    with pytest.raises(CancelledError):
        load(tmp_path, progress=cancel_at_the_third_series)
    assert load(tmp_path, progress=lambda *_: None).stacks


def test_a_file_that_vanishes_while_loading_is_told(drop):
    def unlink(done: int, of: int) -> None:
        if done == 0 and of:
            (drop / "IM2").unlink(missing_ok=True)

    assert load(drop, progress=unlink).unreadable["IM2"] == "cannot be read"


def test_one_file_brings_its_series_and_nothing_else(tmp_path):
    slices(tmp_path, 3)
    write(tmp_path / "other", ct(SeriesInstanceUID="1.2.3.99", SOPInstanceUID="1.2.3.99.1"))
    slices(tmp_path / "below", 1, ImagePositionPatient=[0, 0, 9], SOPInstanceUID="1.2.3.77")
    report = load_series_of(tmp_path / "IM2")
    assert [stack.files for stack in report.stacks] == [("IM1", "IM2", "IM3")]
    assert report.files == 3


def test_a_file_without_a_series_is_loaded_alone(tmp_path):
    slices(tmp_path, 2)
    write(tmp_path / "alone", ct(SeriesInstanceUID=None, SOPInstanceUID="1.2.3.50"))
    assert load_series_of(tmp_path / "alone").files == 1
    (tmp_path / "text").write_text("nothing")
    assert list(load_series_of(tmp_path / "text").skipped) == ["text"]


CANARY = "CANARY"


def test_nothing_of_the_patient_is_told_anywhere(tmp_path, caplog, capfd, recwarn):
    caplog.set_level(logging.DEBUG)
    root = tmp_path / f"{CANARY}path"
    data = ct(
        PatientName=f"{CANARY}^X",
        PatientID=f"{CANARY}id",
        SeriesDescription=f"{CANARY} abdomen",
        PatientBirthDate="19700102",
        InstanceNumber=None,
    )
    write(root / "good", data)
    whole = part10(data)
    strange = whole.replace(b"SH\x02\0", b"ZZ\x02\0").replace(b"CS\x02\0CT", b"ZZ\x02\0CT")
    for name, content in {
        "strange": strange,
        "strange cut": strange[:-90],
        "cut": whole[:-9],
        "meta": whole[:200],
        "text": f"{CANARY} is the patient".encode(),
        "vr": whole.replace(b"PN", b"P?"),
        "length": whole.replace(b"PN\x08\0", b"PN\xff\xff"),
    }.items():
        (root / name).write_bytes(content)
    report = load(root)
    told = [report.summary(), *report.warnings, caplog.text, *capfd.readouterr()]
    told += [*report.skipped.values(), *report.unreadable.values(), *map(str, recwarn)]
    for stack in report.stacks:
        told += [stack.name, stack.description, *stack.warnings, *(w.name for w in stack.windows)]
    assert report.files == 8
    assert CANARY not in "".join(told)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
    encoding=st.sampled_from(sorted(NATIVE)),
    plan=st.lists(st.sampled_from(KINDS), max_size=20),
)
def test_no_file_however_odd_spoils_the_others(tmp_path_factory, seeds, encoding, plan):
    folder = slices(tmp_path_factory.mktemp("odd"), 2)
    for number, seed in enumerate(seeds):
        random = Random(seed)
        data = bytearray(Writer(random, encoding).file(plan))
        if seed % 2:
            data[random.randrange(len(data))] = random.randrange(256)
        (folder / f"odd{number}").write_bytes(data)
    report = load(folder)
    assert report.files == 2 + len(seeds)
    assert ("IM1", "IM2") in [stack.files for stack in report.stacks]
