"""napari's Preferences ▸ Shortcuts."""

from __future__ import annotations

from napari.utils.action_manager import action_manager
from napari.utils.events import EventEmitter


def shortcut_event() -> EventEmitter:
    """Return what emits an event when the user has set or removed the key of an action."""
    events = action_manager.events
    # 0.6 misspells it.
    return (
        events.shortcut_changed if hasattr(events, "shortcut_changed") else events.shorcut_changed
    )
