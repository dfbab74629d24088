"""Attributes that tell images at one position apart, or what their values mean.

`FrameHeader.dimensions` maps their keywords to values: numbers, texts, or tuples of these. One
more attribute is one more line in the table here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Private, Tag, Wanted, want
from napari_medscan.dicom.headers.diffusion import (
    PRIVATE_DIFFUSION,
    WANTED_DIFFUSION,
    read_diffusion,
    read_velocity,
)

_Reader = Callable[[DataSet, int], object]


class _Dimension(NamedTuple):
    """An attribute that may tell images apart.

    Parameters
    ----------
    name : str
        Its key in `FrameHeader.dimensions`.
    read : callable
        Reads its value from an element of a data set.
    tag : Tag or Private or None
        The element at the top level of a data set.
    inner : Tag or None
        The element in the functional groups.
    macros : tuple of Tag
        The functional group macros that have it (PS3.3 C.7.6.16.2).
    """

    name: str
    read: _Reader
    tag: Tag | Private | None
    inner: Tag | None = None
    macros: tuple[Tag, ...] = ()


_CONTENT = (Tag.FrameContentSequence,)
_TIMING = (Tag.MRTimingAndRelatedParametersSequence,)
_CARDIAC = (Tag.CardiacSynchronizationSequence,)
_RESPIRATORY = (Tag.RespiratorySynchronizationSequence,)
_MODIFIER = (Tag.MRModifierSequence,)
_FRAME_TYPES = (
    Tag.MRImageFrameTypeSequence,
    Tag.CTImageFrameTypeSequence,
    Tag.PETFrameTypeSequence,
)
_integer, _integers, _number, _numbers, _text = (
    DataSet.integer,
    DataSet.integers,
    DataSet.number,
    DataSet.numbers,
    DataSet.text,
)


def _texts(data_set: DataSet, tag: int) -> tuple[str, ...]:
    """Return the values of a text; a backslash at its end adds none."""
    values = data_set.texts(tag)
    while values and not values[-1]:
        values = values[:-1]
    return values


_DIMENSIONS: Final = (
    _Dimension("ASLContext", _text, None, Tag.ASLContext, (Tag.MRArterialSpinLabelingSequence,)),
    _Dimension("ASLContext", _text, Private.PhilipsLabelType),
    _Dimension("AcquisitionDate", _text, Tag.AcquisitionDate),
    _Dimension(
        "AcquisitionDateTime",
        _text,
        Tag.AcquisitionDateTime,
        Tag.FrameAcquisitionDateTime,
        _CONTENT,
    ),
    _Dimension(
        "AcquisitionNumber", _integer, Tag.AcquisitionNumber, Tag.FrameAcquisitionNumber, _CONTENT
    ),
    _Dimension("AcquisitionTime", _text, Tag.AcquisitionTime),
    _Dimension(
        "ComplexImageComponent",
        _text,
        Tag.ComplexImageComponent,
        Tag.ComplexImageComponent,
        _FRAME_TYPES,
    ),
    _Dimension("ContentDate", _text, Tag.ContentDate),
    _Dimension("ContentTime", _text, Tag.ContentTime),
    _Dimension("ContrastBolusAgent", _text, Tag.ContrastBolusAgent),
    _Dimension(
        "ContrastBolusAgentPhase",
        _text,
        Tag.ContrastBolusAgentPhase,
        Tag.ContrastBolusAgentPhase,
        (Tag.ContrastBolusUsageSequence,),
    ),
    _Dimension(
        "ConvolutionKernel",
        _texts,
        Tag.ConvolutionKernel,
        Tag.ConvolutionKernel,
        (Tag.CTReconstructionSequence,),
    ),
    _Dimension("CorrectedImage", _texts, Tag.CorrectedImage),
    _Dimension("DataType", _texts, None, Tag.DataType, (Tag.ImageDataTypeSequence,)),
    _Dimension("DimensionIndexValues", _integers, None, Tag.DimensionIndexValues, _CONTENT),
    _Dimension("EchoNumbers", _integer, Tag.EchoNumbers),
    _Dimension("EchoTime", _number, Tag.EchoTime, Tag.EffectiveEchoTime, (Tag.MREchoSequence,)),
    _Dimension("FlipAngle", _number, Tag.FlipAngle, Tag.FlipAngle, _TIMING),
    _Dimension("FrameLaterality", _text, None, Tag.FrameLaterality, (Tag.FrameAnatomySequence,)),
    _Dimension("FrameReferenceDateTime", _text, None, Tag.FrameReferenceDateTime, _CONTENT),
    _Dimension("FrameReferenceTime", _number, Tag.FrameReferenceTime),
    _Dimension(
        "ImageType",
        _texts,
        Tag.ImageType,
        Tag.FrameType,
        (*_FRAME_TYPES, Tag.USImageDescriptionSequence),
    ),
    _Dimension("ImageIndex", _integer, Tag.ImageIndex),
    _Dimension("InversionTime", _number, Tag.InversionTime, Tag.InversionTimes, _MODIFIER),
    _Dimension("KVP", _number, Tag.KVP, Tag.KVP, (Tag.CTXRayDetailsSequence,)),
    _Dimension(
        "MagnetizationTransfer",
        _text,
        Tag.MagnetizationTransfer,
        Tag.MagnetizationTransfer,
        _MODIFIER,
    ),
    _Dimension("MonoenergeticEnergyEquivalent", _number, Tag.MonoenergeticEnergyEquivalent),
    _Dimension(
        "NominalPercentageOfCardiacPhase",
        _number,
        Tag.NominalPercentageOfCardiacPhase,
        Tag.NominalPercentageOfCardiacPhase,
        _CARDIAC,
    ),
    _Dimension(
        "NominalPercentageOfRespiratoryPhase",
        _number,
        Tag.NominalPercentageOfRespiratoryPhase,
        Tag.NominalPercentageOfRespiratoryPhase,
        _RESPIRATORY,
    ),
    _Dimension(
        "NominalRespiratoryTriggerDelayTime",
        _number,
        Tag.NominalRespiratoryTriggerDelayTime,
        Tag.NominalRespiratoryTriggerDelayTime,
        _RESPIRATORY,
    ),
    _Dimension("PhaseNumber", _integer, Private.PhilipsPhaseNumber),
    _Dimension("PrivateCardiacPhase", _text, Private.ToshibaCardiacPercent),
    _Dimension("PrivateCardiacPhase", _text, Private.ToshibaCardiacDelay),
    _Dimension("PrivateImageType", _integer, Private.GEImageType),
    _Dimension("PrivateImageType", _text, Private.PhilipsImageType),
    _Dimension(
        "ReceiveCoilName",
        _text,
        Tag.ReceiveCoilName,
        Tag.ReceiveCoilName,
        (Tag.MRReceiveCoilSequence,),
    ),
    _Dimension("ReceiveCoilName", _text, Private.SiemensCoilString),
    _Dimension("RepetitionTime", _number, Tag.RepetitionTime, Tag.RepetitionTime, _TIMING),
    _Dimension("ScanOptions", _texts, Tag.ScanOptions),
    _Dimension("ScanningSequence", _texts, Tag.ScanningSequence),
    _Dimension("SequenceName", _text, Tag.SequenceName),
    _Dimension("SequenceVariant", _texts, Tag.SequenceVariant),
    _Dimension(
        "SpectrallySelectedSuppression",
        _text,
        Tag.SpectrallySelectedSuppression,
        Tag.SpectrallySelectedSuppression,
        _MODIFIER,
    ),
    _Dimension("StackID", _text, None, Tag.StackID, _CONTENT),
    _Dimension("TemporalPositionIdentifier", _integer, Tag.TemporalPositionIdentifier),
    _Dimension(
        "TemporalPositionIndex",
        _integer,
        Tag.TemporalPositionIndex,
        Tag.TemporalPositionIndex,
        _CONTENT,
    ),
    _Dimension(
        "TemporalPositionTimeOffset",
        _number,
        None,
        Tag.TemporalPositionTimeOffset,
        (Tag.TemporalPositionSequence,),
    ),
    _Dimension(
        "TriggerTime", _number, Tag.TriggerTime, Tag.NominalCardiacTriggerDelayTime, _CARDIAC
    ),
    _Dimension(
        "VelocityEncodingDirection",
        _numbers,
        None,
        Tag.VelocityEncodingDirection,
        (Tag.MRVelocityEncodingSequence,),
    ),
)
"""One line for each attribute: nothing else has to be said of it."""


def _energy(data_set: DataSet, tag: int) -> object:
    return data_set.item(tag).number(Tag.MonoenergeticEnergyEquivalent)


_ENERGY: Final[Wanted] = dict.fromkeys(
    (Tag.MultienergyCTProcessingSequence, Tag.MultienergyCTCharacteristicsSequence),
    want(Tag.MonoenergeticEnergyEquivalent),
)
"""PS3.3 C.8.2.2: where else the energy of virtual monoenergetic images is."""
_READERS: Final[Mapping[int, tuple[str, _Reader]]] = {
    **{tag: (d.name, d.read) for d in _DIMENSIONS for tag in (d.tag, d.inner) if tag is not None},
    **dict.fromkeys(_ENERGY, ("MonoenergeticEnergyEquivalent", _energy)),
}
WANTED_DIMENSIONS: Final[Wanted] = want(
    *(d.tag for d in _DIMENSIONS if d.tag is not None), _ENERGY, WANTED_DIFFUSION
)
"""At the top level of a data set."""
_MACROS: Final[Wanted] = want(
    *({m: want(d.inner)} for d in _DIMENSIONS for m in d.macros if d.inner is not None)
)
CONVERTED: Final = (
    Tag.UnassignedSharedConvertedAttributesSequence,
    Tag.UnassignedPerFrameConvertedAttributesSequence,
)
"""What a legacy converted image keeps of the top level of its sources (PS3.3 A.70 to A.72)."""
WANTED_GROUP_DIMENSIONS: Final[Wanted] = want(
    _MACROS,
    {tag: want(Tag.InstanceNumber, WANTED_DIMENSIONS) for tag in CONVERTED},
    _ENERGY,
    Tag.MonoenergeticEnergyEquivalent,
    {Tag.MRDiffusionSequence: WANTED_DIFFUSION},
    PRIVATE_DIFFUSION,
)
"""In an item of the functional groups."""
_NAMES: Final = Counter(name for name, _ in _READERS.values())
ALONE: Final[Mapping[int, str]] = {
    d.tag: d.name
    for d in _DIMENSIONS
    if d.tag is not None and _NAMES[d.name] == len({d.tag, d.inner} - {None})
}
"""Elements of the top level that decide on a dimension by themselves, and its name."""
TEXTS: Final = frozenset(d.tag for d in _DIMENSIONS if d.tag in ALONE and d.read is _text)
"""Those that are text."""


def read_dimensions(data_set: DataSet) -> dict[str, object]:
    """Return the attributes of the top level of a data set."""
    return {**_read(data_set), **read_diffusion(data_set), **read_velocity(data_set)}


def read_group_dimensions(item: DataSet) -> dict[str, object]:
    """Return the attributes of an item of the functional groups (PS3.3 C.7.6.16)."""
    found: dict[str, object] = {}
    for tag in CONVERTED:
        if tag in item:
            found.update(read_dimensions(item.item(tag)))
    found.update(_read(item))
    for group in item.values.keys() & _MACROS.keys():
        found.update(_read(item.item(group)))
    thickness = item.item(Tag.PixelMeasuresSequence).number(Tag.SliceThickness)
    if thickness is not None:
        found["SliceThickness"] = thickness
    return {**found, **read_diffusion(item.item(Tag.MRDiffusionSequence), item)}


def read_alone(data_set: DataSet, tag: int) -> object:
    """Return the dimension that follows from one element alone, None when it has no value."""
    value = _READERS[tag][1](data_set, tag)
    return None if value in ("", ()) else value


def _read(data_set: DataSet) -> dict[str, object]:
    found: dict[str, object] = {}
    for tag in data_set.values.keys() & _READERS.keys():
        name, read = _READERS[tag]
        value = read(data_set, tag)
        # An empty value is no value.
        if value is not None and value not in ("", ()):
            found[name] = value
    return found
