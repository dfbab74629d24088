"""Which files of a drop are objects of a kind of their own, and which are image stacks."""

from __future__ import annotations

from collections.abc import Sequence

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.objects.report import documents_of
from napari_medscan.dicom.objects.segmentation import segmentations_of
from napari_medscan.dicom.objects.structure_set import structure_sets_of
from napari_medscan.dicom.series.dicom_object import DicomObject


def objects_of(
    headers: Sequence[ImageHeader], instances: Sequence[Instance] = ()
) -> tuple[tuple[DicomObject, ...], list[ImageHeader]]:
    """Return the objects that the files of a drop make, and the other files.

    Parameters
    ----------
    headers : sequence of ImageHeader
        Image files, without duplicates.
    instances : sequence of Instance
        Files of kinds that are objects without an image.

    Returns
    -------
    objects : tuple of DicomObject
        By kind, in the order of their files.
    images : list of ImageHeader
        The files that make image stacks.
    """
    objects: tuple[DicomObject, ...] = (
        *segmentations_of(headers),
        *structure_sets_of(instances),
        *documents_of(instances),
    )
    taken = {name for each in objects for name in each.files}
    return objects, [header for header in headers if header.name not in taken]
