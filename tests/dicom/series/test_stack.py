"""What a stack tells of itself: name, windows, padding, contrast."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.series.slice_headers import ParsedHeaders
from napari_medscan.dicom.series.slice_source import SliceSource

from ..building import files, make_frame, make_header, make_layout, refs, stacks_of


def only(headers):
    (stack,) = stacks_of(headers)
    return stack


def axial(places, **changes):
    fields = changes.pop("frame", {})
    return files([make_frame((0, 0, float(z)), **fields) for z in places], **changes)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"modality": "CT", "series_number": 3, "description": "Chest"}, "CT 3 · Chest"),
        ({"modality": "CT", "series_number": None, "description": "Chest"}, "CT · Chest"),
        ({"modality": "", "series_number": 0, "description": ""}, "Image 0"),
    ],
)
def test_the_name_is_modality_number_and_description(facts, name):
    assert only(axial([0], **facts)).name == name


def test_a_segment_is_named_by_its_label():
    frame = make_frame((0, 0, 0), segment=2)
    header = make_header(frame, modality="SEG", segments={1: "Liver", 2: "Spleen"})
    assert only([header]).name == "SEG 1 · Spleen"


def test_files_and_syntaxes_are_named_once_in_the_order_of_the_stack():
    headers = axial([2, 0, 1])
    headers[0] = replace(headers[0], transfer_syntax="1.2")
    stack = only(headers)
    assert stack.files == ("f0001", "f0002", "f0000")
    assert stack.transfer_syntaxes == ("1.2.840.10008.1.2.1", "1.2")


def test_a_stack_is_not_copied_with_its_layer():
    stack = only(axial([0, 1]))
    assert deepcopy(stack) is stack
    assert deepcopy({"medscan": stack})["medscan"] is stack


def test_monochrome1_is_inverted_and_its_values_are_untouched():
    stack = only(axial([0, 1, 2], layout=make_layout(photometric="MONOCHROME1")))
    assert stack.is_inverted
    assert np.asarray(stack.array)[:, 0, 0].tolist() == [0, 1, 2]
    assert not only(axial([0])).is_inverted


# --- windows and contrast


def with_windows(places):
    return files(
        [make_frame((0, 0, float(z)), windows=(Window("w", 10.0 * z, 5.0),)) for z in places]
    )


def test_windows_are_those_of_the_middle_slice():
    stack = only(with_windows([0, 1, 2, 3, 4]))
    assert stack.array.middle == 2
    assert stack.windows[0].center == 20
    assert stack.default_limits() == (17.5, 21.5)


def test_a_missing_middle_slice_lends_no_window():
    stack = only(with_windows([0, 1, 3, 4]))
    assert stack.array.middle == -1
    assert stack.windows[0].center == 30


def test_a_window_one_value_wide_still_spans_something():
    headers = files([make_frame((0, 0, 0), windows=(Window("w", 10.0, 1.0),))])
    assert only(headers).default_limits() == (9.5, 10.5)


def ramp(place, number, **changes):
    """A slice of 100 x 100 with the values number … number + 9999."""
    layout = changes.pop("layout", make_layout(100, 100))
    values = np.arange(10000, dtype=np.uint16) + number
    frame = make_frame((0, 0, float(place)), **changes.pop("frame", {}))
    return make_header(frame, layout=layout, pixels=values.tobytes(), name=f"{place}", **changes)


def test_without_a_window_the_percentiles_of_the_middle_slice_serve():
    stack = only([ramp(0, 0), ramp(1, 20000), ramp(2, 40000)])
    assert stack.default_limits() == pytest.approx((20099.99, 29899.01))


def test_a_missing_middle_slice_is_not_what_contrast_is_taken_from():
    stack = only([ramp(0, 100), ramp(1, 100), ramp(3, 100), ramp(4, 100)])
    assert stack.array.middle == -1
    assert stack.default_limits() == pytest.approx((199.99, 9999.01))


def test_padding_is_transformed_and_ascending():
    frame = {"transform": ModalityTransform(-2.0, 5.0)}
    stack = only(axial([0], frame=frame, padding=(3, 10)))
    assert stack.padding == (-15.0, -1.0)
    assert only(axial([0])).padding is None


@pytest.mark.parametrize(("slope", "intercept"), [(0.1, 0.1), (0.3, -7.7), (1 / 3, 0.0), (1, -9)])
def test_padding_does_not_count_for_contrast_whatever_the_slope(slope, intercept):
    """The padding value is compared as the pixels have it, rounded to float32."""
    frame = {"transform": ModalityTransform(slope, intercept)}
    values = np.full((100, 100), 7, dtype=np.uint16)
    values[50:] = 1000 + np.arange(5000).reshape(50, 100)
    header = make_header(
        make_frame((0, 0, 0), **frame),
        layout=make_layout(100, 100),
        pixels=values.tobytes(),
        padding=(7, 7),
    )
    low, high = only([header]).default_limits()
    expected = np.percentile(np.arange(1000, 6000), (1, 99)) * slope + intercept
    assert (low, high) == pytest.approx(expected.tolist(), rel=1e-6)


# --- reading


def test_too_little_memory_for_a_frame_is_an_error_of_that_frame(monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr("napari_medscan.dicom.series.slice_source.read_slice", no_memory)
    source = SliceSource(ParsedHeaders(refs(axial([0]))))
    with pytest.raises(FrameError, match="memory"):
        source.read(0, np.empty(0))
