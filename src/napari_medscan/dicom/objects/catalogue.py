"""Catalogue: everything that was opened, so that objects find their images in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.relations import belongs_to
from napari_medscan.dicom.series.stack import Stack


@dataclass(frozen=True, slots=True)
class FoundImage:
    """Where an image with a certain SOP Instance UID is shown.

    Parameters
    ----------
    stack : Stack
        The series.
    slices : tuple of int
        Its slices in ``stack.slices``: one, or one for each frame of the file.
    """

    stack: Stack
    slices: tuple[int, ...]


class Catalogue:
    """Series and objects of several drops, until they are closed.

    It holds what it was given and nothing else: what is discarded is released.
    """

    def __init__(self) -> None:
        self._stacks: dict[Stack, None] = {}
        self._objects: dict[tuple[object, ...], DicomObject] = {}
        self._slices: dict[Stack, dict[str, list[int]]] = {}
        self._homes: WeakKeyDictionary[DicomObject, Stack | None] = WeakKeyDictionary()

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """All series, in the order in which they were found."""
        return tuple(self._stacks)

    @property
    def objects(self) -> tuple[DicomObject, ...]:
        """All objects, in the order in which they were found."""
        return tuple(self._objects.values())

    def add(self, stacks: Iterable[Stack] = (), objects: Iterable[DicomObject] = ()) -> None:
        """Take in series and objects; an object that was found before is known by its newer self.

        See `DicomObject.key`.
        """
        self._homes.clear()
        self._stacks |= dict.fromkeys(stacks)
        self._objects |= {each.key: each for each in objects}

    def discard(self, stacks: Iterable[Stack] = (), objects: Iterable[DicomObject] = ()) -> None:
        """Let series with their parts, and objects go; those that are not known are ignored."""
        self._homes.clear()
        closed = set(stacks)
        for stack in closed:
            self._stacks.pop(stack, None)
            self._slices.pop(stack, None)
        gone = set(objects) | {each for each in self.objects if each.home in closed}
        self._objects = {key: each for key, each in self._objects.items() if each not in gone}

    def home_of(self, source: DicomObject) -> Stack | None:
        """Return the series that an object belongs to, None if none is known.

        The one that it refers to if their places can be compared, else the largest image series
        in its frame of reference.
        """
        if source not in self._homes:
            self._homes[source] = self._find_home(source)
        return self._homes[source]

    def _find_home(self, source: DicomObject) -> Stack | None:
        if source.home is not None:
            return source.home if source.home in self._stacks else None
        related = [s for s in self._stacks if not s.kind.is_derived and belongs_to(source, s)]
        referenced = [s for s in related if s.header.series in source.referenced_series]
        return max(referenced or related, key=lambda s: len(s.slices), default=None)

    def find_images(self, sop_instance: str) -> Iterator[FoundImage]:
        """Yield the places at which an image is shown.

        Parameters
        ----------
        sop_instance : str
            SOP Instance UID.

        Notes
        -----
        Headers of a series that was opened from the index are read from its files, once.
        """
        for stack in self._stacks:
            if numbers := self._slices_of(stack).get(sop_instance):
                yield FoundImage(stack, tuple(numbers))

    def _slices_of(self, stack: Stack) -> dict[str, list[int]]:
        if stack not in self._slices:
            self._slices[stack] = slices_by_instance(stack)
        return self._slices[stack]


def slices_by_instance(stack: Stack) -> dict[str, list[int]]:
    """Return the slices of every image of a series, by SOP Instance UID.

    Headers of a series that was opened from the index are read from its files.
    """
    by_uid: dict[str, list[int]] = {}
    for number in range(len(stack.slices)):
        try:
            uid = stack.headers.read(number).header.sop_instance
        except FrameError:
            # The disc is gone: the other images can be found all the same.
            continue
        by_uid.setdefault(uid, []).append(number)
    return by_uid
