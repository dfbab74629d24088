"""From a file to rows: what they say, what is masked, found, compared, exported."""

from __future__ import annotations

import csv
import json
import struct
import warnings
from pathlib import Path

import pytest
from pydicom.config import disable_value_validation
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.tags.comparison import compare
from napari_medscan.dicom.tags.export import export, safe_cell, tabulated
from napari_medscan.dicom.tags.identifiers import MASK
from napari_medscan.dicom.tags.reading import differing_places, read_tree, read_value
from napari_medscan.dicom.tags.search import find
from napari_medscan.dicom.tags.tree import read_rows

from ...studies import write_series
from ..making import ct, item, write

SERIES = "1.2.3.77"


def make(folder, **changes):
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        data = ct(
            SpecificCharacterSet="ISO_IR 192",
            PatientName="Canary^Älice",
            ReferencedSeriesSequence=[item(SeriesInstanceUID=SERIES), item()],
            RequestAttributesSequence=[item(RequestedProcedureID="R77", StudyInstanceUID="1.9")],
            **changes,
        )
        block = data.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
        block.add_new(0x10, "OB", bytes(range(40)))
    return write(folder / "a.dcm", data)


@pytest.fixture
def tree(tmp_path):
    return read_tree(make(tmp_path))


def row_of(tree, path):
    return next(row for row in range(len(tree)) if tree.path(row) == path)


def text(tree, path):
    return tree.text(row_of(tree, path), shown=True)


def test_values_are_text(tree):
    assert text(tree, "PatientName") == "Canary^Älice"
    assert text(tree, "Rows") == "4"
    assert text(tree, "PixelSpacing") == "0.5\\0.75"
    assert text(tree, "PixelData").startswith("48 bytes: 00 01 02")
    assert text(tree, "file_meta.TransferSyntaxUID") == "1.2.840.10008.1.2.1"
    assert tree.meaning(row_of(tree, "SOPClassUID")) == "CT Image Storage"
    assert text(tree, "ReferencedSeriesSequence[0].SeriesInstanceUID") == SERIES


def test_private_attributes_have_their_creators_names(tree):
    row = row_of(tree, "[0x0029, 0x1010].value")
    assert tree.what(row).creator == "SIEMENS CSA HEADER"
    assert "CSA" in tree.name(row)
    assert tree.masked[row]


def test_identifying_values_are_masked_with_what_is_nested(tree):
    assert tree.text(row_of(tree, "PatientName"), shown=False) == MASK
    nested = "RequestAttributesSequence[0]."
    assert tree.text(row_of(tree, f"{nested}RequestedProcedureID"), shown=False) == MASK
    assert tree.text(row_of(tree, f"{nested}StudyInstanceUID"), shown=False) == MASK
    assert tree.text(row_of(tree, "SOPClassUID"), shown=False).startswith("1.2.840")
    assert tree.text(row_of(tree, "Rows"), shown=False) == "4"


@pytest.mark.parametrize("query", ["patientname", "(0010,0010)", "00100010", "patient's name"])
def test_search_by_tag_keyword_and_name(tree, query):
    assert [tree.path(row) for row in find(tree, query).matches] == ["PatientName"]


def test_masked_values_are_not_found(tree):
    assert find(tree, "älice").matches == []
    assert len(find(tree, "älice", shown=True).matches) == 1


def test_matches_stay_with_what_they_are_nested_in(tree):
    found = find(tree, SERIES, shown=True)
    kept = {tree.path(row) for row in range(len(tree)) if found.visible[row]}
    assert kept == {
        "ReferencedSeriesSequence",
        "ReferencedSeriesSequence[0]",
        "ReferencedSeriesSequence[0].SeriesInstanceUID",
    }


def test_long_text_is_shortened_and_read_whole_on_demand(tmp_path):
    long = "ä" * 4_000_000
    path = make(tmp_path, TextValue=long)
    tree = read_tree(path)
    row = row_of(tree, "TextValue")
    assert len(tree.text(row, shown=True)) < 1100
    assert tree.text(row, shown=True).endswith("ä… (8,000,000 bytes)")
    assert read_value(path, tree.steps(row)) == long


def test_a_frame_has_rows_of_its_own(tmp_path):
    groups = [item(FrameContentSequence=[item(FrameAcquisitionNumber=n)]) for n in range(3)]
    tree = read_tree(make(tmp_path, PerFrameFunctionalGroupsSequence=groups))
    (row,) = tree.frame(2)
    assert tree.path(row) == "PerFrameFunctionalGroupsSequence[2]"


def test_comparison_aligns_rows_and_marks_differences(tmp_path):
    (tmp_path / "b").mkdir()
    one = read_tree(make(tmp_path, Modality="CT", SliceThickness=1))
    two = read_tree(make(tmp_path / "b", Modality="MR", EchoTime=3))
    both = compare(one, two)
    differing = {both.path(row) for row in range(len(both)) if both.differs[row]}
    assert differing == {"Modality", "SliceThickness", "EchoTime"}
    assert both.text(row_of(both, "Modality"), shown=True, other=True) == "MR"
    assert both.values[row_of(both, "EchoTime")] is None
    assert both.others[row_of(both, "SliceThickness")] is None


def test_what_differs_between_slices(tmp_path):
    write_series(tmp_path, 12, ImageComments=lambda i: "same" if i < 11 else "another")
    (stack,) = load(tmp_path).stacks
    calls = []
    places = differing_places(stack.slices, lambda *done: calls.append(done))
    assert {"/00080018", "/00200013", "/00200032", "/00204000"} <= places
    assert not {"/00100010", "/00280010", "/7FE00010"} & places
    assert calls[-1] == (12, 12)


@pytest.mark.parametrize("cell", ["=1+1", "+a", "-a", "@x", "\tx", "\r=x", "  =x", "-1\\-2"])
def test_a_formula_is_made_text(cell):
    assert safe_cell(cell).startswith("'")


@pytest.mark.parametrize("cell", ["-1024", "+1.5", "1e-3", "Chest", ""])
def test_numbers_and_words_stay(cell):
    assert safe_cell(cell) == cell


def test_export_is_masked_as_on_screen(tmp_path):
    tree = read_tree(make(tmp_path, ImageComments="=1+1"))
    for name in ("out.csv", "out.json"):
        export(tmp_path / name, tree, range(len(tree)), shown=False)
        assert "lice" not in (tmp_path / name).read_text(encoding="utf-8-sig")
    export(tmp_path / "shown.csv", tree, range(len(tree)), shown=True)
    with (tmp_path / "shown.csv").open(encoding="utf-8-sig", newline="") as file:
        values = {record["path"]: record["value"] for record in csv.DictReader(file)}
    assert values["PatientName"] == "Canary^Älice"
    assert values["ImageComments"] == "'=1+1"
    records = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {"path", "tag", "vr", "value"} <= records[0].keys()
    assert not list(tmp_path.glob(".medscan-*"))
    assert MASK in tabulated(tree, row_of(tree, "PatientName"), shown=False)


GOOD = {
    "labels": [[0x00100010, "PN", "PatientName", "Patient's Name", ""]],
    "meanings": {},
    "depths": [0],
    "label": [0],
    "lengths": [4],
    "checks": [0],
    "values": ["a^b"],
}


@pytest.mark.parametrize(
    "change",
    [
        {"depths": [1]},
        {"depths": [70000]},
        {"label": [1]},
        {"label": ["0"]},
        {"values": [3]},
        {"values": ["x" * 10_000]},
        {"values": []},
        {"labels": [["0", "PN", "", "", ""]]},
        {"meanings": []},
    ],
)
def test_what_a_worker_says_is_not_trusted(change):
    assert len(read_rows([json.dumps(GOOD).encode()])) == 1
    with pytest.raises(UnreadableError):
        read_rows([json.dumps(GOOD | change).encode()])


@pytest.mark.parametrize("line", [b"[1]", b"{}", b"\xff", b"[" * 100_000])
def test_no_rows_at_all(line):
    with pytest.raises(UnreadableError):
        read_rows([line])


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(UnreadableError):
        read_tree(tmp_path / "gone.dcm")


def data_set(*, implicit, little):
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = implicit, little
    write_dataset(file, ct(PatientName="Canary^A", ReferencedSeriesSequence=[item(), item()]))
    return file.getvalue()


def file_meta(syntax):
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    element = b"\2\0\x10\0UI" + struct.pack("<H", len(value)) + value
    length = b"\2\0\0\0UL\4\0" + struct.pack("<I", len(element))
    return bytes(128) + b"DICM" + length + element


@pytest.mark.parametrize("syntax", [None, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"])
@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("little", [True, False])
def test_what_the_data_set_looks_like_decides_how_it_is_read(tmp_path, syntax, implicit, little):
    """Without file meta, or with one that names another encoding, no row makes no sense."""
    path = tmp_path / "a.dcm"
    meta = file_meta(syntax) if syntax else b""
    path.write_bytes(meta + data_set(implicit=implicit, little=little))
    tree = read_tree(path)
    assert tree.complete
    assert text(tree, "PatientName") == "Canary^A"
    assert tree.meaning(row_of(tree, "ReferencedSeriesSequence")) == "2 items"
    assert "Unknown Attribute" not in {tree.name(row) for row in range(len(tree))}


def test_zeros_after_the_data_set_are_no_rows(tmp_path):
    path = Path(make(tmp_path))
    before = len(read_tree(path))
    path.write_bytes(path.read_bytes() + bytes(512))
    tree = read_tree(path)
    assert (len(tree), tree.complete) == (before, True)


@pytest.mark.parametrize("content", [b"", b"hello, world\n" * 99, bytes(5000)])
def test_what_is_no_dicom_has_no_rows(tmp_path, content):
    (tmp_path / "a.dcm").write_bytes(content)
    with pytest.raises(UnreadableError, match="not DICOM"):
        read_tree(tmp_path / "a.dcm")


def test_a_file_that_ends_early_shows_what_is_there(tmp_path):
    path = Path(make(tmp_path))
    path.write_bytes(path.read_bytes()[:700])
    tree = read_tree(path)
    assert text(tree, "PatientName") == "Canary^Älice"
    assert not tree.complete


def test_the_first_rows_alone(tmp_path):
    path = make(tmp_path, PerFrameFunctionalGroupsSequence=[item() for _ in range(500)])
    tree = read_tree(path, most=100)
    assert (len(tree), tree.complete) == (100, False)
    assert read_tree(path).complete


def test_undefined_lengths_and_sequences_that_lost_their_vr(tmp_path):
    """PS3.5 6.2.2 and 7.5: delimiters, and implicit little endian within UN."""
    data = ct(ReferencedSeriesSequence=[item(SeriesInstanceUID="1.5")])
    data["ReferencedSeriesSequence"].is_undefined_length = True
    data.ReferencedSeriesSequence[0].is_undefined_length_sequence_item = True
    path = Path(write(tmp_path / "a.dcm", data))
    assert text(read_tree(path), "ReferencedSeriesSequence[0].SeriesInstanceUID") == "1.5"
    inner = struct.pack("<HHI", 0x20, 0xE, 4) + b"1.7\0"
    items = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    lost = struct.pack("<HH2sHI", 8, 0x1115, b"UN", 0, len(items)) + items
    path.write_bytes(file_meta("1.2.840.10008.1.2.1") + b"\x08\0\x60\0CS\2\0CT" + lost)
    assert text(read_tree(path), "ReferencedSeriesSequence[0].SeriesInstanceUID") == "1.7"


def test_items_that_are_not_closed_and_delimiters_that_end_nothing(tmp_path):
    item_head = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    inner = struct.pack("<HH2sH", 0x20, 0xE, b"UI", 4) + b"1.7\0"
    head = struct.pack("<HH2sHI", 8, 0x1115, b"SQ", 0, 0xFFFFFFFF)
    rest = struct.pack("<HH2sH", 0x20, 0x10, b"SH", 2) + b"42"
    path = tmp_path / "a.dcm"
    data = b"\x08\0\x60\0CS\2\0CT" + head + 2 * (item_head + inner) + end + end + rest
    path.write_bytes(file_meta("1.2.840.10008.1.2.1") + data)
    tree = read_tree(path)
    assert tree.complete
    assert text(tree, "ReferencedSeriesSequence[1].SeriesInstanceUID") == "1.7"
    assert text(tree, "StudyID") == "42"


def test_nesting_has_a_limit(tmp_path):
    data = item(PatientID="deep")
    for _ in range(100):
        data = item(ReferencedSeriesSequence=[data])
    tree = read_tree(make(tmp_path, ReferencedStudySequence=[data]))
    assert max(tree.depths) <= 2 * 64
    assert "nested too deeply to display" in tree.values
