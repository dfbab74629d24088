"""K3: volumes that overlap, and dynamic series with a lost file, are not mixed."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load

from .places import situation


def test_arterial_and_portal_ct_are_two_volumes():
    stacks = load(situation("ct_two_phases")).stacks
    found = sorted(np.asarray(stack.array)[:, 0, 0].tolist() for stack in stacks)
    assert found == [list(range(8)), [100.0 + z for z in range(4, 14)]]


def test_a_lost_file_leaves_a_hole_in_its_own_time_point():
    (stack,) = load(situation("lost_inst")).stacks
    right = [[100.0 * t + z for z in range(5)] for t in range(3)]
    right[0][2] = 0.0
    assert stack.read(errors="blank")[..., 0, 0].tolist() == right
    assert not stack.valid[0, 2]
    assert stack.array.places[0, 2] == -1
    assert stack.holes == (2,)
    assert stack.warnings == ("1 slice of one time point is missing (left blank)",)
