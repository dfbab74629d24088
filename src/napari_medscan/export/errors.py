"""Why something cannot be exported."""

from __future__ import annotations

from typing import Literal

from napari_medscan.dicom.errors import MedscanError


class ExportError(MedscanError):
    """Something cannot be written as asked; the text is a sentence without the period.

    It contains no tag value, file name or path.
    """


class OptionNeededError(ExportError):
    """Something is written only if an option allows it.

    Parameters
    ----------
    reason : str
        As for `ExportError`.
    option : {"uneven", "blanks"}
        The one of `Options` that allows it.
    """

    def __init__(self, reason: str, option: Literal["uneven", "blanks"]) -> None:
        super().__init__(reason)
        self.option = option
