"""Encoding: what the bytes show counts, not what they claim."""

from __future__ import annotations

import struct
import zlib

import pytest

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.elements.pydicom_fallback import scan_with_pydicom
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.files.file_ref import file_ref
from napari_medscan.dicom.files.unpack import Unpacked
from napari_medscan.dicom.headers.parse_header import WANTED

from ..differential import fallbacks
from ..making import (
    ITEM,
    NATIVE,
    UNDEFINED,
    ct,
    deflated,
    delimiter,
    element,
    file_of,
    image_elements,
    write,
)
from ..making import (
    part10 as encoded,
)


def pixels_of(found) -> bytes:
    return found.source.read_at(found.pixels.offset, found.pixels.length)


@pytest.mark.parametrize("encoding", sorted(NATIVE))
def test_every_native_encoding(scanned, encoding):
    found = scanned(encoded(ct(), encoding))
    assert found.transfer_syntax == NATIVE[encoding]
    assert found.data_set.integer(Tag.Rows) == 4
    assert found.sop_class == "1.2.840.10008.5.1.4.1.1.2"
    swapped = encoding == "big"
    assert found.data_set.big_endian is swapped
    assert sorted(pixels_of(found)) == list(range(48))


@pytest.mark.parametrize("encoding", ["implicit", "explicit", "big"])
@pytest.mark.parametrize("claimed", ["implicit", "explicit", "big"])
def test_a_wrong_transfer_syntax_is_overruled_by_the_bytes(scanned, encoding, claimed):
    whole = encoded(ct(), encoding)
    start = 144 + struct.unpack_from("<I", whole, 140)[0]
    found = scanned(file_of(whole[start:], syntax=NATIVE[claimed]))
    assert found.transfer_syntax == NATIVE[encoding]
    assert found.data_set.numbers(Tag.PixelSpacing) == (0.5, 0.75)


def test_a_compressed_transfer_syntax_is_kept(scanned):
    jpeg = "1.2.840.10008.1.2.4.50"
    data = element(Tag.PixelData, "OB", delimiter(ITEM) + delimiter(ITEM, 4), length=UNDEFINED)
    found = scanned(
        file_of(element(Tag.Modality, "CS", b"CT"), image_elements(), data, syntax=jpeg)
    )
    assert found.transfer_syntax == jpeg
    assert found.pixels.length is None


def test_a_deflate_bomb_costs_no_memory(scanned, monkeypatch):
    asked = []
    start = Unpacked.start
    monkeypatch.setattr(Unpacked, "start", lambda s, n: asked.append(n) or start(s, n))
    monkeypatch.setattr(Unpacked, "read_at", lambda *_: pytest.fail("all of it was inflated"))
    # 64 MB of an element that claims more than it has.
    bomb = element(0x00081030, "UT", bytes(64 << 20), length=UNDEFINED - 1)
    with fallbacks() as fallen, pytest.raises(UnreadableError):
        scanned(file_of(bomb, syntax=NATIVE["deflated"]))
    # pydicom, which inflates without a bound, must not be asked.
    assert not fallen
    assert max(asked) <= 4 << 20


def test_a_deflate_bomb_hidden_behind_long_meta_is_seen(scanned):
    whole = file_of(b"\x08\0\x70\0ZZ\2\0ab" * 99_999, syntax=NATIVE["deflated"])
    long = element(0x00020102, "OB", bytes(100_000))
    with fallbacks() as fallen, pytest.raises(UnreadableError):
        scanned(whole[:132] + long + whole[132:])
    assert not fallen


@pytest.mark.parametrize("level", [0, 1, 9])
def test_deflated_data_set_with_a_zlib_header_is_read(scanned, level):
    whole = encoded(ct(), "deflated")
    start = 144 + struct.unpack_from("<I", whole, 140)[0]
    inside = zlib.decompress(whole[start:], -zlib.MAX_WBITS)
    found = scanned(whole[:start] + zlib.compress(inside, level) + b"\0\0")
    assert found.data_set.numbers(Tag.PixelSpacing) == (0.5, 0.75)
    assert sorted(pixels_of(found)) == list(range(48))


def test_a_data_set_that_is_not_deflated_is_read_whatever_the_transfer_syntax(scanned):
    plain, meta = encoded(ct(), "explicit"), file_of(syntax=NATIVE["deflated"])
    data_set = plain[144 + struct.unpack_from("<I", plain, 140)[0] :]
    found = scanned(meta[: -len(deflated(b""))] + data_set)
    assert found.transfer_syntax == NATIVE["explicit"]
    assert found.data_set.integer(Tag.Rows) == 4


@pytest.mark.parametrize("body", [b"no deflate stream", deflated(b"")])
def test_damaged_deflate_is_refused_in_words(scanned, body):
    whole = file_of(syntax=NATIVE["deflated"])
    with pytest.raises(UnreadableError):
        scanned(whole[: -len(deflated(b""))] + body)


def test_a_deflated_file_that_changes_is_read_anew(tmp_path):
    path = tmp_path / "a"
    first = part10.scan_file(write(path, ct(), "deflated"), WANTED)
    assert pixels_of(first)[0] == 0
    second = part10.scan_file(write(path, ct(PixelData=b"\7" * 48), "deflated"), WANTED)
    assert pixels_of(second) == b"\7" * 48


def test_pixels_of_a_file_that_vanished_are_an_error_of_their_frame(tmp_path):
    for encoding in ("explicit", "deflated"):
        path = write(tmp_path / "gone.dcm", ct(), encoding)
        found = part10.scan_file(path, WANTED)
        path.unlink()
        with pytest.raises(FrameError) as caught:
            pixels_of(found)
        assert "gone" not in str(caught.value)


def test_reading_past_the_end_gives_what_there_is(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_ref(path).read_at(1, 100) == b"bc"
    assert file_ref(path).read_at(9, 1) == b""


def odd_file() -> bytes:
    """Return a file that only pydicom can read: a representation of no standard."""
    strange = struct.pack("<HH", 0x0008, 0x0080) + b"ZZ" + struct.pack("<H", 2) + b"ab"
    modality = element(Tag.Modality, "CS", b"CT")
    return encoded(ct()).replace(modality, strange + modality)


def test_pydicom_helps_out_and_finds_the_same(scanned):
    with fallbacks() as fallen:
        found = scanned(odd_file())
    assert fallen
    assert sorted(pixels_of(found)) == list(range(48))
    plain = scanned(encoded(ct()))
    assert found.data_set == plain.data_set
    assert found.transfer_syntax == plain.transfer_syntax


@pytest.mark.parametrize("encoding", ["implicit", "explicit", "big"])
def test_both_ways_of_scanning_agree(tmp_path, encoding):
    data = ct(WindowCenter=[40, 400], PixelPaddingValue=5)
    data.SharedFunctionalGroupsSequence = []
    data.SegmentSequence = [ct(PixelData=None, SegmentNumber=1, SegmentLabel="A")]
    path = write(tmp_path / "a", data, encoding)
    ours = part10.scan_file(path, WANTED)
    theirs = scan_with_pydicom(file_ref(path), WANTED)
    assert theirs.data_set == ours.data_set
    assert theirs.transfer_syntax == ours.transfer_syntax
    assert theirs.pixels is not None
    assert (theirs.pixels.offset, theirs.pixels.length) == (ours.pixels.offset, ours.pixels.length)


def test_pydicom_says_nothing_about_values(tmp_path, caplog, recwarn, capfd):
    strange = odd_file().replace(b"1.2.3.4\0", b"Canary1\0").replace(b"Chest", b"Canar")
    path = tmp_path / "Canary^Patricia"
    path.write_bytes(strange)
    part10.scan_file(path, WANTED)
    path.write_bytes(strange[:-60])
    part10.scan_file(path, WANTED)
    assert "Canar" not in caplog.text
    assert not [w for w in recwarn if "Canar" in str(w.message)]
    assert "Canar" not in "".join(capfd.readouterr())
