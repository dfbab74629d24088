"""R/L, A/P, S/I at the edges of the canvas."""

from __future__ import annotations

import napari.viewer

from napari_medscan.dicom.series.orientation import letters
from napari_medscan.napari_.canvas_text import CanvasText, is_grid, is_small_canvas
from napari_medscan.napari_.current_layer import placed_layer
from napari_medscan.napari_.snapshot import take_snapshot
from napari_medscan.napari_.viewer_watch import Change, watch

_EDGES = {
    "right": "middle_right",
    "left": "middle_left",
    "bottom": "bottom_center",
    "top": "top_center",
}
_POINTS, _SMALL_POINTS = 15.0, 10.0
_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS


def edge_letters(viewer: napari.viewer.Viewer) -> dict[str, str]:
    """Return the letters of the four edges, all '' where there are none.

    There are none in 3-D, where the volume can be turned; none in a grid, whose cells have other
    orientations; and none if what is shown has no known orientation or the sliders stand
    outside of it.
    """
    snapshot = None if is_grid(viewer) else take_snapshot(viewer, placed_layer(viewer))
    if snapshot is None or snapshot.is_3d or not snapshot.is_inside:
        return dict.fromkeys(_EDGES, "")
    right, down = snapshot.right, snapshot.down
    if right is None or down is None:
        return dict.fromkeys(_EDGES, "")
    return {
        "right": letters(right),
        "left": letters(-right),
        "bottom": letters(down),
        "top": letters(-down),
    }


class OrientationLetters:
    """Letters that follow the current series and the view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._texts = {
            edge: CanvasText(viewer, f"medscan_{edge}", position, font_size=_POINTS)
            for edge, position in _EDGES.items()
        }
        self._subscription = watch(viewer, self._update, _CHANGES, before_paint=True)
        self._update()

    def release(self) -> None:
        """Take them off the canvas."""
        self._subscription.release()
        for text in self._texts.values():
            text.release()

    def _update(self) -> None:
        # In a narrow pane they would cover the image.
        points = _SMALL_POINTS if is_small_canvas(self._viewer) else _POINTS
        for edge, text in edge_letters(self._viewer).items():
            self._texts[edge].font_size = points
            self._texts[edge].show(text)
