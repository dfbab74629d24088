"""The button with which users store presets of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from magicgui.widgets import PushButton
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMenu

from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_ import settings
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.user_presets import UserPresets
from napari_medscan.widgets.panel.preset_list import PresetList

_ARROW = 16
"""Pixels of the arrow, for which napari's style leaves no room."""


class OwnPresets(PushButton):
    """A menu to save, rename, move and delete presets; the list shows which one is meant.

    Parameters
    ----------
    presets : UserPresets
        Where they are stored.
    listed : PresetList
        Where one is selected and renamed.
    current : callable
        Returns the group of the current series and its window.
    """

    presets_changed = Signal()
    """What is stored has changed: the list must be filled again, at once."""

    def __init__(
        self, presets: UserPresets, listed: PresetList, current: Callable[[], tuple[str, Window]]
    ) -> None:
        super().__init__(
            name="my_presets",
            text="My presets",
            tooltip="Save, rename, move and delete your own presets.",
        )
        self._presets = presets
        self._list = listed
        self._group_and_window = current
        self._menu = QMenu(self.native)
        self._add("Save current window…", self.add)
        self._menu.addSeparator()
        self._on_one = [
            self._add("Rename", listed.edit),
            self._add("Move up", partial(self.move_by, -1)),
            self._add("Move down", partial(self.move_by, 1)),
            self._add("Delete", self.delete),
        ]
        self._menu.addSeparator()
        self._default = QAction("Use as default", self._menu)
        self._default.setCheckable(True)
        self._default.triggered.connect(guarded(self.use_as_default))
        self._menu.addAction(self._default)
        self._on_one.append(self._default)
        self._menu.aboutToShow.connect(guarded(self._on_menu))
        self.native.setMenu(self._menu)
        self.native.setMinimumWidth(self.native.sizeHint().width() + _ARROW)
        # Queued: the list is filled again, which must not happen while Qt closes its editor.
        listed.renamed.connect(guarded(self._rename), Qt.ConnectionType.QueuedConnection)

    def add(self) -> None:
        """Store the current window, and let the user name it."""
        group, window = self._group_and_window()
        if self._save(partial(self._presets.add, group, window)):
            self._list.select(len(self._presets.of(group)) - 1)
            self._list.edit()

    def move_by(self, by: int) -> None:
        """Move the selected preset up or down."""
        group, index = self._selected()
        if index is None:
            return
        to = min(max(index + by, 0), len(self._presets.of(group)) - 1)
        if self._save(partial(self._presets.move, group, index, to)):
            self._list.select(to)

    def delete(self) -> bool:
        """Forget the selected preset; return whether it is one of the user's."""
        group, index = self._selected()
        if index is not None:
            self._save(partial(self._presets.remove, group, index))
        return index is not None

    def use_as_default(self, on: bool) -> None:  # noqa: FBT001 - a signal's value
        """Open new series of this modality in the selected preset, or as in the file again.

        The setting is the user's first preset, so the selected one becomes that.
        """
        group, index = self._selected()
        if index is None:
            return
        if index and on and not self._save(partial(self._presets.move, group, index, 0)):
            return
        chosen = settings.OWN if on else settings.AS_IN_FILE
        settings.change(**{settings.window_setting(_modality(group)): chosen})
        self._list.select(0)

    def _add(self, text: str, call: Callable[[], object]) -> QAction:
        action = QAction(text, self._menu)
        action.triggered.connect(guarded(lambda _checked=False: call()))
        self._menu.addAction(action)
        return action

    def _selected(self) -> tuple[str, int | None]:
        return self._group_and_window()[0], self._list.own_index()

    def _rename(self, index: int, name: str) -> None:
        group = self._group_and_window()[0]
        if self._save(partial(self._presets.rename, group, index, name)):
            self._list.select(index)

    def _on_menu(self) -> None:
        group, index = self._selected()
        for action in self._on_one:
            action.setEnabled(index is not None)
        modality = _modality(group)
        chosen = getattr(settings.current(), settings.window_setting(modality))
        self._default.setText(f"Use as default for new {modality or 'image'} series")
        self._default.setChecked(index == 0 and chosen == settings.OWN)

    def _save(self, change: Callable[[], None]) -> bool:
        try:
            change()
        except OSError:
            tell("Could not save presets: the settings folder is read-only.")
            return False
        except IndexError:
            pass  # deleted in another window of napari meanwhile
        self.presets_changed.emit()
        return True


def _modality(group: str) -> str:
    """Return the modality of a group of presets, "CT HU"."""
    return group.partition(" ")[0]
