"""Native pixel data whose length contradicts the header (PS3.5 8.1.1): what is stored instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.transfer_syntaxes import is_encapsulated
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.codestream import RLE_HEADER, is_start
from napari_medscan.dicom.headers.fragments import item_length
from napari_medscan.dicom.headers.pixel_layout import SUBSAMPLED, PixelLayout, stored_bits

THOUGH = "although the header describes"
_BYTE = 8
_COMPARED = 2**20
"""Bytes of an image that are looked at to tell bytes from words."""
_DELIMITER = 8
"""Bytes of a Sequence Delimitation Item."""


def up_to_the_end(
    layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement
) -> PixelElement | None:
    """Return native pixel data whose length is too short or undefined, if they end with the file.

    Certain if the bytes up to there, or up to a delimiter, are those of all frames.
    """
    length = pixels.length or 0
    is_short = 8 * length < layout.stride_bits * layout.frames
    if not is_short or is_encapsulated(scanned.transfer_syntax):
        return None
    rest = scanned.size - pixels.offset
    for held in (rest, rest - _DELIMITER):
        if fits(held, layout):
            start = scanned.source.read_at(pixels.offset, RLE_HEADER)
            is_item = item_length(scanned.source, pixels.offset, big_endian=layout.big_endian)
            if is_item is None and not is_start(start, rle=False):
                return pixels._replace(length=held)
    return None


def fits(held: int, layout: PixelLayout) -> bool:
    """Whether pixel data have the length of all frames, give or take a padding byte."""
    return 0 <= held - (layout.stride_bits * layout.frames + 7) // 8 <= 1


def wider(
    layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement
) -> tuple[PixelLayout, str] | None:
    """Return the layout of gray frames that take twice the Bits Allocated, and a note.

    Certain if Bits Stored or High Bit need as many, or if bytes come in pairs that columns of an
    image are not.
    """
    narrow = layout.bits_allocated
    wide = 2 * narrow
    needed = stored_bits(scanned.data_set)
    bits = needed if narrow < needed <= wide else wide
    wider = replace(layout, bits_allocated=wide, bits_stored=bits, high_bit=bits - 1)
    is_gray = layout.samples == 1 and not layout.floating
    if not is_gray or narrow not in (_BYTE, 2 * _BYTE) or not fits(pixels.length or 0, wider):
        return None
    if bits != needed:
        stated = Tag.NumberOfFrames in scanned.data_set and layout.frames > 1
        if stated or narrow != _BYTE or not _are_words(scanned, pixels):
            return None
    note = f"Pixels are stored in {wide} bits each, {THOUGH} {narrow}"
    return wider, note


def _are_words(scanned: ScannedFile, pixels: PixelElement) -> bool:
    """Whether the two bytes of each pair differ as low and high bytes of a word do.

    The high bytes are all the same, or at least three quarters are in other sixteenths of the range
    than the low bytes are.
    """
    data = scanned.source.read_at(pixels.offset, min(pixels.length or 0, _COMPARED))
    pairs = np.frombuffer(data[: len(data) // 2 * 2], np.uint8).reshape(-1, 2)
    low, high = pairs.T
    if (high == high[0]).all():
        return bool((low != high[0]).any())
    counts = [np.bincount(column // 16, minlength=16) for column in (low, high)]
    return bool(np.abs(counts[0] - counts[1]).sum() > 1.5 * len(pairs))


def by_length(layout: PixelLayout, length: int) -> tuple[PixelLayout, str] | None:
    """Return the layout that pixel data of this length have, and what the header has instead.

    Tools that decompress 4:2:2 color to RGB leave its Photometric Interpretation. Frames of
    one-bit pixels follow each other without padding (PS3.5 8.1.1), but writers pad them.
    """
    if layout.photometric in SUBSAMPLED:
        full = replace(layout, photometric="RGB")
        if fits(length, full):
            note = f"Color is stored with three samples per pixel, {THOUGH} {layout.photometric}"
            return full, f"{note}; shown as RGB"
    if layout.photometric == "YBR_FULL" and layout.columns % 2 == 0:
        half = replace(layout, photometric="YBR_FULL_422")
        if fits(length, half):
            note = f"Color is stored with two samples per pixel, {THOUGH} YBR_FULL"
            return half, f"{note}; shown as YBR_FULL_422"
    # Of several frames, as many bytes could be some of them.
    if layout.frames == 1 and layout.bits_stored <= _BYTE < layout.bits_allocated:
        narrow = replace(layout, bits_allocated=_BYTE, high_bit=layout.bits_stored - 1)
        if fits(length, narrow):
            return narrow, f"Pixels are stored in 8 bits each, {THOUGH} {layout.bits_allocated}"
    if layout.frames == 1 and layout.samples > 1:
        gray = replace(layout, samples=1, planar=False, photometric="MONOCHROME2")
        if fits(length, gray):
            note = f"One sample is stored per pixel, {THOUGH} {layout.samples}"
            return gray, f"{note}; shown as grayscale"
    if layout.bits_allocated == 1:
        aligned = replace(layout, byte_aligned=True)
        if fits(length, aligned):
            return aligned, "Frames of one-bit pixels are assumed to start at whole bytes"
    return None
