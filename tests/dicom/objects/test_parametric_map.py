"""Parametric maps have the values, unit, quantity and places of their file."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from napari_medscan.dicom import load

from ..making import write
from .labeled import COLUMNS, DEPTH, ROWS, position, write_ct
from .mapped import parametric_map, quantity

VALUES = np.random.default_rng(3).random((2, ROWS, COLUMNS)) * 1000
PLACES = [position(1), position(2)]


def opened(folder, data):
    write(folder / "pm.dcm", data)
    return next(s for s in load(folder).stacks if s.kind.measures == "parameters")


@pytest.mark.parametrize("double", [False, True])
def test_parametric_map_has_values_unit_quantity_and_place(tmp_path, double):
    stack = opened(tmp_path, parametric_map(VALUES, PLACES, slope=0.5, double=double))
    assert np.allclose(np.asarray(stack.array), VALUES * 0.5, rtol=1e-6)
    assert stack.unit == "um2/s"
    assert stack.real_world_mappings[0].quantity == "Apparent Diffusion Coefficient"
    assert stack.name == "MR 7 · Apparent Diffusion Coefficient"
    assert np.allclose(stack.to_patient([(0, 0, 0), (1, 0, 0)]), PLACES)


@pytest.mark.parametrize(
    ("meaning", "description", "name"),
    [
        ("T1 map", "Study T1 Map", "MR 7 · Study T1 Map"),
        ("T1 map", "Breast", "MR 7 · Breast · T1 map"),
        ("", "Breast", "MR 7 · Breast"),
        ("Roe Jane 1", None, "MR 7"),
    ],
)
def test_parametric_map_name_says_the_quantity_once_and_no_patient(
    tmp_path, meaning, description, name
):
    data = parametric_map(
        VALUES, PLACES, meaning=meaning, SeriesDescription=description, PatientName="Roe^Jane"
    )
    assert opened(tmp_path, data).name.removesuffix(" · 1") == name


@pytest.mark.parametrize("label", ["Ktrans", "Mean"])
def test_parametric_map_of_two_quantities_is_two_series_and_no_series_in_time(tmp_path, label):
    """PS3.3 C.7.6.16.2.11: in one unit, they have a mapping each, with a code or a label alone."""
    pixels = np.concatenate((VALUES, VALUES + 5000))
    data = parametric_map(pixels, PLACES * 2, meaning="" if label == "Mean" else "Ktrans")
    shared = data.SharedFunctionalGroupsSequence[0]
    for number, frame in enumerate(data.PerFrameFunctionalGroupsSequence):
        mapping = deepcopy(shared.RealWorldValueMappingSequence[0])
        if number > 1:
            mapping.QuantityDefinitionSequence = [quantity("Ve")]
        mapping.LUTLabel = label
        frame.RealWorldValueMappingSequence = [mapping]
    del shared.RealWorldValueMappingSequence
    write(tmp_path / "pm.dcm", data)
    found = {stack.name: np.asarray(stack.array) for stack in load(tmp_path).stacks}
    assert list(found) == [f"MR 7 · {label}", "MR 7 · Ve"]
    for values, expected in zip(found.values(), (VALUES, VALUES + 5000), strict=True):
        assert np.allclose(values, expected, rtol=1e-6)


def test_parametric_map_is_looked_at_after_its_images(tmp_path):
    opened(write_ct(tmp_path), parametric_map(VALUES, PLACES))
    images, values = load(tmp_path).stacks
    assert images.array.shape[0] == DEPTH
    assert values.kind.is_derived
