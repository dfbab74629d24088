"""Reports are read whatever is missing in them; documents come out byte by byte."""

from __future__ import annotations

import csv
import io

import pytest

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.objects.report import (
    EncapsulatedDocument,
    Measurement,
    Report,
    measurements_csv,
    measurements_of,
)

from ..making import item, write
from .labeled import write_ct
from .reports import code, content, number, pdf, report

LESION = content(
    "CONTAINER",
    "Lesion",
    number("Long axis", "12.5", "mm"),
    number("Ratio", "0.4", "1"),
    content("CODE", "Finding", ConceptCodeSequence=code("Nodule")),
)


def opened(folder, data):
    write(folder / "file.dcm", data)
    (found,) = load(folder).objects
    return found


def test_report_gives_every_item_with_its_value(tmp_path):
    image = [item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.9")]
    image[0].ReferencedFrameNumber = [3, 4]
    found = opened(
        tmp_path,
        report(
            LESION,
            content("TEXT", "Impression", TextValue="Two lines.\r\nThe second <b>."),
            content("PNAME", "Observer", PersonName="Roe^Jane"),
            item(
                ValueType="TEXT",
                ConceptNameCodeSequence=code("Person Observer Name", "121008", "DCM"),
                TextValue="Roe",
            ),
            content("IMAGE", "Source", ReferencedSOPSequence=image),
            content("SCOORD", "Region", GraphicType="POLYLINE", GraphicData=[1.5, 2, 3, 4]),
        ),
    )
    assert isinstance(found, Report)
    read = found.read()
    rows = {each.name: each for _, each in read.root.walk()}
    assert (read.is_complete, read.is_verified) == (True, False)
    assert read.root.name == "Imaging report"
    assert rows["Finding"].value == "Nodule"
    assert rows["Impression"].value == "Two lines.\nThe second ‹b>."
    assert rows["Observer"].is_identifying
    assert rows["Person Observer Name"].is_identifying
    assert not rows["Impression"].is_identifying
    assert (rows["Source"].value, rows["Source"].reference) == ("image, frame 3, 4", "1.2.9")
    assert rows["Region"].value == "polyline 1.5, 2, 3, 4"


def test_report_numbers_are_a_table_with_their_context(tmp_path):
    read = opened(tmp_path, report(LESION)).read()
    assert measurements_of(read) == [
        Measurement("Lesion", "Long axis", "12.5", "mm"),
        Measurement("Lesion", "Ratio", "0.4", ""),
    ]
    rows = list(csv.reader(io.StringIO(measurements_csv(read))))
    assert rows[1] == ["Lesion", "Long axis", "12.5", "mm"]


@pytest.mark.parametrize(
    "odd",
    [
        content("TEXT", TextValue="no concept name"),
        item(ValueType="NUM"),
        item(),
        content("NUM", "Empty", MeasuredValueSequence=[]),
        content("CODE", "Empty", ConceptCodeSequence=[item()]),
        content("WHAT", "Unknown"),
    ],
)
def test_report_with_an_odd_item_is_read_all_the_same(tmp_path, odd):
    """highdicom refuses reports whose items lack a concept name."""
    read = opened(tmp_path, report(odd, LESION)).read()
    assert len(measurements_of(read)) == 2
    assert len(read.root.children) == 2


def test_report_of_any_depth_is_read_to_a_bound(tmp_path):
    deep = content("TEXT", "bottom", TextValue="x")
    for level in range(60):
        deep = content("CONTAINER", f"level {level}", deep)
    read = opened(tmp_path, report(deep, LESION)).read()
    assert len(measurements_of(read)) == 2


@pytest.mark.parametrize("data", [b"%PDF-1.4\n%%EOF", b"%PDF-1.4\n%%EOF\n"])
def test_document_comes_out_byte_by_byte(tmp_path, data):
    found = opened(tmp_path, pdf(data))
    assert isinstance(found, EncapsulatedDocument)
    assert found.read() == (data, ".pdf")
    assert found.kind_name == "encapsulated PDF"


def test_document_that_is_missing_is_an_error_in_words(tmp_path):
    found = opened(tmp_path, pdf(b"", EncapsulatedDocument=None))
    with pytest.raises(UnreadableError, match="no document"):
        found.read()


def test_summary_lists_documents_beside_images_and_alone(tmp_path):
    write(tmp_path / "disc" / "report.dcm", report(LESION))
    assert load(tmp_path / "disc").summary() == "No images found: 1 report."
    write_ct(tmp_path / "disc")
    assert load(tmp_path / "disc").summary() == "1 report listed in the DICOM panel."
