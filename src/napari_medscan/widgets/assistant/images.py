"""Which images a question is about, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable

import napari.viewer
from magicgui.widgets import CheckBox, FloatSpinBox, PushButton
from psygnal import Signal

from napari_medscan.assistant.models import KEY_IMAGES, profile_of
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.image_in_view import look, series_looks
from napari_medscan.privacy.painting import LONGEST
from napari_medscan.privacy.sealed_image import QUALITY
from napari_medscan.render.prepare import Look, Wish
from napari_medscan.widgets.panel.form import (
    Choice,
    Page,
    button,
    check,
    choice,
    form,
    number,
    offer,
    row,
)

DISPLAYED, SPREAD = "Displayed image", "Spread over the series"
KEY, SERIES = "Key images", "Whole series"
_NO_KEY_IMAGES = "Press “Add displayed image” for each image to ask about."
_ALL_LEFT_OUT = "All images are left out. Choose them again under “Ask about”."


class ImageChoice(Page):
    """Chooses the images of a question, their size and quality.

    Attributes
    ----------
    choice_changed : Signal
        Emitted when other images, or others of their kind, are chosen.
    """

    which: Choice
    longest: FloatSpinBox
    quality: FloatSpinBox
    blended: CheckBox
    add_key: PushButton
    clear_keys: PushButton

    choice_changed = Signal()

    def __init__(self) -> None:
        super().__init__(margin=0)
        self.key_looks: list[Look] = []
        self.left_out: frozenset[object] = frozenset()
        self._most = KEY_IMAGES
        fields = {
            "longest": ("Smaller slices are not enlarged", (64, LONGEST), LONGEST, " px"),
            "quality": ("Lower quality blurs fine detail", (50, 100), QUALITY, "%"),
        }
        longest, quality = (
            number(name, tip, self._on_changed, limits=limits, value=value, unit=unit)
            for name, (tip, limits, value, unit) in fields.items()
        )
        longest.native.setDecimals(0)
        quality.native.setDecimals(0)
        key = "Also of another series, such as a prior examination"
        blend = "For example PET over CT. Off: only the current layer."
        self.extend(
            [
                form(("Ask about", choice("which", "Images", self._offered, self._on_which))),
                row(
                    button("add_key", "Add displayed image", key),
                    button("clear_keys", "Clear", "Remove all key images", self._on_clear),
                ),
                form(("Longest side", longest), ("JPEG quality", quality)),
                check("blended", "Blend all selected layers", blend, self._on_changed),
            ]
        )
        self._enable()

    def allow(self, most: int) -> None:
        """Offer as many images as a model takes."""
        if most != self._most:
            self._most = most
            offer(self.which, self.which.value)

    def looks(self, viewer: napari.viewer.Viewer) -> list[Look]:
        """Return what the images are of; raises NoImageInViewError when there is none."""
        which = self.which.value
        if which == DISPLAYED:
            return [look(viewer, blended=self.is_blended)]
        if which == KEY:
            chosen = list(self.key_looks)
        else:
            looks = series_looks(viewer, self._most if which == SERIES else KEY_IMAGES)
            chosen = [one for one in looks if place_of(one) not in self.left_out]
        if not chosen:
            raise NoImageInViewError(_NO_KEY_IMAGES if which == KEY else _ALL_LEFT_OUT)
        return chosen

    @property
    def is_blended(self) -> bool:
        """Whether all selected layers are in the image."""
        return bool(self.blended.value) and self.which.value == DISPLAYED

    def wish(self, count: int, model: str) -> Wish:
        """Return how images are made: of several, no larger than a model looks at them."""
        profile = profile_of(model) if count > 1 else None
        longest = int(self.longest.value)
        return Wish(
            longest if profile is None else min(longest, profile.longest),
            int(self.quality.value),
        )

    def add_displayed(self, viewer: napari.viewer.Viewer) -> None:
        """Make what a viewer shows another key image; raises as `looks`."""
        if len(self.key_looks) < self._most:
            self.key_looks.append(look(viewer, blended=False))
        self._enable()
        self.choice_changed.emit()

    def leave_out(self, looks: Iterable[Look]) -> None:
        """Leave images out when `looks` is called again, until other ones are chosen."""
        places = {place_of(one) for one in looks}
        self.left_out |= places
        self.key_looks = [one for one in self.key_looks if place_of(one) not in places]
        self._enable()

    def _offered(self, _widget: object = None) -> list[str]:
        return [DISPLAYED, SPREAD, KEY, *([SERIES] if self._most > KEY_IMAGES else [])]

    def _enable(self) -> None:
        is_key = self.which.value == KEY
        self.add_key.visible = self.clear_keys.visible = is_key
        self.add_key.enabled = len(self.key_looks) < self._most
        self.blended.enabled = self.which.value == DISPLAYED

    def _on_which(self, _which: str) -> None:
        self.left_out = frozenset()
        self._enable()
        self.choice_changed.emit()

    def _on_changed(self, _value: object) -> None:
        self.choice_changed.emit()

    def _on_clear(self) -> None:
        self.key_looks = []
        self._enable()
        self.choice_changed.emit()


def place_of(found: Look) -> tuple[object, ...]:
    """Return which slices a look is at, of which series."""
    return tuple((id(layer.stack), str(layer.index)) for layer in found.layers)


def name_of(looks: list[Look]) -> str:
    """Return what images those are, for the user."""
    return looks[0].name if len(looks) == 1 else f"{len(looks)} images"
