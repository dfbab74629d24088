"""Reading one frame: bytes to stored values to what is shown."""

from __future__ import annotations

import struct
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import convert_color_space
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.transfer_syntaxes import RLE
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.header import Palette
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.pixels import read_frames
from napari_medscan.dicom.pixels.native import (
    native_pixels,
    sign_extend,
    stored_dtype,
    stored_range,
)
from napari_medscan.dicom.pixels.read_frames import read_all_stored, read_stored
from napari_medscan.dicom.pixels.read_frames import read_slice as read_slice_into

from ..building import encapsulate, encapsulated_header, make_frame, make_header, make_layout

ROWS, COLUMNS = 4, 6
RNG = np.random.default_rng(11)


def read_slice(header, index, dtype):
    color = header.layout.samples > 1 or header.palette is not None
    out = np.empty((*header.shape, 3) if color else header.shape, dtype)
    read_slice_into(header, index, out)
    return out


def layout(bits=16, **changes):
    return make_layout(ROWS, COLUMNS, bits, **changes)


def native(data, facts, *, vr=b"OW", **changes):
    header = make_header(
        *(make_frame(number=i) for i in range(facts.frames)), layout=facts, pixels=data, **changes
    )
    return replace(header, pixels=PixelElement(Tag.PixelData, 0, len(data), vr))


def noise(*shape, bits=16):
    return RNG.integers(0, 1 << bits, shape, dtype=f"u{max(bits, 8) // 8}")


def run_lengths(values):
    """A frame of 16-bit values in RLE: every segment is literal runs (PS3.5 annex G)."""
    pixels = values.astype("<u2").tobytes()
    segments = []
    for plane in (pixels[1::2], pixels[0::2]):
        parts = [plane[start : start + 128] for start in range(0, len(plane), 128)]
        packed = b"".join(bytes((len(part) - 1,)) + part for part in parts)
        segments.append(packed + b"\0" * (len(packed) % 2))
    head = struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13)
    return head + b"".join(segments)


def by_pydicom(data, facts, vr="OW"):
    """What pydicom reads from the same bytes, all frames."""
    syntax = ExplicitVRBigEndian if facts.big_endian else ExplicitVRLittleEndian
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = syntax
    found.set_original_encoding(is_implicit_vr=False, is_little_endian=not facts.big_endian)
    found.Rows, found.Columns = facts.rows, facts.columns
    found.SamplesPerPixel = facts.samples
    found.BitsAllocated, found.BitsStored = facts.bits_allocated, facts.bits_stored
    found.HighBit = facts.high_bit
    found.PixelRepresentation = int(facts.signed)
    found.PhotometricInterpretation = facts.photometric
    found.NumberOfFrames = facts.frames
    if facts.samples > 1:
        found.PlanarConfiguration = int(facts.planar)
    found.PixelData = data + b"\0" * (len(data) % 2)
    found["PixelData"].VR = vr
    pixels = found.pixel_array
    return pixels if facts.frames > 1 else pixels[np.newaxis]


# --- native gray


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_whole_bytes_of_every_width_sign_and_order(bits, signed, big_endian):
    facts = layout(bits, signed=signed, big_endian=big_endian, frames=3)
    dtype = np.dtype(f"{'i' if signed else 'u'}{bits // 8}")
    values = noise(3, ROWS, COLUMNS, bits=bits).view(dtype)
    data = values.astype(dtype.newbyteorder(">" if big_endian else "<")).tobytes()
    header = native(data, facts, vr=b"OB" if bits == 8 else b"OW")
    for frame in range(3):
        found = read_stored(header, frame)
        assert found.dtype == dtype
        assert found.dtype.isnative
        assert np.array_equal(found, values[frame])
    if bits > 8:
        assert np.array_equal(by_pydicom(data, facts), values)


def test_frames_of_odd_length_in_big_endian_words():
    facts = make_layout(3, 3, 8, big_endian=True, frames=3)
    values = noise(3, 3, 3, bits=8)
    padded = np.append(values.ravel(), np.uint8(0))
    data = padded.view("<u2").byteswap().tobytes()
    header = native(data, facts)
    np.testing.assert_array_equal(by_pydicom(data, facts), values)
    for frame, expected in enumerate(values):
        np.testing.assert_array_equal(read_stored(header, frame), expected)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("big_endian", [False, True])
def test_floating_point_pixels(bits, big_endian):
    values = RNG.normal(size=(ROWS, COLUMNS)).astype(f"f{bits // 8}")
    data = values.astype(values.dtype.newbyteorder(">" if big_endian else "<")).tobytes()
    facts = layout(bits, floating=True, big_endian=big_endian)
    assert np.array_equal(read_stored(native(data, facts), 0), values)


def test_eight_bit_pixels_in_big_endian_words_are_swapped_in_pairs():
    """PS3.5 8.1.1, and what pydicom makes of it."""
    facts = layout(8, big_endian=True, frames=2)
    values = noise(2, ROWS, COLUMNS, bits=8)
    swapped = values.ravel().reshape(-1, 2)[:, ::-1].tobytes()
    header = native(swapped, facts, vr=b"OW")
    assert np.array_equal(read_stored(header, 1), values[1])
    assert np.array_equal(by_pydicom(swapped, facts), values)
    plain = native(values.tobytes(), facts, vr=b"OB")
    assert np.array_equal(read_stored(plain, 1), values[1])


@given(bits=st.integers(1, 16), shift=st.integers(0, 15), signed=st.booleans(), data=st.data())
@settings(deadline=None)
def test_bits_outside_those_stored_are_cleared_and_the_sign_is_kept(bits, shift, signed, data):
    """Overlays above, garbage below: High Bit says where the value lies."""
    shift = min(shift, 16 - bits)
    facts = make_layout(2, 3, 16, bits_stored=bits, high_bit=bits + shift - 1, signed=signed)
    low, high = stored_range(facts)
    values = data.draw(st.lists(st.integers(low, high), min_size=6, max_size=6))
    garbage = data.draw(st.lists(st.integers(0, 65535), min_size=6, max_size=6))
    mask = ((1 << bits) - 1) << shift
    words = [(v << shift) & mask | g & ~mask for v, g in zip(values, garbage, strict=True)]
    found = read_stored(native(np.array(words, dtype="<u2").tobytes(), facts), 0)
    assert found.dtype == ("i2" if signed else "u2")
    assert found.ravel().tolist() == values


def test_overlays_in_the_upper_bits_as_by_pydicom():
    facts = layout(16, bits_stored=12, high_bit=11, signed=True)
    data = noise(ROWS, COLUMNS).tobytes()
    extended = sign_extend(np.frombuffer(data, "<u2").reshape(ROWS, COLUMNS), 12)
    assert np.array_equal(read_stored(native(data, facts), 0), extended)


# --- one bit


@pytest.mark.parametrize("columns", [6, 7, 8])
def test_one_bit_frames_need_not_start_at_a_byte(columns):
    facts = make_layout(3, columns, 1, frames=5)
    values = RNG.integers(0, 2, (5, 3, columns)).astype(np.uint8)
    data = np.packbits(values.ravel(), bitorder="little").tobytes()
    header = native(data, facts)
    for frame in range(5):
        assert np.array_equal(read_stored(header, frame), values[frame])
    assert np.array_equal(by_pydicom(data, facts), values)


# --- twelve bits


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("columns", [6, 7, 8])
def test_twelve_packed_bits_follow_each_other(columns, signed, big_endian):
    """As a number of many bits, of which the first sample is the lowest twelve."""
    facts = make_layout(3, columns, 12, frames=5, signed=signed, big_endian=big_endian)
    lowest, highest = stored_range(facts)
    values = RNG.integers(lowest, highest, (5, 3, columns), endpoint=True)
    whole = sum(int(v) % 4096 << 12 * n for n, v in enumerate(values.ravel()))
    data = whole.to_bytes((values.size * 3 + 3) // 4 * 2, "little")
    if big_endian:
        data = np.frombuffer(data, "<u2").byteswap().tobytes()
    header = native(data, facts)
    for frame in range(5):
        assert np.array_equal(read_stored(header, frame), values[frame])


# --- color


def test_color_by_pixel_and_by_plane():
    values = noise(2, ROWS, COLUMNS, 3, bits=8)
    facts = layout(8, samples=3, photometric="RGB", frames=2)
    assert np.array_equal(read_stored(native(values.tobytes(), facts), 1), values[1])
    planes = np.ascontiguousarray(np.moveaxis(values, -1, 1))
    planar = replace(facts, planar=True)
    assert np.array_equal(read_stored(native(planes.tobytes(), planar), 1), values[1])
    assert np.array_equal(by_pydicom(planes.tobytes(), planar, "OB"), values)


def test_ybr_becomes_rgb_as_by_pydicom():
    values = noise(ROWS, COLUMNS, 3, bits=8)
    facts = layout(8, samples=3, photometric="YBR_FULL")
    found = read_stored(native(values.tobytes(), facts), 0)
    assert np.array_equal(found, convert_color_space(values, "YBR_FULL", "RGB"))


def test_ybr_of_pairs_becomes_rgb_as_by_pydicom():
    facts = layout(8, samples=3, photometric="YBR_FULL_422", frames=2)
    data = noise(2 * ROWS * COLUMNS * 2, bits=8).tobytes()
    expected = by_pydicom(data, facts, "OB")
    for frame in range(2):
        assert np.array_equal(read_stored(native(data, facts), frame), expected[frame])


def test_sixteen_bit_color_is_scaled_to_eight():
    values = noise(ROWS, COLUMNS, 3)
    facts = layout(16, samples=3, photometric="RGB")
    found = read_stored(native(values.tobytes(), facts), 0)
    assert np.array_equal(found, values >> 8)


@pytest.mark.parametrize("photometric", ["YBR_RCT", "YBR_ICT", "RGB"])
def test_what_the_decoder_has_converted_is_not_converted_again(photometric):
    values = noise(ROWS, COLUMNS, 3, bits=8)
    data = imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, level=0)
    facts = layout(8, samples=3, photometric=photometric)
    assert np.array_equal(read_stored(encapsulated_header(encapsulate([data]), layout=facts), 0),
                          values)  # fmt: skip


@pytest.mark.parametrize("photometric", ["YBR_RCT", "YBR_ICT"])
def test_what_the_header_calls_transformed_and_the_stream_does_not_is_rgb(photometric):
    """YBR_RCT and YBR_ICT only exist inside a code stream."""
    values = noise(ROWS, COLUMNS, 3, bits=8)
    facts = layout(8, samples=3, photometric=photometric)
    assert np.array_equal(read_stored(native(values.tobytes(), facts), 0), values)


def test_lossless_ybr_is_converted_as_the_header_says():
    values = noise(ROWS, COLUMNS, 3, bits=8)
    data = imagecodecs.jpegls_encode(values)
    facts = layout(8, samples=3, photometric="YBR_FULL")
    found = read_stored(encapsulated_header(encapsulate([data]), layout=facts), 0)
    assert np.array_equal(found, convert_color_space(values, "YBR_FULL", "RGB"))


def test_bits_stored_never_masks_what_a_code_stream_holds():
    values = noise(ROWS, COLUMNS)
    data = imagecodecs.jpegls_encode(values)
    facts = layout(16, bits_stored=12)
    found = read_stored(encapsulated_header(encapsulate([data]), layout=facts), 0)
    assert np.array_equal(found, values)


def test_bits_stored_masks_run_lengths_which_hold_the_words_of_native_pixels():
    values = noise(ROWS, COLUMNS)
    facts = layout(16, bits_stored=12)
    header = encapsulated_header(encapsulate([run_lengths(values)]), layout=facts, syntax=RLE)
    assert np.array_equal(read_stored(header, 0), values & 0xFFF)


@pytest.mark.parametrize("at_once", [1, 2 * ROWS * COLUMNS, 1 << 20])
def test_read_all_stored_gives_what_each_frame_is(monkeypatch, at_once):
    monkeypatch.setattr(read_frames, "_AT_ONCE", at_once)
    values = noise(3, ROWS, COLUMNS)
    data = [imagecodecs.jpegls_encode(frame) for frame in values]
    packed = encapsulated_header(encapsulate(data), layout=layout(16), frames=3)
    for header in (packed, native(values.tobytes(), layout(frames=3))):
        assert np.array_equal(np.stack(list(read_all_stored(header))), values)


def test_read_all_stored_with_a_damaged_frame_raises():
    values = noise(2, ROWS, COLUMNS)
    whole = [imagecodecs.jpegls_encode(frame) for frame in values]
    packed = encapsulated_header(
        encapsulate([whole[0], b"\xff\xd8no"]), layout=layout(16), frames=2
    )
    with pytest.raises(FrameError):
        list(read_all_stored(packed))


# --- slices as they are shown


def test_a_slice_is_transformed_into_the_dtype_of_its_stack():
    values = noise(ROWS, COLUMNS, bits=8).astype(np.uint16)
    frame = make_frame(transform=ModalityTransform(0.5, -3))
    header = make_header(frame, layout=layout(), pixels=values.tobytes())
    found = read_slice(header, 0, np.dtype(np.float32))
    assert found.dtype == np.float32
    assert np.array_equal(found, values * 0.5 - 3)


def test_each_frame_has_its_own_transform():
    values = noise(2, ROWS, COLUMNS, bits=8).astype(np.uint16)
    frames = [make_frame(transform=ModalityTransform(slope)) for slope in (2.0, 3.0)]
    header = make_header(*frames, layout=layout(frames=2), pixels=values.tobytes())
    for index, slope in enumerate((2, 3)):
        found = read_slice(header, index, np.dtype(np.float32))
        assert np.array_equal(found, values[index] * slope)


def test_palette_colors_come_out_as_rgb():
    values = noise(ROWS, COLUMNS, bits=8) % 4
    table = RNG.integers(0, 256, (4, 3), dtype=np.uint8)
    facts = layout(8, photometric="PALETTE COLOR")
    header = make_header(layout=facts, pixels=values.tobytes(), palette=Palette(0, table.tobytes()))
    assert np.array_equal(read_slice(header, 0, np.dtype(np.uint8)), table[values])


def test_a_slice_of_a_mosaic_is_its_tile_after_the_transform():
    values = noise(ROWS, COLUMNS, bits=8).astype(np.uint16)
    frames = [
        make_frame(tile=(top, left), transform=ModalityTransform(1, 5))
        for top in (0, 2)
        for left in (0, 3)
    ]
    header = make_header(*frames, layout=layout(), pixels=values.tobytes(), tile_shape=(2, 3))
    found = read_slice(header, 3, np.dtype(np.uint16))
    assert np.array_equal(found, values[2:, 3:] + 5)


def test_a_file_cut_off_after_it_was_opened_is_an_error_of_the_frame():
    values = noise(3, ROWS, COLUMNS)
    header = native(values.tobytes(), layout(frames=3))
    cut = replace(header, source=Memory(values.tobytes()[:-1]))
    assert np.array_equal(read_stored(cut, 1), values[1])
    with pytest.raises(FrameError, match="truncated"):
        read_stored(cut, 2)
    bits = native(b"\xff" * 4, make_layout(3, 7, 1, frames=2))
    with pytest.raises(FrameError, match="truncated"):
        read_stored(bits, 1)


def test_one_frame_takes_one_read_of_its_own_bytes():
    reads = []

    class Counting(Memory):
        def read_at(self, offset, length):
            reads.append((offset, length))
            return super().read_at(offset, length)

    values = noise(3, ROWS, COLUMNS)
    header = native(values.tobytes(), layout(frames=3))
    read_stored(replace(header, source=Counting(values.tobytes())), 2)
    size = ROWS * COLUMNS * 2
    assert reads == [(2 * size, size)]


# --- facts about layouts


@pytest.mark.parametrize(
    ("bits", "changes", "dtype", "extremes"),
    [
        (1, {}, "u1", (0, 1)),
        (8, {}, "u1", (0, 255)),
        (16, {"bits_stored": 12}, "u2", (0, 4095)),
        (16, {"bits_stored": 12, "signed": True}, "i2", (-2048, 2047)),
        (32, {"signed": True}, "i4", (-(2**31), 2**31 - 1)),
        (32, {"floating": True}, "f4", (0, 2**32 - 1)),
    ],
)
def test_dtype_and_range_of_stored_values(bits, changes, dtype, extremes):
    facts = layout(bits, **changes)
    assert stored_dtype(facts) == dtype
    assert stored_range(facts) == extremes


@given(st.integers(1, 16), st.lists(st.integers(-32768, 32767), min_size=1))
@settings(deadline=None)
def test_sign_extension_undoes_cutting_off_the_upper_bits(bits, values):
    half = 1 << bits - 1
    fitting = [(v + half) % (2 * half) - half for v in values]
    pattern = np.array([v & (1 << bits) - 1 for v in fitting], dtype=np.uint16)
    assert sign_extend(pattern, bits).tolist() == fitting


def test_padding_after_a_frame_is_not_read():
    facts = make_layout(1, 3, 8)
    assert native_pixels(b"\x01\x02\x03\xff", facts).tolist() == [[1, 2, 3]]
