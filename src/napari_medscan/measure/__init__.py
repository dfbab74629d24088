"""Measuring on series: lengths, angles and regions, in the geometry of the stack.

Points are indices (slice, row, column) of a stack's array, fractions included; the center of the
first voxel is (0, 0, 0).

Examples
--------
>>> from napari_medscan.measure import Ellipse, length, measure_region
>>> str(length(stack, (3, 10, 10), (3, 10, 40)))  # doctest: +SKIP
'22.5 mm'
>>> region = Ellipse.of_box(axis=0, index=3, corners=((5, 5), (20, 25)))
>>> measure_region(stack, region).mean  # doctest: +SKIP
41.3
"""

from napari_medscan.measure.calibration import Calibration
from napari_medscan.measure.dose_volume import DoseVolume, dose_volume_csv, dose_volumes
from napari_medscan.measure.quantity import MeasureError, Quantity
from napari_medscan.measure.regions import Ellipse, Polygon, Region
from napari_medscan.measure.ruler import angle, cobb_angle, length
from napari_medscan.measure.statistics import (
    Statistics,
    measure_region,
    profile,
    region_values,
    time_curve,
    transferred,
    transferred_point,
    value_at,
)

__all__ = [
    "Calibration",
    "DoseVolume",
    "Ellipse",
    "MeasureError",
    "Polygon",
    "Quantity",
    "Region",
    "Statistics",
    "angle",
    "cobb_angle",
    "dose_volume_csv",
    "dose_volumes",
    "length",
    "measure_region",
    "profile",
    "region_values",
    "time_curve",
    "transferred",
    "transferred_point",
    "value_at",
]
