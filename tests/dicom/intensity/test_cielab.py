"""Colors of segments, as a color management system computes them."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.intensity.cielab import rgb_from_cielab


def stored(lightness, a, b):
    return [round(lightness / 100 * 65535), *(round((x + 128) / 255 * 65535) for x in (a, b))]


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        # L*a*b* under D50 of the corners of sRGB, as ICC profiles give them.
        ((100, 0, 0), (1, 1, 1)),
        ((0, 0, 0), (0, 0, 0)),
        ((54.29, 80.81, 69.89), (1, 0, 0)),
        ((87.82, -79.27, 80.99), (0, 1, 0)),
        ((29.57, 68.30, -112.03), (0, 0, 1)),
        ((53.39, 0, 0), (0.5, 0.5, 0.5)),
    ],
)
def test_rgb_from_cielab_corners_of_srgb(lab, rgb):
    assert rgb_from_cielab(stored(*lab)) == pytest.approx(rgb, abs=0.01)
