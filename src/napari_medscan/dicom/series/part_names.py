"""Words that tell series of one name apart: "magnitude" and "phase", "80 kV" and "140 kV".

One DICOM series can make several stacks, as no stack mixes meanings, planes or sizes, and several
series can have one number and description. Only words of a closed vocabulary and numbers are
used: Image Type, kernels and contrast agents are texts in which a file could have a patient's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from napari_medscan.dicom.series.series_rank import side_of
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.vectors import normal_of

_Fact = Callable[[Stack], tuple[str, ...]]
"""What is known of a stack in words; empty if nothing is."""

_WORDS: Final = {
    "magnitude": "M MAGNITUDE",
    "phase": "P PHASE PHASE_MAP",
    "real": "R REAL",
    "imaginary": "I IMAGINARY",
    "water": "W WATER",
    "fat": "F FAT",
    "in phase": "IN IP IN_PHASE INPHASE",
    "opposed phase": "OUT OP OUT_PHASE OUTPHASE OPP_PHASE OPPPHASE OPPOSED_PHASE OPPOSEDPHASE",
    "subtraction": "SUB SUBTRACTION",
    "plane A": "BIPLANE_A",
    "plane B": "BIPLANE_B",
    "mean": "MEAN AVERAGE",
    "fat fraction": "FF PDFF",
    "virtual non-contrast": "VNC VIRTUAL_NON_CONTRAST",
    "Z effective": "ZEFF Z_EFF EFF_ATOMIC_NUM",
}
_AS_THEY_ARE: Final = (
    "AXIAL LOCALIZER REFORMATTED MPR ADD ADDITION DIVISION MULTIPLICATION STD_DEVIATION "
    "MAXIMUM MINIMUM MIP MINIP MAX_IP MIN_IP MASKED QUANTITY VELOCITY VELOCITY_MAP IODINE "
    "ELECTRON_DENSITY ADC EADC FA TRACE TRACEW T1 T2 R1 R2 T1_MAP T2_MAP T2_STAR T2_STAR_MAP "
    "R2STAR R2_STAR B0_MAP B1_MAP CBF CBV RCBF RCBV RELCBF RELCBV RELMTT KEP VE "
    "UNI CALC_BVALUE MTT TTP TMAX PBP KTRANS SWI QSM DIFFUSION PERFUSION "
    "ANGIO FUNCTIONAL ORIGINAL DERIVED PRIMARY SECONDARY TISSUE_INTENSITY TISSUE_VELOCITY "
    "FLOW_VELOCITY FLOW_POWER FLOW_VARIANCE ELASTICITY PRE_CONTRAST POST_CONTRAST IMMEDIATE "
    "DYNAMIC STEADY_STATE DELAYED ARTERIAL CAPILLARY VENOUS PORTAL_VENOUS"
)
_SEQUENCES: Final = frozenset(["FFE", "IR", "PCA", "SE", "TSE", "B0", "B1"])
"""What Philips appends to M, P, R and I: "P_PCA"."""
_LONGEST_ACRONYM: Final = 4
"""Letters; longer words are written in lower case."""
_KERNELS: Final = (
    "STANDARD SOFT LUNG BONE BONEPLUS DETAIL EDGE CHST ULTRA SMOOTH SHARP "
    "A B C D E F L UA UB UC YA YB YC YD"
)
_NUMBERED_KERNEL: Final = re.compile(r"[A-Z]{1,3}\d{1,3}[a-z]?")
_ENERGY: Final = re.compile(r"(?:MONO|MONO_?E|VMI|)_?(\d{2,3})_?KEV")
_GE_IMAGE_TYPES: Final = ("M", "P", "R", "I")
"""Of (0043,102F): 0 magnitude, 1 phase, 2 real, 3 imaginary."""
_SIDES: Final = {"R": "right", "L": "left", "B": "both sides"}
_NUMBERS: Final = {
    "KVP": "{:g} kV",
    "MonoenergeticEnergyEquivalent": "{:g} keV",
    "EnergyWindowVector": "energy window {:g}",
    "DetectorVector": "detector {:g}",
    "RRIntervalVector": "R-R interval {:g}",
    "EchoTime": "echo time {:g} ms",
    "InversionTime": "inversion time {:g} ms",
    "FlipAngle": "flip angle {:g}°",
    "DiffusionBValue": "b-value {:g}",
    "NominalPercentageOfCardiacPhase": "cardiac phase {:g}%",
    "TemporalPositionIndex": "time point {:g}",
    "TemporalPositionIdentifier": "time point {:g}",
    "AcquisitionNumber": "acquisition {:g}",
}
_VOCABULARY: Final = {
    **{value: word.upper() for value in _AS_THEY_ARE.split() for word in [value.replace("_", " ")]},
    **{value: word for word, values in _WORDS.items() for value in values.split()},
}


def with_parts(stacks: Sequence[Stack]) -> list[Stack]:
    """Return the stacks, those of one name in one study with a `Stack.part` each.

    Parameters
    ----------
    stacks : sequence of Stack
        Everything that was opened together, none of them with a part yet.
    """
    alike: dict[tuple[object, ...], list[Stack]] = defaultdict(list)
    for stack in stacks:
        alike[stack.header.patient, stack.header.study, stack.name].append(stack)
    parts = {
        stack: " · ".join(words)
        for group in alike.values()
        if len(group) > 1
        for stack, words in _parts(group, _FACTS)
    }
    return [replace(stack, part=parts[stack]) if stack in parts else stack for stack in stacks]


def _parts(group: Sequence[Stack], facts: Sequence[_Fact]) -> Iterator[tuple[Stack, list[str]]]:
    """Yield each stack with the first facts that tell it from the others of its group."""
    if len(group) == 1:
        yield group[0], []
        return
    if not facts:
        for number, stack in enumerate(group, 1):
            yield stack, [f"{number} of {len(group)}"]
        return
    known = {stack: tuple(dict.fromkeys(facts[0](stack))) for stack in group}
    if len(set(known.values())) == 1:
        yield from _parts(group, facts[1:])
        return
    common = set.intersection(*map(set, known.values()))
    told: dict[str, list[Stack]] = defaultdict(list)
    for stack, words in known.items():
        told[" ".join(word for word in words if word not in common)].append(stack)
    if facts[0] in _IF_ALL_DIFFER and len(told) < len(group):
        yield from _parts(group, facts[1:])
        return
    for text, members in told.items():
        for stack, more in _parts(members, facts[1:]):
            yield stack, [text, *more] if text else more


def _type_words(stack: Stack) -> tuple[str, ...]:
    """Return what Image Type and its relatives say of the meaning of the values."""
    dimensions = stack.typical_frame.dimensions
    values: list[object] = []
    for name in ("ComplexImageComponent", "PrivateImageType", "ImageType", "DataType"):
        value = dimensions.get(name)
        if isinstance(value, int) and value in range(len(_GE_IMAGE_TYPES)):
            value = _GE_IMAGE_TYPES[value]
        values += value if isinstance(value, tuple) else (value,)
    return tuple(word for value in values if value is not None for word in _words(str(value)))


def _words(value: str) -> tuple[str, ...]:
    """Return a value of Image Type in words, nothing if it is not known."""
    value = value.upper().strip().replace(" ", "_")
    energy = _ENERGY.fullmatch(value)
    if energy:
        return (f"{int(energy[1])} keV",)
    head, _, tail = value.partition("_")
    if head in ("M", "P", "R", "I") and tail in _SEQUENCES:
        return _VOCABULARY[head], tail
    word = _VOCABULARY.get(value, "")
    if word.isupper() and len(word.split()[0]) > _LONGEST_ACRONYM:
        word = word.lower()
    return (word,) if word else ()


def _number(name: str, stack: Stack) -> tuple[str, ...]:
    """Return a number that is one for all of a stack, as far as its middle tells."""
    value = stack.typical_frame.dimensions.get(name)
    if not isinstance(value, int | float) or name in stack.dimension:
        return ()
    first = stack.header.frames[stack.slices[0].index].dimensions.get(name)
    return (_NUMBERS[name].format(value),) if value == first else ()


def _kernel(stack: Stack) -> tuple[str, ...]:
    value = stack.typical_frame.dimensions.get("ConvolutionKernel")
    texts = value if isinstance(value, tuple) else ()
    known = [text for text in map(str, texts) if _is_kernel(text)]
    return (f"kernel {known[0]}",) if known else ()


def _is_kernel(text: str) -> bool:
    return text.upper() in _KERNELS.split() or _NUMBERED_KERNEL.fullmatch(text) is not None


def _contrast(stack: Stack) -> tuple[str, ...]:
    dimensions = stack.typical_frame.dimensions
    phase = _words(str(dimensions.get("ContrastBolusAgentPhase", "")))
    return ("contrast" if "ContrastBolusAgent" in dimensions else "no contrast", *phase)


def _side(stack: Stack) -> tuple[str, ...]:
    side = side_of(stack)
    return (_SIDES[side],) if side in _SIDES else ()


def _corrections(stack: Stack) -> tuple[str, ...]:
    """Return whether a PET is corrected for attenuation, if it says how it is corrected."""
    values = stack.typical_frame.dimensions.get("CorrectedImage")
    if not isinstance(values, tuple):
        return ()
    return ("attenuation-corrected" if "ATTN" in values else "not attenuation-corrected",)


def _velocity(stack: Stack) -> tuple[str, ...]:
    """Return the main direction in which velocity is encoded, in the patient."""
    value = stack.typical_frame.dimensions.get("VelocityEncodingDirection")
    if not isinstance(value, tuple) or len(value) != 3:
        return ()
    return (f"velocity {('R-L', 'A-P', 'S-I')[int(np.argmax(np.abs(value)))]}",)


def _plane(stack: Stack) -> tuple[str, ...]:
    orientation = stack.geometry.orientation
    if orientation is None:
        return ()
    main = int(np.argmax(np.abs(normal_of(orientation))))
    return (("sagittal", "coronal", "axial")[main],)


def _unit(stack: Stack) -> tuple[str, ...]:
    return (stack.unit,) if stack.unit else ()


def _color(stack: Stack) -> tuple[str, ...]:
    return ("color" if stack.is_rgb else "grayscale",)


def _thickness(stack: Stack) -> tuple[str, ...]:
    mm = stack.header.slice_thickness
    return () if mm is None else (f"{mm:g} mm slices",)


def _size(stack: Stack) -> tuple[str, ...]:
    rows, columns = stack.header.shape
    return (f"{columns} × {rows}",)


def _image(stack: Stack) -> tuple[str, ...]:
    """Return the Instance Number of a single file, such as a clip."""
    number = stack.header.instance_number
    return (f"image {number}",) if number is not None and len(stack.files) == 1 else ()


_FACTS: Final[tuple[_Fact, ...]] = (
    _type_words,
    *(partial(_number, name) for name in ("KVP", "MonoenergeticEnergyEquivalent")),
    _kernel,
    _contrast,
    _velocity,
    _corrections,
    _side,
    _unit,
    _color,
    _plane,
    *(partial(_number, name) for name in list(_NUMBERS)[2:]),
    _thickness,
    _size,
    _image,
)
_IF_ALL_DIFFER: Final = (_size, _image)
"""Facts that say little: a count says as much if they leave some series alike."""
