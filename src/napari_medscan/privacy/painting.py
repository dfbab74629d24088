"""From the pixels of layers to one RGB image: what napari draws, without what lies over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_medscan.privacy.strokes import Stroke, draw

LONGEST = 1568
"""Most pixels along the longer side of an image that is sent: what the models look at."""

Colors = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""From values of 0 to 1 or NaN, shape (n,), to RGBA of 0 to 1, shape (n, 4)."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What is to be drawn of one layer, as plain data.

    Parameters
    ----------
    values : ndarray
        (rows, columns), or (rows, columns, 3 or 4) of uint8, RGB or RGBA: the slice on screen, as
        it stands there.
    spacing : tuple of float
        Between rows and between columns, in the unit of the world; positive.
    origin : tuple of float
        Center of the first pixel, vertical and horizontal, in the world.
    limits : tuple of float
        Values that become black and white.
    colors : callable or None
        The colormap; None for RGB and RGBA.
    gamma, opacity : float
        As napari has them.
    blending : str
        "opaque", "translucent", "translucent_no_depth", "additive", "minimum", "multiplicative".
    kept : ndarray of bool, optional
        (rows, columns): pixels that may be seen; the others are black.
    is_smooth : bool
        Whether pixels may be mixed where they are resampled; those of labels may not.
    """

    values: NDArray[np.generic]
    spacing: tuple[float, float]
    origin: tuple[float, float]
    limits: tuple[float, float] = (0.0, 255.0)
    colors: Colors | None = None
    gamma: float = 1.0
    opacity: float = 1.0
    blending: str = "translucent"
    kept: NDArray[np.bool_] | None = None
    is_smooth: bool = True

    @property
    def edges(self) -> tuple[float, float]:
        """Where the image begins, at the top and at the left, in the world."""
        return self.origin[0] - self.spacing[0] / 2, self.origin[1] - self.spacing[1] / 2


def paint(
    layers: Sequence[Painted], *, longest: int, base: int = 0, strokes: Sequence[Stroke] = ()
) -> NDArray[np.uint8]:
    """Draw layers over one another, in the proportions of the patient.

    Parameters
    ----------
    layers : sequence of Painted
        The lowest first.
    longest : int
        Most pixels along the longer side. A smaller image is enlarged along one side only, where
        its pixels are not square.
    base : int
        Number of the layer that decides what part of the world is shown. Pixels are as small as
        those of the finest layer.
    strokes : sequence of Stroke
        Drawn over all layers.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Notes
    -----
    Colors are given before pixels are resampled, so that no value appears that was not there.
    """
    first = layers[base]
    step, shape = _grid(first, min(min(layer.spacing) for layer in layers), longest)
    canvas = np.zeros((*shape, 3), np.float32)
    for number, layer in enumerate(layers):
        rgba = _colored(layer)
        same = layer.origin == first.origin and layer.spacing == first.spacing
        same = same and layer.values.shape[:2] == first.values.shape[:2]
        drawn = _resized(rgba, layer, shape) if same else _moved(rgba, layer, first, step, shape)
        _blend(canvas, drawn, layer.blending if number else "translucent")
    draw(canvas, strokes, first.edges, step)
    return np.rint(canvas * 255).clip(0, 255).astype(np.uint8)


def _grid(layer: Painted, finest: float, longest: int) -> tuple[float, tuple[int, int]]:
    """Return the distance of pixels in the world, and height and width of the image."""
    rows, columns = layer.values.shape[:2]
    vertical, horizontal = rows * layer.spacing[0], columns * layer.spacing[1]
    step = max(finest, max(vertical, horizontal) / longest)
    return step, (max(1, round(vertical / step)), max(1, round(horizontal / step)))


def _colored(layer: Painted) -> NDArray[np.uint8]:
    """Return (rows, columns, 4): windowed, colored, with opacity, and black where not kept."""
    rows, columns = layer.values.shape[:2]
    rgba = np.full((rows, columns, 4), 255, np.uint8)
    if layer.colors is None:
        rgba[..., : layer.values.shape[2]] = layer.values
        rgba[..., 3] = np.rint(rgba[..., 3] * layer.opacity)
    else:
        low, high = layer.limits
        share = ((layer.values.astype(np.float64) - low) / (high - low)).clip(0, 1) ** layer.gamma
        colors = np.asarray(layer.colors(share.astype(np.float32).ravel()), np.float64)
        colors = colors * (1, 1, 1, layer.opacity)
        rgba[...] = np.rint(colors * 255).clip(0, 255).reshape(rows, columns, 4)
    if layer.kept is not None:
        rgba[~layer.kept] = (0, 0, 0, 255)
    return rgba


def _resized(
    rgba: NDArray[np.uint8], layer: Painted, shape: tuple[int, int]
) -> NDArray[np.float32]:
    if rgba.shape[:2] != shape:
        # Of every pixel when it becomes smaller, so that nothing falls between.
        way = Image.Resampling.BICUBIC if layer.is_smooth else Image.Resampling.NEAREST
        rgba = np.asarray(Image.fromarray(rgba).resize(shape[::-1], way))
    return rgba.astype(np.float32) / np.float32(255)


def _moved(
    rgba: NDArray[np.uint8], layer: Painted, first: Painted, step: float, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return a layer on the grid of the first one; transparent where it is not."""
    (top, left), (first_top, first_left) = layer.edges, first.edges
    (down, right) = layer.spacing
    matrix = (
        step / right,
        0,
        (first_left - left) / right,
        0,
        step / down,
        (first_top - top) / down,
    )
    way = Image.Resampling.BILINEAR if layer.is_smooth else Image.Resampling.NEAREST
    drawn = Image.fromarray(rgba).transform(shape[::-1], Image.Transform.AFFINE, matrix, way)
    return np.asarray(drawn).astype(np.float32) / np.float32(255)


def _blend(canvas: NDArray[np.float32], rgba: NDArray[np.float32], blending: str) -> None:
    """Draw one image over another, as OpenGL does for napari."""
    color, alpha = rgba[..., :3], rgba[..., 3:]
    if blending == "opaque":
        canvas[...] = np.where(alpha > 0, color, canvas)
    elif blending == "additive":
        canvas += color * alpha
    elif blending == "minimum":
        canvas[...] = np.where(alpha > 0, np.minimum(canvas, color), canvas)
    elif blending == "multiplicative":
        canvas[...] = np.where(alpha > 0, canvas * color, canvas)
    else:
        canvas *= 1 - alpha
        canvas += color * alpha
    canvas.clip(0, 1, out=canvas)
