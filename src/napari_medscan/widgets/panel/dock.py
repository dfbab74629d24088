"""The DICOM panel: series, window, views, measurements, tags and settings, one tab each."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QTabWidget

from napari_medscan.napari_.compat.plugin_settings import has_preferences_page
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.dock import WIDTH, DockContainer, scrolling
from napari_medscan.widgets.panel.form import Page
from napari_medscan.widgets.panel.measure_tab import MeasureTab
from napari_medscan.widgets.panel.series_tab import SeriesTab
from napari_medscan.widgets.panel.settings_tab import SettingsTab
from napari_medscan.widgets.panel.tags_tab import TagsTab
from napari_medscan.widgets.panel.views_tab import ViewsTab
from napari_medscan.widgets.panel.window_tab import WindowTab

PAGES: tuple[tuple[str, Callable[[napari.viewer.Viewer], Page | SeriesTab]], ...] = (
    ("Series", SeriesTab),
    ("Window", WindowTab),
    ("Views", ViewsTab),
    ("Measure", MeasureTab),
    ("Tags", TagsTab),
    *(() if has_preferences_page() else (("Settings", SettingsTab),)),
)
"""Title of each tab, and what makes its page, which has that name in lower case."""


class MedScanPanel(DockContainer):
    """The DICOM panel.

    What a person can set in it, a script can set, too::

        dock, panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
        panel.window.level.value = 40
        panel.window.window_width.value = 400
        panel.window.preset.value = "Lung"
        panel.views.arrangement.value = "Three planes"

    The pages are ``panel.series``, ``panel.window``, ``panel.views``, ``panel.measure`` and
    ``panel.tags``; ``dir`` of a page lists its widgets. A choice that the current series does not
    offer raises ValueError. A button is pressed with
    ``panel.views.reset_view.clicked.emit(True)``.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer that its pages follow; napari hands it over by this name.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = unwrapped(napari_viewer)
        self.tabs = _Tabs()
        self.tabs.setDocumentMode(True)
        if (bar := self.tabs.tabBar()) is not None:
            # In the dark theme it is a white line.
            bar.setDrawBase(False)
            # Six tabs fit into the width of the panel: scrolled away, Settings are not found.
            bar.setStyleSheet("QTabBar, QTabBar::tab { padding: 3px 2px; }")
        for title, make in PAGES:
            page = make(viewer)
            self.on_release(page.release)
            page.name = title.lower()
            self.append(page)
        # The pages belong to the Container, and lie in the tabs.
        for (title, _), part in zip(PAGES, list(self), strict=True):
            self.tabs.addTab(scrolling(part.native), title)
        self.native.layout().addWidget(self.tabs)

    def show_page(self, name: str) -> None:
        """Bring a page to the front, by its name."""
        self.tabs.setCurrentIndex([page.name for page in self].index(name))


class _Tabs(QTabWidget):
    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the width that the panel is made for."""
        return QSize(WIDTH, super().sizeHint().height())
