"""The images that a report or a selection of key objects refers to, as series of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.objects.catalogue import slices_by_instance
from napari_medscan.dicom.objects.report_content import ReportContent
from napari_medscan.dicom.series.relations import HasHeader, same_patient
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.series.stacking import build_stacks
from napari_medscan.frames import shared_cache

_IMAGE = "IMAGE"
_PART = "key images"


@dataclass(frozen=True, slots=True)
class KeyImages:
    """Key images, as series of nothing else.

    Parameters
    ----------
    stacks : tuple of Stack
        Their series; a file with many frames is there with all of them.
    missing : int
        Images that are in no series that is known.
    """

    stacks: tuple[Stack, ...]
    missing: int


def referenced_images(content: ReportContent) -> tuple[str, ...]:
    """Return the SOP Instance UIDs of the images that a report refers to, each once, in order."""
    items = (item for _, item in content.root.walk())
    return tuple(
        dict.fromkeys(i.reference for i in items if i.value_type == _IMAGE and i.reference)
    )


def key_images(source: HasHeader, content: ReportContent, stacks: Iterable[Stack]) -> KeyImages:
    """Return series of the images that a report refers to, and of no others.

    Parameters
    ----------
    source : Report
        The report: only images of its patient are looked at.
    content : ReportContent
        What it says.
    stacks : iterable of Stack
        Series that are known.
    """
    wanted = referenced_images(content)
    found: dict[str, ImageHeader] = {}
    for stack in stacks:
        if stack.derivation is not None or not same_patient(source, stack):
            continue
        by_image = slices_by_instance(stack)
        for uid in wanted:
            if uid not in found and uid in by_image:
                try:
                    found[uid] = stack.read_header(by_image[uid][0])
                except FrameError:
                    continue
    headers = [found[uid] for uid in wanted if uid in found]
    made = build_stacks(headers, shared_cache())
    named = (replace(s, part=" · ".join(filter(None, (s.part, _PART)))) for s in made)
    return KeyImages(tuple(named), len(wanted) - len(found))
