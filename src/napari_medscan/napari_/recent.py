"""Folders opened last, if the user wants them remembered.

Paths can name patients: they are kept in a file of their own that only the
user can read, never in napari's settings, and are gone as soon as the setting
is off.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from napari_medscan.napari_ import settings
from napari_medscan.storage import config_file, replacing

MOST = 10
"""Folders that are remembered."""


def folders() -> list[Path]:
    """Return the folders opened last, the newest first; none when the setting is off."""
    if not settings.current().recent_folders:
        clear()
        return []
    try:
        listed = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(listed, list):
        return []
    return [Path(path) for path in listed if isinstance(path, str)][:MOST]


def remember(opened: Sequence[Path]) -> None:
    """Put folders at the head of the list, if the setting is on."""
    known = folders()
    if not opened or not settings.current().recent_folders:
        return
    newest = [path.resolve() for path in opened]
    listed = list(dict.fromkeys([*newest, *known]))[:MOST]
    # A list that cannot be kept is no reason to disturb anybody.
    with contextlib.suppress(OSError):
        _write(json.dumps([str(path) for path in listed]))


def clear() -> None:
    """Forget all folders."""
    with contextlib.suppress(OSError):
        _file().unlink()


def _file() -> Path:
    return config_file("recent.json")


def _write(text: str) -> None:
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(file) as stream:
        # Names that are no text come back as the same names.
        stream.write(text.encode("ascii"))
