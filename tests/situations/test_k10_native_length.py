"""K10: native frames whose length contradicts the header."""

from __future__ import annotations

import numpy as np
import pydicom

from napari_medscan.dicom import load

from .places import situation


def test_ybr_full_422_at_three_bytes_a_pixel_is_rgb_as_stored():
    path = situation("ybr422_full")
    (stack,) = load(path).stacks
    data = pydicom.dcmread(path / "a")
    assert data.PhotometricInterpretation == "YBR_FULL_422"
    stored = np.frombuffer(data.PixelData, np.uint8).reshape(data.Rows, data.Columns, 3)
    assert np.array_equal(np.asarray(stack.array)[0], stored)
    assert any("shown as RGB" in warning for warning in stack.warnings)
