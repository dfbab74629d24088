"""A scroll through the slices, or a cine loop, as GIF or MP4 without metadata."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Unpack

import numpy as np

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.checked_images import checked_images
from napari_medscan.export.errors import ExportError
from napari_medscan.export.new_files import NewFiles
from napari_medscan.export.volume import Exported, Options, Progress, Volume, volume_of
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import SealedImage

if TYPE_CHECKING:
    from PIL.Image import Image

_MISSING: Final = 'Writing MP4 needs: pip install "napari-medscan[video]"'
_FPS: Final = 10.0
_MOST_FPS: Final = 50.0
"""GIF counts in hundredths of a second, and browsers slow down what is faster."""
_QUALITY: Final = "18"
"""Of H.264: few see a difference to the original."""
_SQUARE: Final = 0.01
"""Pixels that are longer by less than this share are drawn square."""


def save_movie(
    stack: Stack,
    path: Path | str,
    progress: Progress | None = None,
    *,
    fps: float | None = None,
    slice_number: int | None = None,
    pixels_checked: bool = False,
    **options: Unpack[Options],
) -> Exported:
    """Write a scroll through the slices, or a cine loop of one slice, as GIF or MP4.

    A series with time points is played at one slice; another is scrolled through. Gray levels are
    those of `save_png`. The file holds pixels alone; pixels that are not square are resampled. What
    lies outside the regions of an ultrasound is black.

    Parameters
    ----------
    stack : Stack
        The series.
    path : path
        Ends in ``.gif`` or ``.mp4``. Its folder exists.
    progress : callable, optional
        As in `save_nifti`.
    fps : float, optional
        Images a second. By default that of the clip, else 10.
    slice_number : int, optional
        Along z, of a series with time points: the middle one by default.
    pixels_checked : bool
        As in `save_png`.
    **options
        See `Options`.

    Returns
    -------
    Exported
        The file.

    Raises
    ------
    ExportError
        If a slice cannot be read, an image may identify somebody, or PyAV, which writes MP4, is not
        installed.
    OSError
        If the folder cannot be written to.
    """
    path = Path(path)
    _writer(path)
    volume = volume_of(stack, None, {**options, "uneven": True})
    depth = volume.shape[volume.axes.index("z")]
    at = depth // 2 if slice_number is None else slice_number
    if not 0 <= at < depth:
        raise ExportError(f"There are {depth} slices")
    fps = fps or stack.frame_rate or _FPS
    images = _images(volume, at, progress, pixels_checked=pixels_checked)
    with closing(images):
        _write(path, images, fps, overwrite=options.get("overwrite", False))
    return Exported((path,), tuple(volume.blank))


def write_movie(
    path: Path,
    images: Sequence[SealedImage],
    fps: float,
    progress: Progress | None = None,
    *,
    gate: Gate,
    overwrite: bool = False,
) -> None:
    """Write images that a gate lets out as GIF or MP4, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.gif`` or ``.mp4``.
    images : sequence of SealedImage
        In order, all of one size.
    fps : float
        Images a second, at most 50.
    progress : callable, optional
        Called with (images done, images in all). What it raises ends the work.
    gate : Gate
        What was seen and confirmed of them.
    overwrite : bool
        Replace a file that exists.

    Raises
    ------
    NotConfirmedError
        If something about an image has to be confirmed first; nothing was written.
    ExportError
        If the name ends otherwise, or PyAV, which writes MP4, is not installed.
    OSError
        If the folder cannot be written to.
    """
    for image in images:
        gate.check(image, THIS_COMPUTER)

    # Pillow gives wrong colors to a GIF of gray and color images. Those without color are gray.
    mode = next((image.mode for image in map(_decoded, images) if image.mode != "L"), "L")

    def decoded() -> Iterator[Image]:
        for number, image in enumerate(images, start=1):
            yield _decoded(image).convert(mode)
            if progress is not None:
                progress(number, len(images))

    _write(path, decoded(), fps, overwrite=overwrite)


def _writer(path: Path) -> Callable[[BinaryIO, Iterator[Image], float], None]:
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ExportError("The name of a movie ends in .gif or .mp4")
    return write


def _write(path: Path, images: Iterator[Image], fps: float, *, overwrite: bool) -> None:
    with NewFiles(overwrite=overwrite) as files:
        _writer(path)(files.open(path), images, min(fps, _MOST_FPS))


def _images(
    volume: Volume, at: int, progress: Progress | None, *, pixels_checked: bool
) -> Generator[Image, None, None]:
    """Yield the images of a movie, with square pixels."""
    from PIL.Image import Resampling

    is_cine = volume.axes.startswith("t")
    _, rows, columns = volume.stack.geometry.spacing
    for sealed in checked_images(
        volume,
        progress,
        pixels_checked=pixels_checked,
        is_wanted=lambda place: not is_cine or place[-1] == at,
    ):
        image = _decoded(sealed)
        width, height = image.size
        if abs(rows / columns - 1) > _SQUARE:
            # The smaller side of a pixel becomes that of all, so that nothing is lost.
            side = min(rows, columns)
            size = round(width * columns / side), round(height * rows / side)
            image = image.resize(size, Resampling.BILINEAR)
        yield image


def _decoded(sealed: SealedImage) -> Image:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(sealed.data)) as file:
        return file.copy()


def _write_gif(file: BinaryIO, images: Iterator[Image], fps: float) -> None:
    first = next(images)
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=images,
        duration=round(1000 / fps),
        loop=0,
        optimize=False,
    )


def _write_mp4(file: BinaryIO, images: Iterator[Image], fps: float) -> None:
    try:
        import av
    except ImportError:
        raise ExportError(_MISSING) from None
    with av.open(file, "w", format="mp4") as movie:
        stream = movie.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": _QUALITY}
        first = next(images)
        # The codec has color at half the resolution: sides are even.
        width, height = (side + side % 2 for side in first.size)
        stream.width, stream.height = width, height
        for image in chain((first,), images):
            framed = np.asarray(image.convert("RGB").crop((0, 0, width, height)))
            movie.mux(stream.encode(av.VideoFrame.from_ndarray(framed, format="rgb24")))
        movie.mux(stream.encode())


_WRITERS: Final[dict[str, Callable[[BinaryIO, Iterator[Image], float], None]]] = {
    ".gif": _write_gif,
    ".mp4": _write_mp4,
}
