"""The pixels of a file before it is written: checked for identity, masked, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydicom.dataset import FileDataset

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.headers.graphic_planes import GROUPS, OVERLAY_DATA
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.read_many import read_headers
from napari_medscan.dicom.objects.registry import objects_of
from napari_medscan.dicom.series.stacking import build_stacks
from napari_medscan.export.checked_images import examined_images
from napari_medscan.export.deidentify.blackout import black_out
from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.rules import PIXELS
from napari_medscan.export.errors import ExportError
from napari_medscan.export.volume import volume_of
from napari_medscan.frames import FrameCache
from napari_medscan.privacy.sealed_image import Facts
from napari_medscan.privacy.signals import WITH_REGIONS, kept_pixels, read_signals
from napari_medscan.privacy.text_check import Box, boxes_over

_CACHE: Final = 32 << 20
"""Bytes of decoded frames that are kept while the images of one file are checked."""
_MARGIN: Final = 4
"""Pixels around found text that are masked too: a cell of the detector that a string covers by
less than half is not marked."""


def cleaned_pixels(
    data: FileDataset, file: FileRef, profile: Profile, *, is_examined: bool = False
) -> tuple[Box, ...]:
    """Mask the images of a file as a profile says, and return what was blacked out in all frames.

    Parameters
    ----------
    data : FileDataset
        Before it is de-identified; its pixel data are changed in place.
    file : FileRef
        Where it is.
    profile : Profile
        What is masked, and whether a person has checked the pixels.
    is_examined : bool
        Whether the gate has let the images out, masked as the profile says.

    Raises
    ------
    ExportError
        If an image may identify somebody and nobody has checked it, cannot be shown and so not be
        checked, or cannot be masked.
    """
    if not PIXELS & data.keys():
        return ()
    boxes = [mask.box for mask in profile.masks if mask.is_for(data)]
    is_checked = profile.pixels_checked or is_examined
    has_overlays = _has_embedded_overlays(data)
    has_regions = profile.regions_only and str(data.get("Modality") or "") in WITH_REGIONS
    if is_checked and not boxes and not profile.mask_text and not has_overlays and not has_regions:
        return ()
    headers = read_headers([DroppedFile(file, "")])
    objects, images = objects_of(headers.images, headers.objects)
    if not images and not objects and not is_checked:
        raise ExportError("the image cannot be decoded, so it cannot be checked for text")
    if has_regions and headers.images:
        boxes += _outside_regions(headers.images[0], has_masks=bool(boxes))
    if profile.mask_text or not is_checked:
        facts = _examined(images, is_masked=has_regions)
        if profile.mask_text:
            boxes += _text_boxes(facts, (int(data.Rows), int(data.Columns)))
        if not is_checked:
            _refuse_what_identifies(facts, boxes)
    if not boxes and not has_overlays:
        return ()
    if not headers.images:
        raise ExportError("the image cannot be decoded, so it cannot be masked")
    black_out(data, headers.images[0], boxes, clears_unused=has_overlays)
    return tuple(boxes)


def _has_embedded_overlays(data: FileDataset) -> bool:
    """Whether unused bits of the pixels can hold overlays (retired: PS3.3-2004 C.9.2).

    Their descriptions are removed with all other overlays, and nobody would look for them.
    """
    groups = {tag.group for tag in data.keys() if tag.group in GROUPS}  # noqa: SIM118
    embedded = any((group, OVERLAY_DATA) not in data for group in groups)
    return embedded and data.get("BitsStored") != data.get("BitsAllocated")


def _outside_regions(header: ImageHeader, *, has_masks: bool) -> list[Box]:
    """Return rectangles that cover what lies outside the regions of an ultrasound."""
    frame = header.layout.rows, header.layout.columns
    kept = kept_pixels(read_signals(header), frame)
    if kept is None and not has_masks:
        raise ExportError(
            "The ultrasound image has no regions, so what lies outside them cannot be masked"
        )
    return [] if kept is None else boxes_over(~kept)


def _examined(images: Sequence[ImageHeader], *, is_masked: bool) -> list[Facts]:
    """Return what is known of every image of a file, masked outside regions or not."""
    return [
        facts
        for stack in build_stacks(images, FrameCache(_CACHE))
        for _, facts in examined_images(
            volume_of(stack, None, {"uneven": True}), is_masked=is_masked
        )
    ]


def _text_boxes(facts: Sequence[Facts], frame: tuple[int, int]) -> list[Box]:
    """Return where text was found in any image, each rectangle once."""
    found = {
        Box(
            max(box.top - _MARGIN, 0),
            max(box.left - _MARGIN, 0),
            box.height + min(_MARGIN, box.top) + _MARGIN,
            box.width + min(_MARGIN, box.left) + _MARGIN,
        )
        for each in facts
        for box in (outline.box for outline in each.text.outlines)
    }
    if found and any(each.source != frame for each in facts):
        # Of mosaics and slides, what is shown is a part of a frame.
        raise ExportError("The image seems to contain text, which cannot be masked in it")
    return sorted(found, key=lambda box: (box.top, box.left, box.height, box.width))


def _refuse_what_identifies(facts: Sequence[Facts], masks: Sequence[Box]) -> None:
    """Raise unless every image, once masked, may leave without anybody's confirmation."""
    for each in facts:
        for reason in each.reasons(masks).values():
            raise ExportError(reason)
