"""Every send is written down, by several processes, through crashes, within bounds."""

from __future__ import annotations

import csv
import os
import stat
import subprocess
import sys

import pytest

from napari_medscan.assistant import audit as audits
from napari_medscan.assistant.audit import BEGUN, IMAGES, MODELS, Audit, Record, audit_file
from napari_medscan.assistant.errors import AuditError


def write(audit, model="m", outcome="answered"):
    record = Record(IMAGES, "host", model, 10, "ab" * 32)
    audit.begin(record)
    audit.end(record, outcome)
    return record


def test_what_is_written_is_read(audit):
    record = write(audit, outcome="canceled")
    (read,) = audit.read()
    assert read.outcome == "canceled"
    assert (read.id, read.time, read.bytes, read.sha256) == (record.id, record.time, 10, "ab" * 32)


def test_what_never_ended_is_seen_as_such(audit):
    audit.begin(Record(MODELS, "host"))
    assert audit.read()[0].outcome == BEGUN


def test_there_is_none_at_first(audit):
    assert audit.read() == []
    audit.delete()


@pytest.mark.parametrize("name", ["audit.jsonl", "audit-older.jsonl"])
def test_what_cannot_be_read_is_not_taken_for_nothing(audit, name, tmp_path):
    # A folder in the place of the file cannot be read even by root.
    audit.path.with_name(name).mkdir()
    with pytest.raises(AuditError, match="cannot be read") as caught:
        audit.read()
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(AuditError):
        audit.export(tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_nobody_else_can_read_it(tmp_path):
    audit = Audit(tmp_path / "new" / "audit.jsonl")
    write(audit)
    for path in audit.path.parent.iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_takes_no_other_with_it(audit, cut):
    write(audit, "first")
    whole = audit.path.read_bytes()
    write(audit, "cut")
    audit.path.write_bytes(audit.path.read_bytes()[: len(whole) + cut])
    write(audit, "last")
    assert [r.model for r in audit.read()] == ["first", "last"]


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"null", b"{}", b'{"time":1}', b'{"id":[],"outcome":"x"}', b"[" * 9999],
)
def test_strange_lines_are_passed_over(audit, line):
    write(audit)
    with audit.path.open("ab") as file:
        file.write(line + b"\n")
    write(audit)
    assert len(audit.read()) == 2


def test_several_processes_write_at_once(audit):
    code = (
        "import sys, pathlib; from napari_medscan.assistant.audit import *\n"
        "a = Audit(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(50):\n"
        "    r = Record(IMAGES, 'host', 'm' * 150, 1, 'a' * 64); a.begin(r); a.end(r, 'x')"
    )
    command = [sys.executable, "-c", code, str(audit.path)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    records = audit.read()
    assert len(records) == 150
    assert {record.outcome for record in records} == {"x"}


def test_it_is_bounded_and_the_newest_stay(audit, monkeypatch):
    monkeypatch.setattr(audits, "MAX_BYTES", 2000)
    written = [write(audit, str(number)).id for number in range(60)]
    size = sum(path.stat().st_size for path in audit.path.parent.iterdir())
    assert size < 3 * 2000
    read = [record.id for record in audit.read()]
    assert read
    assert read == written[-len(read) :]


def test_export_is_a_table_without_formulas(audit, tmp_path):
    write(audit, "=HYPERLINK(1)")
    audit.export(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["model"] == "'=HYPERLINK(1)"
    assert (row["host"], row["bytes"], row["outcome"]) == ("host", "10", "answered")


def test_delete_leaves_nothing(audit, monkeypatch):
    monkeypatch.setattr(audits, "MAX_BYTES", 100)
    write(audit)
    write(audit)
    audit.delete()
    assert audit.read() == []
    assert b"host" not in b"".join(p.read_bytes() for p in audit.path.parent.iterdir())


def test_what_a_model_is_called_is_harmless(audit):
    write(audit, "<img>\u202e" + "x" * 1000)
    (record,) = audit.read()
    assert record.model.startswith("‹img>x")
    assert len(record.model) == audits.MAX_TEXT


def test_its_place_is_the_users_data():
    assert audit_file().name == "audit.jsonl"
    assert Audit().path == audit_file()
