"""Attributes that tell images at one position apart, or what their values mean.

`FrameHeader.dimensions` maps their keywords to values: numbers, texts, or tuples of these. One
more attribute is one more line in a table here, and one in `elements.wanted_tags`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.diffusion import read_diffusion

_Reader = Callable[[DataSet, int], object]

_TIMES: Final = (
    Tag.AcquisitionDate,
    Tag.AcquisitionDateTime,
    Tag.AcquisitionTime,
    Tag.ContentDate,
    Tag.ContentTime,
)
TEXTS: Final[Mapping[int, str]] = {tag: tag.name for tag in _TIMES}
"""Dates and times, kept as text: they are compared only where positions repeat."""


def _energy(data_set: DataSet, tag: int) -> object:
    return data_set.item(tag).number(Tag.MonoenergeticEnergyEquivalent)


_READERS: Final[Mapping[int, tuple[str, _Reader]]] = {
    tag: (tag.name, read)
    for read, tags in (
        (
            DataSet.integer,
            (
                Tag.AcquisitionNumber,
                Tag.EchoNumbers,
                Tag.TemporalPositionIdentifier,
                Tag.TemporalPositionIndex,
            ),
        ),
        (
            DataSet.number,
            (
                Tag.EchoTime,
                Tag.FlipAngle,
                Tag.FrameReferenceTime,
                Tag.InversionTime,
                Tag.KVP,
                Tag.MonoenergeticEnergyEquivalent,
                Tag.NominalPercentageOfCardiacPhase,
                Tag.RepetitionTime,
                Tag.TemporalPositionTimeOffset,
                Tag.TriggerTime,
            ),
        ),
        (
            DataSet.text,
            (
                *_TIMES,
                Tag.ComplexImageComponent,
                Tag.ContrastBolusAgent,
                Tag.ContrastBolusAgentPhase,
                Tag.SequenceName,
                Tag.StackID,
            ),
        ),
        (DataSet.texts, (Tag.ConvolutionKernel, Tag.DataType, Tag.ImageType)),
        (DataSet.integers, (Tag.DimensionIndexValues,)),
        (DataSet.numbers, (Tag.VelocityEncodingDirection,)),
    )
    for tag in tags
} | {
    # The functional groups have the same facts under other names.
    Tag.EffectiveEchoTime: (Tag.EchoTime.name, DataSet.number),
    Tag.FrameAcquisitionDateTime: (Tag.AcquisitionDateTime.name, DataSet.text),
    Tag.FrameAcquisitionNumber: (Tag.AcquisitionNumber.name, DataSet.integer),
    Tag.FrameReferenceDateTime: (Tag.FrameReferenceDateTime.name, DataSet.text),
    Tag.FrameType: (Tag.ImageType.name, DataSet.texts),
    Tag.InversionTimes: (Tag.InversionTime.name, DataSet.number),
    Tag.NominalCardiacTriggerDelayTime: (Tag.TriggerTime.name, DataSet.number),
    Private.GEImageType: ("PrivateImageType", DataSet.integer),
    Private.PhilipsImageType: ("PrivateImageType", DataSet.text),
    # PS3.3 C.8.2.2: the energy of virtual monoenergetic images.
    Tag.MultienergyCTProcessingSequence: (Tag.MonoenergeticEnergyEquivalent.name, _energy),
    Tag.MultienergyCTCharacteristicsSequence: (Tag.MonoenergeticEnergyEquivalent.name, _energy),
}

_GROUPS: Final = frozenset(
    (
        Tag.CTImageFrameTypeSequence,
        Tag.ImageDataTypeSequence,
        Tag.USImageDescriptionSequence,
        Tag.CTReconstructionSequence,
        Tag.CTXRayDetailsSequence,
        Tag.CardiacSynchronizationSequence,
        Tag.ContrastBolusUsageSequence,
        Tag.FrameContentSequence,
        Tag.MREchoSequence,
        Tag.MRImageFrameTypeSequence,
        Tag.MRModifierSequence,
        Tag.MRTimingAndRelatedParametersSequence,
        Tag.MRVelocityEncodingSequence,
        Tag.PETFrameTypeSequence,
        Tag.TemporalPositionSequence,
    )
)
"""Functional group macros of which all attributes are in `_READERS` (PS3.3 C.7.6.16.2)."""


def read_dimensions(data_set: DataSet) -> dict[str, object]:
    """Return the attributes of the top level of a data set."""
    return {**_read(data_set), **read_diffusion(data_set)}


def read_group_dimensions(item: DataSet) -> dict[str, object]:
    """Return the attributes of an item of the functional groups (PS3.3 C.7.6.16)."""
    found = _read(item)
    for group in item.values.keys() & _GROUPS:
        found.update(_read(item.item(group)))
    thickness = item.item(Tag.PixelMeasuresSequence).number(Tag.SliceThickness)
    if thickness is not None:
        found["SliceThickness"] = thickness
    return {**found, **read_diffusion(item.item(Tag.MRDiffusionSequence), item)}


def _read(data_set: DataSet) -> dict[str, object]:
    found: dict[str, object] = {}
    for tag in data_set.values.keys() & _READERS.keys():
        name, read = _READERS[tag]
        value = read(data_set, tag)
        # An empty value is no value.
        if value is not None and value not in ("", ()):
            found[name] = value
    return found
