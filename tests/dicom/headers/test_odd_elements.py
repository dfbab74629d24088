"""Wanted elements with anything in their place: the file opens, or one sentence says why not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.pydicom_fallback import scan_with_pydicom
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag
from napari_medscan.dicom.errors import NoImageError, UnreadableError
from napari_medscan.dicom.headers.parse_header import WANTED, read_header

from ..building import stacks_of
from ..differential import fallbacks
from ..making import ITEM, ITEM_END, NATIVE, SEQUENCE_END, UNDEFINED, delimiter, element, file_of

ESSENTIAL = frozenset(
    (
        Tag.SOPClassUID,
        Tag.Modality,
        Tag.SamplesPerPixel,
        Tag.PhotometricInterpretation,
        Tag.NumberOfFrames,
        Tag.Rows,
        Tag.Columns,
        Tag.BitsAllocated,
        Tag.BitsStored,
        Tag.HighBit,
        Tag.PixelRepresentation,
        Tag.RescaleIntercept,
        Tag.RescaleSlope,
        Tag.DoseGridScaling,
    )
)
"""Without these, or with others, the pixels mean nothing."""
SENTENCES = (
    "missing or invalid image size",
    "unsupported photometric interpretation",
    "unsupported bit depth",
    "too many frames",
    "invalid rescale slope or intercept",
    "truncated file (",
    "pixel data shorter than the header describes (",
    "image size in header (",
)
SHORT = ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL")
SHORT += ("SS", "ST", "TM", "UI", "UL", "US")
LONG = ("OB", "OD", "OF", "OW", "SV", "UC", "UN", "UR", "UT", "UV")
ABSURD = (
    b"",
    b"\0\0",
    b"nan\\inf ",
    b"1e308\\-1e308 ",
    b"99999999999999999999999999999999",
    b"-1",
    b"0,5 ",
    b"\\\\\\\\",
    b"\xff" * 16,
    b"\0\0\0\x80" * 4,
    struct.pack("<d", float("nan")) * 6,
    struct.pack("<d", 1e308) * 3,
    b"Canary^Patient",
    "Größe".encode(),
    bytes(4096),
)


def paths(wanted, above=()):
    """Yield the place of every wanted attribute: the sequences it is in, and its own tag."""
    for tag, want in wanted.items():
        yield (*above, tag)
        if isinstance(want, dict):
            yield from paths(want, (*above, tag))


PLACES = sorted(paths(WANTED))


def us(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


PLAIN = {
    Tag.SOPClassUID: ("UI", b"1.2.840.10008.5.1.4.1.1.4\0"),
    Tag.SOPInstanceUID: ("UI", b"1.2.3.4\0"),
    Tag.Modality: ("CS", b"MR"),
    Tag.StudyInstanceUID: ("UI", b"1.2.3.1\0"),
    Tag.SeriesInstanceUID: ("UI", b"1.2.3.2\0"),
    Tag.ImagePositionPatient: ("DS", b"0\\0\\0 "),
    Tag.ImageOrientationPatient: ("DS", b"1\\0\\0\\0\\1\\0 "),
    Tag.SamplesPerPixel: ("US", us(1)),
    Tag.PhotometricInterpretation: ("CS", b"MONOCHROME2 "),
    Tag.Rows: ("US", us(2)),
    Tag.Columns: ("US", us(2)),
    Tag.PixelSpacing: ("DS", b"1\\1 "),
    Tag.BitsAllocated: ("US", us(16)),
    Tag.BitsStored: ("US", us(12)),
    Tag.HighBit: ("US", us(11)),
    Tag.PixelRepresentation: ("US", us(0)),
}


def file_with(place, odd, *, explicit):
    """Return a file in which `odd` encodes the element at a place.

    Parameters
    ----------
    place : tuple of int
        From `PLACES`.
    odd : callable
        From a tag to the bytes of the element.
    explicit : bool
        The encoding.
    """
    *above, tag = place
    body = odd_element(tag, odd, explicit=explicit)
    for sequence in reversed(above):
        inside = delimiter(ITEM, len(body)) + body
        body = odd_element(
            sequence, lambda at, of=inside: element(at, "SQ" * explicit, of), explicit=explicit
        )
    first = place[0]
    top = first.group << 16 | 0x1000 if isinstance(first, Private) else first
    found = {
        int(at): element(at, vr * explicit, value)
        for at, (vr, value) in PLAIN.items()
        if at != first
    }
    found[top] = body
    pixels = element(Tag.PixelData, "OW" * explicit, us(1, 2, 3, 4))
    syntax = NATIVE["explicit" if explicit else "implicit"]
    return file_of(*(found[at] for at in sorted(found)), pixels, syntax=syntax)


def odd_element(tag, odd, *, explicit):
    """Return an element, a private one after its creator."""
    if not isinstance(tag, Private):
        return odd(tag)
    creator = tag.creator.encode() + b" " * (len(tag.creator) % 2)
    before = element(tag.group << 16 | 0x10, "LO" * explicit, creator)
    return before + odd(tag.group << 16 | 0x1000 | tag.element)


def sequence_of(vr, *, explicit, known_length, known_item):
    """Return how an element is encoded whose value is a sequence of one item."""
    inside = element(Tag.SeriesDescription, "LO" * (explicit and vr == "SQ"), b"Canary")
    one = delimiter(ITEM, len(inside)) + inside
    if not known_item:
        one = delimiter(ITEM, UNDEFINED) + inside + delimiter(ITEM_END)
    if known_length:
        return lambda tag: element(tag, vr * explicit, one)
    return lambda tag: element(tag, vr * explicit, one + delimiter(SEQUENCE_END), length=UNDEFINED)


def value_of(vr, value, *, explicit):
    """Return how an element of a VR and a value is encoded."""
    return lambda tag: element(tag, vr * explicit, value + b" " * (len(value) % 2))


@st.composite
def oddities(draw):
    """Draw an encoding, and how the odd element is encoded."""
    explicit = draw(st.booleans())
    if draw(st.booleans()):
        flags = {name: draw(st.booleans()) for name in ("known_length", "known_item")}
        vr = draw(st.sampled_from(("SQ", "UN")))
        return explicit, sequence_of(vr, explicit=explicit, **flags)
    vr, value = draw(st.sampled_from(SHORT + LONG)), draw(st.sampled_from(ABSURD))
    return explicit, value_of(vr, value, explicit=explicit)


def check_opens(path, place):
    """Read a file to its last pixel; only an essential attribute may be missed."""
    try:
        header = read_header(str(path), "file")
    except (UnreadableError, NoImageError) as error:
        sentence = str(error) if place[-1] in ESSENTIAL else ""
    else:
        sentence = None
    assert sentence is None or sentence.startswith(SENTENCES)
    if sentence is not None:
        return
    for stack in stacks_of([header]):
        assert stack.array[...].size


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("odd") / "file"


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(PLACES), oddity=oddities())
def test_a_file_opens_whatever_stands_in_place_of_an_element(path, place, oddity):
    explicit, odd = oddity
    path.write_bytes(file_with(place, odd, explicit=explicit))
    with fallbacks() as fallen:
        check_opens(path, place)
    assert not fallen


@pytest.mark.parametrize("vr", ["SQ", "UN"])
@pytest.mark.parametrize("known_length", [True, False])
@pytest.mark.parametrize("known_item", [True, False])
def test_items_in_place_of_any_value_are_passed_over(path, vr, known_length, known_item):
    for place in PLACES:
        *above, tag = place
        want = WANTED
        for sequence in above:
            want = want[sequence]
        if isinstance(want[tag], dict):
            continue
        odd = sequence_of(vr, explicit=True, known_length=known_length, known_item=known_item)
        path.write_bytes(file_with(place, odd, explicit=True))
        found = [scan_file(path, WANTED).data_set]
        # pydicom decodes the character set before anybody asks for it, and gives up.
        if tag != Tag.SpecificCharacterSet:
            found.append(scan_with_pydicom(path, WANTED).data_set)
        for sequence in above:
            found = [data_set.item(sequence) for data_set in found]
        assert want[tag] is DEFER or not any(tag in data_set for data_set in found)
