"""Overlay planes lie on the pixels that the standard says, wherever their bits are."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import JPEGLosslessSV1, JPEGLSLossless, RLELossless
from rle.utils import encode_pixel_data

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.overlay import Overlay
from napari_medscan.frames.errors import UnreadableFramesError

from ..headers.test_codestream import jpeg
from ..making import ct, write, write_encoded
from .labeled import COLUMNS, DEPTH, ROWS, write_ct
from .overlaid import add_overlay, add_overlay_bit

PLANE = np.random.default_rng(4).random((4, 6)) > 0.5
RLE_WORDS = {
    "rows": 4, "columns": 6, "samples_per_pixel": 1, "bits_allocated": 16, "byteorder": "<"
}  # fmt: skip


def opened(folder, *data, encoding="explicit"):
    for number, each in enumerate(data):
        write(folder / f"{number}.dcm", each, encoding)
    report = load(folder)
    assert not report.unreadable
    return report


def drawn(folder, *data, **how):
    """Return the labels of the only overlay of some files."""
    (overlay,) = opened(folder, *data, **how).objects
    assert isinstance(overlay, Overlay)
    return np.asarray(overlay.labels())


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 19)),
    origin=st.tuples(st.integers(-6, 9), st.integers(-6, 9)).filter(all),
    place=st.tuples(st.integers(1, 3), st.integers(0, 4)),
    encoding=st.sampled_from(["explicit", "implicit", "big", "deflated"]),
    seed=st.integers(0, 99),
)
def test_overlay_frames_lie_where_origin_and_frame_origin_say(
    tmp_path_factory, size, origin, place, encoding, seed
):
    """Compared with a plane that is drawn pixel by pixel by the wording of C.9.2 and C.9.3."""
    frames, first = place
    bits = np.random.default_rng(seed).random((frames, *size)) > 0.5
    data = ct(NumberOfFrames=4, PixelData=bytes(192))
    others = {"frames": frames, "first_frame": first or None}
    add_overlay(data, bits, origin=origin, big_endian=encoding == "big", **others)
    expected = np.zeros((4, 4, 6), int)
    for frame, row, column in np.argwhere(bits):
        y, x = row + origin[0] - 1, column + origin[1] - 1
        at = range(4) if (frames, first) == (1, 0) else [frame + max(first, 1) - 1]
        for z in at:
            if z < 4 and 0 <= y < 4 and 0 <= x < 6:
                expected[z, y, x] = 1
    folder = tmp_path_factory.mktemp("overlay")
    report = opened(folder, data, encoding=encoding)
    (overlay,) = report.objects or (None,)
    if overlay is None:
        assert not expected.any()
        return
    found = np.asarray(overlay.labels()).reshape(expected.shape)
    assert np.array_equal(found, expected)
    is_cut = min(origin) < 1 or size[0] + origin[0] > 5 or size[1] + origin[1] > 7
    assert bool(overlay.notes_on(())) == is_cut


@pytest.mark.parametrize(("stored", "high", "position"), [(12, 11, 12), (12, 11, 15), (12, 13, 1)])
@pytest.mark.parametrize("encoding", ["explicit", "big"])
def test_overlay_bits_beyond_bits_stored_are_a_plane(tmp_path, stored, high, position, encoding):
    values = np.arange(24).reshape(4, 6) * 7
    words = values << (high + 1 - stored) | PLANE.astype(int) << position
    data = ct(BitsStored=stored, HighBit=high, RescaleIntercept=0)
    data.PixelData = words.astype(">u2" if encoding == "big" else "<u2").tobytes()
    report = opened(tmp_path, add_overlay_bit(data, position), encoding=encoding)
    assert np.array_equal(np.asarray(report.stacks[0].array)[0], values)
    (overlay,) = report.objects
    assert np.array_equal(np.asarray(overlay.labels())[0], PLANE)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("position", [12, 15])
@pytest.mark.parametrize(
    ("encode", "syntax"),
    [
        (imagecodecs.jpegls_encode, JPEGLSLossless),
        (lambda words: jpeg(words, lossless=True, bitspersample=16), JPEGLosslessSV1),
        (lambda words: encode_pixel_data(words.tobytes(), **RLE_WORDS), RLELossless),
    ],
)
def test_overlay_bits_of_losslessly_compressed_words_are_a_plane(
    tmp_path, encode, syntax, position, signed
):
    values = np.arange(24, dtype=np.int16).reshape(4, 6) * 7 - 80 * signed
    words = (values.view(np.uint16) & 0xFFF) | PLANE.astype(np.uint16) << position
    data = ct(RescaleIntercept=0, PixelRepresentation=int(signed))
    folder = tmp_path / "a"
    folder.mkdir()
    add_overlay_bit(data, position)
    write_encoded(folder / "a", data, encode(words), syntax)
    report = load(folder)
    assert np.array_equal(np.asarray(report.stacks[0].array)[0], values)
    (overlay,) = report.objects
    assert np.array_equal(np.asarray(overlay.labels())[0], PLANE)
    # A stream of the values alone has no plane.
    stream = jpeg(values.view(np.uint16) & 0xFFF, lossless=True, bitspersample=12)
    write_encoded(folder / "a", data, stream, JPEGLosslessSV1)
    assert not load(folder).objects


@pytest.mark.parametrize("position", [0, 5, 11, 16, 99])
def test_overlay_bits_within_bits_stored_are_none(tmp_path, position):
    assert not opened(tmp_path, add_overlay_bit(ct(), position)).objects


def test_overlay_described_without_data_is_none(tmp_path):
    data = add_overlay(ct(), PLANE)
    del data[0x6000, 0x3000]
    assert not opened(tmp_path, data).objects


def test_overlay_of_some_slices_is_empty_on_the_others(tmp_path):
    folder = write_ct(tmp_path / "a")
    data = ct(
        SOPInstanceUID="1.2.3.3.9", SeriesInstanceUID="1.2.3.3", Rows=ROWS, Columns=COLUMNS,
        ImagePositionPatient=[10, -20, 30 + 2.5 * DEPTH], PixelData=bytes(2 * ROWS * COLUMNS),
    )  # fmt: skip
    write(folder / "last.dcm", add_overlay(data, np.ones((ROWS, COLUMNS))))
    (overlay,) = load(folder).objects
    assert overlay.slices == (DEPTH,)
    assert overlay.summary == f"graphics on 1 of {DEPTH + 1} images"
    assert np.asarray(overlay.labels()).any(axis=(1, 2)).tolist() == [False] * DEPTH + [True]


def test_overlays_of_several_groups_are_listed_by_number_and_label(tmp_path):
    data = add_overlay(ct(), PLANE, label="Lesion")
    add_overlay(data, PLANE, group=0x601E, description="Lung", kind="R")
    found = opened(tmp_path, data).objects
    assert [each.name for each in found] == ["Overlay 1 · Lesion", "Overlay 16 · Lung"]
    assert [each.summary for each in found] == ["graphics", "region of interest"]
    assert all(each.home is each.stack and not each.files for each in found)
    assert not any(each.is_shown_at_once for each in found)


def test_overlay_label_does_not_name_the_patient(tmp_path):
    data = ct(PatientName="Roe^Jane", PatientID="4711")
    (found,) = opened(tmp_path, add_overlay(data, PLANE, label="ROE 4711 left")).objects
    assert "roe" not in found.name.lower()
    assert "4711" not in repr(found)


def test_overlay_without_size_or_origin_is_that_of_the_image(tmp_path):
    data = add_overlay(ct(), PLANE, origin=None)
    del data[0x6000, 0x10]
    del data[0x6000, 0x11]
    assert np.array_equal(drawn(tmp_path, data)[0], PLANE)


def test_overlay_that_is_truncated_is_blank_and_says_why(tmp_path):
    data = add_overlay(ct(), PLANE)
    data[0x6000, 0x3000].value = b"\1\0"
    (overlay,) = opened(tmp_path, data).objects
    with pytest.raises(UnreadableFramesError):
        np.asarray(overlay.labels())
    assert not np.asarray(overlay.labels().read(errors="blank")).any()


def test_overlay_of_a_folder_that_is_opened_again_is_the_same(tmp_path, index_folder):
    data = add_overlay(ct(), PLANE, label="Lesion")
    (first,) = opened(tmp_path / "a", data).objects
    written = b"".join(p.read_bytes() for p in index_folder.rglob("*") if p.is_file())
    assert written
    assert b"Lesion" not in written
    (again,) = load(tmp_path / "a").objects
    assert (again.name, again.summary) == (first.name, first.summary)
    assert np.array_equal(np.asarray(again.labels())[0], PLANE)
