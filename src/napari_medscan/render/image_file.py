"""An image of one slice as a file without metadata, for scripts and exports.

>>> from napari_medscan.dicom import load
>>> from napari_medscan.render.image_file import image_of, save_image
>>> (stack,) = load("study").stacks  # doctest: +SKIP
>>> save_image(image_of(stack, 12), "ct.png", confirmed=True)  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.intensity.voi_lut import Curve
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import QUALITY, Format, SealedImage
from napari_medscan.render.layer_view import SeriesView
from napari_medscan.render.prepare import Look, Preparer, Wish
from napari_medscan.render.snapshot import Index
from napari_medscan.storage import replacing


def image_of(
    stack: Stack,
    place: int | tuple[int, ...],
    *,
    limits: tuple[float, float] | None = None,
    longest: int | None = None,
    format: Format = Format.PNG,  # noqa: A002 - as of Pillow
    quality: int = QUALITY,
) -> SealedImage:
    """Return the image of one slice as it was acquired, checked for text.

    Parameters
    ----------
    stack : Stack
        The series.
    place : int or tuple of int
        Index of the slice; of a series with a time axis, time point and slice.
    limits : tuple of float, optional
        Values that become black and white; the window of the file by default.
    longest : int, optional
        Most pixels along the longer side; all that the series has by default.
    format : Format
        PNG or JPEG.
    quality : int
        Of a JPEG, 1 to 100.

    Returns
    -------
    SealedImage
        `SealedImage.concerns` says what somebody has to look at before it may be given away.

    Raises
    ------
    IndexError
        When there is no such slice.
    FrameError
        When it cannot be read.
    """
    leading = stack.array.places.ndim
    places = (place,) if isinstance(place, int) else tuple(place)
    if len(places) != leading:
        raise IndexError(f"a place of this series has {leading} numbers")
    if any(not -extent <= p < extent for p, extent in zip(places, stack.array.shape, strict=False)):
        raise IndexError("no such slice")
    inside = (p % extent for p, extent in zip(places, stack.array.shape, strict=False))
    wish = Wish(longest=longest, quality=quality, format=format)
    (image,) = Preparer().prepare([look_at(stack, tuple(inside), limits)], wish)
    return image


def look_at(
    stack: Stack, place: tuple[int, ...], limits: tuple[float, float] | None = None
) -> Look:
    """Return a look at one slice as it was acquired, through the first window of the file.

    Place and limits are those of `image_of`.
    """
    index: Index = (*place, *_WHOLE)
    return Look((_series_view(stack, index, limits),), _others(stack, index))


def save_image(
    image: SealedImage,
    path: str | os.PathLike[str],
    *,
    confirmed: bool = False,
    gate: Gate | None = None,
) -> None:
    """Write an image to a file, as a whole or not at all.

    Parameters
    ----------
    image : SealedImage
        The image.
    path : path
        The file, which is replaced.
    confirmed : bool
        Whether somebody looked at this image, and found neither a name nor a face in it.
    gate : Gate, optional
        What was confirmed elsewhere.

    Raises
    ------
    NotConfirmedError
        When somebody has to look at it first; nothing was written.
    OSError
        When it cannot be written.
    """
    gate = gate or Gate()
    if confirmed:
        gate.confirm(image, THIS_COMPUTER)
    gate.check(image, THIS_COMPUTER)
    with replacing(Path(path)) as file:
        file.write(image.data)


_WHOLE = (slice(None), slice(None))
_MOST_OTHERS, _FEWEST_OTHERS = 12, 2
_OTHERS_BYTES = 64 << 20
"""What the other slices of a series take, as images of 3 bytes a pixel."""


def _others(stack: Stack, index: Index) -> tuple[tuple[Index, ...], ...]:
    """Return other slices at the same time point, to compare with."""
    axis = stack.array.places.ndim - 1
    extent = stack.array.shape[axis]
    rows, columns = stack.array.shape[axis + 1 : axis + 3]
    most = max(min(_OTHERS_BYTES // (3 * rows * columns), _MOST_OTHERS), _FEWEST_OTHERS)
    spread = np.linspace(0, extent - 1, min(extent, most)).round().astype(int)
    return tuple(
        ((*index[:axis], int(z), *_WHOLE),) for z in dict.fromkeys(spread) if z != index[axis]
    )


def _series_view(stack: Stack, index: Index, limits: tuple[float, float] | None) -> SeriesView:
    axes = stack.array.places.ndim, stack.array.places.ndim + 1
    is_gray = not stack.is_rgb
    curve = stack.windows[0].curve if limits is None and stack.windows else None
    window = (limits or stack.default_limits()) if is_gray else (0.0, 255.0)
    if curve is not None:
        window = curve.limits
    return SeriesView(
        stack=stack,
        data=stack.array,
        index=index,
        axes=axes,
        flips=(False, False),
        spacing=stack.geometry.spacing[1:],
        origin=(0.0, 0.0),
        limits=window,
        colors=_Gray(curve, is_inverted=stack.is_inverted) if is_gray else None,
        state=(id(stack), window),
    )


class _Gray:
    """Gives shares of the way from black to white as RGBA, bent by a VOI LUT's curve if any."""

    def __init__(self, curve: Curve | None, *, is_inverted: bool) -> None:
        self._curve, self._is_inverted = curve, is_inverted

    def __call__(self, shares: NDArray[np.float32]) -> NDArray[np.floating]:
        grays = shares if self._curve is None else self._curve.at(shares)
        rgba = np.ones((len(shares), 4), np.float32)
        rgba[:, :3] = (1 - grays if self._is_inverted else grays)[:, np.newaxis]
        # As napari draws what is no number.
        rgba[np.isnan(shares)] = (0, 0, 0, 0)
        return rgba
