"""Commands that act on the current series, and say what is needed if there is none."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.windowing import current_windowed

Command = Callable[[napari.viewer.Viewer], None]
Action = Callable[[napari.viewer.Viewer, Image], object]

NO_SERIES = "Select a DICOM layer first."
NO_WINDOW = "Select a grayscale DICOM series."


def pane_command(action: Action) -> Command:
    """Return the command that does something with the series of the active pane."""

    def command(viewer: napari.viewer.Viewer) -> None:
        viewer = active_viewer(viewer)
        _act(action, viewer, current_layer(viewer), NO_SERIES)

    return named_as(action, command)


def canvas_command(action: Action) -> Command:
    """Return the command that does something with the series of the viewer that it is given."""

    def command(viewer: napari.viewer.Viewer) -> None:
        viewer = unwrapped(viewer)
        _act(action, viewer, current_layer(viewer), NO_SERIES)

    return named_as(action, command)


def window_command(action: Action) -> Command:
    """Return the command that does something with the VOI window of the active pane's series."""

    def command(viewer: napari.viewer.Viewer) -> None:
        viewer = active_viewer(viewer)
        _act(action, viewer, current_windowed(viewer), NO_WINDOW)

    return named_as(action, command)


def named(action: Action, name: str, summary: str) -> Action:
    """Give an action that a function has made its name and docstring."""
    action.__name__ = action.__qualname__ = name
    action.__doc__ = summary
    return action


def named_as(action: Callable[..., object], command: Command) -> Command:
    """Give a command the name and docstring by which napari and people find it.

    Not `functools.wraps`: napari would take the parameters of the action for the command's.
    """
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(command, name, getattr(action, name))
    return command


def _act(action: Action, viewer: napari.viewer.Viewer, layer: Image | None, lack: str) -> None:
    if layer is None:
        tell(lack)
    else:
        action(viewer, layer)
