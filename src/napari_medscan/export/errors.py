"""Why something cannot be exported."""

from __future__ import annotations

from napari_medscan.dicom.errors import MedscanError


class ExportError(MedscanError):
    """Something cannot be written as asked; the text is a sentence without the period.

    It contains no tag value, file name or path.
    """
