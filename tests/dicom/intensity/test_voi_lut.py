"""VOI LUTs and the sigmoid, by PS3.3 C.11.2.1.1 and C.11.2.1.3.1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.voi_lut import POINTS, STEPS, VoiLut, sigmoid, sigmoid_window
from napari_medscan.dicom.intensity.window import Window

from ..building import frames_of
from ..making import item
from ..written_series import write_series

RAMP = np.arange(0, 4096, 16, dtype=np.uint16)


def lut(entries, first=0, bits=12, name="test"):
    return VoiLut(name, first, bits, np.asarray(entries, dtype=np.uint16).tobytes())


def lut_item(entries=RAMP, first=0, bits=12, explanation=None, vr="US"):
    found = Dataset()
    found.add_new("LUTDescriptor", vr, [len(entries) % 65536, first, bits])
    found.add_new("LUTData", "US", [int(v) for v in entries])
    if explanation is not None:
        found.LUTExplanation = explanation
    return found


def windows_of(folder, *items, **changes):
    write_series(folder, 3, VOILUTSequence=Sequence(items), **changes)
    (stack,) = load(folder).stacks
    frames = {frame.windows for frame in frames_of(stack)}
    assert len(frames) == 1
    return stack.windows


def looked_up(curve, values):
    """What a colormap gives that draws the curve."""
    low, high = curve.limits
    place = np.clip((np.asarray(values, dtype=float) - low) / (high - low), 0, 1)
    if curve.steps:
        found = np.searchsorted(curve.places, place, side="right") - 1
        return curve.grays[np.clip(found, 0, len(curve.grays) - 1)]
    return np.interp(place, curve.places, curve.grays)


def test_windows_come_first_and_each_has_its_explanation(tmp_path):
    found = windows_of(
        tmp_path,
        lut_item(explanation="HARDER"),
        lut_item(RAMP[::-1]),
        WindowCenter=40,
        WindowWidth=400,
    )
    assert [voi.name for voi in found] == ["Window 1", "HARDER", "VOI LUT 2"]
    assert isinstance(found[0], Window)
    assert np.frombuffer(found[1].entries, np.uint16).tolist() == RAMP.tolist()


def test_equal_tables_of_a_series_are_one_object(tmp_path):
    write_series(tmp_path, 3, VOILUTSequence=Sequence([lut_item()]))
    (stack,) = load(tmp_path).stacks
    assert len({id(frame.windows[0]) for frame in frames_of(stack)}) == 1


def test_a_table_without_a_window_is_what_the_stack_opens_with(tmp_path):
    write_series(tmp_path, 3, VOILUTSequence=Sequence([lut_item(first=100)]))
    (stack,) = load(tmp_path).stacks
    assert stack.default_limits() == (100, 355)


def test_the_patients_name_never_becomes_a_name(tmp_path):
    (found,) = windows_of(tmp_path, lut_item(explanation="for Canary MRN77X"))
    assert found.name == "for"


@pytest.mark.parametrize(
    ("first", "changes", "understood"),
    [
        (0xFC00, {}, -1024),  # the rescale gives negative values
        (0xFC00, {"RescaleIntercept": 0}, 0xFC00),
        (0xFC00, {"RescaleIntercept": 0, "PixelRepresentation": 1}, -1024),
        (100, {"RescaleIntercept": 0}, 100),
    ],
)
def test_the_sign_of_the_first_value_is_that_of_the_values(tmp_path, first, changes, understood):
    (found,) = windows_of(tmp_path, lut_item(first=first), **changes)
    assert found.first == understood
    assert found.limits == (understood, understood + 255)
    assert (found.center, found.width) == (understood + 127.5, 255)


@pytest.mark.parametrize(
    "bad",
    [
        item(LUTDescriptor=[256, 0, 12]),
        item(LUTData=[1, 2, 3]),
        lut_item(np.full(256, 7)),
        lut_item(bits=4),
        lut_item(bits=32),
    ],
)
def test_what_is_no_table_is_left_out(tmp_path, bad):
    if "LUTData" in bad:
        bad["LUTData"].VR = "US"
    good = lut_item()
    assert [voi.name for voi in windows_of(tmp_path, bad, good)] == ["VOI LUT 2"]


def test_a_table_of_each_frame(tmp_path):
    per_frame = [
        item(FrameVOILUTSequence=[item(VOILUTSequence=[lut_item(first=first)])])
        for first in (5, 6, 7)
    ]
    write_series(
        tmp_path,
        1,
        NumberOfFrames=3,
        PixelData=bytes(144),
        PerFrameFunctionalGroupsSequence=per_frame,
    )
    (stack,) = load(tmp_path).stacks
    assert [frame.windows[0].first for frame in frames_of(stack)] == [5, 6, 7]


# --- as a curve


@pytest.mark.parametrize("count", [2, 3, 100, 256, STEPS])
@pytest.mark.parametrize("first", [-1024, 0, 7])
def test_a_short_table_is_drawn_entry_by_entry(count, first):
    entries = np.random.default_rng(count).permutation(count) * 8
    values = np.arange(first - 3, first + count + 3)
    expected = entries[np.clip(values - first, 0, count - 1)] / 4095
    assert looked_up(lut(entries, first).curve, values) == pytest.approx(expected, abs=1e-12)


def test_a_long_table_of_up_to_as_many_points_is_exact():
    entries = np.random.default_rng(1).integers(0, 4096, POINTS)
    found = looked_up(lut(entries, -1024).curve, np.arange(POINTS) - 1024)
    assert found == pytest.approx(entries / 4095, abs=1e-9)


def test_the_longest_table_is_within_a_quarter_of_a_gray():
    x = np.linspace(-6, 6, 65536)
    entries = np.round(65535 / (1 + np.exp(-x)))
    found = looked_up(lut(entries, bits=16).curve, np.arange(65536))
    assert np.abs(found - entries / 65535).max() < 0.25 / 255


def test_even_ends_do_not_cost_resolution():
    table = np.concatenate([np.zeros(30000), np.arange(400) * 10, np.full(35136, 3990)])
    found = lut(table)
    assert found.limits == (30000, 30399)
    assert found.curve.steps
    values = np.arange(29990, 30410)
    assert looked_up(found.curve, values) == pytest.approx(table[values] / 4095)


def test_white_is_the_greatest_value_of_the_bits():
    curve = lut([0, 100, 128], bits=8).curve
    assert curve.grays.tolist() == [0, 100 / 255, 128 / 255]


def test_entries_beyond_the_bits_set_the_white():
    assert lut([0, 1023], bits=8).curve.grays.tolist() == [0, 1]


@pytest.mark.parametrize(("greatest", "bits"), [(60, 8), (3000, 12), (16383, 14), (20000, 16)])
def test_bits_are_those_used_where_the_size_of_an_entry_is_stated(tmp_path, greatest, bits):
    """Agfa's radiographs were nearly black (dicom-rs 825)."""
    table = np.linspace(0, greatest, 256).astype(np.uint16)
    found = windows_of(tmp_path, lut_item(table, bits=16), lut_item(table, bits=15))
    assert [each.bits for each in found] == [bits, 15]


@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (0.5, 0.25)])
def test_the_sigmoid_is_that_of_the_standard(center, width):
    curve = sigmoid(center, width)
    values = np.linspace(center - 5 * width, center + 5 * width, 4001)
    exponents = np.clip(-4 * (values - center) / width, -700, 700)
    expected = 1 / (1 + np.exp(exponents))
    assert np.abs(looked_up(curve, values) - expected).max() < 0.1 / 255


def test_a_sigmoid_is_found_again_from_its_limits():
    assert sigmoid_window(*sigmoid(40, 400).limits) == (40, 400)
    assert Window("", 40, 400, "SIGMOID").curve.limits == sigmoid(40, 400).limits
    assert Window("", 40, 400).curve is None


def test_the_sigmoid_is_half_at_its_center():
    curve = sigmoid(3, 7)
    assert looked_up(curve, [3]) == pytest.approx([0.5])
    assert looked_up(curve, [3 + 7]) == pytest.approx([1 / (1 + math.exp(-4))], abs=1e-4)
