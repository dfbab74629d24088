"""What gradients encode in an MR image, diffusion or velocity, whoever wrote it.

The standard has both (PS3.3 C.8.13.5.9, MR Diffusion, and C.8.13.5.14, MR Velocity Encoding).
Scanners that write classic MR images keep them in private elements, and each in its own way.
"""

from __future__ import annotations

import re
from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Private, Tag, Wanted, want

_GE_DERIVED = 1e9
"""GE adds this to the b-value of some images."""
_GE_DIRECTION = (Private.GEGradientX, Private.GEGradientY, Private.GEGradientZ)
_PHILIPS_DIRECTION = (
    Private.PhilipsGradientRL,
    Private.PhilipsGradientAP,
    Private.PhilipsGradientFH,
)
_SIEMENS_NAME = re.compile(r"\*?ep_b(\d{1,5})(?:#(\d{1,5})|t)?")
"""Sequence Name of a diffusion image of Siemens: its b-value and the number of its direction.

It is left where private elements were removed.
"""
_SIEMENS_VELOCITY = re.compile(r"\S*_v(\d{1,4}(?:in|ap|pa|fh|hf|rl|lr))")
"""Sequence Name of a phase contrast image of Siemens: velocity in cm/s and direction."""
_CANON_COMMENT = re.compile(r"b=(\d{1,5})\({0},{0},{0}\)".replace("{0}", r"(-?\d+(?:\.\d+)?)"))
"""Image Comments of a diffusion image of Canon, which gives its direction nowhere else."""
PRIVATE_DIFFUSION: Wanted = want(
    Private.SiemensBValue,
    Private.SiemensGradientDirection,
    Private.GEBValue,
    *_GE_DIRECTION,
    Private.UIHBValue,
    Private.UIHGradientDirection,
    Private.PhilipsBValue,
    *_PHILIPS_DIRECTION,
    Private.PhilipsGradientNumber,
)
"""Where scanners kept b-value and direction before the standard had them."""
DIFFUSION_NAMES: Final = ("DiffusionBValue", "DiffusionGradient", "PrivateVelocity")
WANTED_DIFFUSION: Wanted = want(
    Tag.DiffusionBValue,
    Tag.DiffusionGradientOrientation,
    {Tag.DiffusionGradientDirectionSequence: want(Tag.DiffusionGradientOrientation)},
    Tag.SequenceName,
    Tag.ImageComments,
    PRIVATE_DIFFUSION,
    Private.GEVelocityFlag,
    Private.PhilipsVelocity,
)


def read_diffusion(*data_sets: DataSet) -> dict[str, object]:
    """Return b-value and gradient direction as dimensions of a frame.

    Parameters
    ----------
    *data_sets : DataSet
        Where to look, the first that has either first: the top level, or a MR Diffusion Sequence
        item and the functional group item around it.

    Returns
    -------
    dict
        ``DiffusionBValue``, s/mm2, and ``DiffusionGradient``, the pair of b-value and direction.
        Directions only tell images apart: their frame of reference is the maker's. Empty without
        diffusion weighting; either may be None in the pair.
    """
    for data_set in data_sets:
        if WANTED_DIFFUSION.keys().isdisjoint(data_set.values):
            continue
        b_value, direction = _standard(data_set)
        if b_value is None and not direction:
            b_value, direction = _private(data_set)
        elif not direction:
            direction = _private(data_set)[1]
        if b_value is not None and not direction:
            direction = data_set.numbers(Private.PhilipsGradientNumber)
        if b_value is not None:
            return {"DiffusionBValue": b_value, "DiffusionGradient": (b_value, direction)}
        if direction:
            return {"DiffusionGradient": (None, direction)}
    return {}


def read_velocity(data_set: DataSet) -> dict[str, object]:
    """Return what tells the directions apart in which a maker's images encode velocity.

    Returns
    -------
    dict
        ``PrivateVelocity``: what it says is the maker's, too. Empty without velocity encoding.
    """
    name = _SIEMENS_VELOCITY.fullmatch(data_set.text(Tag.SequenceName))
    found = (
        (name and name[1])
        or data_set.numbers(Private.PhilipsVelocity)
        or data_set.numbers(Private.GEVelocityFlag)
    )
    return {"PrivateVelocity": found} if found and found != (0.0,) * len(found) else {}


def _standard(data_set: DataSet) -> tuple[float | None, tuple[float, ...]]:
    sequence = data_set.item(Tag.DiffusionGradientDirectionSequence)
    direction = sequence.numbers(Tag.DiffusionGradientOrientation) or data_set.numbers(
        Tag.DiffusionGradientOrientation
    )
    return data_set.number(Tag.DiffusionBValue), direction


def _private(data_set: DataSet) -> tuple[float | None, tuple[float, ...]]:
    """Return what the one maker whose b-value is here wrote.

    Directions count only beside a b-value: GE's are user data, of any meaning in other images.
    """
    b_value = data_set.number(Private.SiemensBValue)
    if b_value is not None:
        return b_value, data_set.numbers(Private.SiemensGradientDirection)
    b_value = data_set.number(Private.GEBValue)
    if b_value is not None:
        return b_value % _GE_DERIVED, _components(data_set, _GE_DIRECTION)
    b_value = data_set.number(Private.PhilipsBValue)
    if b_value is not None:
        return b_value, _components(data_set, _PHILIPS_DIRECTION)
    b_value = data_set.number(Private.UIHBValue)
    if b_value is not None:
        return b_value, data_set.numbers(Private.UIHGradientDirection)
    comment = _CANON_COMMENT.fullmatch(data_set.text(Tag.ImageComments))
    if comment is not None:
        return float(comment[1]), tuple(map(float, comment.groups()[1:]))
    name = _SIEMENS_NAME.fullmatch(data_set.text(Tag.SequenceName))
    if name is not None:
        return float(name[1]), (float(name[2]),) if name[2] else ()
    return None, ()


def _components(data_set: DataSet, tags: tuple[Private, ...]) -> tuple[float, ...]:
    """Return a direction of three elements, () when one of them is absent."""
    values = [data_set.number(tag) for tag in tags]
    return tuple(value for value in values if value is not None) if None not in values else ()
