"""The transfer syntaxes of the standard by name, and which of them are decoded here.

PS3.6 table A-1 and PS3.5 annex A. Those that are retired are in it: archives hold them.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

GE_BIG_PIXELS: Final = "1.2.840.113619.5.2"
"""GE Private DLX: implicit VR little endian, with big endian pixel data."""
RLE: Final = "1.2.840.10008.1.2.5"
FRAME_DEFLATED: Final = "1.2.840.10008.1.2.8.1"
DEFLATED_DATA_SETS: Final = frozenset(
    ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205")
)
"""Everything after the file meta is one deflate stream (PS3.5 A.5, A.7, A.13)."""

_STANDARD: Final = "1.2.840.10008.1.2"
_NATIVE: Final = {
    "": "Implicit VR Little Endian",
    ".1": "Explicit VR Little Endian",
    ".1.99": "Deflated Explicit VR Little Endian",
    ".2": "Explicit VR Big Endian",
}
_DECODED: Final = {
    ".1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
    ".4.50": "JPEG Baseline (Process 1)",
    ".4.51": "JPEG Extended (Process 2 and 4)",
    ".4.53": "JPEG Spectral Selection (Process 6 and 8)",
    ".4.55": "JPEG Full Progression (Process 10 and 12)",
    ".4.57": "JPEG Lossless (Process 14)",
    ".4.70": "JPEG Lossless (Process 14, Selection Value 1)",
    ".4.80": "JPEG-LS Lossless",
    ".4.81": "JPEG-LS Near-Lossless",
    ".4.90": "JPEG 2000 Lossless",
    ".4.91": "JPEG 2000",
    ".4.110": "JPEG XL Lossless",
    ".4.111": "JPEG XL JPEG Recompression",
    ".4.112": "JPEG XL",
    ".4.201": "High-Throughput JPEG 2000 Lossless",
    ".4.202": "High-Throughput JPEG 2000 Lossless (RPCL)",
    ".4.203": "High-Throughput JPEG 2000",
    ".5": "RLE Lossless",
    ".8.1": "Deflated Image Frame Compression",
}
LOSSY: Final = frozenset(f"{_STANDARD}.4.{n}" for n in (50, 51, 53, 55, 81, 111))
"""Syntaxes that no lossless image has; JPEG 2000 and its relatives may be either."""
_OTHER_COMPRESSION: Final = {
    ".4.52": "JPEG Extended (Process 3 and 5)",
    ".4.54": "JPEG Spectral Selection (Process 7 and 9)",
    ".4.56": "JPEG Full Progression (Process 11 and 13)",
    ".4.58": "JPEG Lossless (Process 15)",
    ".4.59": "JPEG Extended, Hierarchical (Process 16 and 18)",
    ".4.60": "JPEG Extended, Hierarchical (Process 17 and 19)",
    ".4.61": "JPEG Spectral Selection, Hierarchical (Process 20 and 22)",
    ".4.62": "JPEG Spectral Selection, Hierarchical (Process 21 and 23)",
    ".4.63": "JPEG Full Progression, Hierarchical (Process 24 and 26)",
    ".4.64": "JPEG Full Progression, Hierarchical (Process 25 and 27)",
    ".4.65": "JPEG Lossless, Hierarchical (Process 28)",
    ".4.66": "JPEG Lossless, Hierarchical (Process 29)",
    ".4.92": "JPEG 2000 Part 2 Multi-component Lossless",
    ".4.93": "JPEG 2000 Part 2 Multi-component",
}
_VIDEO: Final = {
    ".4.100": "MPEG2 Main Profile / Main Level",
    ".4.101": "MPEG2 Main Profile / High Level",
    ".4.102": "MPEG-4 AVC/H.264 High Profile / Level 4.1",
    ".4.103": "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
    ".4.104": "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video",
    ".4.105": "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video",
    ".4.106": "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
    ".4.107": "HEVC/H.265 Main Profile / Level 5.1",
    ".4.108": "HEVC/H.265 Main 10 Profile / Level 5.1",
}
_ON_A_SERVER: Final = {
    ".4.94": "JPIP Referenced",
    ".4.95": "JPIP Referenced Deflate",
    ".4.204": "JPIP HTJ2K Referenced",
    ".4.205": "JPIP HTJ2K Referenced Deflate",
}
_OTHER_FORMS: Final = {
    ".6.1": "RFC 2557 MIME Encapsulation",
    ".6.2": "XML Encoding",
    ".7.1": "SMPTE ST 2110-20 Uncompressed Progressive Active Video",
    ".7.2": "SMPTE ST 2110-20 Uncompressed Interlaced Active Video",
    ".7.3": "SMPTE ST 2110-30 PCM Digital Audio",
}
_PAPYRUS: Final = "1.2.840.10008.1.20"
_FRAGMENTABLE: Final = ".1"
"""Ends the UID of a video that may take several fragments (PS3.5 8.2.5 to 8.2.8)."""


NO_VIDEO: Final = "video needs the extra napari-medscan[video]"


def is_video_decoded() -> bool:
    """Whether PyAV is installed; it is not imported here."""
    return find_spec("av") is not None


def unsupported(syntax: str) -> str:
    """Return why no decoder here reads pixel data of a transfer syntax, '' if one does.

    Parameters
    ----------
    syntax : str
        Transfer Syntax UID. One that is not of the standard gives '': what its pixel data are,
        only their code stream shows.

    Returns
    -------
    str
        A phrase for the user that names the transfer syntax.
    """
    video = video_name(syntax)
    if video:
        return "" if is_video_decoded() else f"{NO_VIDEO} ({video})"
    if syntax == _PAPYRUS:
        return "unsupported transfer syntax (Papyrus 3 Implicit VR Little Endian)"
    number = syntax.removeprefix(_STANDARD)
    if number == syntax or number in _NATIVE or number in _DECODED:
        return ""
    for names, why in (
        (_OTHER_COMPRESSION, "unsupported compression"),
        (_ON_A_SERVER, "the pixel data are on a server"),
        (_OTHER_FORMS, "unsupported transfer syntax"),
    ):
        if number in names:
            return f"{why} ({names[number]})"
    return ""


def video_name(syntax: str) -> str:
    """Return the name of the transfer syntax of a video, '' if it is none of one."""
    number = syntax.removeprefix(_STANDARD)
    if number == syntax:
        return ""
    video = _VIDEO.get(number.removesuffix(_FRAGMENTABLE), "")
    return f"Fragmentable {video}" if video and number not in _VIDEO else video


def is_encapsulated(syntax: str) -> bool:
    """Whether the standard encapsulates the pixel data of a transfer syntax (PS3.5 A.4)."""
    return syntax.removeprefix(_STANDARD) in _DECODED or bool(
        video_name(syntax) or unsupported(syntax)
    )
