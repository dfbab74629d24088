"""The images that frames of a segmentation were drawn on, if positions do not tell.

Radiographs and photographs have none, and points of time share theirs: PS3.3 C.7.6.16.2.6
(Derivation Image macro) says which image each frame is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from napari_medscan.counted import agreeing
from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.objects.image_references import (
    WANTED_REFERENCE,
    Images,
    read_references,
    slices_by_image,
    slices_of,
)
from napari_medscan.dicom.objects.placement import PlacedFrame, Placement, has_place, plane_of
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.relations import same_patient
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.grid_fit import Fit, Turn, fit_plane
from napari_medscan.dicom.space.tolerances import ONE_POSITION, ROUNDING
from napari_medscan.dicom.space.vectors import difference, dot, normal_of


class _Tag(IntEnum):
    ReferencedSeriesSequence = 0x00081115
    ReferencedInstanceSequence = 0x0008114A
    SourceImageSequence = 0x00082112
    DerivationImageSequence = 0x00089124
    SharedFunctionalGroups = 0x52009229
    PerFrameFunctionalGroups = 0x52009230


_SOURCES: Final[Wanted] = {_Tag.SourceImageSequence: WANTED_REFERENCE}
_DERIVATION: Final[Wanted] = {_Tag.DerivationImageSequence: _SOURCES}
_WANTED: Final[Wanted] = {
    **_SOURCES,
    _Tag.ReferencedSeriesSequence: {_Tag.ReferencedInstanceSequence: WANTED_REFERENCE},
    _Tag.SharedFunctionalGroups: _DERIVATION,
    _Tag.PerFrameFunctionalGroups: _DERIVATION,
}
_HERE: Final = Fit(Turn(), 0, 0)


def read_sources(file: FileRef, count: int) -> tuple[Images, ...]:
    """Return the images that each frame of a file was drawn on; () if one of them has none.

    Those of the frame, else of all frames, else the one image that the file refers to.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED).data_set
    groups = data_set.items(_Tag.PerFrameFunctionalGroups)
    shared = _derivations(data_set.item(_Tag.SharedFunctionalGroups))
    shared = shared or read_references(data_set.items(_Tag.SourceImageSequence))
    if not shared:
        series = data_set.items(_Tag.ReferencedSeriesSequence)
        items = [i for each in series for i in each.items(_Tag.ReferencedInstanceSequence)]
        alone = read_references(items)
        shared = alone if len(alone) == 1 else ()
    own = [_derivations(groups[n]) if n < len(groups) else () for n in range(count)]
    found = tuple(images or shared for images in own)
    return found if all(found) else ()


def place_on_sources(
    derived: DicomObject,
    frames: Sequence[SliceRef],
    sources: Sequence[Images],
    stacks: Iterable[Stack],
) -> Placement:
    """Return where the frames of an object lie: on the images that they were drawn on.

    On the series that has most of them; if none has, one below the other, on a grid of their own.

    Parameters
    ----------
    derived : DicomObject
        The object.
    frames : sequence of SliceRef
        Its frames.
    sources : sequence of tuple of ImageReference
        The images of each frame.
    stacks : iterable of Stack
        The series that are known, in any order.
    """
    related = [s for s in stacks if not s.kind.is_derived and same_patient(derived, s)]
    named = [s for s in related if s.header.series in derived.referenced_series]
    best: tuple[int, Stack, Mapping[int, Sequence[PlacedFrame]]] | None = None
    for stack in named or related:
        placed = _on_images(frames, sources, stack)
        count = len({id(ref) for same in placed.values() for ref, _ in same})
        if count and (best is None or count > best[0]):
            best = count, stack, placed
    if best is None:
        return _alone(frames, sources)
    count, stack, found = best
    left = len(frames) - count
    are = agreeing(left, "is")
    note = f"{left:,} of its {len(frames):,} frames {are} for images of other series"
    shape = (*stack.array.places.shape, *stack.header.shape)
    return Placement(stack, stack.geometry, shape, found, (note,) if left else ())


def _derivations(groups: DataSet) -> Images:
    items = groups.items(_Tag.DerivationImageSequence)
    return read_references([i for each in items for i in each.items(_Tag.SourceImageSequence)])


def _on_images(
    frames: Sequence[SliceRef], sources: Sequence[Images], stack: Stack
) -> dict[int, list[PlacedFrame]]:
    by_image = slices_by_image(stack)
    place_of = {number: at for at, number in enumerate(stack.array.places.ravel().tolist())}
    placed: dict[int, list[PlacedFrame]] = {}
    for ref, images in zip(frames, sources, strict=True):
        for number in slices_of(images, by_image):
            fit = _fit_on(ref, stack, number)
            if fit is not None and number in place_of:
                placed.setdefault(place_of[number], []).append((ref, fit))
    return placed


def _fit_on(ref: SliceRef, stack: Stack, number: int) -> Fit | None:
    """Return how a frame lies on a slice: as it is, unless both have a place in the patient."""
    position, geometry = stack.slices[number].position, stack.geometry
    if position is None or geometry.orientation is None or not has_place(ref):
        return _HERE if ref.header.shape == stack.header.shape else None
    own, (_, *spacing) = plane_of(ref), geometry.spacing
    off = dot(difference(own[0], position), normal_of(geometry.orientation))
    if abs(off) > max(ROUNDING, ONE_POSITION * geometry.scale[0]):
        return None
    target = position, geometry.orientation, (spacing[0], spacing[1])
    return fit_plane(own, ref.header.shape, target, stack.header.shape)


def _alone(frames: Sequence[SliceRef], sources: Sequence[Images]) -> Placement:
    shape = frames[0].header.shape
    numbers: dict[Images, int] = {}
    placed: dict[int, list[PlacedFrame]] = {}
    for ref, images in zip(frames, sources, strict=True):
        if ref.header.shape == shape:
            number = numbers.setdefault(images, len(numbers))
            placed.setdefault(number, []).append((ref, _HERE))
    geometry = Geometry((1.0, 1.0, 1.0), None, None, None)
    note = "Shown without images: those that it was drawn on are not open"
    return Placement(None, geometry, (len(numbers), *shape), placed, (note,))
