"""Blacking out rectangles in the pixel data of a file, and nothing else in it (PS3.15 E.3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import RLELossless

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.pixel_layout import SUBSAMPLED, PixelLayout
from napari_medscan.dicom.intensity.palette import apply_palette
from napari_medscan.dicom.pixels.native import clear_outside, stored_dtype, stored_range
from napari_medscan.dicom.pixels.read_frames import read_all_stored
from napari_medscan.dicom.pixels.video import is_video
from napari_medscan.export.errors import ExportError
from napari_medscan.privacy.text_check import Box


def black_out(
    data: FileDataset, header: ImageHeader, boxes: Sequence[Box], *, clears_unused: bool = False
) -> None:
    """Black out rectangles in all frames of an image; every other pixel keeps its value.

    Uncompressed pixel data keep their encoding. Others are decoded and stored in RLE Lossless, the
    compression that every DICOM program has to know; color then is RGB.

    Parameters
    ----------
    data : FileDataset
        Is changed in place, with its Transfer Syntax UID.
    header : ImageHeader
        Of the same file.
    boxes : sequence of Box
        In pixels of a frame.
    clears_unused : bool
        Clear the bits of gray pixels outside Bits Stored, which can hold overlays.

    Raises
    ------
    ExportError
        If pixel data of this kind cannot be masked, or not decoded.
    """
    layout = header.layout
    if layout.floating or layout.is_packed or is_video(header):
        kind = "a video" if is_video(header) else "of packed or floating-point pixels"
        raise ExportError(f"The image is {kind}, which cannot be masked")
    if header.pixels.length is not None:
        data.PixelData = _native(data, header, boxes, clears_unused=clears_unused)
        return
    is_color = layout.samples > 1
    if is_color and layout.bits_allocated != 8:
        raise ExportError("Compressed color of more than 8 bits cannot be masked")
    try:
        _compress(data, header, boxes)
    except FrameError as error:
        raise ExportError(f"The image cannot be masked ({error})") from None
    data.file_meta.TransferSyntaxUID = RLELossless
    data.HighBit = layout.bits_stored - 1
    if is_color:
        data.PhotometricInterpretation, data.PlanarConfiguration = "RGB", 0


def _native(
    data: FileDataset, header: ImageHeader, boxes: Sequence[Box], *, clears_unused: bool
) -> bytes:
    """Return uncompressed pixel data with rectangles blacked out, in the same encoding."""
    layout = header.layout
    size = layout.frame_bits // 8 * layout.frames
    if len(data.PixelData) < size:
        raise ExportError("The image cannot be masked (truncated pixel data)")
    # What follows the last frame is seen by nobody.
    raw = np.zeros(size + size % 2, np.uint8)
    raw[:size] = np.frombuffer(data.PixelData, np.uint8, size)
    is_swapped = layout.big_endian and layout.bits_allocated == 8 and data["PixelData"].VR == "OW"
    if is_swapped:
        # Big endian words hold two 8-bit samples, the first one low (PS3.5 8.1.1).
        raw[:size] = (
            np.frombuffer(data.PixelData, "<u2", len(raw) // 2).byteswap().view("u1")[:size]
        )
    dtype = stored_dtype(layout).newbyteorder(">" if layout.big_endian else "<")
    pixels = raw[:size].view(dtype)
    for frame in pixels.reshape(layout.frames, -1):
        if layout.photometric in SUBSAMPLED:
            _black_out_422(frame, layout, boxes)
            continue
        if layout.samples > 1 and layout.planar:
            shown = np.moveaxis(frame.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
        else:
            shown = frame.reshape(layout.decoded_shape)
        stored = np.array(shown, stored_dtype(layout))
        if layout.samples == 1:
            clear_outside(stored, layout)
        shift = layout.high_bit + 1 - layout.bits_stored
        if clears_unused:
            shown[...] = stored << shift
        _fill(shown, boxes, (_black(stored, header) << shift).astype(dtype))
    return (raw.view("<u2").byteswap() if is_swapped else raw).tobytes()


def _compress(data: FileDataset, header: ImageHeader, boxes: Sequence[Box]) -> None:
    """Replace compressed pixel data by RLE, with rectangles blacked out."""
    layout = header.layout
    dtype = stored_dtype(layout)
    low, high = stored_range(layout)
    about: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "number_of_frames": 1,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": "RGB" if layout.samples > 1 else layout.photometric,
    }
    if layout.samples > 1:
        about["planar_configuration"] = 0
    frames = []
    for stored in read_all_stored(header):
        if stored.min() < low or stored.max() > high:
            raise ExportError("The image cannot be masked (its values exceed Bits Stored)")
        frame = stored.astype(dtype)
        _fill(frame, boxes, _black(frame, header, is_rgb=layout.samples > 1))
        order = dtype.newbyteorder("<")
        frames.append(RLELosslessEncoder.encode(frame.astype(order).tobytes(), **about))
    data.PixelData = encapsulate(frames)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in data:
            del data[keyword]


def _black(stored: NDArray[Any], header: ImageHeader, *, is_rgb: bool = False) -> NDArray[Any]:
    """Return the stored value, of color the three, of black in a frame.

    In gray it is the value of the darkest pixel, so that no value appears that was not there.
    """
    layout = header.layout
    if layout.samples > 1:
        is_rgb = is_rgb or not layout.photometric.startswith("YBR")
        gray = 0 if is_rgb else _gray_chrominance(layout)
        return np.array([0, gray, gray], stored.dtype)
    if header.palette is not None:
        first, count = header.palette.first, len(header.palette.colors) // 3
        low, high = stored_range(layout)
        indices = np.arange(max(low, first), min(high, first + count - 1) + 1)
        colors = apply_palette(indices, header.palette).sum(axis=-1)
        return np.asarray(indices[colors.argmin()], stored.dtype)
    return np.asarray(stored.max() if header.is_inverted else stored.min(), stored.dtype)


def _fill(pixels: NDArray[Any], boxes: Iterable[Box], value: NDArray[Any]) -> None:
    for box in boxes:
        pixels[box.slices] = value


def _black_out_422(frame: NDArray[Any], layout: PixelLayout, boxes: Iterable[Box]) -> None:
    """Black out rectangles of a frame in which pairs of pixels share their chrominance.

    A rectangle grows to whole pairs.
    """
    pairs = frame.reshape(layout.rows, layout.columns // 2, 4)
    gray = _gray_chrominance(layout)
    for box in boxes:
        rows, columns = box.slices
        pairs[rows, columns.start // 2 : (columns.stop + 1) // 2] = (0, 0, gray, gray)


def _gray_chrominance(layout: PixelLayout) -> int:
    """Return what CB and CR are where there is no color (PS3.3 C.7.6.3.1.2)."""
    return 1 << layout.bits_stored - 1
