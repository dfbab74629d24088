"""What kind of object a file is, by SOP class and modality, and what follows from it.

All questions of the form "is it CT?" are asked here. Image classes need no list: whatever has
pixel data is an image, also under a private or mistyped class UID. PS3.4 section B.5, PS3.6
annex A and, for modalities, PS3.3 C.7.3.1.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Final, Literal

SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP: Final = "1.2.840.10008.5.1.4.1.1.66.7"
PARAMETRIC_MAP: Final = "1.2.840.10008.5.1.4.1.1.30"
SPECTROSCOPY: Final = "1.2.840.10008.5.1.4.1.1.4.2"
WHOLE_SLIDE: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
VALUE_MAPPING: Final = "1.2.840.10008.5.1.4.1.1.67"
_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_STATES: Final = "1.2.840.10008.5.1.4.1.1.11."
PRESENTATION_STATES: Final = tuple(f"{_STATES}{number}" for number in (1, 2, 3, 4, 5))
"""Softcopy presentation states in 2-D: gray, color, pseudo-color, blending, XA and XRF."""
REPORTS: Final = "1.2.840.10008.5.1.4.1.1.88."
ENCAPSULATED: Final = "1.2.840.10008.5.1.4.1.1.104."
WAVEFORMS: Final = "1.2.840.10008.5.1.4.1.1.9."
"""What the classes of structured reports, encapsulated documents and waveforms begin with."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

Measure = Literal["", "attenuation", "uptake", "dose", "parameters", "segments"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What follows from the SOP class and the modality of a file.

    Parameters
    ----------
    name : str
        What an object without an image is called: "RT Structure Set"; '' for images.
    is_object : bool
        Without an image, it is shown all the same: `objects/` has a module for it.
    measures : str
        What the values are by definition: X-ray attenuation (CT), uptake of a tracer (PET), dose,
        a parameter that was computed from images, or segment numbers; '' when the attributes alone
        say so.
    is_cross_section : bool
        Images are slices of a volume by nature, so that frames without positions follow each other
        in space.
    is_gray : bool
        An image in color and without a place is a page of a report or an exam summary.
    is_projection : bool
        Pixels are sizes at the detector (PS3.3 10.7).
    has_isocenter : bool
        The gantry turns about a point whose distance from the source is known.
    is_single_view : bool
        Without a place, one file is one view, and no series of frames.
    is_whole : bool
        One file is one volume, which never continues in another.
    is_derived : bool
        It was made from images and is shown on them.
    omits_empty_planes : bool
        Planes that are not in the file are empty, and were not lost.
    is_capture : bool
        A Secondary Capture: a screenshot unless it has a place.
    organ : str
        "breast" or "eye" if images are always of one; '' else.
    is_slide : bool
        Frames are tiles of an image that is too large for one (PS3.3 A.32.8, A.104).
    has_regions : bool
        It holds contours of regions, in one frame of reference or several (PS3.3 C.8.8.5).
    """

    name: str = ""
    is_object: bool = False
    measures: Measure = ""
    is_cross_section: bool = False
    is_gray: bool = False
    is_projection: bool = False
    has_isocenter: bool = False
    is_single_view: bool = False
    is_whole: bool = False
    is_derived: bool = False
    omits_empty_planes: bool = False
    is_capture: bool = False
    organ: Literal["", "breast", "eye"] = ""
    is_slide: bool = False
    has_regions: bool = False

    @property
    def may_have_tiles(self) -> bool:
        """Whether frames are tiles if the file gives a total pixel matrix (PS3.3 C.7.6.17.3)."""
        return self.is_slide or self.measures == "segments"


_PROJECTION = Kind(is_projection=True, is_single_view=True)
_MODALITIES: Final = {
    "CT": Kind(measures="attenuation", is_cross_section=True, is_gray=True),
    "MR": Kind(is_cross_section=True, is_gray=True),
    "PT": Kind(measures="uptake", is_cross_section=True, is_gray=True),
    "NM": Kind(is_gray=True),
    "OPT": Kind(is_cross_section=True, organ="eye"),
    **dict.fromkeys(("OP", "OPM", "OPTBSV", "OPTENF", "OPV"), Kind(organ="eye")),
    "RTDOSE": Kind(measures="dose", is_cross_section=True, is_whole=True, is_derived=True),
    "SEG": Kind(measures="segments", is_cross_section=True, is_whole=True, is_derived=True),
    **dict.fromkeys(("CR", "DX", "RF", "IO", "PX", "RG"), _PROJECTION),
    "XA": replace(_PROJECTION, has_isocenter=True),
    "MG": replace(_PROJECTION, organ="breast"),
    "RTIMAGE": Kind(is_single_view=True),
    **dict.fromkeys(("PR", "REG", "KO", "SR", "DOC"), Kind(is_derived=True)),
}
_CLASSES: Final = {
    SEGMENTATION: Kind(measures="segments", omits_empty_planes=True),
    LABEL_MAP: Kind(measures="segments", omits_empty_planes=True),
    "1.2.840.10008.5.1.4.1.1.13.1.3": Kind(is_cross_section=True, organ="breast"),
    PARAMETRIC_MAP: Kind(measures="parameters", is_derived=True, omits_empty_planes=True),
    "1.2.840.10008.1.3.10": Kind("DICOMDIR (index of the disc)"),
    _STRUCTURE_SET: Kind("RT Structure Set", is_object=True, has_regions=True),
    "1.2.840.10008.5.1.4.1.1.481.4": Kind("RT treatment record"),
    "1.2.840.10008.5.1.4.1.1.481.5": Kind("RT plan"),
    "1.2.840.10008.5.1.4.1.1.481.6": Kind("RT treatment record"),
    "1.2.840.10008.5.1.4.1.1.481.7": Kind("RT treatment record"),
    "1.2.840.10008.5.1.4.1.1.481.8": Kind("RT ion plan"),
    "1.2.840.10008.5.1.4.1.1.481.9": Kind("RT treatment record"),
    SPECTROSCOPY: Kind("MR spectroscopy", is_object=True),
    "1.2.840.10008.5.1.4.1.1.66": Kind("raw data"),
    "1.2.840.10008.5.1.4.1.1.66.1": Kind("spatial registration"),
    "1.2.840.10008.5.1.4.1.1.66.2": Kind("spatial fiducials"),
    "1.2.840.10008.5.1.4.1.1.66.3": Kind("deformable registration"),
    "1.2.840.10008.5.1.4.1.1.66.5": Kind("surface segmentation"),
    "1.2.840.10008.5.1.4.1.1.66.6": Kind("tractography results"),
    VALUE_MAPPING: Kind("real world value mapping", is_object=True),
    "1.2.840.10008.5.1.4.1.1.91.1": Kind("microscopy annotations"),
    WHOLE_SLIDE: Kind(is_slide=True),
    "1.2.840.10008.5.1.4.1.1.77.1.9": Kind(is_slide=True),
    f"{REPORTS}59": Kind("key object selection", is_object=True),
    **dict.fromkeys(PRESENTATION_STATES, Kind("presentation state", is_object=True)),
    _SECONDARY_CAPTURE: Kind(is_capture=True),
}
_FAMILIES: Final = (
    (REPORTS, Kind("structured report", is_object=True)),
    (_STATES, Kind("presentation state")),
    (f"{ENCAPSULATED}1", Kind("encapsulated PDF", is_object=True)),
    (ENCAPSULATED, Kind("encapsulated document", is_object=True)),
    (WAVEFORMS, Kind("waveform", is_object=True)),
    (f"{_SECONDARY_CAPTURE}.", Kind(is_capture=True)),
)
"""Classes that continue a UID; the first that fits counts."""
_NONE: Final = Kind()
_IMAGES: Final = {
    "1": "CR",
    "1.1": "DX",
    "1.1.1": "DX",
    "1.2": "MG",
    "1.2.1": "MG",
    "1.3": "IO",
    "1.3.1": "IO",
    "2": "CT",
    "2.1": "CT",
    "2.2": "CT",
    "3.1": "US",
    "4": "MR",
    "4.1": "MR",
    "4.3": "MR",
    "4.4": "MR",
    "6.1": "US",
    "6.2": "US",
    "12.1": "XA",
    "12.1.1": "XA",
    "12.2": "RF",
    "20": "NM",
    "128": "PT",
    "128.1": "PT",
    "130": "PT",
    "481.1": "RTIMAGE",
    "481.2": "RTDOSE",
}
"""The modality of images of one modality, by what follows 1.2.840.10008.5.1.4.1.1."""


def modality_of(sop_class: str) -> str:
    """Return the modality that images of a SOP class have (PS3.3 A.1.4), '' if several may."""
    return _IMAGES.get(sop_class.removeprefix("1.2.840.10008.5.1.4.1.1."), "")


@lru_cache(maxsize=256)
def kind_of(sop_class: str, modality: str = "") -> Kind:
    """Return what kind of object a SOP class and a modality make.

    Parameters
    ----------
    sop_class : str
        SOP Class UID; '' when it is absent. What it says goes before the modality.
    modality : str
        Modality (0008,0060); '' when it is absent.
    """
    by_modality = _MODALITIES.get(modality, _NONE)
    family = (kind for prefix, kind in _FAMILIES if sop_class.startswith(prefix))
    by_class = _CLASSES.get(sop_class) or next(family, _NONE)
    if by_class is _NONE:
        return by_modality
    names = (field.name for field in fields(Kind))
    # mypy takes the fields for equal types.
    both = {name: getattr(by_class, name) or getattr(by_modality, name) for name in names}
    return Kind(**both)
