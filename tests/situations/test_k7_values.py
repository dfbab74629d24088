"""K7: values that are right, or left as stored with a warning."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load

from .places import situation


def test_a_slope_with_a_decimal_comma_is_read():
    (stack,) = load(situation("comma_slope")).stacks
    # The first pixels are 1000, 1001 …: 0.5 times that, less 1024.
    assert np.asarray(stack.array)[:, 0, 0].tolist() == [-524.0, -523.5, -523.0, -522.5]
    assert stack.unit == "HU"
    assert stack.warnings == ()


def test_ct_without_a_rescale_is_not_in_hounsfield_units():
    (stack,) = load(situation("ct_norescale")).stacks
    assert np.asarray(stack.array)[:, 0, 0].tolist() == [1000, 1001, 1002]
    assert stack.unit is None
    note = "Rescale slope and intercept are missing: values are stored values, not HU"
    assert stack.warnings == (note,)


def test_a_real_world_value_mapping_gives_values_and_unit():
    (stack,) = load(situation("rwvm")).stacks
    assert np.asarray(stack.array)[:, 0, 0].tolist() == [1.0, 2.0, 3.0]
    assert stack.unit == "Bq/ml"
    (mapping,) = stack.real_world_mappings
    assert (mapping.label, mapping.unit, mapping.first, mapping.last) == ("X", "Bq/ml", 0, 65535)
    assert stack.warnings == ()
