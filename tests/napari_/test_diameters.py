"""The diameter across is turned about its middle, in millimeters, and keeps its length."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.napari_.diameters import crossed


@pytest.mark.parametrize("seed", range(20))
def test_crossed_lines_are_at_right_angles_of_the_same_length_and_middle(seed):
    generator = np.random.default_rng(seed)
    spacing = generator.uniform(0.3, 3, 3)
    longest, across = generator.uniform(-50, 50, (2, 2, 3))
    longest[:, 0] = across[:, 0] = 7
    turned = crossed(longest, across, spacing)
    along, before, after = (
        (np.diff(ends, axis=0)[0]) * spacing for ends in (longest, across, turned)
    )
    assert abs(along @ after) < 1e-6 * np.linalg.norm(along) * np.linalg.norm(after)
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before))
    np.testing.assert_allclose(turned.mean(axis=0), across.mean(axis=0))
    np.testing.assert_allclose(turned[:, 0], 7)
    np.testing.assert_allclose(crossed(longest, turned, spacing), turned)
    assert after @ before > 0


@pytest.mark.parametrize("across", [[[0, 3, 3], [0, 3, 3]], [[0, 0, 2], [0, 0, 9]]])
def test_points_and_parallel_lines_stay(across):
    longest, across = np.array([[0, 1, 0], [0, 1, 5]], float), np.array(across, float)
    np.testing.assert_array_equal(crossed(longest, across, np.ones(3)), across)
