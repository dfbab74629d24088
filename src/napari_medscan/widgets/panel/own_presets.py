"""The button by which users keep presets of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QAction  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMenu, QPushButton, QWidget

from napari_medscan.dicom.window import Window
from napari_medscan.napari_ import settings
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.user_presets import UserPresets
from napari_medscan.widgets.panel.preset_list import PresetList


class OwnPresets(QPushButton):
    """A menu to add, rename, reorder and delete presets; the list shows which one is meant.

    Parameters
    ----------
    presets : UserPresets
        Where they are kept.
    listed : PresetList
        Where one is selected and renamed.
    current : callable
        Returns the group of the layer and the window that it is drawn by now.
    parent : QWidget, optional
        Where it lies.
    """

    changed = Signal()
    """What is kept has changed: the list is to be filled anew, at once."""

    def __init__(
        self,
        presets: UserPresets,
        listed: PresetList,
        current: Callable[[], tuple[str, Window]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("My presets", parent)
        self._presets = presets
        self._list = listed
        self._current = current
        self.setToolTip("Add, rename, reorder and delete presets of your own.")
        menu = QMenu(self)
        menu.addAction("Add the current window", self.add)
        menu.addSeparator()
        self._on_one = [
            menu.addAction("Rename", listed.edit),
            menu.addAction("Move up", partial(self.move_by, -1)),
            menu.addAction("Move down", partial(self.move_by, 1)),
            menu.addAction("Delete", self.delete),
        ]
        menu.addSeparator()
        self._opening = QAction("Open new layers in it", menu)
        self._opening.setCheckable(True)
        self._opening.triggered.connect(self.open_in_it)
        menu.addAction(self._opening)
        self._on_one.append(self._opening)
        menu.aboutToShow.connect(self._on_menu)
        self.setMenu(menu)
        # napari's style leaves no room for the arrow.
        self.setMinimumWidth(self.sizeHint().width() + 16)
        # Queued: the list is filled anew, which must not happen while Qt closes its editor.
        listed.renamed.connect(self._rename, Qt.ConnectionType.QueuedConnection)

    def add(self) -> None:
        """Keep the current window, and let the user name it."""
        group, window = self._current()
        if self._save(partial(self._presets.add, group, window)):
            self._list.select(len(self._presets.of(group)) - 1)
            self._list.edit()

    def move_by(self, by: int) -> None:
        """Move the selected preset up or down."""
        group, index = self._current()[0], self._list.own_index()
        if index is None:
            return
        to = min(max(index + by, 0), len(self._presets.of(group)) - 1)
        if self._save(partial(self._presets.move, group, index, to)):
            self._list.select(to)

    def delete(self) -> None:
        """Forget the selected preset."""
        group, index = self._current()[0], self._list.own_index()
        if index is not None:
            self._save(partial(self._presets.remove, group, index))

    def open_in_it(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        """Let layers of this modality open in the selected preset, or as in the file again.

        It is the first of the user's that does, so it becomes that.
        """
        group, index = self._current()[0], self._list.own_index()
        if index is None:
            return
        if index and on and not self._save(partial(self._presets.move, group, index, 0)):
            return
        chosen = settings.OWN if on else settings.AS_IN_FILE
        settings.change(**{_setting(group): chosen})
        self._list.select(0)

    def _rename(self, index: int, name: str) -> None:
        group = self._current()[0]
        if self._save(partial(self._presets.rename, group, index, name)):
            self._list.select(index)

    def _on_menu(self) -> None:
        index = self._list.own_index()
        for action in self._on_one:
            if action is not None:
                action.setEnabled(index is not None)
        chosen = getattr(settings.current(), _setting(self._current()[0]))
        self._opening.setChecked(index == 0 and chosen == settings.OWN)

    def _save(self, change: Callable[[], None]) -> bool:
        try:
            change()
        except OSError:
            tell("Your presets cannot be saved: the settings folder cannot be written to.")
            return False
        except IndexError:
            pass  # deleted in another window of napari meanwhile
        self.changed.emit()
        return True


def _setting(group: str) -> str:
    """Return the setting of how layers open whose presets are kept by a group, "CT HU"."""
    return settings.window_setting(group.partition(" ")[0])
