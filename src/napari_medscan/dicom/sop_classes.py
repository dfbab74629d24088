"""SOP classes that hold no picture, and what to call them.

PS3.4 section B.5 and PS3.6 annex A. Image classes need no list: whatever has
pixel data is shown, also under a private or mistyped class UID.
"""

from __future__ import annotations

_PREFIXES = (
    ("1.2.840.10008.5.1.4.1.1.88.", "a structured report"),
    ("1.2.840.10008.5.1.4.1.1.11.", "a presentation state"),
    ("1.2.840.10008.5.1.4.1.1.104.", "an encapsulated document"),
    ("1.2.840.10008.5.1.4.1.1.9.", "a waveform"),
)
_KINDS = {
    "1.2.840.10008.1.3.10": "a DICOMDIR, the disc's table of contents",
    "1.2.840.10008.5.1.4.1.1.481.3": "a radiotherapy structure set",
    "1.2.840.10008.5.1.4.1.1.481.4": "a radiotherapy treatment record",
    "1.2.840.10008.5.1.4.1.1.481.5": "a radiotherapy plan",
    "1.2.840.10008.5.1.4.1.1.481.6": "a radiotherapy treatment record",
    "1.2.840.10008.5.1.4.1.1.481.7": "a radiotherapy treatment record",
    "1.2.840.10008.5.1.4.1.1.481.8": "a radiotherapy ion plan",
    "1.2.840.10008.5.1.4.1.1.481.9": "a radiotherapy treatment record",
    "1.2.840.10008.5.1.4.1.1.4.2": "MR spectroscopy",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.66.1": "a spatial registration",
    "1.2.840.10008.5.1.4.1.1.66.2": "spatial fiducials",
    "1.2.840.10008.5.1.4.1.1.66.3": "a deformable registration",
    "1.2.840.10008.5.1.4.1.1.66.5": "a surface segmentation",
    "1.2.840.10008.5.1.4.1.1.66.6": "tractography results",
    "1.2.840.10008.5.1.4.1.1.67": "a real world value mapping",
    "1.2.840.10008.5.1.4.1.1.91.1": "microscopy annotations",
}


def kind_of(sop_class: str) -> str:
    """Return what a SOP class without pictures is called, '' for all others."""
    for prefix, kind in _PREFIXES:
        if sop_class.startswith(prefix):
            return kind
    return _KINDS.get(sop_class, "")
