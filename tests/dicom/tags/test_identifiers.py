"""What is masked, against table E.1-1 of PS3.15."""

from __future__ import annotations

from zlib import crc32

import pytest

from napari_medscan.dicom.tags.confidentiality import BASIC
from napari_medscan.dicom.tags.identifiers import hides_contents, identifies

ROWS_OF_THE_TABLE = 657
PATTERNS = ("(50xx,xxxx)", "(60xx,3000)", "(60xx,4000)", "private attributes")


def test_the_list_is_the_table_of_2026d():
    """The checksum is of the tags in the table of the standard, in ascending order."""
    assert len(BASIC) == ROWS_OF_THE_TABLE - len(PATTERNS)
    assert crc32(b"".join(tag.to_bytes(4, "big") for tag in sorted(BASIC))) == 2800655881


@pytest.mark.parametrize(
    ("tag", "vr", "keyword", "masked"),
    [
        (0x00100020, "LO", "PatientID", True),
        (0x00100020, "UN", "PatientID", True),
        (0x00080050, "SH", "AccessionNumber", True),
        (0x00080080, "LO", "InstitutionName", True),
        (0x00100030, "DA", "PatientBirthDate", True),
        (0x00181000, "LO", "DeviceSerialNumber", True),
        (0x00204000, "LT", "ImageComments", True),
        (0x3004007F, "LO", "", True),
        (0xFFFCFFFC, "OB", "DataSetTrailingPadding", True),
        (0x0020000D, "UI", "StudyInstanceUID", True),
        (0x00020003, "UI", "MediaStorageSOPInstanceUID", True),
        (0x00080016, "UI", "SOPClassUID", False),
        (0x00020010, "UI", "TransferSyntaxUID", False),
        (0x00080060, "CS", "Modality", False),
        (0x00180050, "DS", "SliceThickness", False),
        (0x00280010, "US", "Rows", False),
        (0x00100000, "UL", "", False),
        # By value representation, whatever the table says.
        (0x00081234, "PN", "", True),
        (0x00189999, "DT", "SomeNewDateTime", True),
        # Private ones: text and bytes, but neither numbers nor creators.
        (0x0019100C, "IS", "", False),
        (0x00191008, "LO", "", True),
        (0x00190010, "LO", "", False),
        (0x00291010, "OB", "", True),
        # Not in the dictionary.
        (0x00101234, "LO", "", True),
        # Repeating groups.
        (0x50020030, "SH", "AxisLabels", True),
        (0x60003000, "OW", "OverlayData", True),
        (0x60024000, "LT", "OverlayComments", True),
        (0x60000010, "US", "OverlayRows", False),
    ],
)
def test_what_identifies(tag, vr, keyword, masked):
    assert identifies(tag, vr, keyword) is masked


@pytest.mark.parametrize(
    ("tag", "keyword", "hides"),
    [
        (0x00400275, "RequestAttributesSequence", True),
        (0x0040A730, "ContentSequence", True),
        (0x00081110, "ReferencedStudySequence", True),
        # Newer than the dictionary.
        (0x00100041, "", True),
        (0x00101234, "", True),
        # Kept by the table, but for the UIDs in them.
        (0x00081140, "ReferencedImageSequence", False),
        (0x00082112, "SourceImageSequence", False),
        (0x52009229, "SharedFunctionalGroupsSequence", False),
        (0x00191001, "", False),
    ],
)
def test_what_hides_all_that_is_nested_in_it(tag, keyword, hides):
    assert hides_contents(tag, keyword) is hides
