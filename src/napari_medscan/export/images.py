"""PNG: the slices of a series as images of 8 bits, through its first window."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.volume import Exported, Options, Progress, volume_of
from napari_medscan.privacy.signals import text_reasons


def save_png(
    stack: Stack,
    folder: Path | str,
    progress: Progress | None = None,
    *,
    pixels_checked: bool = False,
    **options: Unpack[Options],
) -> Exported:
    """Write every slice as a PNG file into a new folder.

    Gray levels are those of the first window of the middle slice, for all slices; without one,
    the 1st to 99th percentile of that slice. No metadata and no other text is in the files. Pixels
    are not resampled, so pixels that are not square look so.

    Parameters
    ----------
    stack : Stack
        The series.
    folder : path
        Does not exist; the folder that it is in does.
    progress : callable, optional
        As in `save_nifti`.
    pixels_checked : bool
        Whether a person has checked that no image contains text that identifies somebody.
    **options
        See `Options`; `overwrite` is not supported.

    Returns
    -------
    Exported
        The files in order.

    Raises
    ------
    ExportError
        If the folder exists, a slice cannot be read, or the header makes text in the images likely.
    OSError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    if folder.exists():
        raise ExportError("The folder exists already")
    if not pixels_checked:
        reasons = text_reasons(stack.slices[stack.typical].file)
        if reasons:
            raise ExportError(f"The images may contain text that identifies: {reasons[0]}")
    volume = volume_of(stack, None, {**options, "uneven": True})
    render = _Gray(volume.stack)
    temporary = folder.with_name(f".medscan-{secrets.token_hex(8)}.part")
    temporary.mkdir()
    try:
        slices = (image for block in volume.blocks(progress) for image in block)
        depth = volume.shape[volume.axes.index("z")]
        names = []
        for number, image in enumerate(slices):
            time, z = divmod(number, depth)
            name = f"{z + 1:04d}.png"
            names.append(f"{time + 1:04d}-{name}" if volume.axes.startswith("t") else name)
            _write(render(image), temporary / names[-1])
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Exported(tuple(folder / name for name in names), tuple(volume.blank))


def _write(image: NDArray[np.uint8], path: Path) -> None:
    from PIL import Image

    Image.fromarray(image).save(path, "PNG")


class _Gray:
    """Makes gray levels of values, as PS3.3 C.11.2.1.2 draws them.

    Parameters
    ----------
    stack : Stack
        Gives the window.
    """

    def __init__(self, stack: Stack) -> None:
        self._is_rgb = stack.is_rgb
        if stack.is_rgb:
            return
        windows = stack.windows
        curve = windows[0].curve if windows else None
        self._curve = curve
        self._low, self._high = stack.default_limits() if curve is None else curve.limits
        self._is_inverted = stack.is_inverted

    def __call__(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        """Return an image of 8 bits, shape (rows, columns) or (rows, columns, 3)."""
        if self._is_rgb:
            return np.ascontiguousarray(image, np.uint8)
        gray = (image.astype(np.float64) - self._low) / (self._high - self._low)
        gray = np.nan_to_num(np.clip(gray, 0, 1))
        if self._curve is not None:
            gray = self._curve.at(gray)
        if self._is_inverted:
            gray = 1 - gray
        return np.rint(gray * 255).astype(np.uint8)
