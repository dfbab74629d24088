"""The audit: one record a send, kept on this computer, for the user to read and to delete.

JSON lines, only ever appended to. A record is begun before the connection is made and ended
after it: two lines of one id, read as one. What was begun and never ended, by a crash, stays
visible as such. No line holds patient data, a prompt, an answer or a key.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_medscan.assistant.errors import AuditError
from napari_medscan.dicom.elements.text import defuse

MAX_BYTES = 2**22
"""Where a file is full: it then becomes the older of two, and the older one goes."""
MAX_TEXT = 200
BEGUN = "not finished"
IMAGES, MODELS = "image", "list of models"


@dataclass(frozen=True, slots=True)
class Record:
    """One use of the network by the assistant.

    Parameters
    ----------
    kind : str
        `IMAGES`, or `MODELS` when no image was sent.
    host, model : str
        Who was asked.
    bytes : int
        Size of the images.
    sha256 : str
        Of each image, as hexadecimal digits, with a blank between them.
    outcome : str
        "answered", "canceled", an error's word, or `BEGUN`.
    id : str
        Random.
    time : datetime
        When it began, in UTC.
    """

    kind: str
    host: str
    model: str = ""
    bytes: int = 0
    sha256: str = ""
    outcome: str = BEGUN
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


class Audit:
    """The records in a file, which several processes may share.

    Parameters
    ----------
    path : Path, optional
        The file; the user's own by default. It need not exist.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or audit_file()

    @property
    def _older(self) -> Path:
        return self.path.with_name(f"{self.path.stem}-older{self.path.suffix}")

    def begin(self, record: Record) -> None:
        """Write that a send begins; if this raises OSError, nothing may be sent."""
        self._append(asdict(_tidy(record)) | {"time": record.time.isoformat()})

    def end(self, record: Record, outcome: str) -> None:
        """Write how it ended; the record stays as `BEGUN` if this raises OSError."""
        self._append({"id": record.id, "outcome": outcome[:MAX_TEXT]})

    def read(self) -> list[Record]:
        """Return the records, the oldest first; lines that were cut are passed over.

        Raises AuditError when there are some that cannot be read.
        """
        records: dict[str, Record] = {}
        for line in self._lines():
            match _parsed(line):
                case Record() as record:
                    records[record.id] = record
                case (str(id_), str(outcome)) if id_ in records:
                    records[id_] = replace(records[id_], outcome=outcome)
        return list(records.values())

    def export(self, path: Path) -> None:
        """Write the records as a CSV table.

        Raises
        ------
        AuditError
            When they cannot be read; then no table is begun.
        OSError
            When it cannot be written.
        """
        names = ("time", "kind", "host", "model", "bytes", "sha256", "outcome")
        records = self.read()
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            table = csv.writer(file)
            table.writerow(names)
            for record in records:
                row = asdict(record) | {"time": record.time.isoformat(timespec="seconds")}
                table.writerow([_cell(row[name]) for name in names])

    def delete(self) -> None:
        """Delete all records; raises OSError if one cannot be."""
        if self.path.parent.exists():
            with self._locked():
                self.path.unlink(missing_ok=True)
                self._older.unlink(missing_ok=True)

    def _append(self, content: dict[str, Any]) -> None:
        line = json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            if self.path.exists() and self.path.stat().st_size > MAX_BYTES:
                self.path.replace(self._older)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    # What a crash cut short must not swallow this line too.
                    line = line if file.read(1) == b"\n" else b"\n" + line
                if file.write(line) != len(line):
                    raise OSError("the audit's disk is full")

    def _lines(self) -> Iterator[bytes]:
        for path in (self._older, self.path):
            try:
                with path.open("rb") as file:
                    yield from file.read(2 * MAX_BYTES).splitlines()
            except FileNotFoundError:
                continue
            except OSError:
                raise AuditError(
                    "The audit log cannot be read. Check the permissions of the user data folder."
                ) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)  # which unlocks


def audit_file() -> Path:
    """Return where the user's audit is; it need not exist."""
    import platformdirs

    return platformdirs.user_data_path("napari-medscan", appauthor=False) / "audit.jsonl"


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def _parsed(line: bytes) -> Record | tuple[object, object] | None:
    """Return what a line says: a record, the id and outcome of one, or nothing."""
    try:
        said = json.loads(line)
        if "time" not in said:
            return said["id"], said["outcome"]
        time = datetime.fromisoformat(said.pop("time"))
        record = Record(time=time, **said)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (record.id, record.kind, record.host, record.model, record.sha256, record.outcome)
    is_good = all(isinstance(text, str) for text in texts) and isinstance(record.bytes, int)
    return _tidy(record) if is_good else None


def _tidy(record: Record) -> Record:
    host, model = defuse(record.host)[:MAX_TEXT], defuse(record.model)[:MAX_TEXT]
    return replace(record, host=host, model=model)


def _cell(value: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{value}" if str(value)[:1] in ("=", "+", "-", "@") else value
