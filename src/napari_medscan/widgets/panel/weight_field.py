"""The weight of a patient, where PET lacks nothing else for SUV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from magicgui.widgets import Container, Widget
from napari.layers import Image

from napari_medscan.dicom import MedscanError, Stack
from napari_medscan.dicom.intensity.suv import Body, SuvFactors
from napari_medscan.dicom.series.entered_suv import enter_suv, suv_of_body
from napari_medscan.dicom.series.presets import suv_lacks
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.panel.form import note, number

_WEIGHT = "Patient's Weight"
_HEAVIEST = 500.0


class WeightField(Container[Widget]):
    """A field for the weight, seen only while a visible PET series lacks it.

    Parameters
    ----------
    entered : callable
        Called when a series has SUV.
    """

    def __init__(self, entered: Callable[[], object]) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._entered = entered
        self._layer: Image | None = None
        why = "This PET series lacks the patient's weight, without which there is no SUV."
        tip = "Weight for this session; every SUV is marked as computed with it"
        limits = (0.0, _HEAVIEST)
        self._weight = number("weight", tip, self._enter, limits=limits, value=0, unit=" kg")
        self.extend([note("lacks_weight", why), self._weight])
        self._work = Latest(self.native)
        self.visible = False

    def release(self) -> None:
        """Stop all work."""
        self._work.release()

    def follow(self, series: Iterable[Image]) -> None:
        """Offer the field for the first series that lacks only the weight."""
        self._layer = next((each for each in series if _lacks_weight(each)), None)
        self.visible = self._layer is not None

    def _enter(self, weight: float) -> None:
        layer = self._layer
        stack = series_of(layer)
        if layer is None or stack is None or not weight:
            return
        self._work.start(
            lambda _stale: suv_of_body(stack, Body(weight=weight)),
            partial(self._show, layer, stack),
            _tell_failure,
        )

    def _show(self, layer: Image, stack: Stack, factors: SuvFactors) -> None:
        enter_suv(stack, factors)
        # Window, presets and read-out are those of SUV now.
        layer.events.contrast_limits()
        self._entered()


def _tell_failure(error: Exception) -> None:
    # The text of an OSError has a path in it.
    why = error if isinstance(error, MedscanError) else "The files of the series cannot be read"
    tell(f"{why}.")


def _lacks_weight(layer: Image) -> bool:
    stack = series_of(layer)
    return stack is not None and _WEIGHT in suv_lacks(stack)
