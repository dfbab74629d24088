"""The settings that the manifest declares, whether napari keeps them (from 0.9 on) or not.

Where napari does not, they are kept in the file that napari 0.9 would write:
``napari-medscan.yaml`` beside its own settings, with what differs from the defaults. So an update
of napari keeps them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import napari.settings
import npe2
from psygnal import Signal

from napari_medscan.napari_.dicom_panel import PLUGIN
from napari_medscan.napari_.failure_log import log_failure
from napari_medscan.storage import replacing

if TYPE_CHECKING:
    from npe2.manifest.contributions import ConfigurationProperty

LOG = logging.getLogger(__name__)
_FILE = f"{PLUGIN}.yaml"


class Emitter(Protocol):
    """What calls back when a setting of a group has changed."""

    def connect(self, callback: Callable[[], None]) -> object:
        """Call back from now on; a method does not keep its object alive."""

    def disconnect(self, callback: Callable[[], None]) -> object:
        """Call back no more."""


class Group(Protocol):
    """Settings under one heading, each an attribute; a wrong value for one raises ValueError."""

    @property
    def events(self) -> Emitter:
        """Emits once a changed value."""


def has_preferences_page() -> bool:
    """Return whether napari has a page for the settings of a plugin, and keeps them."""
    return hasattr(napari.settings, "get_plugin_settings")


def is_nothing_saved() -> bool:
    """Return whether napari would find no file with settings of ours.

    It is quicker to ask than `properties`: for those napari reads the manifests of all plugins.
    """
    path = _file() if has_preferences_page() else None
    return path is not None and not path.exists()


def properties() -> Iterator[tuple[Group, str]]:
    """Yield each group of the plugin's settings with the name of each setting in it.

    None at all when the plugin is not registered.
    """
    if not has_preferences_page():
        for group in _own_groups().values():
            yield from ((group, name) for name in group.properties)
        return
    settings = napari.settings.get_plugin_settings().get(PLUGIN)
    for name in () if settings is None else type(settings).model_fields:
        group = getattr(settings, name)
        yield from ((group, setting) for setting in getattr(type(group), "model_fields", ()))


def declared() -> Mapping[str, Mapping[str, ConfigurationProperty]]:
    """Return what the manifest says of each setting, by titles of groups and names."""
    return {group.title: group.properties for group in _own_groups().values()}


class OwnGroup:
    """Settings under one heading of the manifest, kept in memory and told to whoever listens.

    Parameters
    ----------
    title : str
        The heading.
    properties : mapping
        What the manifest says of each setting, by their names.
    save : callable
        Called after a change.
    """

    _changed = Signal()

    def __init__(
        self,
        title: str,
        properties: Mapping[str, ConfigurationProperty],
        save: Callable[[], object] = lambda: None,
    ) -> None:
        self.title = title
        self.properties = properties
        self._save = save
        self._values = {name: declared.default for name, declared in properties.items()}

    @property
    def events(self) -> Emitter:
        """What calls back after a change."""
        return self._changed

    @property
    def changes(self) -> dict[str, object]:
        """The values that are not the defaults."""
        return {
            name: value
            for name, value in self._values.items()
            if value != self.properties[name].default
        }

    def load(self, values: object) -> None:
        """Take values from a file; what is none for its setting stays at the default."""
        for name, value in values.items() if isinstance(values, dict) else ():
            if name not in self.properties:
                continue
            try:
                _check(self.properties[name], value)
            except ValueError:
                # Not the value itself: who knows what the file is.
                LOG.warning("the setting %s was reset to the default", name)
            else:
                self._values[name] = value

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the manifest declares
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self.__dict__.get("properties", ()):
            super().__setattr__(name, value)
            return
        _check(self.properties[name], value)
        if self._values[name] != value:
            self._values[name] = value
            self._save()
            self._changed.emit()


class _Groups(dict[str, OwnGroup]):
    """The groups of the manifest by their keys, kept in a file."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = path
        try:
            manifest = npe2.PluginManager.instance().get_manifest(PLUGIN)
        except KeyError:
            return
        for key, group in (manifest.contributions.configurations or {}).items():
            self[key] = OwnGroup(group.title, group.properties, self._save)
        if path is not None and path.exists():
            self._load(path)

    def _load(self, path: Path) -> None:
        import yaml

        try:
            saved = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            LOG.warning("the settings could not be read; all were reset to the defaults")
            return
        for key, values in saved.items() if isinstance(saved, dict) else ():
            if key in self:
                self[key].load(values)

    def _save(self) -> None:
        if self._path is None:
            return
        import yaml

        changes = {key: group.changes for key, group in self.items() if group.changes}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                file.write(yaml.safe_dump(changes, allow_unicode=True).encode())
        except OSError as error:
            # As with napari's own settings, the change holds until the end of the session.
            log_failure(error)


_groups: _Groups | None = None


def _own_groups() -> _Groups:
    global _groups  # noqa: PLW0603 - read from the disk once
    if not _groups:
        _groups = _Groups(_file())
    return _groups


def _file() -> Path | None:
    """Return where settings of ours are kept; None if napari keeps none in files."""
    if has_preferences_page():
        # Before anybody asked napari for its settings, when it would read them.
        beside = napari.settings.NapariSettings.model_fields["config_path"].default
    else:
        beside = napari.settings.get_settings().config_path
    return None if beside is None else Path(beside).with_name(_FILE)


def _check(declared: ConfigurationProperty, value: object) -> None:
    """Raise ValueError unless a value is one for a setting."""
    kind = declared.python_type
    if type(value) is not kind:
        raise ValueError(f"not of type {kind.__name__}")
    if declared.enum and value not in declared.enum:
        raise ValueError(f"not one of the allowed values: {', '.join(declared.enum)}")
    if isinstance(value, int) and not isinstance(value, bool):
        if declared.minimum is not None and value < declared.minimum:
            raise ValueError(f"not greater than or equal to {declared.minimum:g}")
        if declared.maximum is not None and value > declared.maximum:
            raise ValueError(f"not less than or equal to {declared.maximum:g}")
