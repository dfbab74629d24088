"""What the name of a series says besides modality, number and description."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.intensity.real_world import RealWorldMapping, quantity_beside

_WORD: Final = re.compile(r"[A-Z]+")
_EYES: Final = {"R": "OD", "L": "OS", "B": "OU"}
"""As ophthalmologists write the right, the left, and both eyes."""


def label_of(
    header: ImageHeader, segment: int, description: str, mappings: Sequence[RealWorldMapping]
) -> str:
    """Return segment, quantity, or side and view of a series; '' if its description says them.

    Parameters
    ----------
    header : ImageHeader
        Of its first file.
    segment : int
        Segment number of its frames; 0 outside segmentations.
    description : str
        Series Description.
    mappings : sequence of RealWorldMapping
        Of its middle frame.
    """
    if segment:
        return header.segments.get(segment, "")
    kind = header.kind
    if kind.measures == "parameters":
        return quantity_beside(description, mappings)
    if kind.organ == "eye":
        label = _EYES.get(header.laterality, "")
    elif kind.is_projection:
        label = " ".join(filter(None, (header.laterality, header.view)))
    else:
        return ""
    return "" if _says(description, label) else label


def _says(description: str, label: str) -> bool:
    """Return whether a description has the words of a label: "Hand R", "L-MLO" or "RCC"."""
    words = set(_WORD.findall(description.upper()))
    return label.replace(" ", "") in words or words.issuperset(label.split())
