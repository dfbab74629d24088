"""The user's own presets, kept in a file of the user's configuration folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from napari_medscan.dicom.elements.text import MAX_NAME, defuse
from napari_medscan.dicom.intensity.window import Function, Window
from napari_medscan.storage import config_file, read_json, write_json

MAX_BYTES = 2**20
MAX_PRESETS = 200
"""Most presets of one group."""


def presets_file() -> Path:
    """Return where presets are kept by default."""
    return config_file("presets.json")


@dataclass(frozen=True, slots=True)
class UserPresets:
    """Windows that the user named, in an order of choice, by group ("CT HU").

    Every change is read, made and written at once, so that several napari windows share them;
    what in the file makes no sense is passed over, and the rest is used.

    Parameters
    ----------
    path : Path
        The file; it and its folder need not exist.
    """

    path: Path

    def of(self, group: str) -> tuple[Window, ...]:
        """Return the presets of a group."""
        return self._read().get(group, ())

    def add(self, group: str, window: Window) -> None:
        """Add a preset as the last one.

        Raises
        ------
        OSError
            When it cannot be saved; so do all other changes.
        """
        self._change(group, (*self.of(group), window)[:MAX_PRESETS])

    def rename(self, group: str, index: int, name: str) -> None:
        """Give a preset another name; one that is empty changes nothing."""
        windows = list(self.of(group))
        name = _tidy(name)
        if name:
            windows[index] = replace(windows[index], name=name)
            self._change(group, windows)

    def move(self, group: str, index: int, to: int) -> None:
        """Put a preset at another place; beyond the ends is at the end."""
        windows = list(self.of(group))
        window = windows.pop(index)
        windows.insert(max(to, 0), window)
        self._change(group, windows)

    def remove(self, group: str, index: int) -> None:
        """Forget a preset."""
        windows = list(self.of(group))
        del windows[index]
        self._change(group, windows)

    def _read(self) -> dict[str, tuple[Window, ...]]:
        found = read_json(self.path, MAX_BYTES)
        groups = found.get("presets") if isinstance(found, dict) else None
        if not isinstance(groups, dict):
            return {}
        return {
            str(group): tuple(filter(None, map(_window, items[:MAX_PRESETS])))
            for group, items in groups.items()
            if isinstance(items, list)
        }

    def _change(self, group: str, windows: Sequence[Window]) -> None:
        groups = {**self._read(), group: tuple(windows)}
        content = {
            "version": 1,
            "presets": {
                name: [
                    {"name": w.name, "center": w.center, "width": w.width, "function": w.function}
                    for w in kept
                ]
                for name, kept in groups.items()
                if kept
            },
        }
        write_json(self.path, content, durable=True)


def _window(item: Any) -> Window | None:  # noqa: ANN401 - JSON may hold anything
    """Return the window that an entry of the file describes, None if it makes no sense."""
    if not isinstance(item, dict):
        return None
    name, function = item.get("name"), item.get("function", "LINEAR")
    center, width = item.get("center"), item.get("width")
    if not isinstance(name, str) or function not in get_args(Function):
        return None
    if not isinstance(center, int | float) or not isinstance(width, int | float):
        return None
    # NaN is not below either.
    if not abs(center) < 1e30 or not abs(width) < 1e30:
        return None
    center, width = float(center), float(width)
    if width <= 0 or (function == "LINEAR" and width < 1):
        return None
    return Window(_tidy(name) or f"{center:g} / {width:g}", center, width, function)


def _tidy(name: str) -> str:
    return defuse(name)[:MAX_NAME].strip()
