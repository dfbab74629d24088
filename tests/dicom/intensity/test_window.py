"""Windows, by the formulas of PS3.3 C.11.2.1.2."""

from __future__ import annotations

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.intensity.window import (
    Window,
    full_range,
    percentile_limits,
    read_windows,
)

from ..building import data_set

CENTERS = st.floats(-5000, 5000)
WIDTHS = st.floats(2, 10000)


def drawn(x, low, high):
    """What a viewer draws that maps limits linearly to 0 … 1."""
    return min(max((x - low) / (high - low), 0.0), 1.0)


def linear(x, c, w):
    """PS3.3 C.11.2.1.2.1, equation for LINEAR with y from 0 to 1."""
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 1.0
    return (x - (c - 0.5)) / (w - 1) + 0.5


def linear_exact(x, c, w):
    """PS3.3 C.11.2.1.3.2."""
    if x <= c - w / 2:
        return 0.0
    if x > c + w / 2:
        return 1.0
    return (x - c) / w + 0.5


@given(CENTERS, WIDTHS, st.floats(-1, 2))
@settings(deadline=None)
def test_linear_and_linear_exact_draw_what_the_standard_says(center, width, part):
    x = center + (part - 0.5) * width
    low, high = Window("", center, width).limits
    assert drawn(x, low, high) == pytest.approx(linear(x, center, width), abs=1e-6)
    low, high = Window("", center, width, "LINEAR_EXACT").limits
    assert drawn(x, low, high) == pytest.approx(linear_exact(x, center, width), abs=1e-6)


def test_the_standards_own_example():
    """PS3.3 C.11.2.1.2.1 note: center 2048, width 4096 is 0 to 4095."""
    assert Window("", 2048, 4096).limits == (0, 4095)
    assert Window("", 2048, 1).limits == (2047.5, 2047.5)
    assert Window("", 0, 100, "LINEAR_EXACT").limits == (-50, 50)


@given(CENTERS, WIDTHS)
@settings(deadline=None)
def test_sigmoid_limits_are_those_of_its_tangent_at_the_center(center, width):
    low, high = Window("", center, width, "SIGMOID").limits

    def sigmoid(x):  # PS3.3 C.11.2.1.3.1
        return 1 / (1 + math.exp(-4 * (x - center) / width))

    step = width * 1e-4
    slope = (sigmoid(center + step) - sigmoid(center - step)) / (2 * step)
    assert 1 / (high - low) == pytest.approx(slope, rel=1e-3)
    assert (low + high) / 2 == pytest.approx(center, abs=1e-6)


# --- reading


def read(center, width, function="", explanation="", identifiers=()):
    return read_windows(
        data_set(
            WindowCenter=(b"DS", center.encode()),
            WindowWidth=(b"DS", width.encode()),
            VOILUTFunction=(b"CS", function.encode()),
            WindowCenterWidthExplanation=(b"LO", explanation.encode()),
        ),
        identifiers,
    )


def test_each_window_has_the_name_of_its_explanation():
    windows = read("40\\-600.5", "400\\1500", explanation="SOFT TISSUE\\LUNG")
    assert windows == (Window("SOFT TISSUE", 40, 400), Window("LUNG", -600.5, 1500))


def test_windows_without_an_explanation_are_numbered():
    names = [window.name for window in read("1\\2\\3", "4\\5\\6", explanation="\\BONE")]
    assert names == ["Window 1", "BONE", "Window 3"]


def test_the_patients_name_never_becomes_a_windows_name():
    (window,) = read("1", "4", explanation="Smithers", identifiers=("Smithers^John",))
    assert "Smithers" not in window.name


@pytest.mark.parametrize(
    ("function", "understood"),
    [
        ("", "LINEAR"),
        ("LINEAR", "LINEAR"),
        ("LINEAR_EXACT", "LINEAR_EXACT"),
        ("SIGMOID", "SIGMOID"),
        ("CUBIC", "LINEAR"),
    ],
)
def test_functions_and_unknown_ones(function, understood):
    assert read("1", "4", function)[0].function == understood


@pytest.mark.parametrize(
    ("width", "function", "kept"),
    [
        ("1", "LINEAR", 1),
        ("0.9", "LINEAR", 0),
        ("0", "LINEAR", 0),
        ("-400", "LINEAR", 0),
        ("0.001", "LINEAR_EXACT", 1),
        ("0", "LINEAR_EXACT", 0),
        ("0.5", "SIGMOID", 1),
        ("0", "SIGMOID", 0),
        ("-1", "SIGMOID", 0),
    ],
)
def test_widths_that_the_standard_forbids_are_left_out(width, function, kept):
    assert len(read("40", width, function)) == kept


def test_a_window_left_out_does_not_shift_the_names_of_the_others():
    assert [w.name for w in read("1\\2", "0\\5", explanation="BAD\\GOOD")] == ["GOOD"]
    assert [w.name for w in read("1\\2", "0\\5")] == ["Window 2"]


@pytest.mark.parametrize(
    ("center", "width", "count"), [("1\\2", "5", 1), ("", "5", 0), ("a", "5", 0), ("nan", "5", 0)]
)
def test_what_does_not_pair_up_or_is_no_number_is_left_out(center, width, count):
    assert len(read(center, width)) == count


# --- percentiles


def test_percentiles_are_the_first_and_the_ninety_ninth():
    assert percentile_limits(np.arange(101.0)) == (1, 99)


def test_padding_does_not_count():
    pixels = np.concatenate([np.arange(101.0), np.full(5000, -2000.0), np.full(10, -1990.0)])
    assert percentile_limits(pixels, (-2000, -1990)) == (1, 99)
    assert percentile_limits(pixels, (-2000, -2000)) != (1, 99)


def test_infinities_and_nan_do_not_count():
    pixels = np.array([*range(101), np.nan, np.inf, -np.inf], dtype=np.float32)
    assert percentile_limits(pixels) == (1, 99)


def test_a_few_bright_pixels_on_black_still_show():
    pixels = np.zeros(10000)
    pixels[:5] = 70
    assert percentile_limits(pixels) == (0, 70)


@pytest.mark.parametrize("kind", ["u1", "i2", "<u2", ">i2", "i4", "u4", "f4", "f8"])
@given(
    values=st.lists(st.integers(-40_000, 40_000), min_size=2, max_size=300, unique=True),
    has_padding=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_percentile_limits_of_any_type_are_those_of_numpy(kind, values, has_padding):
    pixels = np.array(values).astype(kind)
    rest = pixels[pixels != pixels[0]] if has_padding else pixels
    hypothesis.assume(np.unique(rest).size > 1)
    found = percentile_limits(pixels, (pixels[0], pixels[0]) if has_padding else None)
    low, high = np.percentile(rest.astype(float), (1, 99))
    assert found == pytest.approx((low, high) if high > low else (rest.min(), rest.max()))


@pytest.mark.parametrize("pixels", [[], [np.nan], [5.0] * 9, [-5.0]])
def test_an_image_without_contrast_has_limits_too(pixels):
    low, high = percentile_limits(np.array(pixels), (-5, -5))
    assert high > low


@given(st.lists(st.floats(width=32), max_size=30), st.floats(-100, 100), st.floats(0, 100))
@settings(deadline=None)
def test_limits_ascend_and_are_finite_whatever_the_pixels(values, low, extent):
    found = percentile_limits(np.array(values, dtype=np.float32), (low, low + extent))
    assert found[0] < found[1]
    assert np.isfinite(found).all()


def test_the_full_range_is_without_padding_and_what_is_no_number():
    pixels = np.array([-2000, np.nan, np.inf, 3, 9, 5])
    assert full_range(pixels, (-2000, -2000)) == (3, 9)
    assert full_range(np.array([np.nan])) == (0, 1)
