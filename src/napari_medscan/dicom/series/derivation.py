"""Derivation: the series that a stack is a copy of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_medscan.dicom.series.stack import Stack


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What a stack was derived from.

    Parameters
    ----------
    series : Stack
        The series.
    has_slices : bool
        Whether each of its slices lies in one of the series, whose tags hold for it.
    """

    series: Stack
    has_slices: bool
