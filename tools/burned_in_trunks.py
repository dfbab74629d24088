"""Slices through made-up trunks: organs, ribs and a vertebra as clean shapes, mostly mirrored.

What stands in a column or in a row, as these do, is what a network takes for letters.
They share no code and no shape with the phantoms of the package, which measure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

FINER = 2
"""Times: how much finer a slice is drawn than it is shown."""
Random = np.random.Generator
Floats = NDArray[np.float32]


@dataclass
class Slice:
    """A slice that is drawn; half of the trunk's width is 1, and its middle (0, 0)."""

    rng: Random
    side: int
    flat: float = field(init=False)
    """Half of its height."""

    def __post_init__(self) -> None:
        rng, pixels = self.rng, FINER * self.side
        self.image = Image.new("L", (pixels, pixels), int(rng.choice([0, 0, rng.integers(60)])))
        self.brush = ImageDraw.Draw(self.image)
        self.unit = pixels * rng.uniform(0.3, 0.47)
        self.middle = pixels * rng.uniform(0.42, 0.58, 2)
        self.flat = rng.uniform(0.6, 0.9)

    def tone(self, low: int = 0, high: int = 256) -> int:
        """Return a gray level."""
        return int(self.rng.integers(low, high))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return a place in pixels."""
        return self.middle[0] + x * self.unit, self.middle[1] + y * self.unit

    def ellipse(
        self, x: float, y: float, half: tuple[float, float], ink: int, w: float = 0
    ) -> None:
        """Draw an ellipse, or with a width of its line a ring."""
        box = (*self.at(x - half[0], y - half[1]), *self.at(x + half[0], y + half[1]))
        self.brush.ellipse(box, None if w else ink, ink, max(round(w * self.unit), 1))

    def pair(self, x: float, y: float, half: tuple[float, float], ink: int, w: float = 0) -> None:
        """Draw an ellipse on either side, not quite alike."""
        for sign in (1, -1):
            apart, below = self.rng.normal(0, (0.03 * abs(x), 0.01))
            self.ellipse(sign * (x + apart), y + below, half, ink, w)

    def line(self, ends: list[tuple[float, float]], ink: int, w: float) -> None:
        """Draw a line."""
        self.brush.line([self.at(*end) for end in ends], ink, max(round(w * self.unit), 1))


def trunk(rng: Random, side: int) -> Floats:
    """Return a part of a slice, or a whole one, of so many pixels a side."""
    larger = int(rng.choice([side, side, max(side, rng.uniform(0.7, 2) * side)]))
    one = Slice(rng, larger)
    one.ellipse(0, 0, (1, one.flat), one.tone(30, 140))
    inner = rng.uniform(0.86, 0.95)
    one.ellipse(0, 0, (inner, inner * one.flat), one.tone(90, 200))
    bone = one.tone(150)
    (_chest if rng.random() < 0.65 else _belly)(one)
    _ribs(one, bone)
    _column(one, bone)
    _vertebra(one, bone)
    if rng.random() < 0.25:
        arms = (0.14, 0.16)
        one.pair(rng.uniform(1.1, 1.25), rng.uniform(-0.1, 0.3), arms, one.tone(90, 200))
    if rng.random() < 0.4:
        box = (*one.at(-1.3, one.flat * 1.05 - 1), *one.at(1.3, one.flat * 1.05 + 0.1))
        one.brush.arc(box, 20, 160, one.tone(60), max(round(0.02 * one.unit), 1))
    return _seen(one, side)


def _seen(one: Slice, side: int) -> Floats:
    """Return a part of a slice: blurred, noisy, and in some window."""
    rng, pixels = one.rng, (one.side, FINER, one.side, FINER)
    values = np.asarray(one.image, np.float32).reshape(pixels).mean(axis=(1, 3))
    values = ndimage.gaussian_filter(values, float(rng.choice([0, 0.5, rng.uniform(0.4, 2.2)])))
    values += rng.normal(size=values.shape) * float(rng.choice([0, rng.uniform(0, 12)]))
    low = float(rng.choice([0, 0, rng.uniform(0, 90)]))
    high = float(rng.choice([255, 255, rng.uniform(low + 60, 255)]))
    top, left = (int(start) for start in rng.integers(0, one.side - side + 1, 2))
    return (values[top : top + side, left : left + side] - low) * np.float32(255 / (high - low))


def _chest(one: Slice) -> None:
    rng = one.rng
    lung = (rng.uniform(0.25, 0.36), one.flat * rng.uniform(0.55, 0.75))
    one.pair(rng.uniform(0.36, 0.46), rng.uniform(-0.1, 0.05), lung, one.tone(0, 90))
    for _ in range(int(rng.integers(0, 60))):
        x, y, size = rng.uniform(-0.75, 0.75), rng.uniform(-0.5, 0.5), rng.uniform(0.006, 0.035)
        if abs(x) > 0.15:
            half = (size, size * rng.uniform(0.6, 1.6))
            one.ellipse(
                x, y * one.flat, half, one.tone(90), float(rng.choice([0, 0, 0, 0.4 * size]))
            )


def _belly(one: Slice) -> None:
    rng = one.rng
    liver = (rng.uniform(0.3, 0.45), one.flat * rng.uniform(0.4, 0.6))
    one.ellipse(-rng.uniform(0.3, 0.45), -0.1, liver, one.tone(90, 230))
    kidney = (rng.uniform(0.1, 0.17), rng.uniform(0.12, 0.2))
    place = rng.uniform((0.35, 0.15 * one.flat), (0.5, 0.35 * one.flat))
    one.pair(*place, kidney, one.tone(90), float(rng.choice([0, 0.05])))
    for _ in range(int(rng.integers(2, 16))):
        size = rng.uniform(0.04, 0.12)
        place = rng.uniform((-0.6, -0.6 * one.flat), (0.6, 0.2 * one.flat))
        half = (size, size * rng.uniform(0.6, 1.4))
        one.ellipse(*place, half, one.tone(60), float(rng.choice([0, 0.02])))


def _ribs(one: Slice, bone: int) -> None:
    rng = one.rng
    count, start, cage = int(rng.integers(0, 16)), rng.random(), rng.uniform(0.72, 0.84)
    for index in range(count):
        turn = 2 * np.pi * (index + start) / count
        x, y = cage * np.cos(turn), cage * one.flat * np.sin(turn)
        along = np.array([-np.sin(turn), one.flat * np.cos(turn)])
        dx, dy = along * (rng.uniform(0.04, 0.16) / np.hypot(*along))
        ends, width = [(x - dx, y - dy), (x + dx, y + dy)], rng.uniform(0.036, 0.08)
        one.line(ends, bone, width)
        if rng.random() < 0.6:
            one.line(ends, one.tone(110, 200), 0.45 * width)


def _column(one: Slice, bone: int) -> None:
    """Draw a sternum, a heart, vessels and airways."""
    rng = one.rng
    if rng.random() < 0.8:
        half = (rng.uniform(0.06, 0.16), rng.uniform(0.03, 0.06))
        height = -one.flat * rng.uniform(0.75, 0.85)
        one.ellipse(0, height, half, bone, float(rng.choice([0, 0.02])))
    if rng.random() < 0.7:
        half = tuple(rng.uniform(0.15, 0.36, 2))
        place = (rng.uniform(-0.1, 0.2), rng.uniform(-0.4, -0.1) * one.flat)
        one.ellipse(*place, half, one.tone(90, 220))
    for _ in range(int(rng.integers(1, 9))):
        size = rng.uniform(0.03, 0.12)
        place = (rng.normal() * 0.12, rng.uniform(-0.6, 0.4) * one.flat)
        half = (size, size * rng.uniform(0.7, 1.3))
        one.ellipse(*place, half, one.tone(), float(rng.choice([0, 0, 0.015, 0.03])))


def _vertebra(one: Slice, bone: int) -> None:
    """Draw a vertebra, muscles beside it, and scapulae."""
    rng, size = one.rng, one.rng.uniform(0.1, 0.18)
    below = one.flat * rng.uniform(0.35, 0.55)
    body = (size, size * rng.uniform(0.7, 0.95))
    one.ellipse(0, below, body, bone, float(rng.choice([0, 0.02, 0.03])))
    if rng.random() < 0.7:
        one.ellipse(0, below, (0.75 * size, 0.6 * size), one.tone(110, 240))
    if rng.random() < 0.85:
        ring = below + 1.15 * size
        one.ellipse(0, ring, (0.55 * size, 0.42 * size), bone)
        one.ellipse(0, ring, (0.33 * size, 0.26 * size), one.tone(90, 200))
        for sign in (1, -1):
            tip = (sign * size * rng.uniform(1.2, 2), ring + size * rng.uniform(-0.3, 0.6))
            one.line([(sign * 0.5 * size, ring), tip], bone, 0.04)
        one.line([(0, ring + 0.4 * size), (0, ring + size * rng.uniform(0.9, 1.7))], bone, 0.04)
    if rng.random() < 0.7:
        half = (size * rng.uniform(0.6, 1.1), size * rng.uniform(0.5, 0.9))
        apart = size * rng.uniform(1.1, 1.8)
        one.pair(apart, below + 1.2 * size, half, one.tone(80, 200))
    if rng.random() < 0.5:
        half = (rng.uniform(0.1, 0.2), rng.uniform(0.02, 0.05))
        one.pair(rng.uniform(0.5, 0.7), below, half, bone)
