"""The color wash of a dose in the panes whose images it lies on."""

from __future__ import annotations

from collections.abc import Sequence

from napari.experimental import link_layers, unlink_layers
from napari.layers import Image, Layer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.fusion import is_fusion
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.panes.pane_twins import PaneTwins
from napari_medscan.napari_.panes.twin_layer import twin_of

_LINKED = ("colormap", "contrast_limits", "contrast_limits_range", "gamma", "opacity")


class DoseTwins(PaneTwins):
    """Draws the visible doses of the main canvas over the series of a pane.

    Three planes show the dose by themselves, and have no second wash.
    """

    def _belongs(self, layer: Layer, stack: Stack) -> bool:
        dose = stack_of(layer)
        if dose is None or dose.kind.measures != "dose" or not is_fusion(dose, stack):
            return False
        mine = self._twins.get(layer)
        return not any(stack_of(x) is dose for x in self._model.layers if x is not mine)

    def _add(self, layers: Sequence[Layer]) -> None:
        for layer in layers:
            if isinstance(layer, Image):
                twin = twin_of(layer)
                twin.visible = True
                link_layers([layer, twin], _LINKED)
                self._show(layer, twin)

    def _remove(self, layer: Layer) -> None:
        unlink_layers([layer, self._twins[layer]], _LINKED)
        super()._remove(layer)
