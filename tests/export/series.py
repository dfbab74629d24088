"""Series with known voxels at known places."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load

from ..studies import write_series

ROWS, COLUMNS = 4, 6
AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
OBLIQUE = tuple(np.round([0.8, 0.36, 0.48, -0.6, 0.48, 0.64], 6))


def values(number, rows=ROWS, columns=COLUMNS):
    """Return stored values that no other slice has."""
    generator = np.random.default_rng(number)
    return generator.integers(0, 4000, (rows, columns), dtype="<u2")


def opened(folder, slices=3, *, orientation=AXIAL, step=None, origin=(-10, 20, 30), **changes):
    """Write a CT series, one file a slice, and return its only stack."""
    row, column = np.array(orientation, float).reshape(2, 3)
    step = 2 * np.cross(row, column) if step is None else np.array(step)
    places = [np.round(np.array(origin) + i * step, 5).tolist() for i in range(slices)]
    write_series(
        folder,
        slices,
        **{
            "SeriesDescription": "Canarious 1942",
            "ImagePositionPatient": lambda i: places[i],
            "ImageOrientationPatient": list(orientation),
            "PixelData": lambda i: values(i).tobytes(),
            **changes,
        },
    )
    (stack,) = load(folder).stacks
    return stack


def opened_in_time(folder, times=3, slices=2, **changes):
    """Write a series of several time points, and return its only stack."""
    return opened(
        folder,
        times * slices,
        **{
            "ImagePositionPatient": lambda i: [0, 0, 2 * (i % slices)],
            "TemporalPositionIdentifier": lambda i: 1 + i // slices,
            "AcquisitionTime": lambda i: f"1200{10 + 2 * (i // slices):02d}",
            **changes,
        },
    )
