"""Numbers with the decimals that they need."""

from __future__ import annotations

import pytest

from napari_medscan.widgets.panel.number_text import decimals, rounded, short, step


@pytest.mark.parametrize(
    ("scale", "digits", "by"),
    [(1500, 0, 50), (400, 0, 5), (40, 1, 0.5), (5, 2, 0.05), (0.1, 3, 0.005)],
)
def test_decimals_and_step_follow_the_scale(scale, digits, by):
    assert decimals(scale) == digits
    assert step(scale) == pytest.approx(by)


@pytest.mark.parametrize(
    ("number", "scale", "text"),
    [(40, 400, "40"), (-600.46, 400, "−600.5"), (-0.01, 1500, "0"), (0.0125, 0.1, "0.0125")],
)
def test_rounded_has_no_zeros_at_its_end(number, scale, text):
    assert rounded(number, scale) == text


def test_short_has_a_true_minus():
    assert short(-600.0) == "−600"
