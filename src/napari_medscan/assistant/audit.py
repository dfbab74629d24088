"""audit (being written)"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One send: time, what, host, model, bytes, sha256, outcome."""

    time: datetime
    kind: str  # "picture" | "model list"
    host: str
    model: str
    bytes: int
    sha256: str
    outcome: str


class Audit:
    """Append-only JSON lines; Audit() is the user's own file."""

    path: Path

    def append(self, record: Record) -> None: ...
    def read(self) -> list[Record]: ...
    def export(self, path: Path) -> None: ...  # CSV
    def delete(self) -> None: ...
