"""An attribute of a header is declared once; all else follows."""

from __future__ import annotations

from dataclasses import dataclass

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.headers.attribute import (
    attribute,
    attributes_of,
    read_attributes,
    wanted_of,
)
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.parse_header import WANTED, instance_of
from napari_medscan.dicom.headers.parsed_file import ParsedFile
from tests.dicom.making import ct, item, write


@dataclass(frozen=True, eq=False)
class _Further(ImageHeader):
    conversion: str = attribute(
        lambda file: file.data_set.text(Tag.ConversionType), want(Tag.ConversionType), default=""
    )


def test_attribute_declared_once_is_wanted_and_read(tmp_path):
    path = write(tmp_path / "a", ct(PatientID="p", ConversionType="WSD"))
    assert Tag.ConversionType not in wanted_of(ImageHeader)
    scanned = scan_file(path, wanted_of(_Further))
    assert read_attributes(_Further, ParsedFile(scanned, "a")).conversion == "WSD"


def test_wanted_of_header_is_what_files_are_scanned_for():
    assert wanted_of(Instance).items() <= wanted_of(ImageHeader).items() <= WANTED.items()


def test_instance_of_report_has_its_uids_and_references(tmp_path):
    report = ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11",
        Rows=None,
        Columns=None,
        PixelData=None,
        PatientID="p",
        ReferencedSeriesSequence=[
            item(ReferencedInstanceSequence=[item(ReferencedSOPInstanceUID=uid)])
            for uid in ("1.2.3", "1.2.4")
        ],
    )
    scanned = scan_file(write(tmp_path / "a", report), wanted_of(Instance))
    instance = instance_of(scanned, "b/a")
    assert (instance.sop_class, instance.folder) == (report.SOPClassUID, "b")
    assert instance.sop_instance == report.SOPInstanceUID
    assert instance.references == ("1.2.3", "1.2.4")
    assert attributes_of(Instance)["patient"].read(ParsedFile(scanned)) == instance.patient != b""
