"""SUV factors are those of QIBA's vendor-neutral pseudo-code."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import PositronEmissionTomographyImageStorage

from napari_medscan.dicom import load
from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.intensity.suv import WANTED_SUV, SuvFactors, common_suv, read_suv
from napari_medscan.phantoms import write_pet_ct

from ...corpus.oracle import case_names, case_path
from ..building import headers_of
from ..making import ct, item, write
from ..qiba import GE, PHILIPS
from ..qiba import suv_bw_scale_factor as qiba

F18, ZR89 = 6586.2, 282_240.0
TRACER = (
    "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime",
    "RadionuclideTotalDose",
    "RadionuclideHalfLife",
)


def pet(private=(), **changes):
    """Return a PET slice, an hour after 370 MBq; attributes of the tracer go to its item."""
    tracer = {
        "RadiopharmaceuticalStartTime": "092000",
        "RadionuclideTotalDose": "370000000",
        "RadionuclideHalfLife": F18,
        **{name: changes.pop(name) for name in TRACER if name in changes},
    }
    image = {
        "SOPClassUID": PositronEmissionTomographyImageStorage,
        "Modality": "PT",
        "RescaleIntercept": 0,
        "RescaleSlope": 2.5,
        "Units": "BQML",
        "DecayCorrection": "START",
        "CorrectedImage": ["NORM", "DTIM", "ATTN", "SCAT", "DECY", "RAN"],
        "SeriesDate": "20240115",
        "SeriesTime": "102000",
        "AcquisitionDate": "20240115",
        "AcquisitionTime": "102000",
        "PatientWeight": 75,
        "RadiopharmaceuticalInformationSequence": [
            item(**{name: value for name, value in tracer.items() if value is not None})
        ],
        **changes,
    }
    with pydicom.config.disable_value_validation():
        data = ct(**image)
        for (group, creator), element, vr, value in private:
            data.private_block(group, creator, create=True).add_new(element, vr, value)
    return data


def read(tmp_path, data, encoding="explicit"):
    with pydicom.config.disable_value_validation():
        path = write(tmp_path / "a", data, encoding)
    return read_suv(part10.scan_file(str(path), WANTED).data_set)


def scan_date_time(value):
    return [(GE, 0x0D, "DT", value)]


LATER = {"SeriesTime": "120000", "AcquisitionTime": "102500"}
REFERENCE = {"FrameReferenceTime": 389_000.0, "ActualFrameDuration": 180_000}
BRANCHES = {
    "start": {},
    "start with fractions": {"SeriesTime": "102000.25", "AcquisitionTime": "102000.250000"},
    "start, later bed": {"AcquisitionTime": "103000"},
    "start, the day is told": {"RadiopharmaceuticalStartDateTime": "20240115091500.50"},
    "start, across midnight": {
        "SeriesTime": "001000", "AcquisitionTime": "001000",
        "RadiopharmaceuticalStartTime": "231000",
    },
    "start, across midnight, the day is told": {
        "SeriesTime": "001000", "AcquisitionTime": "001000",
        "RadiopharmaceuticalStartDateTime": "20240114231000",
    },
    "start, five days before": {
        "RadionuclideHalfLife": ZR89, "RadiopharmaceuticalStartDateTime": "20240110092000",
    },
    "acquired after midnight": {
        "SeriesTime": "235500", "AcquisitionDate": "20240116", "AcquisitionTime": "000500",
        "RadiopharmaceuticalStartTime": "225500",
    },
    "GE": {**LATER, "private": scan_date_time("20240115102100.00")},
    "GE, and the series is of the next day": {
        "SeriesDate": "20240116", "private": scan_date_time("20240115102100")
    },
    "GE's is not needed": {"private": scan_date_time("20240115112100")},
    "back from the frame": {**LATER, **REFERENCE},
    "back from the frame, across midnight": {
        **LATER, **REFERENCE, "AcquisitionTime": "000300", "RadiopharmaceuticalStartTime": "225000",
    },
    "back from a frame in which all decays": {
        **LATER, **REFERENCE, "RadionuclideHalfLife": 122.24, "AcquisitionTime": "102500",
        "RadiopharmaceuticalStartTime": "101900",
    },
    "admin": {"DecayCorrection": "ADMIN"},
    "admin takes no times": {
        "DecayCorrection": "ADMIN", "SeriesTime": None, "AcquisitionDate": None,
        "RadiopharmaceuticalStartTime": None, "RadionuclideHalfLife": None,
    },
    "Philips": {"Units": "CNTS", "private": [(PHILIPS, 0x00, "DS", "0.000551")]},
    "Philips, no weight": {
        "Units": "CNTS", "PatientWeight": None, "private": [(PHILIPS, 0x00, "DS", "0.000551")],
    },
    "Philips, both": {
        "Units": "CNTS",
        "private": [(PHILIPS, 0x00, "DS", "0.000551"), (PHILIPS, 0x09, "DS", "1.502")],
    },
    "Philips, the second": {
        "Units": "CNTS",
        "private": [(PHILIPS, 0x00, "DS", "0.0"), (PHILIPS, 0x09, "DS", "1.502")],
    },
    "Philips, the second alone": {"Units": "CNTS", "private": [(PHILIPS, 0x09, "DS", "1.502")]},
    "Philips after another maker's block": {
        "Units": "CNTS",
        "private": [((0x7053, "OTHER"), 0, "DS", "7"), (PHILIPS, 0x00, "DS", "0.000551")],
    },
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["explicit", "implicit", "big", "deflated"])
@pytest.mark.parametrize("changes", BRANCHES.values(), ids=BRANCHES)
def test_every_branch_of_the_pseudo_code(tmp_path, changes, encoding):
    factors, why_not = read(tmp_path, pet(**changes), encoding)
    assert why_not == ""
    # Times of a datetime are whole microseconds.
    assert factors.bw == pytest.approx(qiba(tmp_path / "a"), rel=1e-7)


@settings(max_examples=150, deadline=None)
@given(
    seconds=st.floats(946_684_800, 1_893_456_000),
    uptake=st.floats(1, 5 * 3600),
    body=st.tuples(st.floats(0.5, 300), st.floats(1e5, 1e10)),
    half_life=st.sampled_from([F18, 4062.6, 1223.4]),
    told=st.booleans(),
    late=st.booleans(),
)
def test_any_patient_at_any_time(tmp_path_factory, seconds, uptake, body, half_life, told, late):
    scan = datetime.fromtimestamp(round(seconds, 3), UTC)
    start = scan - timedelta(seconds=round(min(uptake, 9 * half_life), 3))
    acquired = scan + timedelta(seconds=300)
    series = scan + timedelta(hours=2) if late else scan
    when = f"{start:%Y%m%d%H%M%S.%f}"
    data = pet(
        SeriesDate=f"{series:%Y%m%d}",
        SeriesTime=f"{series:%H%M%S.%f}",
        AcquisitionDate=f"{acquired:%Y%m%d}",
        AcquisitionTime=f"{acquired:%H%M%S.%f}",
        RadiopharmaceuticalStartTime=when[8:],
        RadiopharmaceuticalStartDateTime=when if told else None,
        PatientWeight=f"{body[0]:.6g}",
        RadionuclideTotalDose=f"{body[1]:.6g}",
        RadionuclideHalfLife=half_life,
        FrameReferenceTime="389000",
        ActualFrameDuration=180_000,
    )
    folder = tmp_path_factory.mktemp("pet")
    factors, why_not = read(folder, data)
    assert why_not == ""
    assert factors.bw == pytest.approx(qiba(folder / "a"), rel=1e-6)


_LATER = "Series Time is later than Acquisition Time, and"
_NO_FACTOR = "values are counts, and the Philips factors (7053,1000) and (7053,1009) are missing"
MISSING = {
    "no weight": ({"PatientWeight": None}, "Patient's Weight (0010,1030) is missing"),
    "empty weight": ({"PatientWeight": ""}, "Patient's Weight (0010,1030) is missing"),
    "zero weight": ({"PatientWeight": 0}, "Patient's Weight (0010,1030) is 0"),
    "negative weight": ({"PatientWeight": -75}, "Patient's Weight (0010,1030) is invalid"),
    "weight in grams": ({"PatientWeight": 75000}, "Patient's Weight (0010,1030) is not in kg"),
    "no dose": ({"RadionuclideTotalDose": None}, "Radionuclide Total Dose (0018,1074) is missing"),
    "zero dose": ({"RadionuclideTotalDose": 0}, "Radionuclide Total Dose (0018,1074) is 0"),
    "dose in MBq": (
        {"RadionuclideTotalDose": 370},
        "Radionuclide Total Dose (0018,1074) is not in Bq",
    ),
    "no half life": (
        {"RadionuclideHalfLife": None},
        "Radionuclide Half Life (0018,1075) is missing",
    ),
    "no tracer": (
        {"RadiopharmaceuticalInformationSequence": None},
        "Radiopharmaceutical Information Sequence (0054,0016) is missing",
    ),
    "two tracers": (
        {"RadiopharmaceuticalInformationSequence": [item(RadionuclideTotalDose=4e8)] * 2},
        "Radiopharmaceutical Information Sequence (0054,0016) lists several tracers",
    ),
    "no start": (
        {"RadiopharmaceuticalStartTime": None},
        "Radiopharmaceutical Start Time (0018,1072) is missing",
    ),
    "start after the scan": (
        {"RadiopharmaceuticalStartTime": "112000"},
        "Radiopharmaceutical Start Time (0018,1072) is inconsistent with the scan time",
    ),
    "long-lived, no day": (
        {"RadionuclideHalfLife": ZR89},
        "Radiopharmaceutical Start DateTime (0018,1078) is missing",
    ),
    "long-lived, wrong day": (
        {"RadionuclideHalfLife": ZR89, "RadiopharmaceuticalStartDateTime": "20190115092000"},
        "Radiopharmaceutical Start DateTime (0018,1078) is inconsistent with the scan time",
    ),
    "no series date": ({"SeriesDate": None}, "Series Date (0008,0021) is missing"),
    "odd series date": ({"SeriesDate": "20241399"}, "Series Date (0008,0021) is invalid"),
    "no series time": ({"SeriesTime": None}, "Series Time (0008,0031) is missing"),
    "odd series time": ({"SeriesTime": "250000"}, "Series Time (0008,0031) is invalid"),
    "no acquisition date": ({"AcquisitionDate": None}, "Acquisition Date (0008,0022) is missing"),
    "no acquisition time": ({"AcquisitionTime": None}, "Acquisition Time (0008,0032) is missing"),
    "series later, no reference": (
        {**LATER, "ActualFrameDuration": 180_000},
        f"{_LATER} Frame Reference Time (0054,1300) is missing",
    ),
    "series later, no duration": (
        {**LATER, "FrameReferenceTime": 389_000},
        f"{_LATER} Actual Frame Duration (0018,1242) is missing",
    ),
    "private time of nobody": (
        {**LATER, "private": [((9, "OTHER"), 0x0D, "DT", "20240115102100")]},
        f"{_LATER} Frame Reference Time (0054,1300) is missing",
    ),
    "no decay correction": ({"DecayCorrection": None}, "Decay Correction (0054,1102) is missing"),
    "none": ({"DecayCorrection": "NONE"}, "Decay Correction (0054,1102) is NONE"),
    "odd decay correction": (
        {"DecayCorrection": "ODD"},
        "Decay Correction (0054,1102) is invalid",
    ),
    "no corrections": ({"CorrectedImage": None}, "Corrected Image (0028,0051) is missing"),
    "no attenuation": (
        {"CorrectedImage": ["DECY"]},
        "not attenuation-corrected (Corrected Image)",
    ),
    "no decay": (
        {"CorrectedImage": ["ATTN"]},
        "not decay-corrected (Corrected Image)",
    ),
    "no units": ({"Units": None}, "Units (0054,1001) is missing"),
    "enhanced": (
        {"Units": None, "SharedFunctionalGroupsSequence": [item()]},
        "it is not computed for enhanced images",
    ),
    "counts": (
        {"Units": "CNTS"},
        _NO_FACTOR,
    ),
    "counts without a creator": (
        {"Units": "CNTS", "private": [((0x7053, "OTHER"), 0x00, "DS", "0.0005")]},
        _NO_FACTOR,
    ),
    "absurd": (
        {"Units": "CNTS", "private": [(PHILIPS, 0x00, "DS", "1e300")]},
        "inconsistent header values",
    ),
}


@pytest.mark.parametrize(("changes", "reason"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_named(tmp_path, changes, reason):
    assert read(tmp_path, pet(**changes)) == (None, reason)


@pytest.mark.parametrize("units", ["GML", "CM2ML", "MLMING", "PROPCNTS"])
def test_what_is_no_activity_is_not_spoken_of(tmp_path, units):
    assert read(tmp_path, pet(Units=units)) == (None, "")


@pytest.mark.parametrize(
    ("told", "minutes"),
    [
        # An anonymizer moved this date and not the others.
        ("20170303092000", 60),
        # Relative to Greenwich: nothing says how that is to the series' time.
        ("20240115072000+0000", 60),
        ("20240115", 60),
        # A dynamic scan is started first.
        ("20240115102200", -2),
    ],
)
def test_the_day_of_the_injection_counts_only_where_it_fits(tmp_path, told, minutes):
    factors, _ = read(tmp_path, pet(RadiopharmaceuticalStartDateTime=told))
    assert factors.bw == pytest.approx(75_000 / (3.7e8 * 2 ** (-minutes * 60 / F18)), rel=1e-12)


@pytest.mark.parametrize(
    ("scan", "start", "seconds"),
    [("102000", "102030", -30), ("235945", "000015", -30), ("000015", "235945", 30)],
)
def test_a_dynamic_scan_may_start_before_the_injection(tmp_path, scan, start, seconds):
    times = {"SeriesTime": scan, "AcquisitionTime": scan, "RadiopharmaceuticalStartTime": start}
    factors, _ = read(tmp_path, pet(**times))
    assert factors.bw == pytest.approx(75_000 / (3.7e8 * 2 ** (-seconds / F18)), rel=1e-12)


@pytest.mark.parametrize(
    ("sex", "size", "lean", "surface"),
    [
        # James, "Research on Obesity", 1976; DuBois, 1916: worked out by hand for 75 kg.
        ("M", 1.80, 60.2778, 19_424.06),
        ("F", 1.65, 49.6715, 18_236.6),
        ("O", 1.80, None, 19_424.06),
        ("M", None, None, None),
        ("M", 180, None, None),
        ("M", 0, None, None),
    ],
)
def test_lean_body_mass_and_body_surface(tmp_path, sex, size, lean, surface):
    factors, _ = read(tmp_path, pet(PatientSex=sex, PatientSize=size, DecayCorrection="ADMIN"))
    found = [f and f * 3.7e8 for f in (factors.bw, factors.lbm, factors.bsa)]
    expected = [75_000, lean and 1000 * lean, surface]
    assert found == [e and pytest.approx(e, rel=1e-5) for e in expected]


def test_no_lean_body_mass_where_the_formula_has_none(tmp_path):
    """James' parabola falls below nothing for the heaviest."""
    changes = {"PatientSex": "F", "PatientWeight": 220, "PatientSize": 1.5}
    factors, _ = read(tmp_path, pet(**changes))
    assert factors.lbm is None
    assert factors.bsa > 0


def test_slices_share_a_factor_or_have_none():
    one, close, other = SuvFactors(1.0), SuvFactors(1.0 + 1e-5), SuvFactors(1.01)
    assert common_suv([(one, ""), (close, ""), (one, "")]) == (one, "")
    assert common_suv([(one, ""), (None, "why"), (one, "")]) == (None, "why")
    assert common_suv([(None, "")] * 2) == (None, "")
    factors, why = common_suv([(one, ""), (other, "")])
    assert factors is None
    assert "different times" in why


_WORDS = (
    "BQML CNTS START ADMIN ATTN\\DECY GEMS_PETD_01 20240115 102000 20240115102000 1e4 1e308 1e-300 "
    "-1 0"
)
_TEXTS = st.one_of(
    st.sampled_from([b"Philips PET Private Group", *_WORDS.encode().split()]),
    st.from_regex(rb"-?[0-9]{1,8}(\.[0-9]{1,6})?(e-?[0-9]{1,3})?", fullmatch=True),
    st.binary(max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_there_nothing_breaks(data):
    def elements(wanted):
        chosen = [tag for tag in wanted if isinstance(wanted[tag], bytes)]
        texts = data.draw(st.lists(_TEXTS, min_size=len(chosen), max_size=len(chosen)))
        return {tag: Element(wanted[tag], text) for tag, text in zip(chosen, texts, strict=True)}

    tracer = WANTED_SUV[Tag.RadiopharmaceuticalInformationSequence]
    values = {
        **elements(WANTED_SUV),
        Tag.RadiopharmaceuticalInformationSequence: (DataSet(elements(tracer)),),
        Tag.Units: Element(b"CS", data.draw(st.sampled_from([b"BQML", b"CNTS"]))),
        Tag.CorrectedImage: Element(b"CS", b"ATTN\\DECY"),
        Tag.DecayCorrection: Element(b"CS", data.draw(st.sampled_from([b"START", b"ADMIN"]))),
    }
    factors, why_not = read_suv(DataSet(values))
    assert (factors is None) == bool(why_not)
    if factors is not None:
        assert 1e-12 < factors.bw < 1e6
        assert 5 / factors.bw < math.inf


# --- stacks


def series(folder, slices=3, **changes):
    for i in range(slices):
        own = {name: v(i) if callable(v) else v for name, v in changes.items()}
        place = {"InstanceNumber": i + 1, "ImagePositionPatient": [0, 0, 2 * i]}
        data = pet(SOPInstanceUID=f"1.2.3.{i + 1}", PatientName="Canary^Alice", **place, **own)
        write(folder / f"{i + 1}.dcm", data)
    (stack,) = load(folder).stacks
    return stack


def test_a_stack_keeps_its_values_and_knows_their_suv(tmp_path):
    stack = series(tmp_path)
    assert stack.unit == "Bq/ml"
    assert stack.array.frame(0)[0, 1] == 0x0302 % 4096 * 2.5
    assert stack.suv.bw == pytest.approx(qiba(tmp_path / "1.dcm"), rel=1e-12)
    assert not any("SUV" in warning for warning in stack.warnings)


def test_a_stack_says_once_what_is_missing(tmp_path):
    stack = series(tmp_path, PatientWeight=None)
    assert stack.suv is None
    reason = "SUV not available: Patient's Weight (0010,1030) is missing"
    assert [w for w in stack.warnings if "SUV" in w] == [reason]


def test_one_slice_without_a_weight_is_enough(tmp_path):
    stack = series(tmp_path, PatientWeight=lambda i: 75 if i != 1 else None)
    assert stack.suv is None


def test_beds_one_after_the_other_have_one_factor(tmp_path):
    """What the beds of an altered series give differs by the rounding of their times only."""
    stack = series(
        tmp_path,
        8,
        SeriesTime="120000",
        AcquisitionTime=lambda i: f"10{20 + 3 * i:02d}00",
        FrameReferenceTime=lambda i: round(1000 * (180 * i + 89.858)),
        ActualFrameDuration=180_000,
    )
    first, last = (qiba(tmp_path / f"{i}.dcm") for i in (1, 8))
    assert stack.suv.bw == pytest.approx(first, rel=1e-12)
    assert stack.suv.bw == pytest.approx(last, rel=1e-5)
    assert stack.suv.bw == pytest.approx(75_000 / (3.7e8 * 2 ** (-3600 / F18)), rel=1e-5)


def test_frames_corrected_to_times_of_their_own_have_none(tmp_path):
    frames = {"SeriesTime": lambda i: f"10{20 + 5 * i:02d}00", "AcquisitionTime": "110000"}
    stack = series(tmp_path, **frames)
    assert stack.suv is None
    assert "SUV not available: slices are decay-corrected to different times" in stack.warnings


def test_other_modalities_have_nothing_to_do_with_it(tmp_path):
    stack = series(tmp_path, Modality="NM", PatientWeight=None)
    assert stack.suv is None
    assert not any("SUV" in warning for warning in stack.warnings)


def test_neither_weight_nor_height_nor_sex_goes_with_a_stack(tmp_path):
    stack = series(tmp_path, PatientWeight=83.25, PatientSize=1.7325, PatientSex="F")
    text = repr((stack, [*stack.slices], headers_of(stack)))
    assert "83.25" not in text
    assert "1.7325" not in text
    assert stack.suv.lbm is not None


def test_the_phantoms_liver_and_nodule_have_the_uptake_they_were_given(tmp_path):
    write_pet_ct(tmp_path, size=16, slices=30)
    (stack,) = load(tmp_path / "PT").stacks
    assert stack.suv.bw == pytest.approx(75_000 / (3.7e8 * 2 ** (-3600 / F18)), rel=1e-9)
    assert 4 < float(np.max(stack.array)) * stack.suv.bw < 15


@pytest.mark.parametrize("case", [c for c in case_names() if c.startswith("pet-")] or ["none"])
def test_real_pet_is_in_the_range_of_uptake(case):
    if case == "none":
        pytest.skip("NOT TESTED: no corpus of real DICOM; set MEDSCAN_CORPUS")
    for stack in load(case_path(case)).stacks:
        path = stack.header.source.path_on_disk
        assert stack.suv.bw == pytest.approx(qiba(path), rel=1e-9)
        values = np.asarray(stack.array) * stack.suv.bw
        assert 0.5 < values.max() < 50
        assert np.mean(values) < 3
