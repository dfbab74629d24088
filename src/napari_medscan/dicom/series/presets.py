"""The windows that are offered for a stack: the modality's usual ones and the file's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from napari_medscan.dicom.intensity.suv import UNKNOWN
from napari_medscan.dicom.intensity.window import Voi, Window
from napari_medscan.dicom.series.stack import Stack

CT = (
    Window("Soft tissue", 40, 400),
    Window("Lung", -600, 1500),
    Window("Bone", 400, 1800),
    Window("Brain", 40, 80),
    Window("Subdural", 75, 215),
    Window("Stroke", 40, 40),
    Window("Mediastinum", 50, 350),
    Window("Liver", 30, 150),
    Window("Angio", 300, 600),
    Window("Temporal bone", 600, 2800),
    Window("Abdomen", 50, 400),
    Window("Liver, contrast", 90, 150),
    Window("Spine", 50, 250),
)
"""In Hounsfield units, those of keys 1 to 9 first."""

PET = tuple(Window(f"SUV 0–{top}", top / 2, top, "LINEAR_EXACT") for top in (5, 6, 7, 10, 15))
"""In standardized uptake values: a few units wide, so without LINEAR's half of a unit."""

FRACTIONAL_ANISOTROPY = (Window("FA", 0.5, 1.0, "LINEAR_EXACT"),)
"""For maps that run from 0 to 1."""

KEYS = 9
"""Presets that have a key, 1 to 9."""


def file_presets(stack: Stack) -> tuple[Voi, ...]:
    """Return the windows and VOI LUTs of the stack's middle slice, the default one first."""
    return tuple(dict.fromkeys(stack.windows))


def modality_presets(stack: Stack) -> tuple[Window, ...]:
    """Return the usual windows, where the unit says that they mean something."""
    unit = stack.unit or ""
    if stack.kind.measures == "attenuation" and unit == "HU":
        return CT
    if stack.kind.measures == "uptake" and (stack.suv is not None or unit.startswith("SUV")):
        factor = display_scale(stack).factor
        return tuple(window.rescaled(1 / factor) for window in PET)
    if stack.modality == "MR" and _is_anisotropy(stack):
        return FRACTIONAL_ANISOTROPY
    return ()


class DisplayScale(NamedTuple):
    """How people are shown the values of a stack.

    Parameters
    ----------
    factor : float
        What values are multiplied by.
    unit : str
        Unit of that, '' when there is none.
    """

    factor: float
    unit: str


def display_scale(stack: Stack) -> DisplayScale:
    """Return how center, width and limits of a stack are shown: PET in SUV, all else as it is."""
    if stack.suv is not None:
        return DisplayScale(stack.suv.bw, stack.suv.unit)
    return DisplayScale(1.0, stack.unit or "")


def suv_lacks(stack: Stack) -> str:
    """Return why PET is shown in the unit of its file, as a sentence; '' where nothing is amiss."""
    whys = [text.removeprefix(UNKNOWN) for text in stack.warnings if text.startswith(UNKNOWN)]
    return f"{UNKNOWN}{whys[0]}." if whys else ""


def carried_over(voi: Voi, source: Stack, target: Stack) -> Voi:
    """Return what draws the same SUV in another stack; the very same where none is of activity.

    A window of 0-5 SUV is one of other Bq/ml in every patient.
    """
    factor = display_scale(source).factor / display_scale(target).factor
    return voi if factor == 1 or not isinstance(voi, Window) else voi.rescaled(factor)


class OfferedPresets(NamedTuple):
    """What is offered for a stack, in its own values: from the file, the user's own, the usual."""

    file: tuple[Voi, ...] = ()
    own: tuple[Window, ...] = ()
    usual: tuple[Window, ...] = ()

    @property
    def keys(self) -> tuple[Voi, ...]:
        """Those that keys 1 to 9 pick."""
        return with_keys(self.file, self.own, self.usual)


def offered_presets(stack: Stack, own: Sequence[Window]) -> OfferedPresets:
    """Return what is offered for a stack, with the user's own as they are kept."""
    drawn = tuple(as_drawn(window, stack) for window in own)
    return OfferedPresets(file_presets(stack), drawn, modality_presets(stack))


def with_keys(
    file: Sequence[Voi], own: Sequence[Window], usual: Sequence[Window]
) -> tuple[Voi, ...]:
    """Return the presets that keys 1 to 9 pick.

    The modality's usual presets come first, so that a key means the same in every CT, then the
    windows of the file, which differ from scanner to scanner, then the user's own.
    """
    return (*usual, *file, *own)[:KEYS]


def group_of(stack: Stack) -> str:
    """Return what the user's own presets are kept by: modality and unit, "CT HU" for instance."""
    return " ".join(filter(None, (stack.modality or "Image", display_scale(stack).unit)))


def as_kept(window: Window, stack: Stack) -> Window:
    """Return a window of a stack's values as it is kept for other stacks: of PET, in SUV."""
    factor = display_scale(stack).factor
    return window if factor == 1 else window.rescaled(factor)


def as_drawn(window: Window, stack: Stack) -> Window:
    """Return a window that was kept as one of a stack's values."""
    factor = display_scale(stack).factor
    return window if factor == 1 else window.rescaled(1 / factor)


def _is_anisotropy(stack: Stack) -> bool:
    """Whether a stack is a map of fractional anisotropy in real numbers."""
    kind = stack.typical_frame.dimensions.get("ImageType")
    types = kind if isinstance(kind, tuple) else ()
    words = {*types, *stack.description.upper().replace("_", " ").split()}
    named = "FA" in words or {"FRACTIONAL", "ANISOTROPY"} <= words
    return named and stack.array.dtype.kind == "f"
