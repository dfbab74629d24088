"""The slices of a series as PNG of 8 bits, through its first window."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.checked_images import checked_images
from napari_medscan.export.new_files import new_folder
from napari_medscan.export.volume import Exported, Options, Progress, volume_of


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
    the 1st to 99th percentile of that slice. The files hold pixels alone. Pixels are not resampled,
    so pixels that are not square look so. What lies outside the regions of an ultrasound is black.

    Parameters
    ----------
    stack : Stack
        The series.
    folder : path
        Does not exist; the folder that it is in does.
    progress : callable, optional
        As in `save_nifti`.
    pixels_checked : bool
        Whether a person has checked that no image identifies somebody, by text or by a face.
        Otherwise headers and pixels are examined (0.2 to 0.4 s of CPU for 512 x 512 pixels).
    **options
        See `Options`; `overwrite` is not supported.

    Returns
    -------
    Exported
        The files in order.

    Raises
    ------
    ExportError
        If the folder exists, a slice cannot be read, or an image may identify somebody.
    OSError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    volume = volume_of(stack, None, {**options, "uneven": True})
    depth = volume.shape[volume.axes.index("z")]
    names = []
    with new_folder(folder) as temporary:
        images = checked_images(volume, progress, pixels_checked=pixels_checked)
        for number, image in enumerate(images):
            time, z = divmod(number, depth)
            name = f"{z + 1:04d}.png"
            names.append(f"{time + 1:04d}-{name}" if volume.axes.startswith("t") else name)
            (temporary / names[-1]).write_bytes(image.data)
    return Exported(tuple(folder / name for name in names), tuple(volume.blank))
