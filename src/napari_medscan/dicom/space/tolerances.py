"""Every tolerance of positions, planes and slice steps.

Lengths are in millimeters unless the name or the text gives another unit. Scanners and
anonymizers round positions and directions to a few digits, and motion correction moves them.
"""

from __future__ import annotations

from typing import Final

SAME_CORNER: Final = 0.1
"""Pixels by which the corners of two images on one plane, or with one pixel spacing, may differ."""

ONE_POSITION: Final = 0.1
"""Slice steps by which the repeats of one position may lie off their middle."""

LARGEST_JITTER: Final = 0.5
"""How far the repeats of one position may lie off their middle at most, whatever the step."""

LARGEST_LONE_JITTER: Final = 0.05
"""The same if there is one position only, and so no slice step to compare it with."""

ROUNDING: Final = 0.005
"""Slices closer than this along the normal are at one position in any case."""

EVEN_GAP: Final = 0.01
"""Gaps are equal if they are within so much of the median gap …"""

EVEN_GAP_SHARE: Final = 0.01
"""… or within this share of it."""

JITTERED_GAP: Final = 4 * LARGEST_LONE_JITTER
"""The same if the repeats of a position do not agree in every digit: their middle is off, too, and
so are both ends of a gap and of the median gap …"""

JITTERED_GAP_SPREADS: Final = 4.0
"""… or so many times what they differ by."""

MULTIPLE_GAP: Final = 0.2
"""Share of the slice step by which a gap may be off a multiple of it and mean missing slices."""

_ON_A_LINE_PIXELS: Final = 0.5
"""Pixels by which a slice may stand off the line of its stack …"""

_ON_A_LINE_STEPS: Final = 0.05
"""… or slice steps …"""

ON_A_LINE: Final = 0.1
"""… or millimeters, whichever is the most: see `line_tolerance`."""

THICKER: Final = 1.5
"""Slice steps from which on slices are so thick that every other one is a volume by itself."""

STATION_PIXELS: Final = 0.5
"""Slices of one depth that are so many pixels apart within their plane stand side by side …"""

STATION: Final = 0.1
"""… if these are at least so many millimeters."""

LARGEST_MOTION: Final = 20.0
"""How far a volume may move between two time points: motion correction follows the head."""

LARGEST_TURN: Final = 0.2
"""By how much its direction cosines may differ then; about 11 degrees."""

TILT: Final = 0.2
"""Degrees between stacking direction and slice normal that count as tilt."""

PARALLEL: Final = 1e-3
"""Largest difference of direction cosines between parallel series."""

EQUAL_DIGITS: Final = 1e-6
"""Positions that differ by less were given with equal digits."""

SAME_LOCATION: Final = 0.01
"""Slices without positions that are closer than this along their normal are at one location."""

OFF_LINE: Final = 0.1
"""How far positions of slices of unknown orientation may lie off their line."""

OFF_GRID: Final = 0.1
"""Slice steps by which a plane of a derived object may lie off its place on the grid."""

OFF_GUESSED_GRID: Final = 0.02
"""The same if the step is not that of two planes of the file: what is finer fits more easily."""

SAME_PLANE: Final = 1e-3
"""How far positions of one plane of a derived object differ in any case."""

PLANE_JITTER: Final = 0.06
"""How far positions of one plane that two segments were given differ at most."""

ONE_CONTOUR_PLANE: Final = 0.1
"""Contours whose middles are nearer than this along their normal lie in one plane."""

STEADY_SPACING: Final = 0.01
"""Share by which the pixel spacing may differ between the frames of one clip."""

SAME_NUMBER: Final = 5e-4
"""Relative difference of two numbers that are one number, written with different precision."""

JITTERED_NUMBER: Final = 0.05
"""Relative difference of echo times, flip angles and the like that may be one, set for each slice
anew: they tell volumes apart only if these are whole then."""

SAME_VOXEL: Final = 0.01
"""Voxels by which a voxel of a copy may lie off the voxel of the series that it is."""


def line_tolerance(pixel: float, step: float) -> float:
    """Return by how much a slice may stand off the line of its stack.

    Parameters
    ----------
    pixel, step : float
        Side of a pixel, 0 if it is not known; length of a slice step.
    """
    return max(_ON_A_LINE_PIXELS * pixel, ON_A_LINE, _ON_A_LINE_STEPS * step)
