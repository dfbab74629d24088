"""Which files of a drop are objects of a kind of their own, and which are image stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.kinds import (
    ENCAPSULATED,
    PRESENTATION_STATES,
    REPORTS,
    SPECTROSCOPY,
    VALUE_MAPPING,
    WAVEFORMS,
)
from napari_medscan.dicom.objects.overlay import overlays_of
from napari_medscan.dicom.objects.presentation_state import presentation_state_of
from napari_medscan.dicom.objects.report import EncapsulatedDocument, Report
from napari_medscan.dicom.objects.segmentation import segmentations_of
from napari_medscan.dicom.objects.shutter import shutter_of
from napari_medscan.dicom.objects.slide_files import slides_of
from napari_medscan.dicom.objects.slide_segmentation import slide_segmentations_of
from napari_medscan.dicom.objects.spectroscopy import Spectroscopy
from napari_medscan.dicom.objects.structure_set import structure_sets_of
from napari_medscan.dicom.objects.value_mapping import value_mapping_of, with_value_mappings
from napari_medscan.dicom.objects.waveform import Waveform
from napari_medscan.dicom.series.alike import one_of_each
from napari_medscan.dicom.series.dicom_object import DicomObject, SeriesPart
from napari_medscan.dicom.series.stack import Stack

_Read = Callable[[Instance], DicomObject | None]

_CLASSES: dict[str, _Read] = {
    SPECTROSCOPY: Spectroscopy,
    VALUE_MAPPING: value_mapping_of,
    **dict.fromkeys(PRESENTATION_STATES, presentation_state_of),
}
_FAMILIES: tuple[tuple[str, _Read], ...] = (
    (REPORTS, Report),
    (ENCAPSULATED, EncapsulatedDocument),
    (WAVEFORMS, Waveform),
)
"""What makes an object of a file without an image, by SOP class and by the beginning of it."""


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
        The files that make image stacks, with the values that objects define for them.
    """
    # Most files are images of neither kind, and those that are alike are of one.
    special = {id(h.alike) for h in one_of_each(headers) if _is_special(h)}
    candidates = [h for h in headers if id(h.alike) in special] if special else []
    on_slides = slide_segmentations_of(candidates)
    labels = {name for each in on_slides for name in each.files}
    segmentations, reasons = segmentations_of(candidates)
    objects: tuple[DicomObject, ...] = (
        *segmentations,
        *slides_of(header for header in candidates if header.name not in labels),
        *on_slides,
        *structure_sets_of(instances),
        *filter(None, map(_object_of, instances)),
    )
    taken = {name for each in objects for name in each.files}
    images = [header for header in headers if header.name not in taken] if taken else headers
    if reasons:
        images = [h.noted(reasons[h.name]) if h.name in reasons else h for h in images]
    return objects, with_value_mappings(images, objects)


def _is_special(header: ImageHeader) -> bool:
    """Whether an image file belongs to a slide or a segmentation."""
    return header.matrix is not None or header.kind.measures == "segments"


def parts_of(stacks: Iterable[Stack]) -> list[SeriesPart]:
    """Return what the files of series have beside their pixels: overlay planes and shutters."""
    found: list[SeriesPart] = []
    for stack in stacks:
        if any(stack.slices.planes):
            found += overlays_of(stack)
            found += shutter_of(stack)
    return found


def _object_of(instance: Instance) -> DicomObject | None:
    family = (read for prefix, read in _FAMILIES if instance.sop_class.startswith(prefix))
    read = _CLASSES.get(instance.sop_class) or next(family, None)
    return None if read is None else read(instance)
