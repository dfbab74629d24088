"""Whether napari hands folders and DICOM files to this plugin without asking."""

from __future__ import annotations

from collections.abc import Callable

from napari.settings import get_settings

from napari_medscan.napari_.dicom_panel import PLUGIN

FOLDERS = "*/"
"""napari (0.9) ends the path of a folder with a slash before it looks for a preferred reader, and
takes the most specific pattern that matches: this is every folder without a preference of its own.
There is no way to say "folders with DICOM", since napari looks at names only."""
_PATTERNS = (FOLDERS, "*.dcm", "*.dicom", "*.ima")


def is_default() -> bool:
    """Return whether folders and DICOM files open without napari's "Choose reader" dialog."""
    return get_settings().plugins.extension2reader.get(FOLDERS) == PLUGIN


def make_default(on: bool) -> None:  # noqa: FBT001 - a switch
    """Make this plugin the one that napari gives folders and DICOM files to, or take that back.

    napari saves it, and lists it in Preferences ▸ Plugins.
    """
    plugins = get_settings().plugins
    ours = dict.fromkeys(_PATTERNS, PLUGIN)
    others = {
        pattern: plugin
        for pattern, plugin in plugins.extension2reader.items()
        if ours.get(pattern) != plugin
    }
    plugins.extension2reader = {**others, **ours} if on else others


def on_change(callback: Callable[[], None]) -> Callable[[], None]:
    """Call back when the user changes which plugin opens what; return what stops that.

    A method does not keep its object alive.
    """
    event = get_settings().plugins.events.extension2reader
    event.connect(callback)

    def stop() -> None:
        event.disconnect(callback)

    return stop
