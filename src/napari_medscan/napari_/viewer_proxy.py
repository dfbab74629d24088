"""The viewer behind the proxy that napari hands to plugins."""

from __future__ import annotations

import napari.viewer


def unwrapped(viewer: napari.viewer.Viewer) -> napari.viewer.Viewer:
    """Return the viewer itself for the proxy that napari hands to plugins.

    The proxy is gone long before the viewer is, and hands out proxies of layers that are not the
    layers themselves.
    """
    found: napari.viewer.Viewer = getattr(viewer, "__wrapped__", viewer)
    return found
