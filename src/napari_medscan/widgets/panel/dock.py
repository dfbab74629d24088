"""The MedScan panel: one tab a section."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import napari.viewer
from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from napari_medscan.napari_.viewer_watch import unwrapped
from napari_medscan.widgets.dock import Docked, scrolling
from napari_medscan.widgets.panel.series_tab import SeriesTab
from napari_medscan.widgets.panel.tags_tab import TagsSection
from napari_medscan.widgets.panel.views_tab import Releasable, ViewsSection
from napari_medscan.widgets.panel.window_tab import WindowSection

SECTIONS: tuple[tuple[str, Callable[[napari.viewer.Viewer], Releasable]], ...] = (
    ("Series", SeriesTab),
    ("Window", WindowSection),
    ("Views", ViewsSection),
    ("Tags", TagsSection),
)
"""Title of each tab, and what makes it: a QWidget that lets go of the viewer when released."""


class MedScanPanel(Docked):
    """The plugin's dock widget.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        What its sections follow; napari hands it over by this name.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = unwrapped(napari_viewer)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, make in SECTIONS:
            section = make(viewer)
            self.on_release(section.release)
            if isinstance(section, SeriesTab):
                self.series = section
            self.tabs.addTab(scrolling(cast("QWidget", getattr(section, "native", section))), title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
