"""The modality transform, against numpy in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.intensity.rescale import (
    IDENTITY,
    ModalityTransform,
    read_table,
    read_transform,
)

from ..building import data_set

STORED = [np.dtype(code) for code in ("u1", "i1", "u2", "i2", "u4", "i4")]


def whole(dtype):
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


# --- the dtype


@pytest.mark.parametrize("stored", [*STORED, np.dtype("f4"), np.dtype("f8")])
def test_without_a_rescale_the_stored_dtype_stays(stored):
    assert IDENTITY.dtype(stored, 0, 100) == stored


@pytest.mark.parametrize(
    ("low", "high", "intercept", "expected"),
    [
        (0, 4095, -1024, np.int16),
        (0, 32767 + 1024, -1024, np.int16),
        (0, 32768 + 1024, -1024, np.float32),
        (-32768, 32767, 1, np.float32),
        (-32767, 32767, -1, np.int16),
        (-32768, 32767, -1, np.float32),
        (0, 100, 32667, np.int16),
        (0, 100, 32668, np.float32),
        (0, 4095, -0.5, np.float32),
    ],
)
def test_slope_one_is_int16_exactly_when_all_values_fit(low, high, intercept, expected):
    stored = np.dtype("i2" if low < 0 else "u2")
    assert ModalityTransform(1.0, intercept).dtype(stored, low, high) == expected


@pytest.mark.parametrize("stored", ["u4", "i4"])
def test_integers_of_32_bits_stay_exact(stored):
    dtype = np.dtype(stored)
    transform = ModalityTransform(1.0, -7.0)
    result = transform.dtype(dtype, *whole(dtype))
    assert result == np.int64
    values = np.array([*whole(dtype), 16777217], dtype=dtype)
    assert transform.apply(values, result).tolist() == [int(v) - 7 for v in values]


def test_a_slope_makes_float32():
    assert ModalityTransform(2.0).dtype(np.dtype("u2"), 0, 10) == np.float32


def test_an_absurd_intercept_is_no_integer():
    transform = ModalityTransform(1.0, 1e300)
    dtype = transform.dtype(np.dtype("u4"), 0, 2**32 - 1)
    assert dtype == np.float32
    assert np.isinf(transform.apply(np.array([1], dtype="u4"), dtype)).all()


def test_an_absurd_slope_does_not_warn():
    transform = ModalityTransform(1e308, -1e308)
    assert np.isinf(transform.apply(np.array([9], dtype="u2"), np.dtype("f4"))).all()


# --- the values


@given(
    stored=st.sampled_from(STORED).flatmap(
        lambda dtype: hnp.arrays(dtype, st.integers(1, 20), elements=st.integers(*whole(dtype)))
    ),
    slope=st.one_of(st.just(1.0), st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-9)),
    intercept=st.one_of(st.integers(-70000, 70000).map(float), st.floats(-1e6, 1e6)),
)
@settings(deadline=None, max_examples=300)
def test_values_are_those_of_double_precision_rounded_once(stored, slope, intercept):
    transform = ModalityTransform(slope, intercept)
    dtype = transform.dtype(stored.dtype, *whole(stored.dtype))
    result = transform.apply(stored, dtype)
    exact = stored.astype(np.float64) * slope + intercept
    assert result.dtype == dtype
    if dtype.kind in "iu":
        # No wrap: the integer is the number itself.
        assert result.tolist() == exact.tolist()
    else:
        assert (result == exact.astype(np.float32)).all()


@given(
    bits=st.integers(1, 16), signed=st.booleans(), intercept=st.integers(-33000, 33000),
    part=st.floats(0, 1),
)  # fmt: skip
@settings(deadline=None)
def test_int16_never_wraps_for_values_of_the_bits_stored(bits, signed, intercept, part):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    stored = np.array([low, high, low + int(part * (high - low))], dtype="i2" if signed else "u2")
    transform = ModalityTransform(1.0, float(intercept))
    result = transform.apply(stored, transform.dtype(stored.dtype, low, high))
    assert result.tolist() == [int(v) + intercept for v in stored]


def test_stored_values_are_never_changed_in_place():
    stored = np.array([1, 2], dtype="f4")
    ModalityTransform(2.0, 1.0).apply(stored, np.dtype("f4"))
    assert stored.tolist() == [1, 2]


# --- lookup tables


def lut(count, first, bits, data, **changes):
    item = data_set(LUTDescriptor=(count, first, bits), LUTData=data, **changes)
    return data_set(ModalityLUTSequence=item, RescaleSlope="3", RescaleIntercept="9")


def words(*values):
    return np.array(values, dtype="<u2").tobytes()


def test_a_table_replaces_the_rescale_and_its_ends_serve_beyond_it():
    transform = read_transform(lut(3, 10, 16, words(100, 200, 65535)), signed=False)
    dtype = transform.dtype(np.dtype("u2"), 0, 65535)
    stored = np.array([0, 9, 10, 11, 12, 13, 65535], dtype="u2")
    assert dtype == np.uint16
    assert transform.apply(stored, dtype).tolist() == [100, 100, 100, 200, 65535, 65535, 65535]


def test_the_first_value_has_the_sign_of_the_pixels():
    table = lut(3, -1, 16, words(5, 6, 7))
    transform = read_transform(table, signed=True)
    assert transform.first == -1
    stored = np.array([-100, -1, 0, 1, 100], dtype="i2")
    assert transform.apply(stored, np.dtype("u2")).tolist() == [5, 5, 6, 7, 7]
    assert read_transform(table, signed=False).first == 65535


def test_zero_entries_mean_65536():
    transform = read_transform(lut(0, 0, 16, np.arange(65536, dtype="<u2")[::-1].tobytes()),
                               signed=False)  # fmt: skip
    stored = np.array([0, 1, 65535], dtype="u2")
    assert transform.apply(stored, np.dtype("u2")).tolist() == [65535, 65534, 0]


def test_a_table_that_is_too_short_is_not_used_and_the_user_knows():
    found = read_transform(lut(4, 0, 16, words(1, 2, 3)), signed=False)
    assert (found.slope, found.intercept, found.table, found.state) == (3.0, 9.0, None, "known")
    assert found.note == "Modality LUT is unreadable: rescale slope and intercept are used instead"


@pytest.mark.parametrize("value", [DataSet({}), (b"OB", b"??")])
def test_a_table_that_is_unreadable_leaves_stored_values(value):
    found = read_transform(data_set(ModalityLUTSequence=value), signed=False, unit="HU")
    assert found.note == "Modality LUT is unreadable: values are stored values, not HU"
    assert found.is_identity
    assert found.state == "unreadable"


def test_eight_bit_tables_may_be_packed():
    assert read_table(
        data_set(LUTDescriptor=(4, 0, 8), LUTData=bytes((1, 2, 3, 255))), signed=False
    )[2].tolist() == [1, 2, 3, 255]


def test_big_endian_tables():
    item = data_set(
        big_endian=True, LUTDescriptor=(2, 0, 16), LUTData=np.array([1, 258], ">u2").tobytes()
    )
    assert read_table(item, signed=False)[2].tolist() == [1, 258]


@given(
    st.lists(st.integers(0, 65535), min_size=1, max_size=50),
    st.integers(-40, 40),
    hnp.arrays("i2", 20),
)
@settings(deadline=None)
def test_tables_are_numpys_clamped_lookup(entries, first, stored):
    transform = read_transform(lut(len(entries), first, 16, words(*entries)), signed=True)
    index = np.clip(stored.astype(int) - first, 0, len(entries) - 1)
    expected = np.array(entries)[index]
    assert (transform.apply(stored, np.dtype("u2")) == expected).all()


# --- reading a rescale


@pytest.mark.parametrize(
    ("slope", "intercept", "expected"),
    [
        ("2.5", "-1024", ModalityTransform(2.5, -1024.0)),
        ("0,5", "-1024,0", ModalityTransform(0.5, -1024.0)),
        ("1.0 HU", "-1024 HU", ModalityTransform(1.0, -1024.0)),
        ("1.0\\", "+1e3", ModalityTransform(1.0, 1000.0)),
        ("2\\2", " 0", ModalityTransform(2.0, 0.0)),
        ("", " ", IDENTITY),
    ],
)
@pytest.mark.parametrize("required", [False, True])
def test_certain_slopes_and_intercepts(slope, intercept, expected, required):
    attributes = data_set(RescaleSlope=slope, RescaleIntercept=intercept)
    found = read_transform(attributes, signed=False, unit="HU", required=required)
    if expected is IDENTITY and required:
        assert found.state == "absent"
        note = "Rescale slope and intercept are missing: values are stored values, not HU"
        assert found.note == note
    else:
        assert found == expected


UNREADABLE = "unreadable: values are stored values"


@pytest.mark.parametrize(
    ("slope", "intercept", "note"),
    [
        ("nonsense", "7", f"Rescale slope is {UNREADABLE}"),
        ("1", "1.000.000", f"Rescale intercept is {UNREADABLE}"),
        ("1", "-1,024", f"Rescale intercept is {UNREADABLE}"),
        ("NaN", "1\\2", f"Rescale slope and intercept are {UNREADABLE}"),
        ("1 mm", "0", f"Rescale slope is {UNREADABLE}"),
        ("0", "5", "Rescale slope is 0: values are stored values"),
        ("1e300", "0", "Rescale slope or intercept is invalid: values are stored values"),
        ("1", "-1e16", "Rescale slope or intercept is invalid: values are stored values"),
    ],
)
@pytest.mark.parametrize("unit", ["HU", None])
def test_what_is_not_certain_leaves_stored_values_and_the_user_knows(slope, intercept, note, unit):
    attributes = data_set(RescaleSlope=slope, RescaleIntercept=intercept)
    found = read_transform(attributes, signed=False, unit=unit)
    assert found.is_identity
    assert found.state == "unreadable"
    assert found.note == note + (", not HU" if unit else "")


def test_a_rescale_under_a_value_representation_without_numbers_is_unreadable():
    found = read_transform(data_set(RescaleSlope=(b"OB", b"1 ")), signed=False)
    assert found.note == f"Rescale slope is {UNREADABLE}"


def test_one_of_slope_and_intercept_is_assumed_and_the_user_knows():
    intercept = read_transform(data_set(RescaleIntercept="-1024"), signed=False, unit="HU")
    assert (intercept.slope, intercept.intercept, intercept.state) == (1.0, -1024.0, "known")
    assert intercept.note == "Rescale slope is missing and assumed to be 1"
    slope = read_transform(data_set(RescaleSlope="2"), signed=False, unit="Bq/ml")
    assert (slope.slope, slope.intercept, slope.state) == (2.0, 0.0, "known")
    assert slope.note == "Rescale intercept is missing and assumed to be 0"


def test_hounsfield_units_need_an_intercept():
    found = read_transform(data_set(RescaleSlope="1"), signed=False, unit="HU")
    assert found.note == "Rescale intercept is missing: values are stored values, not HU"
    assert found.state == "missing"


# --- Real World Value LUTs


def test_a_real_world_table_has_no_values_beyond_its_ends():
    table = np.array([0.5, -1.25, 3]).tobytes()
    transform = ModalityTransform(table=table, first=-1, is_real_table=True)
    dtype = transform.dtype(np.dtype("i2"), -32768, 32767)
    assert dtype == np.float32
    values = transform.apply(np.array([-2, -1, 0, 1, 2], "i2"), dtype)
    assert np.array_equal(values, np.array([np.nan, 0.5, -1.25, 3, np.nan], "f4"), equal_nan=True)
