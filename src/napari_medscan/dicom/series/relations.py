"""Whether two series belong to one patient, one frame of reference, one plane."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.tolerances import PARALLEL


def same_patient(one: Stack, other: Stack) -> bool:
    """Return whether two series are of one patient, as far as their headers say.

    Two files without any patient identity count as one patient only within one study.
    """
    mine, theirs = one.header, other.header
    if mine.patient != theirs.patient:
        return False
    return bool(mine.patient) or mine.study == theirs.study


def same_frame_of_reference(one: Stack, other: Stack) -> bool:
    """Return whether positions of two series may be compared (PS3.3 C.7.4.1).

    Two series without a Frame of Reference UID have no known spatial relation.
    """
    mine, theirs = one.header.frame_of_reference, other.header.frame_of_reference
    return mine != "" and mine == theirs and same_patient(one, other)


def are_parallel(one: Stack, other: Stack) -> bool:
    """Return whether two series have one orientation, and so share napari's world axes."""
    mine, theirs = one.geometry.orientation, other.geometry.orientation
    if mine is None or theirs is None:
        return False
    return bool(np.allclose(mine, theirs, atol=PARALLEL))


def are_overlayable(one: Stack, other: Stack) -> bool:
    """Return whether two series may be drawn over each other in 2-D without resampling."""
    return one is other or (same_frame_of_reference(one, other) and are_parallel(one, other))
