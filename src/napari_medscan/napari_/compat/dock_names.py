"""The names by which napari finds a dock again."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from qtpy.QtWidgets import QDockWidget

_PLUGIN_NAMES = "napari-medscan", "MedScan"
"""That of the package, which `add_plugin_dock_widget` takes, and that of the menus."""


def share_names(dock: QDockWidget) -> Callable[[], None]:
    """Let the menu find a dock that a script or a button opened, and they the menu's.

    napari names it after the package for the ones and as in the manifest for the other, and opens a
    second dock.

    Parameters
    ----------
    dock : QDockWidget
        One of this plugin; in another window than napari's nothing happens.

    Returns
    -------
    callable
        Lets napari forget the dock.
    """
    docks = getattr(getattr(dock.parent(), "_window", None), "_wrapped_dock_widgets", None)
    title, _, plugin = dock.windowTitle().partition(" (")
    names = [f"{title} ({name})" for name in _PLUGIN_NAMES]
    if not isinstance(docks, MutableMapping) or plugin.removesuffix(")") not in _PLUGIN_NAMES:
        return lambda: None
    for name in names:
        docks.setdefault(name, dock)

    def forget() -> None:
        for name in names:
            if docks.get(name) is dock:
                del docks[name]

    return forget
