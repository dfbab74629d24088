"""Instance: one SOP instance, whatever it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from napari_medscan.dicom.elements.date_times import date_time_of
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.attribute import attribute
from napari_medscan.dicom.headers.frame_header import Alike
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY
from napari_medscan.dicom.headers.patient import patient_of
from napari_medscan.dicom.kinds import Kind, kind_of

_INSTANCES: Final[Wanted] = want(Tag.ReferencedSOPInstanceUID)
# PS3.3 C.12.2: the Common Instance Reference module.
_REFERENCES: Final[Wanted] = {
    Tag.ReferencedSeriesSequence: {
        Tag.ReferencedInstanceSequence: _INSTANCES,
        Tag.ReferencedImageSequence: _INSTANCES,
    }
}


def _references(data_set: DataSet) -> tuple[str, ...]:
    """Return the instances of the Common Instance Reference module (PS3.3 C.12.2)."""
    uids = [
        item.uid(Tag.ReferencedSOPInstanceUID)
        for series in data_set.items(Tag.ReferencedSeriesSequence)
        for tag in (Tag.ReferencedInstanceSequence, Tag.ReferencedImageSequence)
        for item in series.items(tag)
    ]
    return tuple(uid for uid in uids if uid)


@dataclass(frozen=True, eq=False)
class Instance(Alike):
    """One SOP instance, without patient name, ID or any other identity.

    Parameters
    ----------
    name : str
        Path relative to what was dropped, with forward slashes.
    source : FileRef
        Reads the file's bytes.
    size : int
        Bytes that the source can give.
    transfer_syntax, sop_class, sop_instance, study, series, frame_of_reference : str
        UIDs; '' when absent.
    patient : bytes
        A keyed hash that tells patients apart and means nothing outside this process; see
        `patient_of`.
    modality, description : str
        Modality; Series Description, cleaned and defused.
    series_number, instance_number : int or None
        Series Number, Instance Number.
    study_date : datetime or None
        Study Date and Time, to put studies in order and to tell the interval between them; midnight
        if the time cannot be read. It can identify a patient: it is not part of the repr.
    study_description, body_part : str
        Study Description and Body Part Examined, cleaned and defused.
    references : tuple of str
        SOP Instance UIDs of the instances that it refers to, series by series.
    """

    name: str = attribute(lambda file: file.name)
    source: FileRef = attribute(lambda file: file.scanned.source)
    size: int = attribute(lambda file: file.scanned.size)
    transfer_syntax: str = attribute(lambda file: file.scanned.transfer_syntax)
    sop_class: str = attribute(lambda file: file.sop_class, want(Tag.SOPClassUID))
    sop_instance: str = attribute(
        lambda file: file.data_set.text(Tag.SOPInstanceUID), want(Tag.SOPInstanceUID), varies=True
    )
    study: str = attribute(
        lambda file: file.data_set.text(Tag.StudyInstanceUID),
        want(Tag.StudyInstanceUID),
        varies=True,
    )
    series: str = attribute(
        lambda file: file.data_set.text(Tag.SeriesInstanceUID),
        want(Tag.SeriesInstanceUID),
        varies=True,
    )
    frame_of_reference: str = attribute(
        lambda file: file.data_set.text(Tag.FrameOfReferenceUID),
        want(Tag.FrameOfReferenceUID),
        varies=True,
    )
    patient: bytes = attribute(lambda file: patient_of(file.data_set), WANTED_IDENTITY)
    modality: str = attribute(lambda file: file.modality, want(Tag.Modality))
    description: str = attribute(
        lambda file: file.label(Tag.SeriesDescription), want(Tag.SeriesDescription), varies=True
    )
    series_number: int | None = attribute(
        lambda file: file.data_set.integer(Tag.SeriesNumber), want(Tag.SeriesNumber), varies=True
    )
    instance_number: int | None = attribute(
        lambda file: file.data_set.integer(Tag.InstanceNumber),
        want(Tag.InstanceNumber),
        varies=True,
    )
    study_date: datetime | None = attribute(
        lambda file: date_time_of(
            file.data_set.text(Tag.StudyDate), file.data_set.text(Tag.StudyTime)
        ),
        want(Tag.StudyDate, Tag.StudyTime),
        varies=True,
        default=None,
        repr=False,
        kw_only=True,
    )
    study_description: str = attribute(
        lambda file: file.label(Tag.StudyDescription),
        want(Tag.StudyDescription),
        varies=True,
        default="",
        kw_only=True,
    )
    body_part: str = attribute(
        lambda file: file.label(Tag.BodyPartExamined),
        want(Tag.BodyPartExamined),
        varies=True,
        default="",
        kw_only=True,
    )
    references: tuple[str, ...] = attribute(
        lambda file: _references(file.data_set), _REFERENCES, default=(), kw_only=True
    )

    @property
    def kind(self) -> Kind:
        """What follows from its SOP class and modality."""
        return kind_of(self.sop_class, self.modality)

    @property
    def folder(self) -> str:
        """Folder of the file relative to what was dropped."""
        return self.name.rpartition("/")[0]
