"""Windows as a user opens them, for tests that `make_napari_viewer` is too narrow for."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from unittest.mock import patch

import npe2
from app_model import Application
from app_model.backends.qt import QMenuItemAction
from napari._app_model._app import NapariApplication, _napari_names
from napari._qt._qapp_model.qactions import init_qactions
from napari._qt.qt_viewer import QtViewer
from napari._vispy import canvas
from napari.plugins import _initialize_plugins, _npe2
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

NAME = "napari-medscan tests"


def let_go() -> None:
    """Delete what Qt and Python put off deleting."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    gc.collect()


@cache
def pass_over_what_stays() -> None:
    """Let garbage collection pass over what napari keeps when its first window is closed.

    napari collects whenever a layer is removed.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def only_young_garbage_is_collected() -> Iterator[None]:
    """Let napari look through new objects alone whenever a layer is removed.

    It looks through all, for drivers of Windows: 80 ms each, a tenth of what tests of panes take.
    Tests of what is let go collect for themselves.
    """
    young = SimpleNamespace(collect=lambda: gc.collect(1))
    with patch.object(canvas, "gc", gc if sys.platform == "win32" else young, create=True):
        yield


def forget_what_was_registered() -> None:
    """Let napari register its commands and those of plugins again, each once.

    Qt's application and npe2 would keep 8,000 objects of every application of napari, so that each
    garbage collection took longer than the one before.
    """
    application = QApplication.instance()
    for action in [] if application is None else application.findChildren(QMenuItemAction):
        action.deleteLater()
        QApplication.sendPostedEvents(action, QEvent.Type.DeferredDelete.value)
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()
    plugins = npe2.PluginManager.instance()
    for context in plugins._contexts.values():
        context._disposables.clear()
    events = plugins.events
    for signal, listener in (
        (events.enablement_changed, _npe2.on_plugin_enablement_change),
        (events.plugins_registered, _npe2.on_plugins_registered),
    ):
        for _ in range(len(signal)):
            signal.disconnect(listener)


@contextmanager
def fresh_application() -> Iterator[None]:
    """Let windows be opened in an application in which no command is registered yet.

    napari registers its commands and those of plugins once in a process. Its own fixture forgets
    that it did, and the next window opened without it would fail.

    Raises
    ------
    AssertionError
        A window is left at the end.
    """
    application = NapariApplication(NAME)
    application.injection_store.namespace = _napari_names
    forget_what_was_registered()
    QtViewer._instances.clear()
    with patch.object(NapariApplication, "get_app_model", return_value=application):
        yield
        let_go()
    Application.destroy(NAME)
    forget_what_was_registered()
    left = len(QtViewer._instances)
    QtViewer._instances.clear()
    pass_over_what_stays()
    assert left == 0, f"{left} of the test's canvases are still there"
