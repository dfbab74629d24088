"""Rectangles that are blacked out in images, and of which images."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.dataset import Dataset

from napari_medscan.export.errors import ExportError
from napari_medscan.privacy.text_check import Box

_MASK = re.compile(r"(?:([A-Za-z]{2,16}):)?(\d+),(\d+),(\d+),(\d+)")


@dataclass(frozen=True, slots=True)
class Mask:
    """A rectangle that is blacked out in all frames of some images.

    Parameters
    ----------
    top, left : int
        Row and column of its first pixel, from 0.
    height, width : int
        Its extent in pixels.
    modality : str
        Of the images that it is for, such as "US"; '' for all.
    series : str
        Series Instance UID of the images that it is for; '' for all.

    Raises
    ------
    ExportError
        If the rectangle is empty, or begins outside the image.
    """

    top: int
    left: int
    height: int
    width: int
    modality: str = ""
    series: str = ""

    def __post_init__(self) -> None:
        if min(self.top, self.left) < 0 or min(self.height, self.width) < 1:
            raise ExportError("A mask needs a top and left of 0 or more, a height and a width")

    @classmethod
    def parsed(cls, text: str) -> Mask:
        """Return the mask of a text such as "US:0,0,40,640", modality and rectangle.

        Raises
        ------
        ExportError
            If it is none.
        """
        found = _MASK.fullmatch(text.strip())
        if found is None:
            raise ExportError("A mask is TOP,LEFT,HEIGHT,WIDTH or MODALITY:TOP,LEFT,HEIGHT,WIDTH")
        top, left, height, width = map(int, found.groups()[1:])
        return cls(top, left, height, width, modality=(found[1] or "").upper())

    @property
    def box(self) -> Box:
        """The rectangle."""
        return Box(self.top, self.left, self.height, self.width)

    def is_for(self, data: Dataset) -> bool:
        """Whether the image of a data set, before it is de-identified, has it."""
        frame = Box(0, 0, int(data.get("Rows") or 0), int(data.get("Columns") or 0))
        return (
            self.modality in ("", str(data.get("Modality") or ""))
            and self.series in ("", str(data.get("SeriesInstanceUID") or ""))
            and frame.intersects(self.box)
        )
