"""The plugin's settings: Preferences ▸ MedScan, or the panel's Settings tab before napari 0.9.

Both are built from ``configurations`` in the manifest. What the user changes is kept in
``napari-medscan.yaml`` beside napari's own settings: plain text, so never a name, a path or a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from napari_medscan.napari_.compat.plugin_settings import Group, is_nothing_saved, properties

AS_IN_FILE = "From file"
AUTO = "Auto"
OWN = "My first preset"
"""Values of a window setting that are not presets of the table."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen, as of the moment of asking.

    The defaults are those of the manifest, and hold when the plugin is not registered.

    Parameters
    ----------
    frame_cache_mb : int
        Memory for decoded frames, in MB; 0 for a quarter of this computer's memory.
    remember_headers : bool
        Keep an index of the headers of opened folders on disk.
    keep_decoded : bool
        Keep decoded slices on disk.
    keep_decoded_gb : int
        What they may take there, in GB.
    ct_window, pet_window, other_window : str
        How layers of a modality open: `AS_IN_FILE`, `AUTO`, `OWN` or the name of one of its usual
        presets.
    hide_unrelated : bool
        Hide series of other patients and frames of reference when a series is brought into view.
    right_drag : bool
        Whether dragging with the right button changes the window.
    wheel_scrolls : bool
        Whether the mouse wheel scrolls through slices; otherwise it zooms, as in napari.
    cine_autoplay : bool
        Play multi-frame clips when they are opened.
    corner_text, orientation_letters : bool
        Draw them on the canvas.
    patient_in_corner : bool
        Name the patient in the corner text.
    show_identifiers : bool
        Show identifying values in the tags without being asked each time.
    slide_srgb : bool
        Convert the colors of slides to sRGB by the ICC profile of the file.
    recent_folders : bool
        Remember the paths of opened folders.
    """

    frame_cache_mb: int = 0
    remember_headers: bool = True
    keep_decoded: bool = False
    keep_decoded_gb: int = 10
    ct_window: str = AS_IN_FILE
    pet_window: str = AS_IN_FILE
    other_window: str = AS_IN_FILE
    hide_unrelated: bool = True
    right_drag: bool = True
    wheel_scrolls: bool = True
    cine_autoplay: bool = False
    corner_text: bool = True
    orientation_letters: bool = True
    patient_in_corner: bool = False
    show_identifiers: bool = False
    slide_srgb: bool = True
    recent_folders: bool = False

    @property
    def frame_cache_bytes(self) -> int:
        """Memory for decoded frames."""
        from napari_medscan.frames.cache import default_bytes

        return self.frame_cache_mb * 2**20 or default_bytes()

    def window_of(self, modality: str) -> str:
        """How layers of a modality open."""
        chosen: str = getattr(self, window_setting(modality))
        return chosen


_NAMES = frozenset(field.name for field in fields(Settings))


def window_setting(modality: str) -> str:
    """Return the name of the setting that says how layers of a modality open."""
    return {"CT": "ct_window", "PT": "pet_window"}.get(modality, "other_window")


def current() -> Settings:
    """Return the settings as they are now."""
    if is_nothing_saved():
        # napari saves each change.
        return Settings()
    return Settings(**{name: getattr(group, name) for group, name in _properties()})


def change(**values: object) -> None:
    """Change settings as the Preferences dialog would; napari saves them.

    Parameters
    ----------
    **values
        By the names of `Settings`.

    Raises
    ------
    TypeError
        For a name that is no setting.
    ValueError
        For a value that is none for this setting.
    """
    if unknown := values.keys() - _NAMES:
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    for group, name in list(_properties()):
        if name in values:
            setattr(group, name, values[name])


def on_change(callback: Callable[[], None]) -> Callable[[], None]:
    """Call back after any setting has changed, in Preferences or by `change`.

    Parameters
    ----------
    callback : callable
        Called without arguments, once a changed value. A method does not keep its object alive.

    Returns
    -------
    callable
        Stops the calls.
    """
    groups = list({id(group): group for group, _ in _properties()}.values())
    for group in groups:
        group.events.connect(callback)

    def stop() -> None:
        for group in groups:
            group.events.disconnect(callback)

    return stop


def apply() -> None:
    """Make the cache of frames and what is kept on disk follow the settings."""
    from napari_medscan.dicom.index import index_file
    from napari_medscan.dicom.pixels import decoded_cache
    from napari_medscan.frames import shared_cache

    chosen = current()
    shared_cache().max_bytes = chosen.frame_cache_bytes
    index_file.use(chosen.remember_headers)
    decoded_cache.use(chosen.keep_decoded, chosen.keep_decoded_gb << 30)


def _properties() -> Iterator[tuple[Group, str]]:
    """Yield each group of settings, and the name of each setting in it."""
    return ((group, name) for group, name in properties() if name in _NAMES)
