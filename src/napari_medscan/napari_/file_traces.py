"""File dialogs that leave no trace of a patient's folder, and the histories that others write.

Qt's own dialog writes the folders in which it was into ``QtProject.conf`` (``history`` and
``lastVisited``, readable by everybody), and napari writes those of its dialogs into its settings
(``open_history``, ``save_history``). Names of folders can name patients. Native dialogs of Windows,
macOS and desktop portals have histories of their own, which no program can reach.
"""

from __future__ import annotations

import atexit
import contextlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qtpy.QtCore import QSettings, QUrl
from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.question import is_wanted

_GROUP = "FileDialog"
_HISTORY, _LAST = f"{_GROUP}/history", f"{_GROUP}/lastVisited"
_SUFFIX = re.compile(r"\*(\.[\w.]+)")
_EXISTS = "A file of this name exists. Replace it?"
_private: set[Path] = set()
"""What was opened or chosen in this session; never written anywhere."""


def ask_for_folder(parent: QWidget | None, title: str) -> Path | None:
    """Ask for a folder to open; None if the user cancels."""
    with _restored():
        name = QFileDialog.getExistingDirectory(parent, title)
    return _chosen(name)


def ask_for_file(parent: QWidget | None, title: str, kinds: str) -> Path | None:
    """Ask for a file to open; None if the user cancels. Kinds are separated by ";;"."""
    with _restored():
        name, _ = QFileDialog.getOpenFileName(parent, title, "", kinds)
    return _chosen(name)


def ask_where_to_save(
    parent: QWidget | None, title: str, name: str, kinds: str, suffixes: Iterable[str] = ()
) -> Path | None:
    """Ask for a file to write.

    A name without a suffix gets that of the kind that was chosen. What then exists is asked about:
    Qt has asked about the name that was typed.

    Parameters
    ----------
    parent : QWidget or None
        The window that the dialog belongs to.
    title : str
        Title of the dialog.
    name : str
        Name that is suggested, with its suffix.
    kinds : str
        Kinds of files, as Qt separates them with ";;".
    suffixes : iterable of str
        Those that a name may have; by default any.

    Returns
    -------
    Path or None
        The file, which may be replaced; None if the user cancels.
    """
    while True:
        with _restored():
            named, kind = QFileDialog.getSaveFileName(parent, title, name, kinds)
        typed = _chosen(named)
        if typed is None:
            return None
        path = _with_suffix(typed, kind or kinds, tuple(suffixes))
        if path == typed or not path.exists() or is_wanted(_EXISTS, "Replace"):
            return path
        name = str(path)


def forget_paths(paths: Iterable[Path]) -> None:
    """Take paths that were opened, and the folders that they are in, out of all histories.

    Once more when napari ends: a dialog of napari writes what Qt remembers when it is closed.
    """
    if not _private:
        atexit.register(guarded(_forget))
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(guarded(_forget))
    _private.update(Path(path).absolute() for path in paths)
    _forget()


def clear_recent_files(_viewer: object = None) -> None:
    """Clear the folders that napari and Qt's file dialogs remember, of all programs alike."""
    from napari.settings import get_settings

    application = get_settings().application
    application.open_history = application.save_history = []
    settings = _qt_settings()
    settings.remove(_HISTORY)
    settings.remove(_LAST)
    settings.sync()
    tell("Recent files cleared.")


def _with_suffix(path: Path, kind: str, suffixes: tuple[str, ...]) -> Path:
    suffix = _SUFFIX.search(kind)
    has_one = path.name.lower().endswith(suffixes) if suffixes else path.suffix
    return path if has_one or suffix is None else path.with_name(path.name + suffix[1])


def _chosen(name: str) -> Path | None:
    if not name:
        return None
    path = Path(name)
    forget_paths([path])
    return path


@contextmanager
def _restored() -> Iterator[None]:
    """Give Qt's history back as it was."""
    before = {key: _qt_settings().value(key) for key in (_HISTORY, _LAST)}
    try:
        yield
    finally:
        settings = _qt_settings()
        for key, value in before.items():
            if value is None:
                settings.remove(key)
            else:
                settings.setValue(key, value)
        settings.sync()


def _forget() -> None:
    settings = _qt_settings()
    found = settings.value(_HISTORY)
    history = [found] if isinstance(found, str) else list(found or [])
    kept = [url for url in history if not _is_private(QUrl(url).toLocalFile())]
    if kept != history:
        settings.setValue(_HISTORY, kept)
    if _is_private(QUrl(str(settings.value(_LAST) or "")).toLocalFile()):
        settings.remove(_LAST)
    settings.sync()
    _forget_in_napari()


def _forget_in_napari() -> None:
    from napari.settings import get_settings

    application = get_settings().application
    for name in ("open_history", "save_history"):
        history = list(getattr(application, name))
        kept = [folder for folder in history if not _is_private(folder)]
        if kept != history:
            with contextlib.suppress(OSError):
                setattr(application, name, kept)


def _is_private(name: str) -> bool:
    """Whether a folder is one that was opened, lies in one, or holds one."""
    if not name:
        return False
    folder = Path(name).absolute()
    return any(folder in (path, path.parent) or folder.is_relative_to(path) for path in _private)


def _qt_settings() -> QSettings:
    return QSettings(QSettings.Scope.UserScope, "QtProject")
