"""The grays that a presentation state gives to the values of a series (PS3.3 C.11, PS3.4 N.2).

Stored values go through the modality transform, the window or VOI LUT and the presentation LUT of
the state, which replace those of the image.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.voi_lut import VoiLut
from napari_medscan.dicom.intensity.window import Voi, Window
from napari_medscan.dicom.pixels.native import stored_range
from napari_medscan.dicom.series.stack import Stack

_MOST_BITS = 16
_BITS = 16
_WHITE = 65535
_SIGN = 0x8000
_Table = TypeVar("_Table", ModalityTransform, VoiLut)


class PresentationLut(NamedTuple):
    """A Presentation LUT: entries from 0 to 1 for the darkest to the brightest (C.11.4)."""

    grays: NDArray[np.float64]


def gray_of(
    stack: Stack,
    modality: ModalityTransform,
    voi: Voi | None,
    presentation: PresentationLut | None,
) -> Voi | None:
    """Return what draws the values of a series as a presentation state says.

    Parameters
    ----------
    stack : Stack
        The series, in gray values.
    modality : ModalityTransform
        Of the state: it replaces the one of the image.
    voi : Window or VoiLut or None
        Of the state, for what its modality transform gives.
    presentation : PresentationLut or None
        Of the state.

    Returns
    -------
    Window or VoiLut or None
        None if the state has none, or the values of the series cannot be traced back to those
        that are stored.
    """
    own: ModalityTransform = stack.typical_frame.transform
    if own.table is not None or own.slope == 0 or modality.slope == 0:
        return None
    # PS3.3 C.11.1.1.1: the first value of a table has the sign of what is looked up.
    ends = np.array(stored_range(stack.header.layout))
    if ends.min() < 0:
        modality = _signed(modality)
    if isinstance(voi, VoiLut) and modality.apply(ends, np.dtype(np.float64)).min() < 0:
        voi = _signed(voi)
    if modality.table is None and presentation is None:
        if voi is None:
            return None
        if (moved := _moved(voi, own, modality)) is not None:
            return moved
    return _composed(stack, own, modality, voi, presentation)


def _signed(table: _Table) -> _Table:
    return replace(table, first=(table.first ^ _SIGN) - _SIGN)


def _moved(voi: Voi, own: ModalityTransform, modality: ModalityTransform) -> Voi | None:
    factor = own.slope / modality.slope
    shift = own.intercept - modality.intercept * factor
    if factor == 1 and shift == 0:
        return voi
    if isinstance(voi, Window):
        return voi.rescaled(factor, shift)
    if factor == 1 and shift == int(shift):
        return VoiLut(voi.name, voi.first + int(shift), voi.bits, voi.entries)
    return None


def _composed(
    stack: Stack,
    own: ModalityTransform,
    modality: ModalityTransform,
    voi: Voi | None,
    presentation: PresentationLut | None,
) -> VoiLut | None:
    """Return all three steps as one table over the values of the series."""
    layout = stack.header.layout
    if layout.floating or layout.bits_stored > _MOST_BITS or not own.is_shift:
        return None
    low, high = stored_range(layout)
    values = modality.apply(np.arange(low, high + 1), np.dtype(np.float64))
    shares = _shares(values, voi)
    if presentation is not None:
        grays = presentation.grays
        shares = grays[np.rint(shares * (len(grays) - 1)).astype(np.intp)]
    entries = np.rint(shares * _WHITE).astype(np.uint16)
    if entries.min() == entries.max():
        return None
    name = voi.name if voi is not None else "Presentation LUT"
    return VoiLut(name, low + int(own.intercept), _BITS, entries.tobytes())


def _shares(values: NDArray[np.float64], voi: Voi | None) -> NDArray[np.float64]:
    """Return the grays of values, 0 to 1, before the presentation LUT."""
    if isinstance(voi, VoiLut):
        # Not by its curve, which a long table gives in parts only.
        entries = np.frombuffer(voi.entries, np.uint16)
        index = np.clip(np.rint(values).astype(np.int64) - voi.first, 0, len(entries) - 1)
        white = max((1 << voi.bits) - 1, int(entries.max()))
        found: NDArray[np.float64] = entries[index] / white
        return found
    if voi is not None and voi.curve is not None:
        low, high = voi.curve.limits
        return voi.curve.at((values - low) / (high - low))
    low, high = (float(values.min()), float(values.max())) if voi is None else voi.limits
    return np.clip((values - low) / max(high - low, 1e-9), 0, 1)
