"""Which files are the same image twice."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.header import Palette
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.series import duplicates as duplicates_module
from napari_medscan.dicom.series import image_copies
from napari_medscan.dicom.series.duplicates import CONFLICT, drop_duplicates
from napari_medscan.dicom.series.image_copies import CopyDecoder

from ..building import (
    CORONAL,
    encapsulate,
    encapsulated_header,
    make_frame,
    make_header,
    make_layout,
)

PIXELS = np.array([[1, 2, 300], [4, 5, 60000]], dtype=np.uint16)
J2K = "1.2.840.10008.1.2.4.90"
RGB = make_layout(bits=8, samples=3, photometric="RGB")


def gray(name, pixels=PIXELS, **changes):
    return make_header(
        changes.pop("frame", make_frame((0, 0, 0))),
        name=name,
        pixels=pixels.tobytes(),
        **{"sop_instance": "1.9", **changes},
    )


def compressed(name, data, **changes):
    frame = make_frame((0, 0, 0))
    header = encapsulated_header(
        encapsulate([data]), syntax=J2K, name=name, sop_instance="1.9", **changes
    )
    return replace(header, frames=(frame,))


def test_the_same_image_twice_is_kept_once_and_reported():
    kept, duplicates = drop_duplicates([gray("a"), gray("b/a"), gray("c", sop_instance="2")])
    assert [header.name for header in kept] == ["a", "c"]
    assert duplicates == {"b/a": "a"}
    assert not any(header.notes for header in kept)


def test_the_same_image_in_another_encoding_is_a_duplicate():
    big = gray(
        "big", PIXELS.byteswap(), layout=make_layout(big_endian=True), transfer_syntax="1.2.2"
    )
    data = imagecodecs.jpeg2k_encode(PIXELS, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=make_layout())
    kept, duplicates = drop_duplicates([gray("a"), big, packed])
    assert [header.name for header in kept] == ["a"]
    assert duplicates == {"big": "a", "packed": "a"}


def test_color_in_another_color_model_is_a_duplicate():
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    layout = replace(RGB, rows=8, columns=8)
    data = imagecodecs.jpeg2k_encode(colors, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=replace(layout, photometric="YBR_RCT"))
    planar = np.ascontiguousarray(np.moveaxis(colors, -1, 0))
    images = [
        gray("a", colors, layout=layout),
        gray("planar", planar, layout=replace(layout, planar=True)),
        packed,
    ]
    assert drop_duplicates(images)[1] == {"planar": "a", "packed": "a"}


@pytest.mark.parametrize(
    "other",
    [
        {"pixels": PIXELS + 1},
        {"layout": make_layout(photometric="MONOCHROME1")},
        {"layout": make_layout(signed=True)},
        {"series": "other"},
        {"frame": make_frame((0, 0, 1))},
        {"frame": make_frame((0, 0, 0), CORONAL)},
        {"frame": make_frame((0, 0, 0), spacing=(2, 2))},
        {"frame": make_frame((0, 0, 0), transform=ModalityTransform(2.0))},
        {"frame": make_frame((0, 0, 0), windows=(Window("a", 1, 2),))},
    ],
)
def test_another_image_with_the_same_uid_is_kept_and_noted(other):
    kept, duplicates = drop_duplicates([gray("a"), gray("b", **other)])
    assert [header.name for header in kept] == ["a", "b"]
    assert duplicates == {}
    assert all(CONFLICT in header.notes for header in kept)


def test_another_palette_is_another_image():
    layout = make_layout(photometric="PALETTE COLOR")
    red, blue = Palette(0, bytes((255, 0, 0))), Palette(0, bytes((0, 0, 255)))
    images = [gray("a", layout=layout, palette=red), gray("b", layout=layout, palette=blue)]
    assert drop_duplicates(images)[1] == {}


def test_of_two_patients_with_the_same_uids_both_are_kept_without_a_note():
    kept, duplicates = drop_duplicates([gray("a"), gray("b", patient=b"other")])
    assert len(kept) == 2
    assert duplicates == {}
    assert not any(header.notes for header in kept)


def test_files_without_a_uid_are_never_duplicates():
    assert drop_duplicates([gray("a", sop_instance=""), gray("b", sop_instance="")])[1] == {}


def test_damaged_files_are_kept():
    cut = [gray(name, source=Memory(b"\0\0")) for name in "ab"]
    assert len(drop_duplicates(cut)[0]) == 2


def test_images_that_cannot_be_right_are_kept():
    """Chroma of pixel pairs, and an odd width."""
    layout = replace(RGB, photometric="YBR_FULL_422")
    odd = [gray(str(value), np.full(12, value, np.uint8), layout=layout) for value in (0, 1)]
    assert len(drop_duplicates(odd)[0]) == 2


def test_an_unforeseen_error_in_the_pixels_of_one_file_does_not_stop_the_others():
    class Odd:
        def read_at(self, *_):
            raise ValueError

    kept, _ = drop_duplicates([gray("a"), gray("odd", source=Odd()), gray("b")])
    assert [header.name for header in kept] == ["a", "odd"]


def test_one_image_three_times_and_another_under_the_same_uid():
    other = gray("other", PIXELS * 0)
    kept, duplicates = drop_duplicates([gray("a"), other, gray("b"), gray("c")])
    assert [header.name for header in kept] == ["a", "other"]
    assert duplicates == {"b": "a", "c": "a"}


# --- the cheapest comparison that decides


@pytest.fixture
def decoded(monkeypatch):
    """Names of the files whose pixels are decoded."""
    names = []
    real = image_copies.read_all_stored

    def recorded(header):
        names.append(header.name)
        return real(header)

    monkeypatch.setattr(image_copies, "read_all_stored", recorded)
    return names


def j2k(pixels=PIXELS):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


def test_drop_duplicates_of_equal_bytes_decodes_nothing(decoded):
    packed = [compressed(name, j2k(), layout=make_layout()) for name in "ab"]
    assert drop_duplicates(packed)[1] == {"b": "a"}
    assert drop_duplicates([gray("c"), gray("d")])[1] == {"d": "c"}
    assert not decoded


def test_drop_duplicates_of_unequal_headers_decodes_nothing(decoded):
    packed = compressed("packed", j2k(), layout=make_layout())
    moved = replace(packed, name="moved", frames=(make_frame((0, 0, 1)),))
    kept, duplicates = drop_duplicates([packed, moved])
    assert not duplicates
    assert [CONFLICT in header.notes for header in kept] == [True, True]
    assert not decoded


def test_drop_duplicates_of_two_encodings_decodes_each_once(decoded):
    packed = [compressed(name, j2k(), layout=make_layout()) for name in "bd"]
    assert drop_duplicates([gray("a"), packed[0], gray("c"), packed[1]])[1] == dict.fromkeys(
        "bcd", "a"
    )
    assert sorted(decoded) == ["a", "b"]


def noted(*headers):
    """Return what `drop_duplicates` finds when a decoder took note of the headers one by one."""
    with CopyDecoder() as decoder:
        for header in headers:
            decoder.note([header])
        return drop_duplicates(headers, decoder)


def test_copy_decoder_decodes_other_encodings_before_all_headers_are_read(decoded):
    headers = [gray("a"), gray("b"), compressed("c", j2k(), layout=make_layout())]
    with CopyDecoder() as decoder:
        decoder.note(headers)
        digests = [list(decoder.digests_of(header)) for header in (headers[0], headers[2])]
        assert digests[0] == digests[1]
        assert sorted(decoded) == ["a", "c"]
        assert drop_duplicates(headers, decoder)[1] == {"b": "a", "c": "a"}
    assert len(decoded) == 2


def test_copy_decoder_changes_nothing_of_what_drop_duplicates_finds():
    def packed(name, pixels=PIXELS, **changes):
        return compressed(name, j2k(pixels), layout=make_layout(), **changes)

    moved = replace(packed("moved"), frames=(make_frame((0, 0, 1)),))
    headers = [gray("a"), packed("b"), packed("other", PIXELS + 2), moved, packed("cut")]
    headers[-1] = compressed("cut", j2k()[:-20], layout=make_layout())
    kept, duplicates = noted(*headers)
    assert duplicates == drop_duplicates(headers)[1] == {"b": "a"}
    assert [h.name for h in kept] == ["a", "other", "moved", "cut"]


def test_copy_decoder_decodes_nothing_that_headers_or_stored_bytes_decide(decoded):
    packed = compressed("packed", j2k(), layout=make_layout())
    moved = replace(gray("moved"), frames=(make_frame((0, 0, 1)),))
    assert not noted(packed, moved)[1]
    assert noted(gray("a"), gray("b"))[1] == {"b": "a"}
    assert noted(packed, replace(packed, name="again"))[1] == {"again": "packed"}
    assert not decoded


def test_copy_decoder_leaves_long_files_until_the_first_frames_are_compared(decoded, monkeypatch):
    monkeypatch.setattr(image_copies, "_SMALL", PIXELS.nbytes - 1)
    headers = [gray("a"), compressed("b", j2k(), layout=make_layout())]
    with CopyDecoder() as decoder:
        decoder.note(headers)
    assert not decoded


def test_drop_duplicates_decodes_no_further_than_to_the_first_difference(monkeypatch):
    asked = []

    def frames(header):
        for number in range(3):
            asked.append((header.name, number))
            yield np.full((2, 3), number if header.name == "a" else 9, np.uint16)

    monkeypatch.setattr(image_copies, "read_all_stored", frames)
    layout = make_layout(frames=3)
    stored = np.zeros((3, 2, 3), np.uint16)
    headers = [
        gray("a", stored, layout=layout),
        gray("b", stored, layout=replace(layout, big_endian=True)),
    ]
    assert not drop_duplicates(headers)[1]
    assert asked == [("a", 0), ("b", 0)]


@pytest.mark.parametrize("at_once", [1, 25, 2**20])
@pytest.mark.parametrize("differs", range(5))
def test_drop_duplicates_compares_every_frame(monkeypatch, at_once, differs):
    def frames(header):
        for number in range(5):
            if header.name == "damaged" and number == differs:
                raise FrameError("corrupt pixel data")
            is_other = header.name == "other" and number == differs
            yield np.full((2, 3), 9 if is_other else number, np.uint16)

    monkeypatch.setattr(image_copies, "read_all_stored", frames)
    monkeypatch.setattr(duplicates_module, "_COMPARED", at_once)
    layout = make_layout(frames=5)
    stored = np.zeros((5, 2, 3), np.uint16)
    encodings = [(False, False), (True, False), (False, True), (True, True)]
    headers = [
        gray(name, stored, layout=replace(layout, big_endian=big, byte_aligned=aligned))
        for name, (big, aligned) in zip(("a", "copy", "other", "damaged"), encodings, strict=True)
    ]
    kept, duplicates = drop_duplicates(headers)
    assert [header.name for header in kept] == ["a", "other", "damaged"]
    assert duplicates == {"copy": "a"}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), max_size=6))
def test_drop_duplicates_keeps_the_first_file_of_every_image(made):
    """Of any number of copies of three images, in two byte orders and with two fillings."""
    headers = []
    for number, (value, big, padded) in enumerate(made):
        stored = PIXELS + np.uint16(value)
        layout = make_layout(big_endian=big)
        pixels = (stored.byteswap() if big else stored).tobytes() + bytes(2 * padded)
        headers.append(
            replace(gray(str(number), layout=layout), source=Memory(pixels), size=len(pixels))
        )
    kept, duplicates = drop_duplicates(headers)
    firsts = {}
    for header, (value, _, _) in zip(headers, made, strict=True):
        firsts.setdefault(value, header.name)
    assert [header.name for header in kept] == list(firsts.values())
    assert all(firsts[made[int(name)][0]] == first for name, first in duplicates.items())
    assert len(kept) + len(duplicates) == len(headers)
    assert all((CONFLICT in header.notes) == (len(firsts) > 1) for header in kept)


# --- lossy copies


def test_drop_duplicates_of_lossless_copies_beside_a_lossy_one_gives_no_note_to_them():
    """Copies in folders of their own, as archives of test data have them."""
    lossy = gray("lossy/a", PIXELS + 1, lossy=True)
    kept, duplicates = drop_duplicates([gray("big/a"), lossy, gray("rle/a")])
    assert duplicates == {"rle/a": "big/a"}
    assert {h.name: CONFLICT in h.notes for h in kept} == {"big/a": False, "lossy/a": True}


def test_drop_duplicates_of_two_lossless_images_and_a_lossy_one_notes_all():
    lossy = gray("c", PIXELS + 1, lossy=True)
    kept, _ = drop_duplicates([gray("a"), gray("b", PIXELS + 2), lossy])
    assert all(CONFLICT in header.notes for header in kept)


def test_drop_duplicates_of_two_lossy_images_notes_both():
    kept, _ = drop_duplicates([gray(str(n), PIXELS + n, lossy=True) for n in range(2)])
    assert [CONFLICT in header.notes for header in kept] == [True, True]
