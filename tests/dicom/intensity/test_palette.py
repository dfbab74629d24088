"""Palette color tables, against pydicom."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.pixels.processing import _expand_segmented_lut

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.headers.header import Palette
from napari_medscan.dicom.intensity.palette import apply_palette, read_palette

from ..building import data_set

COLORS = ("Red", "Green", "Blue")


def palette(tables, count, first=0, bits=8, kind="{}", **changes):
    """Read a palette of three tables; the descriptor is that of all."""
    values = {}
    for color, table in zip(COLORS, tables, strict=True):
        values[f"{color}PaletteColorLookupTableDescriptor"] = (count, first, bits)
        values[kind.format(f"{color}PaletteColorLookupTableData")] = table
    return read_palette(data_set(**values, **changes))


def colors(found):
    return np.frombuffer(found.colors, dtype=np.uint8).reshape(-1, 3).T.tolist()


def words(values, order="<"):
    return np.array(values, dtype=f"{order}u2").tobytes()


RED, GREEN, BLUE = [0, 10, 20, 255], [1, 11, 21, 200], [2, 12, 22, 100]
TABLES = [RED, GREEN, BLUE]


def test_eight_bit_tables_packed_two_a_word():
    assert colors(palette([bytes(t) for t in TABLES], 4)) == TABLES


def test_eight_bit_tables_one_a_word():
    assert colors(palette([words(t) for t in TABLES], 4)) == TABLES


def test_eight_bit_tables_of_an_odd_length_are_padded():
    assert colors(palette([bytes(t[:3]) + b"\0" for t in TABLES], 3)) == [t[:3] for t in TABLES]


def test_big_endian_words_hold_the_first_entry_low():
    swapped = [bytes((t[1], t[0], t[3], t[2])) for t in TABLES]
    assert colors(palette(swapped, 4, big_endian=True)) == TABLES


def test_sixteen_bit_tables_are_scaled():
    found = palette([words([0, 0x1234, 0xFFFF])] * 3, 3, bits=16)
    assert colors(found) == [[0, 0x12, 0xFF]] * 3


def test_sixteen_bit_big_endian_tables():
    found = palette([words([0, 0x1234, 0xFFFF], ">")] * 3, 3, bits=16, big_endian=True)
    assert colors(found) == [[0, 0x12, 0xFF]] * 3


def test_sixteen_bit_tables_that_use_only_the_low_byte_are_not_scaled():
    assert colors(palette([words(t) for t in TABLES], 4, bits=16)) == TABLES


def test_one_dark_table_among_wide_ones_stays_dark():
    """Blue is hardly there: 200 of 65535."""
    tables = [words([0, 0xFF00]), words([0, 0x8000]), words([0, 200])]
    assert colors(palette(tables, 2, bits=16)) == [[0, 255], [0, 128], [0, 0]]


def test_zero_entries_mean_65536():
    found = palette([np.arange(65536, dtype="<u2").tobytes()] * 3, 0, bits=16)
    assert len(found.colors) == 3 * 65536


@pytest.mark.parametrize(("signed", "first"), [(0, 0xFFF6), (1, -10)])
def test_the_first_value_has_the_sign_of_the_pixels(signed, first):
    found = palette([bytes(t) for t in TABLES], 4, first=-10, PixelRepresentation=(signed,))
    assert found.first == first


def test_values_outside_the_table_take_its_ends():
    found = Palette(10, bytes((255, 0, 0, 0, 255, 0, 0, 0, 255)))
    stored = np.array([[0, 10, 11], [12, 13, 65535]], dtype=np.uint16)
    red, green, blue = [255, 0, 0], [0, 255, 0], [0, 0, 255]
    assert apply_palette(stored, found).tolist() == [[red, red, green], [blue, blue, blue]]


def test_signed_values():
    found = Palette(-1, bytes(range(9)))
    stored = np.array([-128, -1, 0, 1, 127], dtype=np.int8)
    assert apply_palette(stored, found)[:, 0].tolist() == [0, 0, 3, 6, 6]


# --- refused


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 5},
        {"bits": 12},
        {"bits": 16},
        {"GreenPaletteColorLookupTableData": b""},
        {"GreenPaletteColorLookupTableDescriptor": (2, 0, 8)},
        {"GreenPaletteColorLookupTableDescriptor": (4, 0)},
    ],
)
def test_short_missing_and_uneven_tables_are_refused(changes):
    values = {"count": 4, "bits": 8, **changes}
    count, bits = values.pop("count"), values.pop("bits")
    for color, table in zip(COLORS, TABLES, strict=True):
        values.setdefault(f"{color}PaletteColorLookupTableDescriptor", (count, 0, bits))
        values.setdefault(f"{color}PaletteColorLookupTableData", bytes(table))
    with pytest.raises(UnreadableError):
        read_palette(data_set(**values))


def test_no_table_at_all_is_refused():
    with pytest.raises(UnreadableError):
        read_palette(data_set())


# --- segmented


def segmented(data, count, bits):
    return palette([data] * 3, count, bits=bits, kind="Segmented{}")


@st.composite
def segments(draw, size):
    """Discrete and linear segments, the first one discrete."""
    top = 255 if size == 1 else 65535
    values = st.integers(0, top)
    found = [0, 2, draw(values), draw(values)]
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            part = draw(st.lists(values, min_size=1, max_size=20))
            found += [0, len(part), *part]
        else:
            found += [1, draw(st.integers(1, 200)), draw(values)]
    return found


@pytest.mark.parametrize(("bits", "code"), [(8, "B"), (16, "H")])
@given(data=st.data())
@settings(deadline=None)
def test_segmented_tables_expand_as_by_pydicom(data, bits, code):
    found = data.draw(segments(bits // 8))
    expected = _expand_segmented_lut(tuple(found), f"<{code}")
    packed = struct.pack(f"<{len(found)}{code}", *found)
    result = np.array(colors(segmented(packed, len(expected), bits))[0])
    scaled = np.array(expected) >> (8 if bits == 16 and max(expected) > 255 else 0)
    # A half may be rounded to either side, by one unit of the table.
    assert np.abs(result - scaled).max() <= 1
    if bits == 16 and max(expected) > 255:
        exact = np.array(expected) & 0xFF
        inner = (exact > 0) & (exact < 255)
        assert np.array_equal(result[inner], scaled[inner])


def test_indirect_segments_repeat_others_of_an_eight_bit_table():
    # At byte 0 a discrete segment, at byte 4 a linear one; then both again.
    data = bytes((0, 2, 10, 20, 1, 2, 40, 2, 2, 0, 0, 0, 0))
    expected = [10, 20, 30, 40, 10, 20, 30, 40]
    assert _expand_segmented_lut(tuple(data), "<B") == expected
    assert colors(segmented(data, 8, 8))[0] == expected


def test_indirect_segments_of_a_sixteen_bit_table_count_bytes():
    """PS3.3 C.7.9.2.3: the offset is in bytes, low half first."""
    values = [0, 2, 1000, 2000, 1, 2, 4000, 2, 1, 8, 0]
    data = struct.pack(f"<{len(values)}H", *values)
    # The linear segment again, from 4000 to 4000.
    expected = [v >> 8 for v in (1000, 2000, 3000, 4000, 4000, 4000)]
    assert colors(segmented(data, 6, 16))[0] == expected


@pytest.mark.parametrize(
    "data",
    [
        bytes((1, 4, 200)),  # a line from nowhere
        bytes((3, 4, 200, 0)),  # no such segment
        bytes((0, 2, 1, 2)),  # too short
        bytes((0, 2, 1, 2, 2, 1, 4, 0, 0, 0)),  # repeats itself
        bytes((0, 0)) * 10,  # adds nothing
        b"",
    ],
)
def test_damaged_segments_are_refused(data):
    with pytest.raises(UnreadableError):
        segmented(data, 8, 8)


def test_segments_that_add_nothing_do_not_take_for_ever():
    repeats = struct.pack("<4H", 2, 65535, 0, 0) * 100_000
    with pytest.raises(UnreadableError):
        segmented(struct.pack("<2H", 0, 0) * 100_000 + repeats, 65535, 16)


@given(st.binary(max_size=60), st.sampled_from([8, 16]))
@settings(deadline=None)
def test_any_bytes_give_a_palette_or_are_refused(data, bits):
    with contextlib.suppress(UnreadableError):
        assert len(segmented(data, 4, bits).colors) == 12
