"""SOP classes that hold no picture, and what to call them.

PS3.4 section B.5 and PS3.6 annex A. Image classes need no list: whatever has
pixel data is shown, also under a private or mistyped class UID.
"""

from __future__ import annotations

_PREFIXES = (
    ("1.2.840.10008.5.1.4.1.1.88.", "structured report"),
    ("1.2.840.10008.5.1.4.1.1.11.", "presentation state"),
    ("1.2.840.10008.5.1.4.1.1.104.1", "encapsulated PDF"),
    ("1.2.840.10008.5.1.4.1.1.104.", "encapsulated document"),
    ("1.2.840.10008.5.1.4.1.1.9.", "waveform"),
)
_KINDS = {
    "1.2.840.10008.1.3.10": "DICOMDIR (index of the disc)",
    "1.2.840.10008.5.1.4.1.1.481.3": "RT Structure Set",
    "1.2.840.10008.5.1.4.1.1.481.4": "RT treatment record",
    "1.2.840.10008.5.1.4.1.1.481.5": "RT plan",
    "1.2.840.10008.5.1.4.1.1.481.6": "RT treatment record",
    "1.2.840.10008.5.1.4.1.1.481.7": "RT treatment record",
    "1.2.840.10008.5.1.4.1.1.481.8": "RT ion plan",
    "1.2.840.10008.5.1.4.1.1.481.9": "RT treatment record",
    "1.2.840.10008.5.1.4.1.1.4.2": "MR spectroscopy",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.66.1": "spatial registration",
    "1.2.840.10008.5.1.4.1.1.66.2": "spatial fiducials",
    "1.2.840.10008.5.1.4.1.1.66.3": "deformable registration",
    "1.2.840.10008.5.1.4.1.1.66.5": "surface segmentation",
    "1.2.840.10008.5.1.4.1.1.66.6": "tractography results",
    "1.2.840.10008.5.1.4.1.1.67": "real world value mapping",
    "1.2.840.10008.5.1.4.1.1.91.1": "microscopy annotations",
}


def kind_of(sop_class: str) -> str:
    """Return what a SOP class without pictures is called, '' for all others."""
    for prefix, kind in _PREFIXES:
        if sop_class.startswith(prefix):
            return kind
    return _KINDS.get(sop_class, "")
