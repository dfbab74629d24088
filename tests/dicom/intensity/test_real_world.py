"""Real World Value Mapping: values and units, applied where no rescale gives them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.ucum import unit_of_code

from ..making import ct, item, write

MAP = "1.2.840.10008.5.1.4.1.1.30"
STORED = np.arange(24, dtype="u2").reshape(4, 6)


def units(code: str, scheme: str = "UCUM") -> Dataset:
    return item(CodeValue=code, CodingSchemeDesignator=scheme, CodeMeaning=code)


def mapping(slope=0.5, intercept=-2.0, unit="um2/s", **changes) -> Dataset:
    attributes = {
        "MeasurementUnitsCodeSequence": [units(unit)],
        "LUTLabel": "ADC",
        "RealWorldValueFirstValueMapped": 0,
        "RealWorldValueLastValueMapped": 65535,
        "RealWorldValueSlope": slope,
        "RealWorldValueIntercept": intercept,
    } | changes
    made = Dataset()
    for name, value in attributes.items():
        if value is not None:
            if name.startswith("RealWorldValue") and name.endswith("Mapped"):
                made.add_new(name, "SS" if value < 0 else "US", value)
            else:
                setattr(made, name, value)
    return made


def table(values, first=0, **changes) -> Dataset:
    attributes = {
        "RealWorldValueLUTData": list(map(float, values)),
        "RealWorldValueFirstValueMapped": first,
        "RealWorldValueLastValueMapped": first + len(values) - 1,
    }
    return mapping(slope=None, intercept=None, **attributes | changes)


@pytest.fixture
def opened(tmp_path):
    """Open a file of 4 x 6 pixels, 0 to 23, without a rescale."""

    def opened(*mappings, encoding="explicit", **changes):
        attributes = {
            "Modality": "MR",
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
            "RescaleSlope": None,
            "RescaleIntercept": None,
            "BitsStored": 16,
            "HighBit": 15,
            "PixelData": STORED.astype(">u2" if encoding == "big" else "<u2").tobytes(),
        } | changes
        if mappings:
            attributes["RealWorldValueMappingSequence"] = list(mappings)
        write(tmp_path / "a", ct(**attributes), encoding)
        (stack,) = load(tmp_path).stacks
        return stack

    return opened


def values(stack):
    return np.asarray(stack.array)[0]


ENCODINGS = ["explicit", "implicit", "big", "deflated"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mapping_gives_values_and_unit(opened, encoding):
    stack = opened(mapping(), encoding=encoding, WindowCenter=10, WindowWidth=4)
    assert (values(stack) == STORED * 0.5 - 2).all()
    assert values(stack).dtype == np.float32
    assert stack.unit == "um2/s"
    assert stack.warnings == ()
    # The window refers to stored values: 10 is 3 um2/s, and LINEAR spans one less than its width.
    (window,) = stack.windows
    assert window.limits == ((8 * 0.5) - 2, (11 * 0.5) - 2)


@given(slope=st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-6), intercept=st.floats(-1e6, 1e6))
@settings(deadline=None, max_examples=40)
def test_values_are_those_of_double_precision(tmp_path_factory, slope, intercept):
    folder = tmp_path_factory.mktemp("a")
    data = ct(
        Modality="NM", RescaleSlope=None, RescaleIntercept=None, PixelData=STORED.tobytes(),
        RealWorldValueMappingSequence=[mapping(slope, intercept)],
    )  # fmt: skip
    write(folder / "a", data)
    (stack,) = load(folder).stacks
    assert (values(stack) == (STORED * slope + intercept).astype("f4")).all()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("first", [0, 5])
def test_a_table_maps_its_range_alone(opened, encoding, first):
    entries = [0.25, -7.5, 1e6]
    stack = opened(
        table(entries, first), encoding=encoding, WindowCenter=10, WindowWidth=4,
        PixelPaddingValue=23,
    )  # fmt: skip
    expected = np.full(24, np.nan, "f4")
    expected[first : first + 3] = entries
    assert np.array_equal(values(stack).ravel(), expected, equal_nan=True)
    assert stack.unit == "um2/s"
    assert stack.windows == ()
    # Padding is beyond the table: nothing is left to be told from it.
    assert stack.padding is None
    assert all(map(np.isfinite, stack.default_limits()))


def test_the_range_has_the_sign_of_the_pixels(opened):
    stack = opened(
        table([1.5, 2.5, 3.5], first=-1), encoding="implicit", PixelRepresentation=1,
        PixelData=np.resize(np.array([-1, 0, 1, 2], "<i2"), 24).tobytes(),
    )  # fmt: skip
    assert values(stack)[0, :3].tolist() == [1.5, 2.5, 3.5]
    assert np.isnan(values(stack)[0, 3])
    assert stack.real_world_mappings[0].first == -1


def test_of_several_mappings_the_first_is_applied_and_the_user_knows(opened):
    stack = opened(mapping(), mapping(2.0, 0.0, unit="s", LUTLabel="T1"))
    assert (values(stack) == STORED * 0.5 - 2).all()
    note = "The file has 2 real world value mappings: the first is applied"
    assert stack.warnings == (note,)
    assert [m.label for m in stack.real_world_mappings] == ["ADC", "T1"]
    second = stack.real_world_mappings[1]
    assert (second.unit, second.transform.slope) == ("s", 2.0)


def ranged(first, last, slope, intercept=0.0, **changes):
    ends = {"RealWorldValueFirstValueMapped": first, "RealWorldValueLastValueMapped": last}
    return mapping(slope, intercept, **ends | changes)


@given(
    ends=st.lists(st.integers(0, 23), min_size=4, max_size=8, unique=True).map(sorted),
    slopes=st.permutations([0.25, -1.0, 3.0, 100.0]),
)
@settings(deadline=None, max_examples=25)
def test_disjoint_ranges_each_have_their_own_slope(tmp_path_factory, ends, slopes):
    ranges = list(zip(ends[::2], ends[1::2], slopes, strict=False))
    parts = [ranged(first, last, slope, 7.0) for first, last, slope in ranges]
    folder = tmp_path_factory.mktemp("a")
    data = ct(
        Modality="MR", RescaleSlope=None, RescaleIntercept=None, PixelData=STORED.tobytes(),
        RealWorldValueMappingSequence=parts[::-1],
    )  # fmt: skip
    write(folder / "a", data)
    (stack,) = load(folder).stacks
    expected = np.full(24, np.nan, "f4")
    for first, last, slope in ranges:
        expected[first : last + 1] = np.arange(first, last + 1) * slope + 7
    assert np.array_equal(values(stack).ravel(), expected, equal_nan=True)
    assert stack.unit == "um2/s"
    assert stack.warnings == ()


@pytest.mark.parametrize(
    "second",
    [ranged(10, 23, 3.0), ranged(12, 23, 3.0, unit="s"), ranged(12, 23, float("nan"))],
    ids=["overlapping", "another unit", "unreadable"],
)
def test_ranges_that_are_not_parts_of_one_mapping_are_not_joined(opened, second):
    assert opened(ranged(0, 11, 0.5), ranged(12, 23, 3.0)).warnings == ()
    stack = opened(ranged(0, 11, 0.5), second)
    assert (values(stack) == STORED * 0.5).all()
    assert stack.warnings == ("The file has 2 real world value mappings: the first is applied",)


@pytest.mark.parametrize(
    "broken",
    [
        mapping(slope=float("nan")),
        mapping(slope=0.0),
        mapping(intercept=None),
        mapping(slope=[1.0, 2.0]),
        table([1, 2, 3], RealWorldValueFirstValueMapped=None),
        table([1, 2, 3], RealWorldValueLastValueMapped=3),
    ],
)
def test_a_mapping_that_is_unreadable_leaves_stored_values(opened, broken):
    stack = opened(broken)
    assert (values(stack) == STORED).all()
    assert stack.unit is None
    note = "Real world value mapping is unreadable: values are stored values, not um2/s"
    assert stack.warnings == (note,)


def test_beside_a_rescale_a_mapping_is_only_offered(opened):
    stack = opened(mapping(), RescaleSlope=2, RescaleIntercept=1, WindowCenter=9, WindowWidth=8)
    assert (values(stack) == STORED * 2 + 1).all()
    assert stack.unit is None
    assert stack.windows[0].center == 9
    assert stack.real_world_mappings[0].unit == "um2/s"


def test_a_rescale_that_equals_the_mapping_has_its_unit(opened):
    stack = opened(mapping(), RescaleSlope=0.5, RescaleIntercept=-2, WindowCenter=9, WindowWidth=8)
    assert (values(stack) == STORED * 0.5 - 2).all()
    assert stack.unit == "um2/s"
    assert stack.windows[0].center == 9


def test_an_identity_is_no_rescale_unless_the_modality_gives_the_unit(opened):
    identity = {"RescaleSlope": 1, "RescaleIntercept": 0}
    assert opened(mapping(), **identity).unit == "um2/s"
    hounsfield = opened(mapping(), Modality="CT", **identity)
    assert hounsfield.unit == "HU"
    assert (values(hounsfield) == STORED).all()


def test_ct_that_has_only_a_mapping_is_what_the_mapping_says(opened):
    stack = opened(mapping(1.0, -1024.0, unit="[hnsf'U]"), Modality="CT")
    assert (values(stack) == STORED.astype(int) - 1024).all()
    assert stack.unit == "HU"
    assert stack.warnings == ()


def test_a_mapping_helps_where_the_rescale_is_unreadable(opened):
    data = {"RescaleIntercept": 5, "WindowCenter": 9, "WindowWidth": 8}
    stack = opened(mapping(), RescaleSlope=0, **data)
    assert (values(stack) == STORED * 0.5 - 2).all()
    assert stack.unit == "um2/s"
    # The window is one of values after the rescale.
    assert stack.windows == ()


def test_pet_in_suv_by_its_mapping_has_no_factor(opened):
    stack = opened(
        mapping(0.001, 0.0, unit="{SUVbw}g/ml"), Modality="PT", Units="BQML",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.128",
    )  # fmt: skip
    assert stack.unit == "SUVbw"
    assert stack.suv is None
    assert stack.warnings == ()


def test_labels_name_no_patient(opened):
    stack = opened(
        mapping(LUTExplanation="ADC of Canary", unit="Canary"), PatientName="Canary^Alice"
    )
    assert stack.real_world_mappings[0].label == "ADC of"
    assert stack.unit is None


# --- functional groups


def parametric(own, shared=None, frames=2, **changes):
    attributes = {
        "Modality": "MR",
        "SOPClassUID": MAP,
        "RescaleSlope": None,
        "RescaleIntercept": None,
        "ImagePositionPatient": None,
        "ImageOrientationPatient": None,
        "PixelSpacing": None,
        "NumberOfFrames": frames,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelData": STORED.tobytes() * frames,
        "SharedFunctionalGroupsSequence": [
            item(
                PixelMeasuresSequence=[item(PixelSpacing=[1, 1])],
                PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
                PixelValueTransformationSequence=[
                    item(RescaleSlope=1, RescaleIntercept=0, RescaleType="US")
                ],
                **({"RealWorldValueMappingSequence": [shared]} if shared else {}),
            )
        ],
        "PerFrameFunctionalGroupsSequence": [
            item(
                PlanePositionSequence=[item(ImagePositionPatient=[0, 0, number])],
                **({"RealWorldValueMappingSequence": [own_one]} if own_one else {}),
            )
            for number, own_one in enumerate(own)
        ],
    } | changes
    return ct(**attributes)


def test_a_shared_mapping_holds_for_every_frame(tmp_path):
    write(tmp_path / "a", parametric([None, None], mapping()))
    (stack,) = load(tmp_path).stacks
    assert (np.asarray(stack.array) == STORED * 0.5 - 2).all()
    assert stack.unit == "um2/s"


def test_a_frame_has_its_own_mapping(tmp_path):
    write(tmp_path / "a", parametric([mapping(), mapping(slope=3.0)], mapping(slope=9.0)))
    (stack,) = load(tmp_path).stacks
    assert (np.asarray(stack.array) == [STORED * 0.5 - 2, STORED * 3.0 - 2]).all()


def test_frames_of_different_units_are_stacks_of_their_own(tmp_path):
    own = [mapping(), mapping(), mapping(unit="s"), mapping(unit="s")]
    write(tmp_path / "a", parametric(own, frames=4))
    assert sorted(s.unit or "" for s in load(tmp_path).stacks) == ["s", "um2/s"]


@pytest.mark.parametrize("types", [("US", "HU"), ("HU", "US")])
def test_a_frame_of_no_unit_has_that_of_its_mapping_whatever_others_are(tmp_path, types):
    data = parametric([mapping(slope=1, intercept=0)] * 2)
    del data.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence
    for frame, rescale_type in zip(data.PerFrameFunctionalGroupsSequence, types, strict=True):
        rescale = item(RescaleSlope=1, RescaleIntercept=0, RescaleType=rescale_type)
        frame.PixelValueTransformationSequence = [rescale]
    write(tmp_path / "a", data)
    assert sorted(s.unit for s in load(tmp_path).stacks) == ["HU", "um2/s"]


@pytest.mark.parametrize("given_mapping", [True, False])
def test_floating_point_values_are_mapped_when_there_is_a_mapping(tmp_path, given_mapping):
    pixels = np.arange(24, dtype="<f4") / 7
    shared = mapping(2.0, 1.0) if given_mapping else None
    data = parametric([None], shared, frames=1, PixelData=None, BitsAllocated=32, BitsStored=None,
                      HighBit=None, PixelRepresentation=None)  # fmt: skip
    data.FloatPixelData = pixels.tobytes()
    write(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    expected = pixels.astype("f8") * 2 + 1 if given_mapping else pixels
    assert (values(stack).ravel() == expected.astype("f4")).all()
    assert stack.unit == ("um2/s" if given_mapping else None)


@pytest.mark.parametrize("keyword", ["FloatPixelData", "PixelData"])
def test_window_of_floating_point_values_is_exact(tmp_path, keyword):
    """LINEAR counts whole values: of a width of 1 it is a threshold."""
    is_float = keyword == "FloatPixelData"
    changes = {} if is_float else {"PixelData": np.arange(24, dtype="<u2").tobytes()}
    if is_float:
        integer = ("PixelData", "BitsStored", "HighBit", "PixelRepresentation")
        changes = {**dict.fromkeys(integer), "BitsAllocated": 32}
    data = parametric(
        [None], None, frames=1, WindowCenter=0.5, WindowWidth=1, VOILUTFunction="LINEAR", **changes
    )
    if is_float:
        data.FloatPixelData = (np.arange(24, dtype="<f4") / 24).tobytes()
    write(tmp_path / "a", data)
    (stack,) = load(tmp_path).stacks
    assert stack.windows[0].limits == ((0, 1) if is_float else (0, 0))


# --- units


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("mm2/s", "mm2/s"),
        ("10*-6.mm2/s", "10*-6.mm2/s"),
        ("ml/(100.g)/min", "ml/(100.g)/min"),
        ("ml/min/(100.ml)", "ml/min/(100.ml)"),
        ("/min", "/min"),
        ("ml/100ml/min", "ml/100ml/min"),
        ("mm^2/s", "mm^2/s"),
        ("10*6/ml", "10*6/ml"),
        ("s-1", "s-1"),
        ("%", "%"),
        ("Bq/ml", "Bq/ml"),
        ("[hnsf'U]", "HU"),
        ("{SUVbw}g/ml", "SUVbw"),
        ("1", ""),
        ("", ""),
        ("Alice", ""),
        ("Kim", ""),
        ("DOE^JOHN", ""),
        ("{Alice}", ""),
        ("Smith/s", ""),
        ("mm2/" * 10 + "s", ""),
        ("<img>", ""),
    ],
)
def test_units_are_known_ones_or_none(code, unit):
    assert unit_of_code(code, "UCUM") == unit
    assert unit_of_code(code, "99LOCAL") == ""
