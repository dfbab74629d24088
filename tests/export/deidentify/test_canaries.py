"""No canary of any attribute, value representation or encoding is in a de-identified file."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import replace
from io import BytesIO

import pydicom
import pytest
from pydicom.datadict import keyword_for_tag

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.siemens_csa import parse_csa, read_slice_array
from napari_medscan.dicom.tags.confidentiality import DEVICE, INSTITUTION
from napari_medscan.export.deidentify import Profile
from napari_medscan.export.deidentify.file import deidentified
from napari_medscan.export.deidentify.rules import BINARY, TECHNICAL
from napari_medscan.export.deidentify.siemens import reduced_csa

from ...dicom.headers.mosaics import csa, protocol
from ...dicom.making import part10
from .canaries import Canaries, canary_file

KEY = b"0123456789abcdef"
RETAINED = {keyword_for_tag(tag) for tag in TECHNICAL | BINARY}


def written(path, profile):
    profile = replace(profile, pixels_checked=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = BytesIO()
        deidentified(FileRef(str(path)), KEY, profile).write(buffer)
    return buffer.getvalue()


def plain(data):
    """Return the bytes of a file with its data set inflated."""
    if pydicom.uid.DeflatedExplicitVRLittleEndian.encode() not in data[:1024]:
        return data
    size = int.from_bytes(data[140:144], "little")
    return data[: 144 + size] + zlib.decompress(data[144 + size :], -zlib.MAX_WBITS)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a canary file in every native encoding, and its canaries."""
    canaries = Canaries()
    data = canary_file(canaries)
    folder = tmp_path_factory.mktemp("canaries")
    for encoding in ("implicit", "explicit", "big", "deflated"):
        with pydicom.config.disable_value_validation(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = part10(data, encoding, SourceApplicationEntityTitle=canaries.text("AE title"))
        whole = canaries.text("preamble").encode().ljust(128) + whole[128:]
        (folder / encoding).write_bytes(whole)
    return folder, canaries


@pytest.mark.parametrize("encoding", ["implicit", "explicit", "big", "deflated"])
def test_canaries_are_in_technical_attributes_alone(planted, encoding):
    folder, canaries = planted
    before = canaries.survivors(plain((folder / encoding).read_bytes()))
    assert len(before) > 1800
    left = canaries.survivors(plain(written(folder / encoding, Profile())))
    assert {place for place in left if place not in RETAINED} == set()
    assert left <= before


@pytest.mark.parametrize(
    "profile",
    [
        Profile(dates=False, characteristics=False, private=False),
        Profile(descriptors=True),
        Profile(device=True),
        Profile(institution=True),
    ],
)
def test_options_let_no_other_canary_through(planted, profile):
    folder, canaries = planted
    data = written(folder / "explicit", profile)
    left = canaries.survivors(data)
    assert (b"SIEMENS MR" in data) == profile.private
    options = (DEVICE if profile.device else set()) | (
        INSTITUTION if profile.institution else set()
    )
    allowed = RETAINED | {keyword_for_tag(tag) for tag in options}
    assert {place for place in left if place not in allowed} == set()


@pytest.fixture(scope="module")
def cleaned(planted):
    """Return the data set of the canary file after de-identification."""
    folder, _ = planted
    return pydicom.dcmread(BytesIO(written(folder / "explicit", Profile())))


def test_safe_private_numbers_are_retained_at_any_depth(cleaned):
    for data in (cleaned, cleaned.SourceImageSequence[0]):
        assert data.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000


def test_private_elements_are_retained_with_their_creators_only(cleaned):
    private = {int(tag) for tag in cleaned.keys() if tag.is_private}  # noqa: SIM118
    assert private == {0x00190010, 0x0019100C, 0x00290010, 0x00291010, 0x00291020}


@pytest.mark.parametrize("kind", [1, 2])
def test_of_siemens_headers_numbers_that_place_the_image_are_retained(kind):
    wanted = {"SliceNormalVector": ("-0.5", "1e-05", "0.8"), "B_value": ("700",)}
    header = csa({"PatientName": ("Rossi",), **wanted, "Empty": ()}, kind=kind)
    tag = Private.SiemensCSAImageHeader
    assert parse_csa(reduced_csa(tag, header, frozenset())) == wanted
    assert "B_value" not in parse_csa(reduced_csa(tag, header, frozenset({"700"})))
    assert reduced_csa(tag, csa({"PatientName": ("Rossi",)}, kind=kind), frozenset()) == b""


@pytest.mark.parametrize("slices", [([(0, 1.5, -2), (0, 1, 3.25), (0, 1.5, 7)], None), ([], 16)])
def test_of_siemens_protocols_the_slices_are_retained(slices):
    centers, partitions = slices
    header = protocol(len(centers) or 1, centers, partitions=partitions)
    reduced = reduced_csa(Private.SiemensCSASeriesHeader, header, frozenset())
    assert read_slice_array(reduced) == read_slice_array(header)
    assert reduced_csa(Private.SiemensCSASeriesHeader, b"Rossi", frozenset()) == b""
