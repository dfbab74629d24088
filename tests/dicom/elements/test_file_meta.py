"""What tells that bytes are DICOM, and where they start: what stands there counts."""

from __future__ import annotations

import struct
import tarfile
import zipfile
from io import BytesIO

import pytest

from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import NotDicomError, UnreadableError

from ..making import NATIVE, ct, element, image_elements, pixel_data
from ..making import part10 as encoded


@pytest.mark.parametrize("encoding", ["implicit", "explicit", "big"])
def test_without_preamble_and_without_file_meta(scanned, encoding):
    whole = encoded(ct(), encoding)
    start = 144 + struct.unpack_from("<I", whole, 140)[0]
    for data in (whole[132:], whole[start:], bytes(128) + b"DICM" + whole[start:]):
        found = scanned(data)
        assert found.transfer_syntax == NATIVE[encoding]
        assert found.data_set.text(Tag.SeriesDescription) == "Chest"


@pytest.mark.parametrize("encoding", ["implicit", "explicit", "big", "deflated"])
@pytest.mark.parametrize(
    ("lead", "missing"),
    [
        (b"", 128),
        (b"", 100),
        (b"\0\4IM1".ljust(128, b"\0"), 0),
        (b"--part\r\nContent-Type: application/dicom\r\n\r\n", 0),
    ],
)
def test_the_prefix_is_found_where_it_is(scanned, encoding, lead, missing):
    found = scanned(lead + encoded(ct(), encoding)[missing:])
    assert found.transfer_syntax == NATIVE[encoding]
    assert found.data_set.text(Tag.SeriesDescription) == "Chest"
    assert sorted(found.source.read_at(found.pixels.offset, found.pixels.length)) == list(range(48))


def test_file_meta_may_be_implicit_or_longer_than_what_is_read_ahead(scanned):
    uid = NATIVE["explicit"].encode() + b"\0"
    body = element(Tag.Modality, "CS", b"CT") + image_elements() + pixel_data(b"abcd")
    long = element(0x00020102, "OB", bytes(100_000))
    for meta in (
        element(0x00020010, "", uid),
        element(0x00020010, "UI", uid) + long,
        long + element(0x00020010, "UI", uid),
    ):
        found = scanned(bytes(128) + b"DICM" + meta + body)
        assert found.transfer_syntax == NATIVE["explicit"]
        assert found.source.read_at(found.pixels.offset, found.pixels.length) == b"abcd"


def test_endless_file_meta_are_refused(scanned):
    with pytest.raises(UnreadableError):
        scanned(bytes(128) + b"DICM" + element(0x00020016, "AE") * 20_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"x", "not DICOM"),
        (b"PK\3\4" + bytes(200), "unpack it"),
        (b"\x1f\x8b" + bytes(200), "unpack it"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "PNG image"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"some notes about the scan\n" * 20, "not DICOM"),
        (bytes(4096), "not DICOM"),
    ],
)
def test_what_is_not_dicom_is_told(scanned, data, reason):
    with pytest.raises(NotDicomError, match=reason):
        scanned(data)


@pytest.mark.parametrize("kind", ["ZIP", "tar"])
def test_an_archive_under_another_name_is_not_taken_for_its_first_file(scanned, kind):
    """Its first bytes, stored as they are, lie near the start; the others would be lost."""
    data, packed = encoded(ct()), BytesIO()
    if kind == "ZIP":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.dcm", data)
    else:
        member = tarfile.TarInfo("a.dcm")
        member.size = len(data)
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(member, BytesIO(data))
    with pytest.raises(NotDicomError, match=f"{kind} archive"):
        scanned(packed.getvalue())


@pytest.mark.parametrize("cut", [132, 140, 150, 160])
def test_a_file_cut_off_in_its_meta_is_damaged(scanned, cut):
    with pytest.raises(UnreadableError):
        scanned(encoded(ct())[:cut])
