"""prompts (being written)"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Template:
    """id, name, text with {subject}; text is the user's own when edited."""

    id: str
    name: str
    text: str

    def fill(self, modality: str = "", body_part: str = "") -> str:
        """Prompt; modality and body part only when handed over (ticked)."""


class Templates:
    """Templates(path=None): the user's own file; all(), save(id, text), reset(id)."""

    def __init__(self, path: Path | None = None) -> None: ...
    def all(self) -> tuple[Template, ...]: ...
    def save(self, id_: str, text: str) -> None: ...
    def reset(self, id_: str) -> None: ...
