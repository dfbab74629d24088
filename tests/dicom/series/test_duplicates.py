"""Which files are the same picture twice."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.header import Palette
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.series.duplicates import CONFLICT, drop_duplicates

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


def grey(name, pixels=PIXELS, **changes):
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


def test_the_same_picture_twice_is_kept_once_and_reported():
    kept, duplicates = drop_duplicates([grey("a"), grey("b/a"), grey("c", sop_instance="2")])
    assert [header.name for header in kept] == ["a", "c"]
    assert duplicates == {"b/a": "a"}
    assert not any(header.notes for header in kept)


def test_the_same_picture_in_another_encoding_is_a_duplicate():
    big = grey(
        "big", PIXELS.byteswap(), layout=make_layout(big_endian=True), transfer_syntax="1.2.2"
    )
    data = imagecodecs.jpeg2k_encode(PIXELS, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=make_layout())
    kept, duplicates = drop_duplicates([grey("a"), big, packed])
    assert [header.name for header in kept] == ["a"]
    assert duplicates == {"big": "a", "packed": "a"}


def test_color_in_another_color_model_is_a_duplicate():
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    layout = replace(RGB, rows=8, columns=8)
    data = imagecodecs.jpeg2k_encode(colors, codecformat="j2k", reversible=True, level=0)
    packed = compressed("packed", data, layout=replace(layout, photometric="YBR_RCT"))
    planar = np.ascontiguousarray(np.moveaxis(colors, -1, 0))
    pictures = [
        grey("a", colors, layout=layout),
        grey("planar", planar, layout=replace(layout, planar=True)),
        packed,
    ]
    assert drop_duplicates(pictures)[1] == {"planar": "a", "packed": "a"}


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
def test_another_picture_with_the_same_uid_is_kept_and_noted(other):
    kept, duplicates = drop_duplicates([grey("a"), grey("b", **other)])
    assert [header.name for header in kept] == ["a", "b"]
    assert duplicates == {}
    assert all(CONFLICT in header.notes for header in kept)


def test_another_palette_is_another_picture():
    layout = make_layout(photometric="PALETTE COLOR")
    red, blue = Palette(0, bytes((255, 0, 0))), Palette(0, bytes((0, 0, 255)))
    pictures = [grey("a", layout=layout, palette=red), grey("b", layout=layout, palette=blue)]
    assert drop_duplicates(pictures)[1] == {}


def test_of_two_patients_with_the_same_uids_both_are_kept_without_a_note():
    kept, duplicates = drop_duplicates([grey("a"), grey("b", patient=b"other")])
    assert len(kept) == 2
    assert duplicates == {}
    assert not any(header.notes for header in kept)


def test_files_without_a_uid_are_never_duplicates():
    assert drop_duplicates([grey("a", sop_instance=""), grey("b", sop_instance="")])[1] == {}


def test_damaged_files_are_kept():
    cut = [grey(name, source=Memory(b"\0\0")) for name in "ab"]
    assert len(drop_duplicates(cut)[0]) == 2


def test_pictures_that_cannot_be_right_are_kept():
    """Chroma of pixel pairs, and an odd width."""
    layout = replace(RGB, photometric="YBR_FULL_422")
    odd = [grey(name, np.zeros(12, np.uint8), layout=layout) for name in "ab"]
    assert len(drop_duplicates(odd)[0]) == 2


def test_an_unforeseen_error_in_the_pixels_of_one_file_does_not_stop_the_others():
    class Odd:
        def read_at(self, *_):
            raise ValueError

    kept, _ = drop_duplicates([grey("a"), grey("odd", source=Odd()), grey("b")])
    assert [header.name for header in kept] == ["a", "odd"]


def test_one_picture_three_times_and_another_under_the_same_uid():
    other = grey("other", PIXELS * 0)
    kept, duplicates = drop_duplicates([grey("a"), other, grey("b"), grey("c")])
    assert [header.name for header in kept] == ["a", "other"]
    assert duplicates == {"b": "a", "c": "a"}
