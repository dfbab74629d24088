"""PresentationState: how images are to be displayed, with annotations on their own slices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import agreeing, counted
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.objects.annotations import Annotation
from napari_medscan.dicom.objects.catalogue import slices_by_instance
from napari_medscan.dicom.objects.display_area import Area, whole_area
from napari_medscan.dicom.objects.drawn_graphics import (
    Canvas,
    DrawnPoint,
    DrawnShape,
    DrawnText,
    draw_graphic,
    draw_text,
    screen_pixel,
)
from napari_medscan.dicom.objects.gray_pipeline import gray_of
from napari_medscan.dicom.objects.image_references import (
    ByImage,
    Images,
    slices_by_image,
    slices_of,
)
from napari_medscan.dicom.objects.plane_masks import mask_on, pixel_aspect
from napari_medscan.dicom.objects.presentation_content import (
    PresentationContent,
    PresentationFacts,
    read_presentation,
    read_presentation_facts,
)
from napari_medscan.dicom.series.dicom_object import OneFileObject
from napari_medscan.dicom.series.relations import same_patient
from napari_medscan.dicom.series.series_name import series_name
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.frames import FrameCache, LazyStack

_T = TypeVar("_T")
MOST_POINTS: Final = 200_000
"""Points of lines that are drawn; a state for a thousand images may repeat its lines on each."""
MOST_DASHES: Final = 2_000
"""Shapes that are drawn on all slices before dashed lines are drawn as solid ones."""
Place = tuple[int, ...]
"""Index of a slice along the leading axes of the array of a series."""


class OnSlice(NamedTuple):
    """Something that is drawn on a slice: its index along the leading axes, and what it is."""

    place: Place
    drawn: DrawnShape | DrawnPoint | DrawnText
    layer: str


@dataclass(frozen=True, slots=True)
class StateOnSeries:
    """What a presentation state displays on one series.

    Parameters
    ----------
    stack : Stack
        The series.
    slices : tuple of int
        The slices that it is for, as numbers of ``stack.slices``, in its own order.
    content : PresentationContent
        What it says.
    windows : mapping of int to Window or VoiLut
        In the values that its modality transform gives, by the number of the slice.
    areas : mapping of int to Area
        Displayed areas by the number of the slice.
    drawn : tuple of OnSlice
        Its annotations.
    is_cut : bool
        There are more annotations than are drawn.
    opacity : float or None
        Of a series that lies over another one, 0 to 1; None for all others.
    """

    stack: Stack
    slices: tuple[int, ...]
    content: PresentationContent
    windows: Mapping[int, Voi]
    areas: Mapping[int, Area]
    drawn: tuple[OnSlice, ...]
    is_cut: bool
    opacity: float | None = None

    def voi(self, number: int) -> Voi | None:
        """Return what draws the values of a slice, None if the state leaves that open.

        See `gray_of`.
        """
        content = self.content
        voi = self.windows.get(number)
        return gray_of(self.stack, content.modality, voi, content.presentation)

    @property
    def whole(self) -> Area:
        """The area of a whole image."""
        return whole_area(self.stack.header.shape)

    @property
    def closed(self) -> NDArray[np.bool_] | None:
        """Which pixels of its images are hidden, None if the state has no shutter."""
        shutter, shape = self.content.shutter, self.stack.header.shape
        if shutter.is_empty:
            return None
        aspect = pixel_aspect(self.stack.header, self.stack.typical_frame)
        closed = shutter.closed(shape, aspect)
        overlay = self.content.overlays.get(shutter.overlay_group)
        return closed if overlay is None else closed | overlay.read(0, shape)

    @property
    def overlays(self) -> dict[int, NDArray[np.bool_]]:
        """The overlay planes of the state that are displayed, by group."""
        shape = self.stack.header.shape
        shown = set(self.content.activated) - {self.content.shutter.overlay_group}
        planes = self.content.overlays
        return {g: planes[g].read(0, shape) for g in sorted(shown) if g in planes}

    def mask(self, plane: NDArray[np.bool_], cache: FrameCache | None = None) -> LazyStack:
        """Return a plane on the slices of the state and nothing on others; axes of the series."""
        return mask_on(self.stack, _MaskSource(frozenset(self.slices), plane), cache)


@dataclass(frozen=True, slots=True)
class _MaskSource:
    slices: frozenset[int]
    plane: NDArray[np.bool_]

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the plane on slice number `index`, if it is one of the slices."""
        out[...] = self.plane if index in self.slices else 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PresentationState(OneFileObject):
    """A softcopy presentation state in gray or color (PS3.3 A.33).

    Parameters
    ----------
    instance : Instance
        Its file.
    facts : PresentationFacts
        What it says of itself.
    """

    facts: PresentationFacts

    @property
    def is_shown_at_once(self) -> bool:
        """It changes how the images look."""
        return False

    @property
    def name(self) -> str:
        """Modality, series number and its own label: "PR 4 · KEY IMAGE"."""
        header = self.instance
        label = self.facts.label or header.description
        return series_name(header.modality or "PR", header.series_number, label)

    @property
    def summary(self) -> str:
        """For how many images it is."""
        count = sum(map(len, self.facts.images.values()))
        return counted(count, "image") if count else f"{len(self.facts.images)} series"

    @property
    def referenced_series(self) -> tuple[str, ...]:
        """UIDs of the series that it refers to."""
        return tuple(filter(None, self.facts.images))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of it is not drawn."""
        parts = self.facts.not_drawn
        return (f"Not drawn: {', '.join(parts)}",) if parts else ()

    def notes_on(self, stacks: Sequence[Stack]) -> tuple[str, ...]:
        """Return how many of its images, or of the series that it is for in whole, are missing."""
        whole = [series for series, images in self.facts.images.items() if series and not images]
        absent = len(set(whole) - {s.header.series for s in stacks if same_patient(self, s)})
        if absent:
            are = agreeing(absent, "is")
            return (f"{absent} of its {len(whole)} series {are} not among those that were found",)
        known = {uid for stack in self._related(stacks) for uid in slices_by_instance(stack)}
        uids = {each.sop_instance for images in self.facts.images.values() for each in images}
        missing = len(uids - known)
        if not missing:
            return ()
        of_all = f"{missing:,} of its {len(uids):,} images {agreeing(missing, 'is')}"
        return (f"{of_all} in none of the series that were found",)

    def read(self) -> PresentationContent:
        """Read how it displays its images.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        return read_presentation(self.instance.source.file)

    def draw(self, stacks: Iterable[Stack]) -> list[StateOnSeries]:
        """Return what it displays on each series that has some of its images.

        Parameters
        ----------
        stacks : iterable of Stack
            Series that are known, in any order.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        of_all = self.read()
        found = []
        for stack in self._related(stacks):
            series, by_image = stack.header.series, slices_by_image(stack)
            content, part = of_all.on(series), of_all.blending.get(series)
            slices = self._slices(content, series, by_image)
            if slices:
                vois = ((images, vois[0]) for images, vois in content.vois)
                windows = _by_slice(vois, by_image)
                areas = _by_slice(content.areas, by_image)
                drawn, is_cut = _drawn(content, stack, slices, by_image, areas)
                opacity = None if part is None else part.opacity
                found.append(
                    StateOnSeries(
                        stack, tuple(slices), content, windows, areas, drawn, is_cut, opacity
                    )
                )
        return found

    def windows_on(self, stack: Stack) -> tuple[Voi, ...]:
        """Return the different windows and lookup tables that it has for images of a series.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        uids = {each.sop_instance for images in self.facts.images.values() for each in images}
        by_image = slices_by_image(stack) if self._related([stack]) else {}
        series = stack.header.series
        if series not in self.facts.images and uids and uids.isdisjoint(by_image):
            return ()
        content = self.read().on(series)
        slices = frozenset(self._slices(content, series, by_image))
        windows = _by_slice(((images, vois[0]) for images, vois in content.vois), by_image)
        drawn = (
            gray_of(stack, content.modality, voi, content.presentation)
            for voi in dict.fromkeys(voi for n, voi in windows.items() if n in slices)
        )
        return tuple(dict.fromkeys(voi for voi in drawn if voi is not None))

    def _slices(self, content: PresentationContent, series: str, by_image: ByImage) -> list[int]:
        """Return the slices of a series that it is for: all if it names the series and no images.

        If it names no images at all, those that its parts name.
        """
        images = self.facts.images
        if series in images and (series in content.blending or not images[series]):
            return slices_of(images[series], by_image)
        own = tuple(each for same in images.values() for each in same)
        return slices_of(own, by_image) if own else _mentioned(content, by_image)

    def _related(self, stacks: Iterable[Stack]) -> list[Stack]:
        """Return the series of its patient whose images it may mean, those it names if there are.

        Slices of a mosaic are parts of an image, and annotations are for the whole of it.
        """
        candidates = [
            stack
            for stack in stacks
            if same_patient(self, stack)
            and stack.derivation is None
            and stack.header.tile_shape is None
        ]
        named = [stack for stack in candidates if stack.header.series in self.facts.images]
        return named or candidates


def presentation_state_of(instance: Instance) -> PresentationState | None:
    """Return the presentation state that a file is, None if it cannot be read."""
    try:
        return PresentationState(instance, read_presentation_facts(instance.source.file))
    except (MedscanError, OSError):
        return None


def _by_slice(parts: Iterable[tuple[Images, _T]], by_image: ByImage) -> dict[int, _T]:
    """Return what holds for each slice: the first part that is for it."""
    found: dict[int, _T] = {}
    for images, part in parts:
        for number in slices_of(images, by_image):
            found.setdefault(number, part)
    return found


def _mentioned(content: PresentationContent, by_image: ByImage) -> list[int]:
    """Return the slices that the parts of a state name, if the state itself names none."""
    parts = (
        *(each.images for each in content.annotations),
        *(images for images, _ in content.vois),
        *(images for images, _ in content.areas),
    )
    return list(dict.fromkeys(n for images in parts if images for n in slices_of(images, by_image)))


def _drawn(
    content: PresentationContent,
    stack: Stack,
    slices: Sequence[int],
    by_image: ByImage,
    areas: Mapping[int, Area],
) -> tuple[tuple[OnSlice, ...], bool]:
    places = stack.array.places
    place_of = {int(number): tuple(map(int, at)) for at, number in np.ndenumerate(places)}
    whole = whole_area(stack.header.shape)
    wanted = frozenset(slices)
    pixel = screen_pixel(stack.header.shape)
    found: list[OnSlice] = []
    points = 0
    for annotation in content.annotations:
        for number in slices_of(annotation.images, by_image):
            if number not in wanted or number not in place_of:
                continue
            canvas = Canvas(areas.get(number, whole), content.turn)
            may_dash = len(found) < MOST_DASHES
            for drawn in _objects(annotation, canvas, pixel, may_dash=may_dash):
                points += len(drawn.points) if isinstance(drawn, DrawnShape) else 1
                if points > MOST_POINTS:
                    return tuple(found), True
                found.append(OnSlice(place_of[number], drawn, annotation.layer))
    return tuple(found), False


def _objects(
    annotation: Annotation, canvas: Canvas, pixel: float, *, may_dash: bool
) -> Iterator[DrawnShape | DrawnPoint | DrawnText]:
    for graphic in annotation.graphics:
        yield from draw_graphic(graphic, canvas, pixel, may_dash=may_dash)
    for note in annotation.texts:
        text, line = draw_text(note, canvas, pixel)
        yield text
        if line is not None:
            yield line
