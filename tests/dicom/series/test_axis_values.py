"""What the volumes of a stack are: times, b-values, echo times."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom.series.axis_values import AxisValues

from ..building import files, make_frame, make_header, stacks_of


def axis_of(*volumes, **changes):
    """Axis values of a series of two slices a volume, given the attributes of each volume."""
    frames = [make_frame((0, 0, float(z)), **facts) for facts in volumes for z in range(2)]
    (stack,) = stacks_of(files(frames, **changes))
    return stack.axis_values


@pytest.mark.parametrize(
    ("name", "given", "title", "unit", "values"),
    [
        ("EchoTime", (4.6, 2.3, 9.2), "Echo time", "ms", [2.3, 4.6, 9.2]),
        ("DiffusionBValue", (1000.0, 0.0), "b-value", "s/mm2", [0, 1000]),
        ("InversionTime", (900.0, 200.0), "Inversion time", "ms", [200, 900]),
        ("FlipAngle", (20.0, 3.0), "Flip angle", "°", [3, 20]),
        ("NominalPercentageOfCardiacPhase", (40.0, 0.0), "Cardiac phase", "%", [0, 40]),
        ("NominalPercentageOfRespiratoryPhase", (50.0, 0.0), "Respiratory phase", "%", [0, 50]),
        ("NominalRespiratoryTriggerDelayTime", (900.0, 400.0), "Time", "s", [0, 0.5]),
        ("ScanOptions", (("PFP",), ("PFP", "MT")), "Scan options", "", [1, 2]),
        ("TriggerTime", (550.0, 50.0), "Trigger time", "s", [0, 0.5]),
        ("FrameReferenceTime", (2500.0, 500.0), "Time", "s", [0, 2]),
        ("AcquisitionTime", ("120100.5", "115959.5"), "Time", "s", [0, 61]),
        ("ContentTime", ("235959", "000001"), "Time", "s", [0, 2]),
        ("TemporalPositionIdentifier", (3, 7), "Time point", "", [3, 7]),
        ("DimensionIndexValues", ((1, 5), (1, 9)), "Volume", "", [1, 2]),
        ("SequenceName", ("b0", "b1"), "Sequence", "", [1, 2]),
    ],
)
def test_each_attribute_has_a_name_a_unit_and_ascending_values(name, given, title, unit, values):
    axis = axis_of(*({name: value} for value in given))
    assert (axis.name, axis.unit) == (title, unit)
    assert axis.values == pytest.approx(values)
    assert axis.values.dtype == np.float64


@pytest.mark.parametrize("is_timed", [True, False])
def test_time_points_that_start_over_are_in_seconds_if_a_clock_says_so(is_timed):
    facts = [
        {
            "TemporalPositionIndex": t,
            "AcquisitionNumber": a,
            "AcquisitionTime": f"12{a:02d}{t if is_timed else 0:02d}",
        }
        for a in (1, 2)
        for t in (1, 2)
    ]
    axis = axis_of(*facts)
    if is_timed:
        assert (axis.name, axis.unit) == ("Time", "s")
        assert axis.values.tolist() == [0, 1, 60, 61]
    else:
        assert axis.values == ("1, 1", "1, 2", "2, 1", "2, 2")


@pytest.mark.parametrize(
    ("name", "given", "title", "values"),
    [
        ("ASLContext", ("LABEL", "CONTROL"), "Spin labeling", ("control", "label")),
        ("MagnetizationTransfer", ("NONE", "ON_RESONANCE"), "Magnetization transfer", None),
        ("SpectrallySelectedSuppression", ("FAT", "NONE"), "Fat suppression", ("fat", "none")),
    ],
)
def test_axis_values_of_defined_terms_are_words(name, given, title, values):
    axis = axis_of(*({name: value} for value in given))
    assert (axis.name, axis.unit) == (title, "")
    assert axis.values == (values or ("none", "on resonance"))


def test_axis_values_of_other_texts_are_counted():
    """A text of a file could be a name."""
    axis = axis_of({"ASLContext": "Doe^Jane"}, {"ASLContext": "LABEL"})
    assert axis.values.tolist() == [1, 2]


def test_dates_are_part_of_times():
    axis = axis_of(
        {"AcquisitionTime": "000010", "AcquisitionDate": "20200301"},
        {"AcquisitionTime": "235950", "AcquisitionDate": "20200229"},
    )
    assert axis.values.tolist() == [0, 20]


@pytest.mark.parametrize("date", ["19000101", "", None])
def test_times_pass_midnight_where_dates_were_made_one(date):
    """De-identification puts one day in the place of all."""
    dates = {} if date is None else {"AcquisitionDate": date}
    axis = axis_of(*({"AcquisitionTime": t, **dates} for t in ("000010", "235950", "000000")))
    assert axis.values.tolist() == [0, 10, 20]


def test_numbered_time_points_have_the_times_of_their_images():
    axis = axis_of(
        *({"TemporalPositionIdentifier": t, "AcquisitionTime": f"1200{10 * t}"} for t in (1, 2, 4))
    )
    assert (axis.name, axis.unit) == ("Time", "s")
    assert axis.values.tolist() == [0, 10, 30]


def test_numbered_time_points_have_the_offsets_of_the_standard():
    axis = axis_of(
        *(
            {"TemporalPositionIndex": t + 1, "TemporalPositionTimeOffset": offset}
            for t, offset in enumerate((0.5, 2.0, 4.5))
        )
    )
    assert (axis.name, axis.unit) == ("Time", "s")
    assert axis.values.tolist() == [0, 1.5, 4]


@pytest.mark.parametrize("number", ["AcquisitionNumber", "TemporalPositionIndex"])
def test_repeats_of_one_b_value_have_it_on_their_axis(number):
    weights = (0.0, 1000.0, 0.0, 1000.0)
    axis = axis_of(*({"DiffusionBValue": b, number: n} for n, b in enumerate(weights)))
    assert (axis.name, axis.unit) == ("b-value", "s/mm2")
    assert sorted(axis.values) == [0, 0, 1000, 1000]
    axis = axis_of(*({"DiffusionBValue": 700.0, number: n} for n in range(3)))
    assert axis.name != "b-value"


def test_inversion_times_tell_more_than_the_trigger_times_they_are_taken_at():
    axis = axis_of(
        *({"InversionTime": ti, "TriggerTime": 500.0 + ti / 1000} for ti in (120.0, 200.0, 1100.0))
    )
    assert (axis.name, axis.values.tolist()) == ("Inversion time", [120, 200, 1100])


def test_gradient_directions_have_their_b_values():
    directions = [(0.0, ()), (1000.0, (1.0, 0.0, 0.0)), (1000.0, (0.0, 1.0, 0.0))]
    axis = axis_of(*({"DiffusionGradient": d, "DiffusionBValue": d[0]} for d in directions))
    assert (axis.name, axis.unit) == ("b-value", "s/mm2")
    assert axis.values.tolist() == [0, 1000, 1000]


def test_several_attributes_make_texts():
    axis = axis_of(
        *({"EchoTime": te, "FlipAngle": angle} for angle in (5.0, 10.0) for te in (2.0, 4.5))
    )
    assert (axis.name, axis.unit) == ("Echo time, Flip angle", "")
    assert axis.values == ("2 ms, 5°", "2 ms, 10°", "4.5 ms, 5°", "4.5 ms, 10°")
    assert axis.text(3) == "4.5 ms, 10°"


def test_a_volume_has_no_axis_values():
    (stack,) = stacks_of(files([make_frame((0, 0, float(z))) for z in range(3)]))
    assert stack.axis_values is None


def test_frames_of_a_clip_have_the_times_of_their_increments():
    frames = [make_frame(None, None, number=n) for n in range(3)]
    clip = make_header(*frames, modality="US", frame_duration=50.0, frame_times=(0.0, 40.0, 100.0))
    (stack,) = stacks_of([clip])
    assert (stack.axis_values.unit, stack.axis_values.values.tolist()) == ("s", [0, 0.04, 0.1])


@pytest.mark.parametrize(
    ("duration", "unit", "values"), [(40.0, "s", [0, 0.04, 0.08]), (None, "", [1, 2, 3])]
)
def test_frames_of_a_clip_have_their_times_if_the_file_gives_a_rate(duration, unit, values):
    frames = [make_frame(None, None, number=n) for n in range(3)]
    (stack,) = stacks_of([make_header(*frames, modality="US", frame_duration=duration)])
    assert stack.axis_values.unit == unit
    assert stack.axis_values.values == pytest.approx(values)


def taken_at(*moments):
    """Return the frames of a clip that were taken at some moments of a day."""
    return [
        make_frame(None, None, number=n, AcquisitionDateTime=moment)
        for n, moment in enumerate(moments)
    ]


@pytest.mark.parametrize("duration", [None, 50.0])
def test_frames_of_a_clip_have_the_times_at_which_they_were_taken(duration):
    frames = taken_at("20200101235959.9", "20200102000000.1", "20200102000000.5")
    clip = make_header(*frames, modality="XA", frame_duration=duration)
    (stack,) = stacks_of([clip])
    assert (stack.axis_values.name, stack.axis_values.unit) == ("Time", "s")
    assert stack.axis_values.values.tolist() == [0, 0.2, 0.6]
    assert stack.frame_seconds == 0.3
    # A rate of display is about playing alone.
    assert stack.frame_rate == pytest.approx(1 / 0.3 if duration is None else 20)


@pytest.mark.parametrize("moments", [("20200101100000",) * 3, ("20200101100000", None, None)])
def test_frames_of_a_clip_without_times_of_their_own_are_counted(moments):
    (stack,) = stacks_of([make_header(*taken_at(*moments), modality="XA")])
    assert (stack.axis_values.name, stack.axis_values.values.tolist()) == ("Frame", [1, 2, 3])
    assert stack.frame_seconds is stack.frame_rate is None


def test_still_images_of_a_series_are_no_clip_with_times():
    stills = files(taken_at("20200101100000", "20200101100030", "20200101100100"), modality="US")
    (stack,) = stacks_of(stills)
    assert (stack.axis_values.name, stack.frame_seconds) == ("Frame", None)


@pytest.mark.parametrize("values", [np.array([0.0, 2.5]), ("a", "b")])
def test_axis_values_come_back_from_json(values):
    axis = AxisValues("Time", "s", values)
    again = AxisValues.unpacked(axis.packed(), 2)
    assert again.packed() == axis.packed()
    assert type(again.values) is type(axis.values)


@pytest.mark.parametrize(
    "packed", [["Time", "s", [1.0]], ["Time", "s", [1.0, "a"]], ["Time", "s", [[1], [2]]], ["s"]]
)
def test_axis_values_that_do_not_fit_are_refused(packed):
    with pytest.raises((ValueError, TypeError)):
        AxisValues.unpacked(packed, 2)


@pytest.mark.parametrize(
    ("name", "title"),
    [("EchoTime", "echo time"), ("DiffusionBValue", "b-value"), ("FlipAngle", "flip angle")],
)
def test_slices_of_one_volume_that_were_made_in_two_ways_are_a_warning(name, title):
    """They lie at positions of their own: nothing splits them."""
    warning = f"Slices differ in {title}: their values may not be comparable"
    for values, expected in (((10.0, 10.0), ()), ((10.0, None), ()), ((10.0, 90.0), (warning,))):
        frames = [make_frame((0, 0, z), number=z, **{name: values[z > 2]}) for z in range(6)]
        (stack,) = stacks_of(files(frames))
        assert stack.warnings == expected
    # The fourth axis of a series is no mixture.
    frames = [
        make_frame((0, 0, z), number=z, **{name: value}) for value in (10.0, 90.0) for z in range(6)
    ]
    (stack,) = stacks_of(files(frames))
    assert (stack.axes, stack.warnings) == ("tzyx", ())
