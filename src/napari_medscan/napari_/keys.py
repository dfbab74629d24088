"""Keys of the canvas: one table of key, command, title and condition.

Keys that napari needs itself stay with it: Space (move the camera), V (visibility), all with
Ctrl, Alt or Shift + Up/Down (layers, axes, 2-D and 3-D), the letters of images (C, O, X, Y, Z:
contrast and planes of volumes). While a layer of labels, points or shapes is active, its own
digits and letters come first: they choose the tool with which the user draws.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import napari.viewer
from app_model.types import KeyBinding
from napari.layers import Image, Layer
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import KeymapProvider, coerce_keybinding

from napari_medscan.dicom.series.presets import CT
from napari_medscan.napari_ import commands, window_commands
from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.compat.shortcuts import shortcut_event
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.failure_log import guarded, log_failure
from napari_medscan.napari_.gui import has_gui
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.scroll_axis import time_axis
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.windowing import current_windowed

_PLUGIN = "napari-medscan"
# A function of a viewer or of a layer, as napari binds it to a key.
_Bound = Callable[[Any], object]


def has_series(viewer: napari.viewer.Viewer) -> bool:
    """Return whether a series is current."""
    return current_layer(viewer) is not None


def has_window(viewer: napari.viewer.Viewer) -> bool:
    """Return whether a series with a window is current."""
    return current_windowed(viewer) is not None


def has_time(viewer: napari.viewer.Viewer) -> bool:
    """Return whether a series with a slider for time is current."""
    layer = current_layer(viewer)
    return layer is not None and time_axis(viewer, layer) is not None


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does.

    Parameters
    ----------
    keys : tuple of str
        The keys, in napari's notation.
    command : callable
        A command of the manifest.
    title : str
        What Preferences ▸ Shortcuts calls it.
    condition : callable
        Whether the key is ours in a viewer; otherwise it does what it does in napari.
    repeats : bool
        Whether it goes on while the key is held, if it is rebindable.
    is_rebindable : bool
        Whether Preferences ▸ Shortcuts lists it: napari 0.9 warns there of Page Up and Down, Home
        and End, and lets only keys repeat that are listed, besides the arrows.
    """

    keys: tuple[str, ...]
    command: Callable[[napari.viewer.Viewer], None]
    title: str
    condition: Callable[[napari.viewer.Viewer], bool] = has_series
    repeats: bool = False
    is_rebindable: bool = True

    @property
    def action(self) -> str:
        """The name of the action in napari's Preferences ▸ Shortcuts, and in its settings."""
        return f"{_PLUGIN}:{self.command.__name__}"


def _fixed(key: str, command: Callable[[napari.viewer.Viewer], None], title: str) -> Key:
    """Return a key that stays what it is in napari's preferences."""
    return Key((key,), command, title, is_rebindable=False)


_PRESETS = (
    window_commands.window_preset_1,
    window_commands.window_preset_2,
    window_commands.window_preset_3,
    window_commands.window_preset_4,
    window_commands.window_preset_5,
    window_commands.window_preset_6,
    window_commands.window_preset_7,
    window_commands.window_preset_8,
    window_commands.window_preset_9,
)
KEYS = (
    Key(("Down", "Right"), commands.next_slice, "DICOM: next slice", repeats=True),
    Key(("Up", "Left"), commands.previous_slice, "DICOM: previous slice", repeats=True),
    _fixed("PageDown", commands.next_ten_slices, "DICOM: forward 10 slices"),
    _fixed("PageUp", commands.previous_ten_slices, "DICOM: back 10 slices"),
    _fixed("Home", commands.first_slice, "DICOM: first slice"),
    _fixed("End", commands.last_slice, "DICOM: last slice"),
    Key(
        ("Shift-Right",), commands.next_time_point, "DICOM: next time point", has_time, repeats=True
    ),
    Key(
        ("Shift-Left",),
        commands.previous_time_point,
        "DICOM: previous time point",
        has_time,
        repeats=True,
    ),
    Key(("R",), commands.reset_view, "DICOM: reset view"),
    Key(("I",), window_commands.window_invert, "DICOM: invert grayscale", has_window),
    Key(("F",), window_commands.window_from_file, "DICOM: window from file", has_window),
    *(
        Key((str(number),), command, f"DICOM: preset {number} (CT: {window.name})", has_window)
        for number, (command, window) in enumerate(zip(_PRESETS, CT, strict=False), start=1)
    ),
    Key(("0",), window_commands.window_auto, "DICOM: auto window", has_window),
)
"""Every key of ours."""


class SeriesKeys:
    """The keys of the table on one viewer, until released.

    Bindings of the viewer alone would not do: napari asks the active layer first, and its images
    have keys 1 and 2 for modes. Those are bound to our layers, one by one.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Any viewer, or the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        viewer = unwrapped(viewer)
        self._viewer = weakref.ref(viewer)
        self._bound: list[tuple[weakref.ref[Any], KeyBinding, _Bound, _Bound | None]] = []
        _shortcuts.register()
        _bound_keys.add(self)
        viewer.layers.events.inserted.connect(self._on_inserted)
        self.rebind()

    def release(self) -> None:
        """Give the keys back to napari."""
        _bound_keys.discard(self)
        self._unbind()
        viewer = self._viewer()
        if viewer is not None:
            viewer.layers.events.inserted.disconnect(self._on_inserted)

    def rebind(self) -> None:
        """Bind the keys as they are in napari's preferences now."""
        self._unbind()
        viewer = self._viewer()
        if viewer is None:
            return
        for key in KEYS:
            for shortcut in _shortcuts.of(key):
                self._bind(viewer, key, shortcut)
        for layer in viewer.layers:
            self._bind_layer(layer)

    @guarded
    def _on_inserted(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        self._bind_layer(event.value)

    def _bind_layer(self, layer: Layer) -> None:
        if not isinstance(layer, Image) or stack_of(layer) is None:
            return
        for key in KEYS:
            for shortcut in _shortcuts.of(key):
                if shortcut not in layer.keymap and _of_class(layer, shortcut) is not None:
                    self._bind(layer, key, shortcut)
        self._hide_hint(layer)
        layer.events.mode.connect(self._on_mode, position="last")

    def _on_mode(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        self._hide_hint(event.source)

    def _hide_hint(self, layer: Layer) -> None:
        """Take napari's hint, "use <2> for transform", off the status bar: 2 is a preset's key."""
        viewer = self._viewer()
        layer.help = ""
        if viewer is not None and viewer.layers.selection.active is layer:
            viewer.help = ""

    def _bind(self, provider: Any, key: Key, shortcut: KeyBinding) -> None:  # noqa: ANN401
        def press(provider: Any) -> object:  # noqa: ANN401
            return self._press(provider, key, shortcut)

        # napari asks for the names of functions to find those that repeat.
        press.__name__ = key.command.__name__
        before = provider.bind_key(shortcut, press, overwrite=True)
        self._bound.append((weakref.ref(provider), shortcut, press, before))

    def _unbind(self) -> None:
        viewer = self._viewer()
        for layer in () if viewer is None else viewer.layers:
            layer.events.mode.disconnect(self._on_mode)
        while self._bound:
            reference, shortcut, press, before = self._bound.pop()
            provider = reference()
            # Whoever has bound the key since keeps it.
            if provider is not None and provider.keymap.get(shortcut) is press:
                provider.bind_key(shortcut, before, overwrite=True)

    def _press(self, provider: Any, key: Key, shortcut: KeyBinding) -> object:  # noqa: ANN401
        viewer = self._viewer()
        if viewer is None:
            return None
        try:
            # Keys of a pane that is active reach the main canvas while a button has the focus.
            if key.condition(active_viewer(viewer)) and not _is_typing():
                key.command(viewer)
                return None
        except Exception as error:  # noqa: BLE001 - napari does not expect a key to fail
            log_failure(error)
            return None
        for owner, function in self._beneath(viewer, provider, shortcut):
            # What it returns is called when the key is released.
            return function(owner)
        return None

    def _beneath(
        self,
        viewer: napari.viewer.Viewer,
        provider: Any,  # noqa: ANN401
        shortcut: KeyBinding,
    ) -> Iterator[tuple[Any, _Bound]]:
        """Yield what else is bound to a key, in the order in which napari would ask."""
        for owner in (provider,) if provider is viewer else (provider, viewer):
            for reference, bound, _, before in self._bound:
                if reference() is owner and bound == shortcut and callable(before):
                    yield owner, before
            function = _of_class(owner, shortcut)
            if function is not None:
                yield owner, function


class _InPreferences(KeymapProvider):  # type: ignore[no-untyped-call]
    """What napari's Preferences ▸ Shortcuts binds our actions to; it is never asked for a key."""


class _Shortcuts:
    """The keys of our actions, as the user has set them in napari's preferences."""

    def __init__(self) -> None:
        self._keys: dict[str, list[KeyBinding]] = {}

    def register(self) -> None:
        """List our actions in Preferences ▸ Shortcuts, once."""
        if self._keys:
            return
        saved = get_settings().shortcuts.shortcuts
        for key in KEYS:
            chosen = saved.get(key.action, key.keys) if key.is_rebindable else key.keys
            self._keys[key.action] = [coerce_keybinding(shortcut) for shortcut in chosen]
            if not key.is_rebindable:
                continue
            for shortcut in self._keys[key.action]:
                action_manager.bind_shortcut(key.action, shortcut)
            action_manager.register_action(
                key.action, key.command, key.title, _InPreferences, repeatable=key.repeats
            )
        shortcut_event().connect(_on_shortcut_changed)

    def of(self, key: Key) -> tuple[KeyBinding, ...]:
        """Return the keys of an action."""
        return tuple(self._keys.get(key.action, ()))

    def change(self, action: str, shortcut: KeyBinding | str) -> bool:
        """Take what napari tells of an action: another key, or '' for none any more."""
        if action not in self._keys:
            return False
        if not shortcut:
            self._keys[action] = []
        elif coerce_keybinding(shortcut) not in self._keys[action]:
            self._keys[action].append(coerce_keybinding(shortcut))
        return True


_shortcuts = _Shortcuts()
_bound_keys: weakref.WeakSet[SeriesKeys] = weakref.WeakSet()


@guarded
def _on_shortcut_changed(event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
    if _shortcuts.change(event.name, event.shortcut):
        for keys in list(_bound_keys):
            keys.rebind()


def _of_class(provider: Any, shortcut: KeyBinding) -> _Bound | None:  # noqa: ANN401
    """Return what napari binds to a key of all viewers, or of all layers of a kind."""
    for kind in type(provider).__mro__:
        function = getattr(kind, "class_keymap", {}).get(shortcut)
        if callable(function):
            bound: _Bound = function
            return bound
    return None


def _is_typing() -> bool:
    """Return whether the keyboard belongs to a field or list beside the canvas.

    napari hands keys that a widget of its window does not use to the canvas: those of a button
    are meant for it, Page Down in a number field is not.
    """
    if not has_gui():
        return False
    from qtpy.QtWidgets import (
        QAbstractItemView,
        QAbstractSpinBox,
        QApplication,
        QComboBox,
        QLineEdit,
        QPlainTextEdit,
        QTextEdit,
    )

    inputs = (
        QAbstractItemView,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QPlainTextEdit,
        QTextEdit,
    )
    return isinstance(QApplication.focusWidget(), inputs)
