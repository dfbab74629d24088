"""Numbers of any magnitude, with the decimals that they need."""

from __future__ import annotations

import math


def decimals(scale: float) -> int:
    """Return how many decimals tell a hundredth of `scale` or less."""
    return min(max(2 - _magnitude(scale), 0), 12)


def step(scale: float) -> float:
    """Return by how much an arrow changes a number: a twentieth of `scale` or less."""
    return 10.0 ** (_magnitude(scale) - 1) / 2


def rounded(number: float, scale: float) -> str:
    """Return a number to a thousandth of `scale` or better, with a true minus."""
    digits = max(0, 3 - _magnitude(scale))
    # Plus 0: what rounds to nothing is written without a minus.
    text = f"{round(number, digits) + 0.0:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def short(number: float) -> str:
    """Return a number as people write it, with a true minus."""
    return f"{number:.6g}".replace("-", "−")


def _magnitude(scale: float) -> int:
    """Return the power of ten of a number."""
    return math.floor(math.log10(max(scale, 1e-12)))
