"""What the numbers of an image mean: no volume may hold two meanings.

A magnitude beside a phase, water beside fat, or two energies look like two time points and are
none: their values cannot be compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from napari_medscan.dicom.headers.header import SliceRef

Meaning = tuple[object, ...]

MEANINGS: Final = (
    "ImageType",
    "ComplexImageComponent",
    "PrivateImageType",
    "KVP",
    "MonoenergeticEnergyEquivalent",
    "ConvolutionKernel",
    "ContrastBolusAgent",
    "ContrastBolusAgentPhase",
    "VelocityEncodingDirection",
    "PrivateVelocity",
    "DataType",
    "CorrectedImage",
    "EnergyWindowVector",
    "DetectorVector",
    "RRIntervalVector",
)
"""Attributes that change what a value means, wherever they differ."""
_NUMBERED: Final = tuple(map(MEANINGS.index, MEANINGS[-3:]))
"""Places of those that number images of nuclear medicine within one file (PS3.3 C.8.4.8)."""

_FLAVOR: Final = 2
"""Index of the value of Image Type that every image object defines (PS3.3 C.7.6.1.1.2)."""

_KIND: Final = re.compile(
    r"""
    [MPRI] | [MPRI]_\w+ | MAGNITUDE | PHASE | REAL | IMAGINARY | PHASE[ _]MAP | VELOCITY\w*
    | W | F | WATER\w* | FAT\w* | IN | OUT | IP | OP | IN[ _]?PHASE | (OUT|OPP|OPPOSED)[ _]?PHASE
    | ADC | EADC | FA | TRACEW? | CALC_BVALUE\w* | UNI\w* | (PD)?FF
    | T[12]\*? | T[12](STAR)?[ _]MAP | T2_?STAR | R[12]\*? | R2_?STAR
    | B[01][ _]?MAP | (R|REL)?CB[FV] | (REL)?MTT | TTP | TMAX | PBP | K_?TRANS | KEP | VE
    | SWI | QSM
    | SUB | SUBTRACTION | ADDITION | DIVISION | MULTIPLICATION | MEAN | AVERAGE | STD_DEVIATION
    | MAXIMUM | MINIMUM | M(AX|IN)[ _]IP | MIP | MASKED | QUANTITY
    | VMI\w* | MONO\w* | \d+[ _]?KEV | IODINE\w* | VNC | VIRTUAL_NON_CONTRAST | MAT_SPECIFIC
    | Z_?EFF | EFF_ATOMIC_NUM | ELECTRON_DENSITY | MATERIAL\w*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Further values that name a quantity: terms of PS3.3 C.8.13.3.1, C.8.15.2 and of the makers."""


def raw_meaning(dimensions: Mapping[str, object]) -> Meaning:
    """Return the attributes in `MEANINGS` as they are: quick to compare, but not quite the same.

    Images of one raw meaning have one meaning; see `meaning_of`.
    """
    return tuple(map(dimensions.get, MEANINGS))


def meaning_of(raw: Meaning) -> Meaning:
    """Return what is equal for two images if their values have one meaning.

    Of Image Type these are value 3 and all further values that name a quantity.
    """
    image_type, *others = raw
    return (_kind_of(image_type), *others)


def meaning_in_clip(raw: Meaning) -> Meaning:
    """Return what is equal for two frames of one clip: energy window, detector, R-R interval.

    All else is how the exposure was set for each frame.
    """
    return tuple(raw[place] for place in _NUMBERED)


class FurtherFacts(NamedTuple):
    """What splits volumes that overlap, and need not be the same in a volume.

    Parameters
    ----------
    image_type : object
        All values of Image Type.
    thickness : object
        Slice Thickness, mm.
    frame_of_reference : str
        Its UID.
    description : str
        Series Description, which a series has once (PS3.3 C.7.3.1): this one was put together.
    """

    image_type: object
    thickness: object
    frame_of_reference: str
    description: str


def further_facts(ref: SliceRef) -> FurtherFacts:
    """Return what splits volumes that overlap."""
    dimensions, header = ref.frame.dimensions, ref.header
    thickness = dimensions.get("SliceThickness", header.slice_thickness)
    image_type = dimensions.get("ImageType")
    return FurtherFacts(image_type, thickness, header.frame_of_reference, header.description)


def _kind_of(image_type: object) -> Meaning:
    if not isinstance(image_type, tuple):
        return ()
    values = [str(value).upper() for value in image_type[_FLAVOR:]]
    return (*values[:1], *sorted({value for value in values[1:] if _KIND.fullmatch(value)}))
