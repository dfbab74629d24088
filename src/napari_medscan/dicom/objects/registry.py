"""Which files of a drop are objects of a kind of their own, and which are image stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.objects.segmentation import segmentations_of
from napari_medscan.dicom.series.dicom_object import DicomObject

_READERS: tuple[Callable[[Sequence[ImageHeader]], Iterable[DicomObject]], ...] = (segmentations_of,)
"""One for each kind; each takes what it knows from the files of a drop."""


def objects_of(headers: Sequence[ImageHeader]) -> tuple[tuple[DicomObject, ...], list[ImageHeader]]:
    """Return the objects that the files of a drop make, and the other files.

    Parameters
    ----------
    headers : sequence of ImageHeader
        Without duplicates.

    Returns
    -------
    objects : tuple of DicomObject
        In the order of their files.
    images : list of ImageHeader
        The files that make image stacks.
    """
    objects = tuple(each for read in _READERS for each in read(headers))
    taken = {name for each in objects for name in each.files}
    return objects, [header for header in headers if header.name not in taken]
