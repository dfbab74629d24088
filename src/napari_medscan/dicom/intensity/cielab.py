"""Recommended Display CIELab Value to RGB and back (PS3.3 C.10.7.1.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WHITE_D50 = np.array((0.96422, 1.0, 0.82521))
# IEC 61966-2-1 with the white point of the ICC connection space (Bradford).
_RGB_FROM_XYZ_D50 = np.array(
    (
        (3.1338561, -1.6168667, -0.4906146),
        (-0.9787684, 1.9161415, 0.0334540),
        (0.0719453, -0.2289914, 1.4052427),
    )
)
_LINEAR_BELOW = 6 / 29


def rgb_from_cielab(stored: Sequence[int]) -> tuple[float, float, float]:
    """Return sRGB between 0 and 1 for a CIELab value as DICOM stores it.

    Parameters
    ----------
    stored : sequence of int
        L*, a*, b*, each scaled to 16 bits: L* from 0 to 100, a* and b* from -128 to 127.
    """
    lightness, a, b = (value / 65535 for value in stored)
    middle = (lightness * 100 + 16) / 116
    f = np.array((middle + (a * 255 - 128) / 500, middle, middle - (b * 255 - 128) / 200))
    cubed = np.where(f > _LINEAR_BELOW, f**3, 3 * _LINEAR_BELOW**2 * (f - 4 / 29))
    linear = np.clip(_RGB_FROM_XYZ_D50 @ (cubed * _WHITE_D50), 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = rgb.tolist()
    return red, green, blue


def cielab_from_rgb(rgb: Sequence[float]) -> tuple[int, int, int]:
    """Return the CIELab value, as DICOM stores it, of an sRGB color.

    Parameters
    ----------
    rgb : sequence of float
        Red, green and blue between 0 and 1.
    """
    values = np.clip(np.array(rgb, dtype=np.float64), 0, 1)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    cubed = np.clip(np.linalg.solve(_RGB_FROM_XYZ_D50, linear) / _WHITE_D50, 0, None)
    x, y, z = np.where(
        cubed > _LINEAR_BELOW**3, np.cbrt(cubed), cubed / (3 * _LINEAR_BELOW**2) + 4 / 29
    ).tolist()
    scaled = (116 * y - 16) / 100, (500 * (x - y) + 128) / 255, (200 * (y - z) + 128) / 255
    lightness, a, b = (round(min(max(value, 0), 1) * 65535) for value in scaled)
    return lightness, a, b
