"""A new DICOMDIR of de-identified files (PS3.3 annex F): an old one lists names."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from napari_medscan.export.new_files import NewFiles

DICOMDIR: Final = "DICOMDIR"
_CLASSES: Final = "1.2.840.10008.5.1.4.1.1."
_TYPES: Final = {
    "481.2": "RT DOSE",
    "481.3": "RT STRUCTURE SET",
    "481.5": "RT PLAN",
    "481.8": "RT PLAN",
    "481.4": "RT TREAT RECORD",
    "481.6": "RT TREAT RECORD",
    "481.7": "RT TREAT RECORD",
    "11": "PRESENTATION",
    "9": "WAVEFORM",
    "4.2": "SPECTROSCOPY",
    "66": "RAW DATA",
    "66.1": "REGISTRATION",
    "66.2": "FIDUCIAL",
    "66.3": "REGISTRATION",
    "66.5": "SURFACE",
    "66.6": "TRACT",
    "67": "VALUE MAP",
}
"""Types of records (PS3.3 F.4) by SOP class, or by the classes that one begins like; else IMAGE."""
_NO_IMAGES: Final = frozenset(("66.4", "66.7", "66.8", "481.1"))
"""Classes that begin like one above, and are images: segmentations, RT images."""
_KEYS: Final = {
    "PATIENT": "PatientName PatientID",
    "STUDY": "StudyDate StudyTime StudyDescription StudyInstanceUID StudyID AccessionNumber",
    "SERIES": "Modality SeriesInstanceUID SeriesNumber",
    "IMAGE": "InstanceNumber",
    "RT DOSE": "InstanceNumber DoseSummationType",
    "RT STRUCTURE SET": "InstanceNumber StructureSetLabel StructureSetDate StructureSetTime",
    "RT PLAN": "InstanceNumber RTPlanLabel RTPlanDate RTPlanTime",
    "RT TREAT RECORD": "InstanceNumber TreatmentDate TreatmentTime",
    "PRESENTATION": "InstanceNumber ContentLabel PresentationCreationDate PresentationCreationTime"
    " ReferencedSeriesSequence",
    "SPECTROSCOPY": "ImageType ContentDate ContentTime InstanceNumber NumberOfFrames Rows Columns"
    " DataPointRows DataPointColumns",
    "": "InstanceNumber ContentDate ContentTime ContentLabel",
}
"""Keys of records (PS3.3 F.5); '' for other types."""
_MISSING: Final = {
    "PatientID": "UNKNOWN",
    "StudyDate": "19000101",
    "StudyTime": "000000",
    "StudyID": "1",
    "SeriesNumber": 1,
    "InstanceNumber": 1,
}
"""What stands for keys that a record must have, and that are empty in the file."""
_EMPTY: Final = frozenset(("PatientName", "StudyDescription", "AccessionNumber"))
"""Keys that a record must have, though without a value."""
_IN_USE: Final = 0xFFFF


@dataclass(eq=False, slots=True)
class _Node:
    """A directory record and those below it, by what tells them apart."""

    record: Dataset
    below: dict[str, _Node] = field(default_factory=dict)


def write_dicomdir(folder: Path, files: Iterable[Path], uid: str) -> None:
    """Write the DICOMDIR of files in a folder, with what they say themselves.

    Parameters
    ----------
    folder : Path
        Gets the DICOMDIR.
    files : iterable of Path
        At least one, in the folder, with names of at most eight capitals, digits and underscores.
    uid : str
        SOP Instance UID of the DICOMDIR.

    Raises
    ------
    ExportError
        If there is one.
    OSError
        If it cannot be written, or a file not be read.
    """
    root = _Node(Dataset())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in files:
            data = dcmread(path, stop_before_pixels=True)
            _add(root, data, path.relative_to(folder).parts)
        whole = _directory(root, uid)
    with NewFiles() as written:
        written.open(folder / DICOMDIR).write(whole)


def _add(root: _Node, data: FileDataset, file_id: Sequence[str]) -> None:
    """Add the records of a file to the tree, patient, study and series once."""
    node = root
    for kind, key in (
        ("PATIENT", "PatientID"),
        ("STUDY", "StudyInstanceUID"),
        ("SERIES", "SeriesInstanceUID"),
    ):
        name = str(data.get(key) or "")
        if name not in node.below:
            node.below[name] = _Node(_record(kind, data))
        node = node.below[name]
    leaf = _record(_type_of(str(data.SOPClassUID)), data)
    leaf.ReferencedFileID = list(file_id)
    leaf.ReferencedSOPClassUIDInFile = data.SOPClassUID
    leaf.ReferencedSOPInstanceUIDInFile = data.SOPInstanceUID
    leaf.ReferencedTransferSyntaxUIDInFile = data.file_meta.TransferSyntaxUID
    node.below["/".join(file_id)] = _Node(leaf)


def _type_of(sop_class: str) -> str:
    """Return the type of the record of an instance."""
    name = sop_class.removeprefix(_CLASSES)
    if name == sop_class or name in _NO_IMAGES:
        return "IMAGE"
    return _TYPES.get(name) or _TYPES.get(name.partition(".")[0], "IMAGE")


def _record(kind: str, data: Dataset) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = _IN_USE
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    if "SpecificCharacterSet" in data:
        record.SpecificCharacterSet = data.SpecificCharacterSet
    for keyword in _KEYS.get(kind, _KEYS[""]).split():
        if data.get(keyword) not in (None, ""):
            record[keyword] = data[keyword]
        elif keyword in _MISSING:
            setattr(record, keyword, _MISSING[keyword])
        elif keyword in _EMPTY:
            setattr(record, keyword, None)
    return record


def _directory(root: _Node, uid: str) -> bytes:
    """Return the file: records are written once to learn where they stand, and again with that."""
    nodes = list(_in_order(root))
    data = Dataset()
    data.FileSetID = ""
    data.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    data.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    data.FileSetConsistencyFlag = 0
    data.DirectoryRecordSequence = [node.record for node in nodes]
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    data.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    read = dcmread(io.BytesIO(_written(data)))
    places = [item.seq_item_tell for item in read.DirectoryRecordSequence]
    place_of = dict(zip(nodes, places, strict=True))
    _link(root, place_of)
    patients = list(root.below.values())
    data.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = place_of[patients[0]]
    data.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = place_of[patients[-1]]
    return _written(data)


def _written(data: Dataset) -> bytes:
    buffer = io.BytesIO()
    dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()


def _in_order(node: _Node) -> Iterator[_Node]:
    for child in node.below.values():
        yield child
        yield from _in_order(child)


def _link(node: _Node, place_of: dict[_Node, int]) -> None:
    """Set the offsets of all records below a node."""
    children = list(node.below.values())
    for one, following in pairwise(children):
        one.record.OffsetOfTheNextDirectoryRecord = place_of[following]
    for child in children:
        if child.below:
            lowest = next(iter(child.below.values()))
            child.record.OffsetOfReferencedLowerLevelDirectoryEntity = place_of[lowest]
            _link(child, place_of)
