"""DicomObject: what was made from images and is shown on them, or beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.series.series_name import series_name

if TYPE_CHECKING:
    from napari_medscan.dicom.series.stack import Stack


class DicomObject(ABC):
    """One object of a kind that is not an image stack."""

    @property
    @abstractmethod
    def header(self) -> Instance:
        """Of its first file."""

    @property
    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """Names of its files."""

    @property
    @abstractmethod
    def kind_name(self) -> str:
        """What a user calls such an object: "segmentation"."""

    @property
    def is_overlay(self) -> bool:
        """Whether it is drawn on images; a report is read beside them."""
        return True

    @property
    def is_shown_at_once(self) -> bool:
        """Whether it is drawn as soon as it is opened; else when its eye is switched on."""
        return self.is_overlay

    @property
    def home(self) -> Stack | None:
        """The series that it is a part of; None if it has files of its own."""
        return None

    @property
    def key(self) -> tuple[object, ...]:
        """What is the same when the same object is opened again: patient, UID and files."""
        return self.header.patient.hex(), self.header.sop_instance, *self.files

    @property
    def summary(self) -> str:
        """What is in it, in a few words: "3 segments"."""
        return self.kind_name

    @property
    def referenced_series(self) -> tuple[str, ...]:
        """UIDs of the series that it refers to."""
        return ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know, each a sentence without the last period."""
        return ()

    @property
    def name(self) -> str:
        """Modality, series number and description: "SEG 4 · Organs"."""
        header = self.header
        return series_name(header.modality, header.series_number, header.description)

    def notes_on(self, stacks: Sequence[Stack]) -> tuple[str, ...]:  # noqa: ARG002 - of some kinds
        """Return what the user should know of how the object lies on series that are open."""
        return ()

    def __repr__(self) -> str:
        """Return name and summary, and no file: its name can identify a patient."""
        return f"<{type(self).__name__} {self.name}: {self.summary}>"

    def __deepcopy__(self, memo: dict[int, object]) -> DicomObject:
        """Return self: an object is not copied with the layer that shows it."""
        return self


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SeriesPart(DicomObject):
    """Something in the files of a series that is drawn on its images when the user asks.

    Parameters
    ----------
    stack : Stack
        The series.
    """

    stack: Stack

    @property
    def header(self) -> Instance:
        """Of the first file of the series."""
        return self.stack.header

    @property
    def files(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    @property
    def is_shown_at_once(self) -> bool:
        """It hides what lies below."""
        return False

    @property
    def home(self) -> Stack:
        """The series."""
        return self.stack

    @property
    def key(self) -> tuple[object, ...]:
        """The series and its own name."""
        return self.stack, self.kind_name, self.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OneFileObject(DicomObject):
    """An object that is one file without an image.

    Parameters
    ----------
    instance : Instance
        Its file.
    """

    instance: Instance

    @property
    def header(self) -> Instance:
        """Its file."""
        return self.instance

    @property
    def files(self) -> tuple[str, ...]:
        """Name of its file."""
        return (self.instance.name,)

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        return self.instance.kind.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ObjectBesideImages(OneFileObject):
    """An object that is read or looked at on its own: a report, a document, a waveform."""

    @property
    def is_overlay(self) -> bool:
        """It is not drawn on images."""
        return False
