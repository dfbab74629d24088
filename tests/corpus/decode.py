"""Stored values of every file, decoded without the plugin and checked against the oracle's hash."""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import generate_frames

from .oracle import about_file, case_file, stored_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom import Dataset

# pydicom has no decoder for these among our dependencies; imagecodecs has. Its answers are held
# against the oracle's hashes like everyone else's.
JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
JPEG_EXTENDED = {"1.2.840.10008.1.2.4.51"}
JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}

# Files that no tool behind the oracle could decode, and one that holds the same image: pydicom's
# test data were made from one another.
LIVERS, SMALL = "seg-liver-encapsulated", "emr-small-compressed"
SAME_IMAGE = {
    "liver_deflate.dcm": (LIVERS, "liver_expb.dcm"),
    "liver_rle.dcm": (LIVERS, "liver_expb.dcm"),
    "liver_nonbyte_aligned_rle.dcm": (LIVERS, "liver_nonbyte_aligned.dcm"),
    "emri_small_jpeg_2k_lossless_too_short.dcm": (SMALL, "emri_small.dcm"),
}


class NoTruth(Exception):  # noqa: N818 - not an error of ours: nobody knows what is in the file
    """No independent tool can say which values the file holds."""


@lru_cache(maxsize=400)
def header(case: str, file: str) -> Dataset:
    """Read a file as pydicom sees it, however crooked it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(case_file(case, file), force=True)
        if len(ds):
            return ds
        # What ends in the middle of its pixel data, pydicom can only read up to them.
        return pydicom.dcmread(case_file(case, file), force=True, stop_before_pixels=True)


def frame_count(ds: Dataset) -> int:
    """Return NumberOfFrames, or what the pixel data hold when the tag is no number ("1A")."""
    text = str(ds.get("NumberOfFrames") or 1)
    if text.isdigit():
        return int(text)
    frame_bytes: int = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
    return len(ds.PixelData) // frame_bytes


@lru_cache(maxsize=8)
def stored(case: str, file: str) -> np.ndarray:
    """Return the stored values of a file, frames first; YBR already as RGB.

    Raises
    ------
    NoTruth
        If no independent tool can decode the file.
    AssertionError
        If what is decoded here is not what the oracle saw: then the test is wrong, not the plugin.
    """
    if file in SAME_IMAGE and stored_hash(case, file) is None:
        return stored(*SAME_IMAGE[file])
    ds = header(case, file)
    values = _decode(case, file, ds)
    known = stored_hash(case, file)
    if known is not None and _sha256(values) != known["sha256"]:
        # Lossy JPEG may be decoded in more than one right way: then SimpleITK must agree.
        second = about_file(case, file)["sitk_file"]["sha256_float32_zyx"]
        both = f"{case}/{file}: this decoder differs from both oracles"
        assert _sha256(values.astype("<f4")) == second, both
    return values if frame_count(ds) > 1 else values[np.newaxis]


def _sha256(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def _decode(case: str, file: str, ds: Dataset) -> np.ndarray:
    if not any(name in ds for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise NoTruth(f"{file}: no pixel data")
    syntax = str(ds.file_meta.get("TransferSyntaxUID", ""))
    if syntax in JPEG_LOSSLESS | JPEG_EXTENDED | JPEG_LS:
        return _imagecodecs(ds, syntax)
    if not str(ds.get("NumberOfFrames") or 1).isdigit():
        return np.frombuffer(ds.PixelData, f"<u{ds.BitsAllocated // 8}").reshape(
            -1, ds.Rows, ds.Columns
        )
    try:
        values: np.ndarray = ds.pixel_array
    except Exception as problem:
        raise NoTruth(f"{file}: {about_file(case, file).get('pixel_array')}") from problem
    return values


def _imagecodecs(ds: Dataset, syntax: str) -> np.ndarray:
    """Decode what pydicom cannot; sign-extend, since the codecs know no sign (PS3.5 8.2)."""
    codec: Callable[[bytes], np.ndarray]
    if syntax in JPEG_LOSSLESS:
        codec = imagecodecs.ljpeg_decode
    elif syntax in JPEG_LS:
        codec = imagecodecs.jpegls_decode
    else:
        codec = imagecodecs.jpeg_decode
    count = frame_count(ds)
    frames = [codec(data) for data in generate_frames(ds.PixelData, number_of_frames=count)]
    values = np.stack(frames) if count > 1 else frames[0]
    if not ds.PixelRepresentation:
        return values
    unused = values.dtype.itemsize * 8 - ds.BitsStored
    signed = values.view(values.dtype.str.replace("u", "i"))
    extended: np.ndarray = (signed << unused) >> unused
    return extended


def partial(case: str, file: str) -> np.ndarray | None:
    """Return the values of an image that was cut short, NaN where the file has none."""
    ds = header(case, file)
    data = ds.get("PixelData")
    if data is None or str(ds.file_meta.TransferSyntaxUID) != "1.2.840.10008.1.2.1":
        return None
    kind = f"<{'i' if ds.PixelRepresentation else 'u'}{ds.BitsAllocated // 8}"
    there = np.frombuffer(data[: len(data) // 2 * 2], kind)
    whole = np.full(ds.Rows * ds.Columns, np.nan, np.float32)
    whole[: there.size] = there[: whole.size]
    return whole.reshape(1, ds.Rows, ds.Columns)
