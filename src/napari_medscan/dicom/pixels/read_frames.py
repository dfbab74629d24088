"""Reading one frame: bytes, stored values, color, modality transform."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.intensity.palette import apply_palette
from napari_medscan.dicom.pixels.decoding import as_rgb
from napari_medscan.dicom.pixels.decoding_client import decode
from napari_medscan.dicom.pixels.encapsulated import read_frame_bytes
from napari_medscan.dicom.pixels.native import clear_outside, native_pixels
from napari_medscan.dicom.pixels.value_range import value_range
from napari_medscan.dicom.pixels.video import is_video, read_video_frame

_AT_ONCE: Final = 16 * 2**20
"""Bytes of the frames that a worker decodes by one request; each request takes 0.3 ms besides."""


def read_slice(header: ImageHeader, index: int, out: NDArray[Any]) -> None:
    """Read one slice of a file as it is shown.

    Parameters
    ----------
    header : ImageHeader
        The file.
    index : int
        Which of ``header.frames``.
    out : ndarray
        Takes the slice, (rows, columns) after the modality transform or, color,
        (rows, columns, 3) of uint8.

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    frame = header.frames[index]
    if is_video(header):
        read_video_frame(header, index, out)
        return
    if _is_stored_as(header, frame, out):
        _read_directly(header, _number(header, index), out)
        out += out.dtype.type(frame.transform.intercept)
        return
    if is_decoded_as_shown(header, index):
        (error,) = read_slices([(header, index)], out[None])
        if error is not None:
            raise error
        return
    stored = read_stored(header, _number(header, index))
    if header.palette is not None:
        out[...] = apply_palette(stored, header.palette)
    elif header.layout.samples > 1:
        out[...] = stored
    else:
        if frame.tile is not None:
            (top, left), (height, width) = frame.tile, header.shape
            stored = stored[top : top + height, left : left + width]
        frame.transform.apply_into(stored, out)


def read_slices(
    slices: Sequence[tuple[ImageHeader, int]], out: NDArray[Any]
) -> list[FrameError | None]:
    """Read slices that one worker can decode together, as they are shown.

    Parameters
    ----------
    slices : sequence of (ImageHeader, int)
        Files, and which of their frames; `is_decoded_as_shown` of one layout and syntax.
    out : ndarray
        Takes them, (slices, rows, columns) or, color, (slices, rows, columns, 3).

    Returns
    -------
    list of FrameError or None
        Why each could not be read.
    """
    found: list[bytes | FrameError] = [_compressed(header, index) for header, index in slices]
    good = [number for number, data in enumerate(found) if isinstance(data, bytes)]
    problems = [None if isinstance(data, bytes) else data for data in found]
    if not good:
        return problems
    header = slices[0][0]
    place = out if len(good) == len(slices) else np.empty_like(out[: len(good)])
    transforms = [slices[number][0].frames[slices[number][1]].transform for number in good]
    rescales = [(transform.slope, transform.intercept) for transform in transforms]
    frames = [data for data in found if isinstance(data, bytes)]
    gray = header.layout.samples == 1
    told = decode(frames, header.transfer_syntax, header.layout, place, rescales if gray else None)
    for position, (number, error) in enumerate(zip(good, told, strict=True)):
        problems[number] = error
        if place is not out:
            out[number] = place[position]
    return problems


def is_decoded_as_shown(header: ImageHeader, index: int) -> bool:
    """Whether a worker gives a slice as it is shown, with nothing left to do."""
    frame = header.frames[index]
    compressed = header.pixels.length is None and not is_video(header)
    plain = header.palette is None and frame.tile is None and frame.transform.table is None
    return compressed and plain


def _compressed(header: ImageHeader, index: int) -> bytes | FrameError:
    try:
        return read_frame_bytes(header, index)
    except FrameError as error:
        return error


def _number(header: ImageHeader, index: int) -> int:
    """Return which of a file's frames a slice is of: mosaics have several in one."""
    return 0 if header.frames[index].tile is not None else index


def _is_stored_as(header: ImageHeader, frame: FrameHeader, out: NDArray[Any]) -> bool:
    """Whether the bytes in the file become those of `out` in place.

    So it is for nearly all uncompressed CT and MR, and saves two copies.
    """
    layout = header.layout
    return (
        header.pixels.length is not None
        and layout.samples == 1
        and header.palette is None
        and frame.tile is None
        and layout.big_endian == (sys.byteorder == "big")
        and layout.bits_allocated == 8 * out.itemsize
        and not layout.floating
        and out.dtype.kind in "iu"
        and frame.transform.is_shift
        and out.flags.c_contiguous
    )


def _read_directly(header: ImageHeader, frame: int, out: NDArray[Any]) -> None:
    layout = header.layout
    where = header.pixels.offset + frame * out.nbytes
    if header.source.read_into(where, out.data.cast("B")) < out.nbytes:
        raise FrameError("the file was truncated after it was opened")
    clear_outside(out, layout)


def read_stored(header: ImageHeader, frame: int) -> NDArray[Any]:
    """Return the stored values of one frame; color as 8-bit RGB.

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    if header.pixels.length is None:
        found: NDArray[Any] = _decoded(header, [frame])[0]
        return found
    layout = header.layout
    pixels = _native(header, frame)
    if layout.samples > 1:
        return as_rgb(pixels, layout)
    pixels = pixels if pixels.flags.writeable else np.array(pixels)
    clear_outside(pixels, layout)
    return pixels


def read_with_unused_bits(header: ImageHeader, frame: int) -> NDArray[np.unsignedinteger[Any]]:
    """Return one gray frame with the bits outside Bits Stored, as unsigned numbers.

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    if header.pixels.length is None:
        bits = header.layout.bits_allocated
        words = replace(
            header.layout, bits_stored=bits, high_bit=bits - 1, signed=False, holds_planes=False
        )
        pixels = _decoded(header.like(layout=words), [frame])[0]
    else:
        pixels = _native(header, frame)
    found: NDArray[np.unsignedinteger[Any]] = pixels.view(f"u{pixels.itemsize}")
    return found


def read_tiles(
    header: ImageHeader, frames: Sequence[int], out: NDArray[Any]
) -> list[FrameError | None]:
    """Read some frames of a slide's file as they are shown: transformed values, or 8-bit RGB.

    Parameters
    ----------
    header : ImageHeader
        The file.
    frames : sequence of int
        Numbers of the frames.
    out : ndarray
        Takes them, (frames, rows, columns) or, color, (frames, rows, columns, 3).

    Returns
    -------
    list of FrameError or None
        Why each could not be read.
    """
    palette, transform = header.palette, header.frames[0].transform
    if header.pixels.length is None and palette is None and transform.is_identity:
        found: list[bytes | FrameError] = [_compressed(header, frame) for frame in frames]
        data = [each for each in found if isinstance(each, bytes)]
        if len(data) == len(found):
            return decode(data, header.transfer_syntax, header.layout, out)
        if len(frames) == 1:
            return [each for each in found if isinstance(each, FrameError)]
        pairs = zip(frames, out, strict=True)
        return [read_tiles(header, [frame], place[None])[0] for frame, place in pairs]
    problems: list[FrameError | None] = []
    for frame, place in zip(frames, out, strict=True):
        try:
            stored = read_stored(header, frame)
            if palette is not None:
                place[...] = apply_palette(stored, palette)
            elif stored.ndim == 2:
                transform.apply_into(stored, place)
            else:
                place[...] = stored
            problems.append(None)
        except FrameError as error:
            problems.append(error)
    return problems


def read_all_stored(header: ImageHeader) -> Iterator[NDArray[Any]]:
    """Yield what `read_stored` gives of every frame of a file, decoding many frames at once.

    Raises
    ------
    FrameError
        When a frame is damaged or the file is gone.
    """
    frames = range(header.layout.frames)
    if header.pixels.length is not None:
        yield from (read_stored(header, frame) for frame in frames)
        return
    at_once = max(1, _AT_ONCE // header.layout.decoded_bytes)
    for start in frames[::at_once]:
        yield from _decoded(header, frames[start : start + at_once])


def _decoded(header: ImageHeader, frames: Sequence[int]) -> NDArray[Any]:
    layout = header.layout
    dtype = np.dtype(np.uint8) if layout.samples > 1 else value_range(header).dtype
    out = np.empty((len(frames), *layout.decoded_shape), dtype)
    if is_video(header):
        for place, frame in zip(out, frames, strict=True):
            read_video_frame(header, frame, place)
        return out
    data = [read_frame_bytes(header, frame) for frame in frames]
    for error in decode(data, header.transfer_syntax, layout, out):
        if error is not None:
            raise error
    return out


def _native(header: ImageHeader, frame: int) -> NDArray[Any]:
    """Read one uncompressed frame by one positional read.

    Packed frames, of one bit or twelve, follow each other bit by bit and need not start at a
    byte (PS3.5 8.1.1).
    """
    layout = header.layout
    first = frame * layout.stride_bits
    start, stop = first // 8, (first + layout.frame_bits + 7) // 8
    by_word = layout.bits_allocated in (8, 12) and header.pixels.vr == b"OW"
    swapped = layout.big_endian and by_word
    # Big endian words hold two 8-bit samples, the first one low (PS3.5 8.1.1); a frame of an
    # odd number of samples ends, or begins, in the middle of a word.
    before, after = (start % 2, stop % 2) if swapped else (0, 0)
    data = header.source.read_at(
        header.pixels.offset + start - before, before + stop - start + after
    )
    if len(data) < before + stop - start + after:
        raise FrameError("the file was truncated after it was opened")
    if swapped:
        data = np.frombuffer(data, dtype="<u2").byteswap().tobytes()[before : len(data) - after]
    return native_pixels(data, layout, skip_bits=first - start * 8)
