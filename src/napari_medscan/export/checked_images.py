"""Images of a series that the gate lets out: the way of every export that nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.volume import Progress, Volume
from napari_medscan.privacy.errors import NotConfirmedError
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Facts, Format, SealedImage
from napari_medscan.render.image_file import look_at
from napari_medscan.render.prepare import Look, Renderer, Wish, sealed

_WISH = Wish(longest=None, format=Format.PNG)
_SQUARE = (1.0, 1.0)


def checked_images(
    volume: Volume,
    progress: Progress | None = None,
    *,
    pixels_checked: bool = False,
    is_wanted: Callable[[tuple[int, ...]], bool] = lambda _: True,
) -> Iterator[SealedImage]:
    """Yield the image of every slice that is wanted, in order, once the gate has let it out.

    Looking for text takes 0.2 to 0.4 s of CPU for an image of 512 x 512. Pixels are not resampled,
    so pixels that are not square look so.

    Parameters
    ----------
    volume : Volume
        The series, without labels.
    progress : callable, optional
        As in `save_nifti`.
    pixels_checked : bool
        Whether a person has checked that no image identifies somebody, by text or by a face.
    is_wanted : callable
        Takes the place of a slice, (z,) or (t, z).

    Raises
    ------
    ExportError
        If a slice cannot be read, or something about an image has to be confirmed first.
    """
    gate = Gate()
    images = examined_images(
        volume, progress, is_wanted=is_wanted, looks_for_text=not pixels_checked
    )
    for rgb, facts in images:
        image = sealed(rgb, facts, _WISH)
        if pixels_checked:
            gate.confirm(image, THIS_COMPUTER)
        try:
            gate.check(image, THIS_COMPUTER)
        except NotConfirmedError as error:
            raise ExportError(error.reason) from None
        yield image


def examined_images(
    volume: Volume,
    progress: Progress | None = None,
    *,
    is_masked: bool = True,
    is_wanted: Callable[[tuple[int, ...]], bool] = lambda _: True,
    looks_for_text: bool = True,
) -> Iterator[tuple[NDArray[np.uint8], Facts]]:
    """Yield the image of every slice that is wanted, (rows, columns, 3), and what is known of it.

    Parameters
    ----------
    volume, progress, is_wanted
        As in `checked_images`.
    is_masked : bool
        Black out what lies outside the regions of an ultrasound.
    looks_for_text : bool
        Look for text in the pixels. Without it, text is to be suspected.

    Raises
    ------
    ExportError
        If a slice cannot be read.
    """
    stack = volume.stack
    renderer = Renderer(None, masks_regions=is_masked, looks_for_text=looks_for_text)
    values = (image for block in volume.blocks(progress) for image in block)
    for place, pixels in zip(np.ndindex(stack.array.places.shape), values, strict=True):
        if not is_wanted(place):
            continue
        yield renderer.render(stored_look(stack, place), pixels)


def stored_look(stack: Stack, place: tuple[int, ...]) -> Look:
    """Return a look at one slice, pixel by pixel as it is stored: no pixel is resampled."""
    look = look_at(stack, place)
    return replace(look, layers=(replace(look.layers[0], spacing=_SQUARE),))
