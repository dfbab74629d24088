"""Which windows are offered for which stack."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.series.presets import (
    CT,
    KEYS,
    PET,
    carried_over,
    display_scale,
    file_presets,
    group_of,
    modality_presets,
    with_keys,
)

from ..intensity.test_suv import pet
from ..making import write
from ..written_series import write_series


def stack_of(folder, **changes):
    write_series(folder, 3, **changes)
    (stack,) = load(folder).stacks
    return stack


def test_a_ct_in_hounsfield_units_has_the_usual_windows(tmp_path):
    found = modality_presets(stack_of(tmp_path))
    assert {w.name: (w.center, w.width) for w in found} == {
        "Brain": (40, 80),
        "Subdural": (75, 215),
        "Stroke": (40, 40),
        "Temporal bone": (600, 2800),
        "Soft tissue": (40, 400),
        "Lung": (-600, 1500),
        "Mediastinum": (50, 350),
        "Abdomen": (50, 400),
        "Liver": (30, 150),
        "Liver, contrast": (90, 150),
        "Bone": (400, 1800),
        "Spine": (50, 250),
        "Angio": (300, 600),
    }


def test_a_ct_in_other_units_has_none(tmp_path):
    assert modality_presets(stack_of(tmp_path, RescaleType="Z_EFF")) == ()


@pytest.mark.parametrize(("units", "count"), [("GML", 5), ("BQML", 0), ("CNTS", 0)])
def test_uptake_values_only_where_the_unit_says_so(tmp_path, units, count):
    stack = stack_of(tmp_path, Modality="PT", Units=units)
    assert len(modality_presets(stack)) == count


def test_uptake_windows_begin_at_nothing():
    assert [window.limits for window in PET] == [(0, 5), (0, 6), (0, 7), (0, 10), (0, 15)]


def pet_stack(folder, **changes):
    write(folder / "1.dcm", pet(**changes))
    (stack,) = load(folder).stacks
    return stack


def test_uptake_windows_are_offered_in_the_values_of_the_file(tmp_path):
    stack = pet_stack(tmp_path, DecayCorrection="ADMIN")
    found = modality_presets(stack)
    assert [window.name for window in found] == [window.name for window in PET]
    becquerel_per_suv = 3.7e8 / 75_000
    for window, top in zip(found, (5, 6, 7, 10, 15), strict=True):
        assert window.limits == pytest.approx((0, top * becquerel_per_suv), rel=1e-12)


def test_values_are_shown_in_uptake_where_it_is_known(tmp_path):
    factor, unit = display_scale(pet_stack(tmp_path / "known", DecayCorrection="ADMIN"))
    assert factor == pytest.approx(75_000 / 3.7e8, rel=1e-12)
    assert unit == "SUVbw"
    assert display_scale(pet_stack(tmp_path / "not", PatientWeight=None)) == (1, "Bq/ml")
    assert display_scale(pet_stack(tmp_path / "suv", Units="GML")) == (1, "SUVbw")
    assert display_scale(stack_of(tmp_path / "ct")) == (1, "HU")


def test_a_window_carried_over_draws_the_same_uptake(tmp_path):
    one = pet_stack(tmp_path / "one")
    other = pet_stack(tmp_path / "other", PatientWeight=120)
    for window in (*modality_presets(one), Window("LINEAR", 5000, 4000)):
        carried = carried_over(window, one, other)
        uptake = [limit * one.suv.bw for limit in window.limits]
        assert [limit * other.suv.bw for limit in carried.limits] == pytest.approx(uptake, abs=1e-9)
        assert carried.name == window.name
    sigmoid = Window("curve", 5000, 4000, "SIGMOID")
    assert carried_over(sigmoid, one, other).function == "SIGMOID"
    assert carried_over(sigmoid, one, one) is sigmoid
    ct = stack_of(tmp_path / "ct")
    assert carried_over(CT[0], ct, ct) is CT[0]


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "FA"]}, True),
        ({"SeriesDescription": "ep2d_diff_FA"}, True),
        ({"SeriesDescription": "Fractional Anisotropy"}, True),
        ({"SeriesDescription": "FAST T1"}, False),
        ({"SeriesDescription": "ep2d_diff_FA", "RescaleSlope": 1}, False),
    ],
)
def test_anisotropy_has_its_window_where_it_runs_from_0_to_1(tmp_path, changes, offered):
    scaled = {"Modality": "MR", "RescaleSlope": 0.001, "RescaleIntercept": 0}
    found = modality_presets(stack_of(tmp_path, **{**scaled, **changes}))
    assert [window.limits for window in found] == ([(0, 1)] if offered else [])


def test_the_files_windows_are_those_of_the_middle_slice_each_once(tmp_path):
    stack = stack_of(
        tmp_path,
        WindowCenter=[40, 40, 50],
        WindowWidth=[400, 400, 60],
        WindowCenterWidthExplanation=["A", "A", "B"],
    )
    assert [voi.name for voi in file_presets(stack)] == ["A", "B"]


def test_with_keys_ct_numbers_whatever_the_file_and_the_user_have():
    file, own = (Window("file", 1, 2),), (Window("own", 3, 4),)
    assert [window.name for window in with_keys(file, own, CT)] == [
        "Soft tissue",
        "Lung",
        "Bone",
        "Brain",
        "Subdural",
        "Stroke",
        "Mediastinum",
        "Liver",
        "Angio",
    ]


def test_with_keys_other_modalities_usual_then_file_then_own():
    file, own = (Window("file", 1, 2),), (Window("own", 3, 4),)
    assert with_keys(file, own, ()) == (*file, *own)
    assert with_keys(file, own, PET) == (*PET, *file, *own)
    assert len(with_keys(file * 5, own * 5, PET)) == KEYS


def test_presets_are_kept_by_modality_and_unit(tmp_path):
    assert group_of(stack_of(tmp_path / "ct")) == "CT HU"
    assert group_of(stack_of(tmp_path / "pt", Modality="PT", Units="BQML")) == "PT Bq/ml"
    pixels = np.arange(24, dtype="<u2").tobytes()
    other = {"Modality": "MR", "RescaleSlope": None, "RescaleIntercept": None}
    assert group_of(stack_of(tmp_path / "mr", PixelData=pixels, **other)) == "MR"
