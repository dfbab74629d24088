"""A check box for something that exists as long as the box is checked."""

from __future__ import annotations

from collections.abc import Callable

from napari_medscan.napari_.releasable import Releasable
from napari_medscan.widgets.panel.form import check


class Switch:
    """A check box for something that exists as long as the box is checked.

    Parameters
    ----------
    name : str
        Attribute of the page.
    text, tooltip : str
        What a user reads.
    make : callable
        Makes it.
    """

    def __init__(self, name: str, text: str, tooltip: str, make: Callable[[], Releasable]) -> None:
        self._make = make
        self._made: Releasable | None = None
        self.box = check(name, text, tooltip, self._on_changed)

    def release(self) -> None:
        """Stop it."""
        made, self._made = self._made, None
        if made is not None:
            made.release()

    def _on_changed(self, on: bool) -> None:  # noqa: FBT001 - a signal's value
        self.release()
        if on:
            self._made = self._make()
