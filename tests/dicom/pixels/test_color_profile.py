"""Photographs and other images in color are in sRGB, by the ICC profile of the file."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from PIL import ImageCms
from pydicom.uid import RLELossless

from napari_medscan.dicom import load

from ..making import ct, write
from ..objects.slides import swapped_profile

PHOTOGRAPH = "1.2.840.10008.5.1.4.1.1.77.1.4"
SHAPE = 2, 6, 8, 3
COLORS = np.random.default_rng(1).integers(0, 256, SHAPE).astype(np.uint8)


def photograph(folder, profile=None, *, is_compressed=False, **changes):
    """Write a VL Photographic Image of two frames, and return its only series."""
    data = ct(
        SOPClassUID=PHOTOGRAPH, Modality="XC", SamplesPerPixel=3, PlanarConfiguration=0,
        PhotometricInterpretation="RGB", BitsAllocated=8, BitsStored=8, HighBit=7,
        NumberOfFrames=SHAPE[0], Rows=SHAPE[1], Columns=SHAPE[2], PixelData=COLORS.tobytes(),
        RescaleSlope=None, RescaleIntercept=None, ImagePositionPatient=None,
        ImageOrientationPatient=None, **changes,
    )  # fmt: skip
    data["PixelData"].VR = "OB"
    if profile is not None:
        data.add_new("ICCProfile", "OB", profile)
    path = folder / "a.dcm"
    write(path, data)
    if is_compressed:
        stored = pydicom.dcmread(path)
        stored.compress(RLELossless, generate_instance_uid=False)
        stored.save_as(path)
    (stack,) = load(folder).stacks
    return stack


@pytest.mark.parametrize("is_compressed", [False, True])
def test_photograph_is_in_srgb_read_alone_and_together(tmp_path, is_compressed):
    stack = photograph(tmp_path, swapped_profile(), is_compressed=is_compressed)
    first = np.asarray(stack.array.display[0]).astype(int)
    assert np.abs(first - COLORS[0, ..., ::-1]).max() <= 1
    assert np.abs(stack.read().reshape(SHAPE).astype(int) - COLORS[..., ::-1]).max() <= 1
    assert not stack.warnings


@pytest.mark.parametrize("profile", [None, b"sRGB"])
def test_photograph_without_a_profile_or_in_srgb_keeps_its_colors_to_the_bit(tmp_path, profile):
    if profile is not None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(photograph(tmp_path, profile).read().reshape(SHAPE), COLORS)


def test_photograph_with_a_damaged_profile_keeps_its_colors_and_says_so(tmp_path):
    stack = photograph(tmp_path, swapped_profile()[:200])
    assert np.array_equal(stack.read().reshape(SHAPE), COLORS)
    assert "Colors are not converted to sRGB: its ICC profile is damaged" in stack.warnings
