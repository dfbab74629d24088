"""Whether napari hands every dropped folder to this plugin without asking."""

from __future__ import annotations

from collections.abc import Callable

from napari.settings import get_settings

from napari_medscan.napari_.menu import PLUGIN

FOLDERS = "*/"
"""napari (0.9) ends the path of a folder with a slash before it looks for a preferred reader, and
takes the most specific pattern that matches: this is every folder without a preference of its own.
There is no way to say "folders with DICOM", since napari looks at names only."""


def opens_folders() -> bool:
    """Whether folders come to this plugin without the question which reader to use."""
    return get_settings().plugins.extension2reader.get(FOLDERS) == PLUGIN


def open_folders_by_default(on: bool) -> None:  # noqa: FBT001 - a switch
    """Make this plugin the one that napari gives folders to, or take that back.

    napari saves it, and lists it in Preferences ▸ Plugins.
    """
    plugins = get_settings().plugins
    others = {k: v for k, v in plugins.extension2reader.items() if (k, v) != (FOLDERS, PLUGIN)}
    plugins.extension2reader = {**others, FOLDERS: PLUGIN} if on else others


def on_change(callback: Callable[[], None]) -> Callable[[], None]:
    """Call back when the user changes which plugin opens what; return what stops that.

    A method does not keep its object alive.
    """
    event = get_settings().plugins.events.extension2reader
    event.connect(callback)

    def stop() -> None:
        event.disconnect(callback)

    return stop
