"""Folders opened last, if the user wants them remembered.

Paths can name patients: they are kept in a file of their own that only the
user can read, never in napari's settings, and are gone as soon as the setting
is off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from napari_medscan.napari_ import settings
from napari_medscan.storage import config_file, read_json, write_json

MOST = 10
"""Folders that are remembered."""


def folders() -> list[Path]:
    """Return the folders opened last, the newest first; none when the setting is off."""
    if not settings.current().recent_folders:
        clear()
        return []
    listed = read_json(_file())
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
        # Written in ASCII: names that are no text come back as the same names.
        write_json(_file(), [str(path) for path in listed])


def clear() -> None:
    """Forget all folders."""
    with contextlib.suppress(OSError):
        _file().unlink()


def _file() -> Path:
    return config_file("recent.json")
