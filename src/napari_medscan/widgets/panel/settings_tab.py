"""The Settings tab, where napari has no Preferences page for plugins (before 0.9)."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

import napari.viewer
from magicgui.widgets import Widget

from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat.plugin_settings import declared
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.panel.form import (
    Page,
    check,
    choice,
    column,
    heading,
    note,
    number,
    put,
)

_LINE = 36
"""Characters of a check box's text that fit the panel's width."""

if TYPE_CHECKING:
    from npe2.manifest.contributions import ConfigurationProperty


class SettingsTab(Page):
    """One widget a setting of the manifest, under the setting's name.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Not used: settings are of all viewers.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:  # noqa: ARG002 - as every page
        super().__init__()
        self._fields: dict[str, Any] = {}
        for title, group in declared().items():
            self.append(column(heading(title), *(self._field(*entry) for entry in group.items())))
        self.native.layout().addStretch()
        self._stop = settings.on_change(guarded(self._show))
        self._show()

    def release(self) -> None:
        """Follow the settings no more."""
        self._stop()

    def _field(self, name: str, declared: ConfigurationProperty) -> Widget:
        """Return what changes a setting, below its title if that does not fit beside it."""
        title, tip = declared.title or name, declared.description or ""
        change = partial(self._change, name)
        field: Any
        if declared.python_type is bool:
            field = check(name, textwrap.fill(title, _LINE), tip, change)
        elif declared.enum:
            field = choice(name, tip, declared.enum, change)
        else:
            limits = float(declared.minimum or 0), float(declared.maximum or 0)
            field = number(name, tip, change, limits=limits, value=limits[0])
            field.native.setDecimals(0)
        self._fields[name] = field
        if declared.python_type is bool:
            return field  # type: ignore[no-any-return]
        return column(note(f"{name}_title", title), field)

    def _change(self, name: str, value: Any) -> None:  # noqa: ANN401 - what the widget holds
        settings.change(**{name: int(value) if isinstance(value, float) else value})

    def _show(self) -> None:
        chosen = settings.current()
        for name, field in self._fields.items():
            put(field, getattr(chosen, name))
