"""R/L, A/P, S/I at the edges of the canvas."""

from __future__ import annotations

import napari.viewer

from napari_medscan.dicom.orientation import letters
from napari_medscan.napari_.canvas_text import CanvasText
from napari_medscan.napari_.current_layer import LeadFollower, layer_in_picture, screen_directions

_EDGES = {
    "right": "middle_right",
    "left": "middle_left",
    "bottom": "bottom_center",
    "top": "top_center",
}


def edge_letters(viewer: napari.viewer.Viewer) -> dict[str, str]:
    """Return the letters of the four edges, all '' where there are none.

    There are none in 3-D, where the picture can be turned, and none when no layer of known
    orientation is in front.
    """
    layer = layer_in_picture(viewer)
    ways = None
    if layer is not None and viewer.dims.ndisplay == 2:
        ways = screen_directions(viewer, layer)
    if ways is None:
        return dict.fromkeys(_EDGES, "")
    right, down = ways
    return {
        "right": letters(right),
        "left": letters(-right),
        "bottom": letters(down),
        "top": letters(-down),
    }


class OrientationLetters:
    """Letters that follow the leading layer and the view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._texts = {
            edge: CanvasText(viewer, f"medscan_{edge}", position, font_size=15)
            for edge, position in _EDGES.items()
        }
        self._follower = LeadFollower(viewer, self._update)

    def release(self) -> None:
        """Take them off the canvas."""
        self._follower.release()
        for text in self._texts.values():
            text.release()

    def _update(self) -> None:
        for edge, text in edge_letters(self._viewer).items():
            self._texts[edge].show(text)
