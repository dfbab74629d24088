"""From which side an image shows what: laterality and view, in letters (PS3.3 C.8.11.7, C.8.17).

Only words of closed lists are read: these texts become part of names.
"""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want

_WANTED_FRAMES: Final[Wanted] = {
    Tag.SharedFunctionalGroupsSequence: {Tag.FrameAnatomySequence: want(Tag.FrameLaterality)}
}
WANTED_VIEW: Final[Wanted] = want(
    Tag.Laterality,
    Tag.ImageLaterality,
    Tag.ViewPosition,
    {Tag.ViewCodeSequence: want(Tag.CodeValue)},
    _WANTED_FRAMES,
)
_BREAST_VIEWS: Final = {
    "CC": "399162004 R-10242",
    "MLO": "399368009 R-10226",
    "ML": "399260004 R-10224",
    "LM": "399352003 R-10228",
    "LMO": "399099002 R-10230",
    "FB": "399196006 R-10244",
    "SIO": "399188001 R-102D0",
    "ISO": "441555000 R-40AAA",
    "XCCL": "399192008 R-1024A",
    "XCCM": "399101009 R-1024B",
}
"""Codes of PS3.16 CID 4014 in SNOMED CT and SRT, by what radiologists write."""
_BY_CODE: Final = {code: view for view, codes in _BREAST_VIEWS.items() for code in codes.split()}
_SIDES: Final = frozenset(("R", "L", "B"))
_POSITIONS: Final = "AP PA LL RL LLD RLD LLO RLO LAO RAO LPO RPO XCC CV AT LAT"
_VIEWS: Final = frozenset(_BREAST_VIEWS) | frozenset(_POSITIONS.split())


def laterality_of(data_set: DataSet) -> str:
    """Return "R", "L" or "B" for both sides, '' when the file does not say.

    Image Laterality, else Laterality of the series, else that of all frames.
    """
    for tag in (Tag.ImageLaterality, Tag.Laterality):
        side = data_set.text(tag)
        if side in _SIDES:
            return side
    groups = data_set.item(Tag.SharedFunctionalGroupsSequence)
    side = groups.item(Tag.FrameAnatomySequence).text(Tag.FrameLaterality)
    return side if side in _SIDES else ""


def view_of(data_set: DataSet) -> str:
    """Return the view as radiologists write it: "MLO", "PA"; '' when it is none of the known."""
    code = _BY_CODE.get(data_set.item(Tag.ViewCodeSequence).text(Tag.CodeValue))
    position = data_set.text(Tag.ViewPosition).upper()
    return code or (position if position in _VIEWS else "")
