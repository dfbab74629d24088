"""From all that is visible on the canvas to plain data that images are rendered from.

Series, labels, contours and drawn shapes; never text, nor pixels whose origin nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import napari.viewer
import numpy as np
from napari.layers import Image, Labels

from napari_medscan.napari_.canvas_placement import index_at, placement, points_along, reaches
from napari_medscan.napari_.canvas_strokes import CanvasStrokes
from napari_medscan.napari_.image_in_view import look, series_view
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.render.labels_view import LabelsView
from napari_medscan.render.prepare import Look
from napari_medscan.render.snapshot import Index

_FEW_OTHERS = 4


def is_more_visible(viewer: napari.viewer.Viewer) -> bool:
    """Whether more is on the canvas than the current series."""
    series, labels = _visible(viewer)
    return len(series) > 1 or bool(labels) or bool(CanvasStrokes(viewer))


def canvas_looks(viewer: napari.viewer.Viewer, axis: int | None = None) -> list[Look]:
    """Return looks at all that is visible, at every place of the current series.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at, or the model of a pane: its plane and orientation are those of all looks.
    axis : int, optional
        Of the data of the current series, along which places are. By default there is one look, at
        the place in view.

    Raises
    ------
    NoImageInViewError
        If there is no image, or a layer is turned in the view.
    """
    single = look(viewer, blended=False)
    base = single.layers[0]
    series, labels = _visible(viewer)
    shown = {layer: series_view(viewer, layer) for layer in series}
    (current,) = (layer for layer in series if layer.unique_id == base.state[0])
    drawn = {layer: _labels_view(viewer, layer) for layer in labels}
    strokes = CanvasStrokes(viewer)
    subject = ("canvas", *(layer.unique_id for layer in series))
    points: Iterable[tuple[float, ...]] = [tuple(viewer.dims.point)]
    if axis is not None:
        points = points_along(viewer, current, axis, range(current.data.shape[axis]))
    looks = []
    for point in points:
        at = {layer: index_at(viewer, layer, point) for layer in (*series, *labels)}
        here = [layer for layer in series if reaches(at[layer], layer)]
        looks.append(
            Look(
                tuple(shown[layer].at(at[layer]) for layer in here),
                state=(subject, str(point)),
                subject=subject,
                spread=axis,
                base=here.index(current),
                labels=tuple(
                    drawn[layer].at(at[layer]) for layer in labels if reaches(at[layer], layer)
                ),
                strokes=strokes.at(point),
            )
        )
    if axis is None:
        return [replace(looks[0], others=single.others if len(series) < 2 else ())]
    return [replace(each, others=_others(each, looks)) for each in looks]


def _visible(viewer: napari.viewer.Viewer) -> tuple[list[Image], list[Labels]]:
    """Return the visible series and labels that have the axes on screen, from the lowest up."""
    first = min(viewer.dims.displayed)
    within = [
        layer for layer in viewer.layers if layer.visible and first >= viewer.dims.ndim - layer.ndim
    ]
    series = [x for x in within if isinstance(x, Image) and series_of(x) is not None]
    return series, [x for x in within if isinstance(x, Labels) and not x.multiscale]


def _labels_view(viewer: napari.viewer.Viewer, layer: Labels) -> LabelsView:
    colormap = layer.colormap
    return LabelsView(
        **placement(viewer, layer),
        data=layer.data,
        colors=lambda labels: np.asarray(colormap.map(labels)),  # type: ignore[no-untyped-call]
        contour=int(layer.contour),
    )


def _others(each: Look, looks: Sequence[Look]) -> tuple[tuple[Index, ...], ...]:
    """Return where some other slices are: burned-in text stays while anatomy moves."""
    alike = [x for x in looks if [s.state for s in x.layers] == [s.state for s in each.layers]]
    numbers = np.linspace(0, len(alike) - 1, _FEW_OTHERS).round().astype(int)
    chosen = [alike[number] for number in dict.fromkeys(numbers.tolist())]
    return tuple(tuple(s.index for s in x.layers) for x in chosen if x is not each)
