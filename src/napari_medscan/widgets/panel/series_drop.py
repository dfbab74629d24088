"""Dropping files on the Series tab, and the area that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from magicgui.widgets import Container, PushButton
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFrame, QLabel, QMenu, QVBoxLayout, QWidget

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.files.walk import shown_name
from napari_medscan.napari_ import recent
from napari_medscan.napari_.failure_log import guarded

_WIDEST_PATH = 420


class DropTarget(QObject):
    """Lets files and folders be dropped on a widget.

    Parameters
    ----------
    target : QWidget
        Where they are dropped.
    on_drop : callable
        Called with the paths from the event loop, after the file manager has its mouse back.
    on_hover : callable
        Called with True while something that can be dropped is above the target, else with False.
    """

    def __init__(
        self,
        target: QWidget,
        on_drop: Callable[[Sequence[Path]], object],
        on_hover: Callable[[bool], object],
    ) -> None:
        super().__init__(target)
        self._on_drop, self._on_hover = guarded(on_drop), on_hover
        self._paths: list[Path] = []
        self._target = target
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def release(self) -> None:
        """Take no more drops."""
        self._target.removeEventFilter(self)

    def eventFilter(self, _target: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Take local files and folders."""
        if event is None or event.type() not in _DRAGS:
            return False
        if event.type() == QEvent.Type.DragLeave:
            self._on_hover(False)
            return True
        paths = local_paths(event) if isinstance(event, QDropEvent) else []
        if not isinstance(event, QDropEvent) or not paths:
            return False
        event.acceptProposedAction()
        is_drop = event.type() == QEvent.Type.Drop
        self._on_hover(not is_drop)
        if is_drop:
            self._paths += paths
            QTimer.singleShot(0, self._deliver)
        return True

    def _deliver(self) -> None:
        paths, self._paths = self._paths, []
        self._on_drop(paths)


_DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragLeave, QEvent.Type.Drop)


class DropArea(Container):  # type: ignore[type-arg]
    """A frame that says where to drop, with buttons for those who do not drag.

    Parameters
    ----------
    on_folder : callable
        Called when "Open folder…" is clicked.
    on_recent : callable
        Called with the path when a recent folder is chosen.
    """

    def __init__(
        self, on_folder: Callable[[], object], on_recent: Callable[[Path], object]
    ) -> None:
        self.open_folder = PushButton(name="open_folder", text="Open folder…")
        self.recent_folders = PushButton(name="recent_folders", text="Recent ▾")
        super().__init__(
            widgets=[self.open_folder, self.recent_folders], layout="horizontal", labels=False
        )
        self.margins = (0, 0, 0, 0)
        self._on_recent = on_recent
        self.open_folder.changed.connect(guarded(lambda _value=None: on_folder()))
        self.recent_folders.changed.connect(guarded(lambda _value=None: self._pop_up()))
        self.frame = QFrame()
        self.frame.setObjectName("medscan_drop")
        text = QLabel("Drop DICOM files or folders here")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self.frame)
        column.addWidget(text)
        column.addWidget(self.native)
        self.offer_recent(on=False)
        self.mark(on=False)

    def mark(self, *, on: bool) -> None:
        """Show that what is dragged can be dropped."""
        # A gray that is seen on a dark and on a light window.
        fill = "rgba(128, 128, 128, 70)" if on else "transparent"
        self.frame.setStyleSheet(
            "#medscan_drop { border: 1px dashed rgb(128, 128, 128); border-radius: 4px; "
            f"background-color: {fill}; }}"
        )

    def offer_recent(self, *, on: bool) -> None:
        """Offer recent folders, or not."""
        # magicgui's `visible` is False for whatever is in a tab at the back.
        self.recent_folders.native.setVisible(on)

    def _pop_up(self) -> None:
        button = self.recent_folders.native
        menu = QMenu(self.frame)
        folders = recent.folders()
        for folder in folders:
            path = menu.fontMetrics().elidedText(
                defuse(shown_name(str(folder))), Qt.TextElideMode.ElideMiddle, _WIDEST_PATH
            )
            menu.addAction(path.replace("&", "&&"), guarded(partial(self._on_recent, folder)))
        if not folders:
            nothing = menu.addAction("No recent folders")
            if nothing is not None:
                nothing.setEnabled(False)
        menu.addSeparator()
        menu.addAction("Clear list", recent.clear)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


def local_paths(event: QDropEvent) -> list[Path]:
    """Return the files and folders of a drag."""
    mime = event.mimeData()
    urls = [] if mime is None else mime.urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
