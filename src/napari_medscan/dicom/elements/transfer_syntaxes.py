"""Transfer syntaxes whose pixels need a decoder, and those that none here can show."""

from __future__ import annotations

from napari_medscan.dicom.errors import UnreadableError

RLE = "1.2.840.10008.1.2.5"
FRAME_DEFLATED = "1.2.840.10008.1.2.8.1"
_JPEG_FAMILY = "1.2.840.10008.1.2.4."
_VIDEO = frozenset(f"{_JPEG_FAMILY}{n}" for n in (100, 101, 102, 103, 104, 105, 106, 107, 108))
_REFERENCED = frozenset((f"{_JPEG_FAMILY}94", f"{_JPEG_FAMILY}95"))


def check_supported(syntax: str, *, encapsulated: bool) -> None:
    """Refuse what no decoder here can show, before anything is read.

    Raises
    ------
    UnreadableError
        With the reason, in words for the user.
    """
    if not encapsulated:
        return
    if syntax in _VIDEO:
        raise UnreadableError("unsupported video compression (MPEG, H.264 or HEVC)")
    if syntax in _REFERENCED:
        raise UnreadableError("the pixel data are on a server (JPIP)")
