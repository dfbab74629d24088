"""How many frames a file contains and how they are stored, by its bytes."""

from __future__ import annotations

import contextlib
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import JPEGBaseline8Bit

from napari_medscan.dicom import load
from napari_medscan.dicom.elements import transfer_syntaxes
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.headers import stored_frames
from napari_medscan.dicom.headers.parse_header import read_header

from ..building import encapsulate, offsets
from ..making import RGB_IMAGE, UNDEFINED, ct, deflated, element, file_of, write_encoded
from ..making import write as write_file

ROWS, COLUMNS = 8, 6
COLOR_NAMES = ("Red", "Green", "Blue")
FRAMES = [
    ((np.arange(ROWS * COLUMNS) * 37 + 11 * number) % 251).reshape(ROWS, COLUMNS).astype(np.uint8)
    for number in range(5)
]
STREAMS = [imagecodecs.jpegls_encode(frame) for frame in FRAMES]
STREAMS = [stream + b"\0" * (len(stream) % 2) for stream in STREAMS]
NATIVE, JPEG_LS, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"


def halves(stream):
    """A frame in two fragments, of which the second starts like nothing."""
    middle = len(stream) // 4 * 2
    return [stream[:middle], stream[middle:]]


def run_length(frame):
    """A frame in RLE: literal runs (PS3.5 annex G)."""
    data = frame.tobytes()
    packed = bytes((len(data) - 1,)) + data + b"\0"
    return struct.pack("<16I", 1, 64, *[0] * 14) + packed[: len(packed) // 2 * 2]


@pytest.fixture
def write(tmp_path):
    def file(pixels, frames, *, syntax=JPEG_LS, length=None, before=b"", **numbers):
        facts = {
            "SamplesPerPixel": 1,
            "Rows": ROWS,
            "Columns": COLUMNS,
            "BitsAllocated": 8,
            "BitsStored": 8,
            **numbers,
        }
        photometric = facts.pop("photometric", b"MONOCHROME2 ")
        parts = [
            element(Tag.Modality, "CS", b"US"),
            element(Tag.SamplesPerPixel, "US", struct.pack("<H", facts.pop("SamplesPerPixel"))),
            element(Tag.PhotometricInterpretation, "CS", photometric),
        ]
        if frames is not None:
            text = str(frames).encode()
            parts.append(element(Tag.NumberOfFrames, "IS", text + b" " * (len(text) % 2)))
        parts += [element(Tag[name], "US", struct.pack("<H", n)) for name, n in facts.items()]
        sized = {} if length is None else {"length": length}
        parts += [before, element(Tag.PixelData, "OB", pixels, **sized)]
        path = tmp_path / "file.dcm"
        path.write_bytes(file_of(*parts, syntax=syntax))
        return path

    return file


def encoded(write, pixels, frames, **changes):
    return write(pixels, frames, length=UNDEFINED, **changes)


def shown(path):
    """Return all frames of a file, and its one stack."""
    (stack,) = load(path).stacks
    pixels = stack.read(errors="blank")
    shape = pixels.shape[-3:] if stack.is_rgb else pixels.shape[-2:]
    return pixels.reshape(-1, *shape), stack


def note(stack, words):
    return any(words in warning for warning in stack.warnings)


# --- compressed frames


@pytest.mark.parametrize(("allocated", "stored"), [(16, 8), (32, 8), (16, 12)])
def test_run_lengths_of_fewer_bytes_than_are_allocated_are_decoded(write, allocated, stored):
    facts = {"BitsAllocated": allocated, "BitsStored": stored, "HighBit": stored - 1}
    pixels, _ = shown(encoded(write, encapsulate([run_length(FRAMES[0])]), 1, syntax=RLE, **facts))
    assert np.array_equal(pixels[0], FRAMES[0])
    signed, _ = shown(
        encoded(
            write,
            encapsulate([run_length(FRAMES[0])]),
            1,
            syntax=RLE,
            PixelRepresentation=1,
            **facts,
        )
    )
    assert np.array_equal(signed[0], FRAMES[0].view(np.int8))


@pytest.mark.parametrize("declared", [1, 2, 4, 5, 6, 9, None])
@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("table", ["empty", "right", "wrong"])
def test_the_frames_that_are_there_are_shown_whatever_their_number(write, declared, split, table):
    frames = [halves(stream) if split else [stream] for stream in STREAMS]
    flat = [part for parts in frames for part in parts]
    entries = {"empty": [], "right": offsets(frames), "wrong": [n + 2 for n in offsets(frames)]}
    pixels, stack = shown(encoded(write, encapsulate(flat, entries[table]), declared))
    assert np.array_equal(pixels, FRAMES)
    assert not stack.problems
    assert note(stack, "the file contains 5 frames") is (declared != 5)


def test_one_frame_that_is_there_is_one_in_words(write):
    _, stack = shown(encoded(write, encapsulate([STREAMS[0]]), 6))
    assert note(stack, "Number of Frames is 6, but the file contains 1 frame; it is shown")


@pytest.mark.parametrize("declared", [1, 4, 5, 6])
def test_run_lengths_are_one_fragment_a_frame(write, declared):
    data = encapsulate([run_length(frame) for frame in FRAMES])
    pixels, stack = shown(encoded(write, data, declared, syntax=RLE))
    assert np.array_equal(pixels, FRAMES)
    assert note(stack, "the file contains 5 frames") is (declared != 5)


@pytest.mark.parametrize("syntax", [JPEG_LS, RLE])
@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("whole", [1, 2, 4])
def test_frames_before_the_cut_are_shown_and_the_others_are_marked(write, syntax, table, whole):
    streams = STREAMS if syntax == JPEG_LS else [run_length(frame) for frame in FRAMES]
    entries = offsets([[stream] for stream in streams])
    path = encoded(write, encapsulate(streams, entries if table else []), 5, syntax=syntax)
    raw = path.read_bytes()
    cut = raw.index(streams[whole]) + len(streams[whole]) // 2
    path.write_bytes(raw[:cut])
    pixels, stack = shown(path)
    assert len(pixels) == 5
    assert np.array_equal(pixels[:whole], FRAMES[:whole])
    assert not pixels[whole:].any()
    assert sorted(stack.problems) == list(range(whole, 5))
    verb = "is" if whole == 1 else "are"
    assert note(stack, f"The file is truncated: {whole} of 5 frames {verb} present")


@pytest.mark.parametrize("declared", [3, 5])
@pytest.mark.parametrize("cut", [False, True])
def test_the_extended_offset_table_of_a_cut_or_miscounted_clip(write, declared, cut):
    starts = offsets([[stream] for stream in STREAMS])
    columns = starts, [len(stream) for stream in STREAMS]
    tags = Tag.ExtendedOffsetTable, Tag.ExtendedOffsetTableLengths
    before = b"".join(
        element(tag, "OV", struct.pack("<5Q", *column))
        for tag, column in zip(tags, columns, strict=True)
    )
    path = encoded(write, encapsulate(STREAMS), declared, before=before)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(STREAMS[3]) + 20] if cut else raw)
    pixels, stack = shown(path)
    whole = 3 if cut else 5
    assert np.array_equal(pixels[:whole], FRAMES[:whole])
    assert sorted(stack.problems) == list(range(whole, len(pixels)))
    assert note(stack, "frames are present" if cut and declared == 5 else "the file contains") is (
        cut or declared != 5
    )


def test_a_table_of_too_few_frames_hides_none(write):
    entries = offsets([[stream] for stream in STREAMS])[:3]
    pixels, stack = shown(encoded(write, encapsulate(STREAMS, entries), 3))
    assert np.array_equal(pixels, FRAMES)
    assert note(stack, "the file contains 5 frames")


def test_a_damaged_frame_is_lost_alone(write):
    streams = [*STREAMS]
    streams[2] = streams[2][:20] + bytes(len(streams[2]) - 20)
    pixels, stack = shown(encoded(write, encapsulate(streams), 5))
    assert sorted(stack.problems) == [2]
    for number in (0, 1, 3, 4):
        assert np.array_equal(pixels[number], FRAMES[number])


def test_a_frame_whose_start_is_damaged_is_lost_alone(write):
    streams = [*STREAMS]
    streams[2] = b"\1\2\3\4" + streams[2][4:]
    pixels, stack = shown(encoded(write, encapsulate(streams), 5))
    assert sorted(stack.problems) == [2]
    assert np.array_equal(pixels[3], FRAMES[3])


@pytest.mark.parametrize("wrong", [-2, 1, 40, 60_000])
def test_an_item_of_a_wrong_length_does_not_cost_the_frames_after_it(write, wrong):
    data = bytearray(encapsulate(STREAMS))
    at = data.index(STREAMS[1]) - 4
    data[at : at + 4] = struct.pack("<I", len(STREAMS[1]) + wrong)
    pixels, stack = shown(encoded(write, bytes(data), 5))
    assert np.array_equal(pixels, FRAMES)
    assert not stack.problems


def test_fragments_of_odd_length_with_an_uncounted_padding_byte(write):
    streams = [imagecodecs.jpegls_encode(frame) for frame in FRAMES]
    assert any(len(stream) % 2 for stream in streams)
    items = [struct.pack("<HHI", 0xFFFE, 0xE000, 0)]
    for stream in streams:
        items.append(struct.pack("<HHI", 0xFFFE, 0xE000, len(stream)) + stream)
        items.append(b"\0" * (len(stream) % 2))
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    assert np.array_equal(shown(encoded(write, b"".join(items) + end, 5))[0], FRAMES)


@pytest.mark.parametrize("syntax", [JPEG_LS, RLE])
@pytest.mark.parametrize("count", [1, 5])
def test_the_item_of_the_basic_offset_table_may_be_missing(write, syntax, count):
    streams = STREAMS if syntax == JPEG_LS else [run_length(frame) for frame in FRAMES]
    whole = encapsulate(streams[:count])
    assert whole[:8] == struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    pixels, stack = shown(encoded(write, whole[8:], count, syntax=syntax))
    assert np.array_equal(pixels, FRAMES[:count])
    assert not note(stack, "frames")


def test_delimiters_between_fragments_are_passed_over(write):
    item_end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    table, *parts = (
        struct.pack("<HHI", 0xFFFE, 0xE000, len(part)) + part for part in [b"", *STREAMS]
    )
    data = table + b"".join(part + item_end for part in parts)
    assert np.array_equal(shown(encoded(write, data, 5))[0], FRAMES)


def test_empty_fragments_between_frames_count_for_nothing(write):
    parts = [part for stream in STREAMS for part in (b"", stream, b"")]
    pixels, stack = shown(encoded(write, encapsulate(parts), 5))
    assert np.array_equal(pixels, FRAMES)
    assert not note(stack, "frames")


@pytest.mark.parametrize("table", [False, True])
def test_an_empty_item_in_the_place_of_a_frame_is_a_frame_that_is_missing(write, table):
    streams = [*STREAMS]
    streams[2] = b""
    entries = offsets([[stream] for stream in streams]) if table else []
    pixels, stack = shown(encoded(write, encapsulate(streams, entries), 5))
    assert stack.problems == {2: "missing from the pixel data"}
    for number in (0, 1, 3, 4):
        assert np.array_equal(pixels[number], FRAMES[number])


@pytest.mark.parametrize("parts", [(5,), (2, 3), (3, 1, 1)])
def test_several_code_streams_in_one_item_are_as_many_frames(write, parts):
    streams = iter(STREAMS)
    items = [b"".join(next(streams) for _ in range(count)) for count in parts]
    pixels, stack = shown(encoded(write, encapsulate(items), 5))
    assert np.array_equal(pixels, FRAMES)
    assert not stack.problems


def test_a_good_table_saves_counting(write, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("walked all the same")

    path = encoded(write, encapsulate(STREAMS, offsets([[stream] for stream in STREAMS])), 5)
    monkeypatch.setattr(stored_frames, "index_frames", refuse)
    assert len(read_header(path, "file").frames) == 5


# --- compressed bytes where native ones belong, and the other way round


@pytest.mark.parametrize("items", [False, True])
@pytest.mark.parametrize("syntax", [JPEG_LS, NATIVE])
@pytest.mark.parametrize("count", [1, 5])
def test_compressed_frames_in_an_element_of_defined_length(write, items, syntax, count):
    data = encapsulate(STREAMS[:count]) if items else b"".join(STREAMS[:count])
    pixels, stack = shown(write(data, count, syntax=syntax))
    assert np.array_equal(pixels, FRAMES[:count])
    assert note(stack, "The pixel data are compressed") is (syntax == NATIVE)


def test_compressed_frames_of_undefined_length_under_a_native_syntax(write):
    assert np.array_equal(shown(encoded(write, encapsulate(STREAMS), 5, syntax=NATIVE))[0], FRAMES)


@pytest.mark.parametrize("syntax", [JPEG_LS, RLE, "1.2.840.10008.1.2.4.100"])
def test_native_frames_of_defined_length_under_a_compressed_syntax(write, syntax):
    pixels, stack = shown(write(np.array(FRAMES).tobytes(), 5, syntax=syntax))
    assert np.array_equal(pixels, FRAMES)
    assert note(stack, "The pixel data are native")


def test_what_is_neither_native_nor_a_code_stream_is_corrupt(write):
    path = write(bytes(range(256)) * 2, 5, syntax=JPEG_LS)
    with pytest.raises(UnreadableError, match="corrupt pixel data"):
        read_header(path, "file")


def test_encapsulated_uncompressed_frames(write):
    data = encapsulate([frame.tobytes() for frame in FRAMES])
    pixels, _ = shown(encoded(write, data, 5, syntax="1.2.840.10008.1.2.1.98"))
    assert np.array_equal(pixels, FRAMES)


# --- native frames


@pytest.mark.parametrize("declared", [1, 3, 5, 7, None])
@pytest.mark.parametrize("padding", [0, 1])
def test_whole_native_frames_are_shown_whatever_their_number(write, declared, padding):
    data = np.array(FRAMES).tobytes() + b"\0" * padding
    pixels, stack = shown(write(data, declared, syntax=NATIVE))
    assert np.array_equal(pixels, FRAMES)
    words = "5 of 7 frames are present" if declared == 7 else "the file contains 5 frames"
    assert note(stack, words) is (declared != 5)


@pytest.mark.parametrize("stated", [0, 10, UNDEFINED])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("after", [b"", struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)])
def test_native_frames_up_to_the_end_are_shown_whatever_their_length(write, stated, count, after):
    stored = np.stack(FRAMES[:count])
    path = write(stored.tobytes() + after, count, syntax=NATIVE, length=stated)
    pixels, stack = shown(path)
    assert np.array_equal(pixels, stored)
    assert note(stack, "The length of the pixel data is wrong")


def test_what_is_no_whole_frame_after_native_ones_is_padding(write):
    data = np.array(FRAMES).tobytes()[:-5]
    pixels, stack = shown(write(data + b"\0", 2, syntax=NATIVE))
    assert np.array_equal(pixels, FRAMES[:2])
    assert not note(stack, "frames")


COLOR = {"SamplesPerPixel": 3, "photometric": b"YBR_FULL_422"}


@pytest.mark.parametrize("count", [1, 2])
def test_color_is_stored_as_its_length_says(write, count):
    full = np.random.default_rng(1).integers(0, 256, (count, ROWS, COLUMNS, 3), np.uint8)
    pixels, stack = shown(write(full.tobytes(), count, syntax=NATIVE, **COLOR))
    assert np.array_equal(pixels, full)
    assert note(stack, "three samples per pixel")
    # Half the chroma: two bytes a pixel, as the header describes it.
    half = full[..., :2].tobytes()
    pixels, stack = shown(write(half, count, syntax=NATIVE, **COLOR))
    assert not note(stack, "samples per pixel")
    described = pixels
    changes = {**COLOR, "photometric": b"YBR_FULL"}
    pixels, stack = shown(write(half, count, syntax=NATIVE, **changes))
    assert np.array_equal(pixels, described)
    assert note(stack, "two samples per pixel")


def test_partial_color_has_two_samples_per_pixel(write):
    black, white = (16, 16, 128, 128), (235, 235, 128, 128)
    data = bytes((*black, *white) * (ROWS * COLUMNS // 4))
    facts = {**COLOR, "photometric": b"YBR_PARTIAL_422 "}
    pixels, _ = shown(write(data, 1, syntax=NATIVE, **facts))
    assert pixels.shape == (1, ROWS, COLUMNS, 3)
    levels = pixels.reshape(-1, 2, 2, 3)
    assert (levels[:, 0] == 0).all()
    assert (levels[:, 1] >= 254).all()
    full = bytes(range(ROWS * COLUMNS * 3))
    pixels, stack = shown(write(full, 1, syntax=NATIVE, **facts))
    assert pixels.tobytes() == full
    assert note(stack, "the header describes YBR_PARTIAL_422; shown as RGB")


def test_gray_values_of_a_byte_are_stored_as_their_length_says(write):
    wide = {"BitsAllocated": 16, "BitsStored": 8}
    pixels, stack = shown(write(FRAMES[0].tobytes(), 1, syntax=NATIVE, **wide))
    assert np.array_equal(pixels[0], FRAMES[0])
    assert (
        stack.warnings[-1] == "Pixels are stored in 8 bits each, although the header describes 16"
    )
    # Values of more bits, or of several frames, could be cut off.
    for frames, stored in ((1, 12), (2, 8)):
        facts = {**wide, "BitsStored": stored}
        with pytest.raises(UnreadableError, match=r"shorter than the header describes \(48 bytes"):
            read_header(write(FRAMES[0].tobytes(), frames, syntax=NATIVE, **facts), "a")


@pytest.mark.parametrize("values", ["few", "twelve bits", "negative", "one"])
@pytest.mark.parametrize("stated", [1, None])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_gray_values_of_a_word_are_stored_as_their_length_says(write, values, stated, bits):
    draw = np.random.default_rng(1).integers
    signed = values == "negative"
    ends = {"few": (0, 8), "twelve bits": (0, 4096), "negative": (-300, 300), "one": (260, 261)}
    low, high = ends[values]
    words = draw(low, high, (ROWS, COLUMNS)).astype("<i2" if signed else "<u2")
    facts = {"BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": int(signed)}
    pixels, stack = shown(write(words.tobytes(), stated, syntax=NATIVE, **facts))
    assert np.array_equal(pixels[0], words)
    note = "Pixels are stored in 16 bits each, although the header describes 8"
    assert note in stack.warnings
    assert not any("Bits" in warning for warning in stack.warnings)


@given(
    data=st.binary(min_size=ROWS * COLUMNS // 2, max_size=ROWS * COLUMNS // 2).map(
        lambda columns: bytes(byte for byte in columns for _ in "ab")
    )
)
@settings(deadline=None, max_examples=25)
def test_two_frames_of_bytes_are_not_taken_for_words(tmp_path_factory, data):
    parts = [
        element(Tag.Modality, "CS", b"US"),
        element(Tag.PhotometricInterpretation, "CS", b"MONOCHROME2 "),
        *(
            element(tag, "US", struct.pack("<H", number))
            for tag, number in ((Tag.Rows, ROWS), (Tag.Columns, COLUMNS), (Tag.BitsAllocated, 8))
        ),
        element(Tag.PixelData, "OB", data * 2),
    ]
    path = tmp_path_factory.mktemp("a") / "a"
    path.write_bytes(file_of(*parts))
    assert shown(path)[0].tobytes() == data * 2


@pytest.mark.parametrize(("stated", "bits"), [(None, 16), (12, 16), (10, 16), (7, 8)])
def test_bits_allocated_that_are_no_size_of_a_pixel_follow_from_the_length(write, stated, bits):
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS).astype(f"<u{bits // 8}")
    stored = min(stated or 12, 12)
    facts = {"BitsAllocated": stated or 0, "BitsStored": stored, "HighBit": stored - 1}
    pixels, stack = shown(write(values.tobytes(), 1, syntax=NATIVE, **facts))
    assert np.array_equal(pixels[0], values)
    assert note(stack, f"Bits Allocated is invalid: pixels are read as {bits} bits")
    with pytest.raises(UnreadableError, match="unsupported bit depth"):
        read_header(write(values.tobytes()[:-4], 1, syntax=NATIVE, **facts), "a")


@pytest.mark.parametrize(
    ("stated", "padding", "signed", "text"),
    [
        (None, None, False, "missing: values are read as unsigned"),
        (None, ("US", 9), False, "missing: values are read as unsigned"),
        (None, ("SS", -9), True, "missing: values are read as signed"),
        (2, None, False, "invalid: values are read as unsigned"),
        (1, None, True, ""),
        (0, ("SS", -9), False, ""),
    ],
)
def test_a_sign_that_nothing_states_is_that_of_the_padding_or_a_warning(
    tmp_path, stated, padding, signed, text
):
    data = ct(PixelRepresentation=stated, RescaleIntercept=0)
    if padding is not None:
        data.add_new("PixelPaddingValue", *padding)
    data.PixelData = np.full((4, 6), 65535, "<u2").tobytes()
    data.BitsStored, data.HighBit = 16, 15
    write_file(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    assert np.asarray(stack.array).ravel()[0] == (-1 if signed else 65535)
    notes = [each for each in stack.warnings if each.startswith("Pixel Representation")]
    assert notes == ([f"Pixel Representation is {text}"] if text else [])


def test_twelve_bits_allocated_are_packed_if_the_length_says_so(write):
    values = np.arange(ROWS * COLUMNS * 2).reshape(2, ROWS, COLUMNS) * 40
    data = sum(int(v) << 12 * n for n, v in enumerate(values.ravel())).to_bytes(
        values.size * 3 // 2, "little"
    )
    facts = {"BitsAllocated": 12, "BitsStored": 12, "HighBit": 11}
    pixels, stack = shown(write(data, 2, syntax=NATIVE, **facts))
    assert np.array_equal(pixels, values)
    assert not any("Bits Allocated" in text for text in stack.warnings)


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("stated", "photometric"), [(1, b"RGB "), (3, b"MONOCHROME2 "), (1, b"YBR_FULL")]
)
def test_gray_or_color_is_what_the_length_and_the_code_streams_say(
    write, samples, count, stated, photometric
):
    shape = (count, ROWS, COLUMNS, samples)[: 3 + (samples > 1)]
    stored = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    facts = {"SamplesPerPixel": stated, "photometric": photometric}
    words = f"do not agree; shown as {'color' if samples > 1 else 'grayscale'}"
    pixels, stack = shown(write(stored.tobytes(), count, syntax=NATIVE, **facts))
    assert note(stack, words)
    assert stack.is_rgb is (samples > 1)
    if photometric != b"YBR_FULL" or samples == 1:
        assert np.array_equal(pixels, stored)
    streams = [imagecodecs.jpegls_encode(frame) for frame in stored]
    streams = [stream + b"\0" * (len(stream) % 2) for stream in streams]
    decoded, stack = shown(encoded(write, encapsulate(streams), count, **facts))
    assert note(stack, words)
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize(
    ("samples", "stated", "photometric"), [(3, 1, b"MONOCHROME2 "), (1, 3, b"RGB ")]
)
@pytest.mark.parametrize("count", [1, 2])
def test_compressed_frames_are_in_color_if_their_streams_are(
    write, samples, stated, photometric, count
):
    shape = (count, ROWS, COLUMNS, samples)[: 3 + (samples > 1)]
    stored = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    streams = [imagecodecs.jpegls_encode(frame) for frame in stored]
    streams = [stream + b"\0" * (len(stream) % 2) for stream in streams]
    facts = {"SamplesPerPixel": stated, "photometric": photometric}
    table = offsets([[stream] for stream in streams])
    decoded, stack = shown(encoded(write, encapsulate(streams, table), count, **facts))
    assert np.array_equal(decoded, stored)
    assert note(stack, f"Compressed frames are in {'color' if samples > 1 else 'grayscale'}, ")


def test_big_endian_pixels_of_ge(write):
    words = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    facts = {"BitsAllocated": 16, "BitsStored": 16}
    ge = "1.2.840.113619.5.2"
    pixels, stack = shown(write(words.astype(">u2").tobytes(), 1, syntax=ge, **facts))
    assert np.array_equal(pixels[0], words)
    assert stack.warnings == shown(write(bytes(96), 1, syntax=NATIVE, **facts))[1].warnings


def test_color_of_one_sample_is_grayscale(write):
    facts = {"SamplesPerPixel": 3, "photometric": b"RGB "}
    pixels, stack = shown(write(FRAMES[0].tobytes(), 1, syntax=NATIVE, **facts))
    assert np.array_equal(pixels[0], FRAMES[0])
    assert note(stack, "One sample is stored per pixel, although the header describes 3")


def test_color_of_a_cut_file_is_stored_as_its_declared_length_says(write):
    full = np.random.default_rng(1).integers(0, 256, (3, ROWS, COLUMNS, 3), np.uint8)
    path = write(full.tobytes(), 3, syntax=NATIVE, **COLOR)
    path.write_bytes(path.read_bytes()[:-20])
    pixels, stack = shown(path)
    assert np.array_equal(pixels, full[:2])
    assert note(stack, "2 of 3 frames are present")


@pytest.mark.parametrize("aligned", [False, True])
def test_frames_of_one_bit_pixels(write, aligned):
    bits = np.random.default_rng(2).integers(0, 2, (4, 3, 3), np.uint8)
    each = [np.packbits(frame, bitorder="little").tobytes() for frame in bits]
    packed = b"".join(each) if aligned else np.packbits(bits, bitorder="little").tobytes()
    assert len(packed) == (8 if aligned else 5)
    facts = {"Rows": 3, "Columns": 3, "BitsAllocated": 1, "BitsStored": 1}
    pixels, stack = shown(write(packed + b"\0" * (len(packed) % 2), 4, syntax=NATIVE, **facts))
    assert np.array_equal(pixels, bits)
    assert note(stack, "whole bytes") is aligned


# --- what no decoder here reads


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4.100", r"video needs the extra .* \(MPEG2 Main Profile / Main Level\)"),
        ("4.102.1", r"video needs the extra .* \(Fragmentable MPEG-4 AVC/H.264 High"),
        ("4.108", r"video needs the extra .* \(HEVC/H.265 Main 10 Profile"),
        ("4.94", r"the pixel data are on a server \(JPIP Referenced\)"),
        ("4.92", r"unsupported compression \(JPEG 2000 Part 2 Multi-component Lossless\)"),
        ("4.65", r"unsupported compression \(JPEG Lossless, Hierarchical \(Process 28\)\)"),
        ("7.1", r"unsupported transfer syntax \(SMPTE ST 2110-20 Uncompressed Progressive"),
    ],
)
@pytest.mark.parametrize("sized", [False, True])
def test_an_unsupported_transfer_syntax_is_named(write, number, words, sized, monkeypatch):
    monkeypatch.setattr(transfer_syntaxes, "is_video_decoded", lambda: False)
    data = encapsulate([b"\0\0\1\xb3" + bytes(20)])
    length = {} if sized else {"length": UNDEFINED}
    path = write(data[:40], 5, syntax=f"1.2.840.10008.1.2.{number}", **length)
    with pytest.raises(UnreadableError, match=words):
        read_header(path, "file")


@pytest.mark.parametrize(("number", "squeezed"), [("94", False), ("95", True), ("205", True)])
def test_pixel_data_on_a_server_are_named_though_there_are_none(tmp_path, number, squeezed):
    whole = file_of(
        element(Tag.SOPInstanceUID, "UI", b"1.2.3\0"),
        element(Tag.Rows, "US", b"\2\0"),
        element(Tag.Columns, "US", b"\2\0"),
        syntax=f"1.2.840.10008.1.2.4.{number}",
    )
    start = whole.index(b"\x08\0\x18\0UI")
    path = tmp_path / "file.dcm"
    path.write_bytes(whole[:start] + (deflated(whole[start:]) if squeezed else whole[start:]))
    with pytest.raises(UnreadableError, match="the pixel data are on a server"):
        read_header(path, "file")


def test_a_code_stream_that_can_be_decoded_is_whatever_the_transfer_syntax(write):
    path = encoded(write, encapsulate(STREAMS), 5, syntax="1.2.840.10008.1.2.4.100")
    assert np.array_equal(shown(path)[0], FRAMES)


@given(data=st.binary(max_size=300), frames=st.integers(1, 6), sized=st.booleans())
@settings(deadline=None, max_examples=60)
def test_any_bytes_give_a_header_or_a_reason(tmp_path_factory, data, frames, sized):
    path = tmp_path_factory.mktemp("any") / "file.dcm"
    length = {} if sized else {"length": UNDEFINED}
    parts = [
        element(Tag.NumberOfFrames, "IS", b"%d " % frames),
        element(Tag.Rows, "US", b"\2\0"),
        element(Tag.Columns, "US", b"\2\0"),
        element(Tag.BitsAllocated, "US", b"\x08\0"),
        element(Tag.PixelData, "OB", encapsulate([data]), **length),
    ]
    path.write_bytes(file_of(*parts, syntax=JPEG_LS))
    with contextlib.suppress(UnreadableError):
        assert 0 < len(read_header(path, "file").frames) <= len(data) + 16


@pytest.mark.parametrize("stated", [None, 1])
def test_frames_that_the_header_describes_one_by_one_are_shown_whatever_their_number(
    tmp_path, stated
):
    facts = {"Modality": "RTDOSE", "GridFrameOffsetVector": [0.0, 2.0, 4.0], "DoseGridScaling": 1}
    data = ct(NumberOfFrames=stated, PixelData=bytes(48) * 3, **facts)
    write_file(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    assert len(stack.slices) == 3
    assert note(stack, "the file contains 3 frames; all are shown")


COLORS = np.arange(72, dtype=np.uint8)
COLORED = {"SamplesPerPixel": 3, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
LUT = bytes(range(0, 256, 2))


@pytest.mark.parametrize(
    ("changes", "first", "text"),
    [
        ({"PlanarConfiguration": 1, "PhotometricInterpretation": "RGB"}, [0, 24, 48], ""),
        ({"PhotometricInterpretation": "RGB"}, [0, 1, 2], "Planar Configuration is missing"),
        ({"PlanarConfiguration": 0}, [0, 1, 2], "Photometric Interpretation is missing"),
        (
            {
                "SamplesPerPixel": 1,
                "PixelData": bytes([5]) * 24,
                **{f"{c}PaletteColorLookupTableDescriptor": [128, 0, 8] for c in COLOR_NAMES},
                **{f"{c}PaletteColorLookupTableData": LUT for c in COLOR_NAMES},
            },
            [10, 10, 10],
            "Photometric Interpretation is missing: the color lookup table is applied",
        ),
    ],
)
def test_colors_of_which_the_header_does_not_say_how_they_are_stored(
    tmp_path, changes, first, text
):
    absent = {"PhotometricInterpretation": None, "RescaleSlope": None, "RescaleIntercept": None}
    data = ct(**{**COLORED, "PixelData": COLORS.tobytes(), **absent, **changes})
    write_file(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    assert np.asarray(stack.array)[0, 0, 0].tolist() == first
    assert any(text in each for each in stack.warnings) if text else True
    assert sum("is missing" in each for each in stack.warnings) == bool(text)


@pytest.mark.parametrize("photometric", [None, "MONOCHROME2"])
def test_colors_of_lossy_jpeg_are_luminance_and_chrominance_unless_something_says_rgb(
    tmp_path, photometric
):
    """PS3.5 8.2.1. The stream has no marker that says it."""
    color = np.full((16, 16, 3), (200, 60, 20), np.uint8)
    jfif = imagecodecs.jpeg8_encode(color, level=95)
    bare = jfif[:2] + jfif[jfif.index(b"\xff\xdb") :]
    facts = {**RGB_IMAGE, "PhotometricInterpretation": photometric, "Rows": 16, "Columns": 16}
    write_encoded(tmp_path / "a", ct(**facts), bare, JPEGBaseline8Bit)
    (stack,) = load(tmp_path).stacks
    assert np.abs(stack.array[0].astype(int) - color).max() < 6
