"""Whether two series belong to one patient, one frame of reference, one plane."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from napari_medscan.dicom.headers.patient import may_be_one_patient
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.tolerances import PARALLEL


class _Identity(Protocol):
    @property
    def patient(self) -> bytes: ...
    @property
    def study(self) -> str: ...
    @property
    def series(self) -> str: ...
    @property
    def frame_of_reference(self) -> str: ...


class HasHeader(Protocol):
    """A series, or another object with a header."""

    @property
    def header(self) -> _Identity:
        """Says of which patient, study, series and frame of reference it is."""
        ...


def same_patient(one: HasHeader, other: HasHeader) -> bool:
    """Return whether two series are of one patient, as far as their headers say.

    Two files of which one lacks a part of the identity, or both all of it, count as one patient
    only within one study.
    """
    mine, theirs = one.header, other.header
    if mine.study == theirs.study:
        return may_be_one_patient(mine.patient, theirs.patient)
    return mine.patient == theirs.patient != b""


def same_frame_of_reference(one: HasHeader, other: HasHeader) -> bool:
    """Return whether positions of two series may be compared (PS3.3 C.7.4.1).

    Two series without a Frame of Reference UID have no known spatial relation. Parts of one series,
    such as magnitude and phase, have the frame of reference of that, also if it is not given.
    """
    mine, theirs = one.header, other.header
    if mine.frame_of_reference != theirs.frame_of_reference:
        return False
    is_known = mine.frame_of_reference != "" or mine.series == theirs.series != ""
    return is_known and same_patient(one, other)


def belongs_to(derived: DicomObject, stack: Stack) -> bool:
    """Return whether positions of an object and of a series may be compared.

    They share a patient and a frame of reference. If one of them has no frame of reference, the
    object has to refer to the series.
    """
    if same_frame_of_reference(derived, stack):
        return True
    known = derived.header.frame_of_reference and stack.header.frame_of_reference
    refers = stack.header.series in derived.referenced_series
    return not known and refers and same_patient(derived, stack)


def are_parallel(one: Stack, other: Stack) -> bool:
    """Return whether two series have one orientation, and so share napari's world axes."""
    mine, theirs = one.geometry.orientation, other.geometry.orientation
    if mine is None or theirs is None:
        return False
    return bool(np.allclose(mine, theirs, atol=PARALLEL))


def are_overlayable(one: Stack, other: Stack) -> bool:
    """Return whether two series may be drawn over each other in 2-D without resampling."""
    return one is other or (same_frame_of_reference(one, other) and are_parallel(one, other))
