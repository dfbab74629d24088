"""Made-up pictures without text to train with: textures, clean shapes, trunks, graphics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from burned_in_trunks import trunk

SIDE = 192
"""Pixels that a sample is high and wide."""
TRUNKS, SMALL = 0.4, 0.3
"""The share of made-up pictures that are slices through a trunk, and of these that are small."""
Random = np.random.Generator
Floats = NDArray[np.float32]


def synthetic(rng: Random) -> Floats:
    """Return a trunk, a texture, clean shapes, cartilage or teeth."""
    if rng.random() < TRUNKS:
        return small_trunks(rng) if rng.random() < SMALL else trunk(rng, SIDE)
    kind = int(rng.choice([0] * 4 + [1, 2, 3, 4, 5, 6] + [7] * 6 + [8] * 6 + [9] * 6))
    if kind >= 7:
        return (shapes, cartilage, teeth)[kind - 7](rng)
    noise = rng.normal(size=(SIDE, SIDE)).astype(np.float32)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    if kind == 0:
        return rng.choice([0, 128, 255], p=(0.15, 0.7, 0.15)) + rng.uniform(10, 220) * noise
    if kind in (1, 2):
        sigma = rng.uniform(0.6, 5)
        field = ndimage.gaussian_filter(noise, (sigma, sigma * rng.uniform(0.5, 2)))
        field = field / field.std()
        sharp = float(rng.choice([1, 3, 30]))
        return 128 + 127 * np.tanh(sharp * (field - rng.uniform(-1, 1)))
    if kind == 3:
        angle, period = rng.uniform(0, np.pi), rng.uniform(3, 30)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
        return 128 + rng.uniform(20, 127) * (np.sign(wave) if rng.random() < 0.5 else wave)
    if kind == 4:
        step = int(rng.integers(4, 40))
        grid = (x.astype(int) % step == 0) | (y.astype(int) % step == 0)
        if rng.random() < 0.4:
            grid = (x.astype(int) // step + y.astype(int) // step) % 2 == 0
        return np.where(grid, rng.uniform(0, 255), rng.uniform(0, 255)) + 3 * noise
    if kind == 5:
        field = ndimage.gaussian_filter(noise, rng.uniform(2, 9))
        width = rng.uniform(0.02, 0.15)
        vessels = np.exp(-((field / field.std() / width) ** 2))
        return rng.uniform(0, 90) + rng.uniform(30, 200) * vessels + rng.uniform(0, 12) * noise
    step = int(rng.integers(2, 40))
    bars = rng.integers(0, 256, SIDE)[(x.astype(int) // step)]
    return np.where(y < rng.integers(SIDE), bars, rng.integers(256)) + 0 * noise


def small_trunks(rng: Random) -> Floats:
    """Return rows of slices, of which each is as small as when an image is reduced."""
    count = int(rng.choice([2, 3, 4, 6]))
    side = SIDE // count
    some = [
        trunk(rng, 4 * side).clip(0, 255).reshape(side, 4, side, 4).mean(axis=(1, 3))
        for _ in range(4)
    ]
    rows = [np.hstack([some[i] for i in rng.integers(4, size=count)]) for _ in range(count)]
    return np.vstack(rows)


def cartilage(rng: Random) -> Floats:
    """Return curved bands of noise on flat ground, in a window so narrow that noise fills it."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    result = np.full((SIDE, SIDE), float(rng.choice([0, 0, rng.integers(60)])), np.float32)
    fine = np.array([rng.uniform(0.2, 1.1), rng.uniform(0.2, 1.1)])
    noise = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), fine)
    noise *= np.exp(rng.uniform(np.log(20), np.log(400))) / noise.std()
    for _ in range(int(rng.integers(1, 5))):
        radius, turn = rng.uniform(25, 220), rng.uniform(0, 2 * np.pi)
        middle = rng.uniform(0, SIDE, 2) + radius * np.array([np.sin(turn), np.cos(turn)])
        down, right = y - middle[0], (x - middle[1]) * rng.uniform(0.7, 1.4)
        apart = np.abs(np.hypot(down, right) - radius)
        along = np.arctan2(down, right)
        half = rng.uniform(3, 20) * (1 + rng.uniform(0, 0.4) * np.sin(along * rng.uniform(2, 12)))
        inside = 1 / (1 + np.exp(((apart - half) / rng.uniform(0.2, 2)).clip(-30, 30)))
        inside *= np.cos((along + turn) * rng.uniform(0.5, 4)) > rng.uniform(-1, 0.7)
        level = rng.uniform(-60, 300) if rng.random() < 0.75 else 600
        result = np.where(inside > 0.02, result * (1 - inside) + inside * (level + noise), result)
    return result.astype(np.float32)


def teeth(rng: Random) -> Floats:
    """Return blobs along an arch, dark or bright, each with an outline."""
    ground, ink = (int(level) for level in rng.integers(0, 256, 2))
    image = Image.new("L", (2 * SIDE, 2 * SIDE), ground)
    brush = ImageDraw.Draw(image)
    middle = 2 * SIDE * rng.uniform(0.2, 0.8, 2)
    half = 2 * SIDE * rng.uniform(0.12, 0.5, 2)
    start, count = rng.uniform(0, 2 * np.pi), int(rng.integers(6, 24))
    step = rng.uniform(2.5, 5) / count
    size = step * half.mean() * rng.uniform(0.3, 0.55)
    line, wide = int(rng.integers(256)), int(rng.choice([0, 0, 2, 3]))
    for index in range(count):
        x, y = middle + half * (np.cos(start + index * step), np.sin(start + index * step))
        across, down = np.maximum(size * rng.uniform(0.6, 1.3, 2), 3)
        box = (x - across, y - down, x + across, y + down)
        brush.rounded_rectangle(box, 0.7 * min(across, down), ink, line if wide else None, wide)
        if rng.random() < 0.4:
            box = (x - across / 3, y - down / 3, x + across / 3, y + down / 3)
            brush.ellipse(box, ground)
    crop = np.asarray(image, np.float32).reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    crop = ndimage.gaussian_filter(crop, rng.uniform(0, 1.5))
    return crop + rng.uniform(0, 12) * rng.normal(size=crop.shape).astype(np.float32)


def shapes(rng: Random) -> Floats:
    """Return ellipses, rings and arcs as a phantom has them, alone, mirrored, or in rows."""
    image = Image.new("L", (SIDE, SIDE), int(rng.choice([0, 0, rng.integers(256)])))
    brush = ImageDraw.Draw(image)
    reach = rng.uniform(0.1, 1)
    middle = rng.uniform(0.2, 0.8, 2) * SIDE
    for _ in range(int(rng.integers(2, 12))):
        ink = int(rng.choice([0, 255, rng.integers(256)]))
        half = np.exp(rng.uniform(np.log(1.5), np.log(60), 2)) * np.sqrt(reach)
        apart = rng.uniform(-0.5, 0.5, 2) * SIDE * reach
        wide = int(rng.choice([0, 0, rng.integers(1, 6)]))
        step = rng.uniform(1.1, 2.5) * 2 * half * rng.choice([-1, 0, 1], 2)
        for index in range(int(rng.choice([1, 1, rng.integers(2, 10)]))):
            for side in (1, -1) if rng.random() < 0.5 else (1,):
                x, y = middle + apart * (side, 1) + index * step
                box = (x - half[0], y - half[1], x + half[0], y + half[1])
                if wide and rng.random() < 0.5:
                    start = int(rng.integers(360))
                    brush.arc(box, start, start + int(rng.integers(20, 300)), ink, wide)
                else:
                    brush.ellipse(box, None if wide else ink, ink, max(wide, 1))
    crop = np.asarray(image, np.float32)
    crop = ndimage.gaussian_filter(crop, float(rng.choice([0, 0.5, rng.uniform(0.3, 1.5)])))
    return crop + rng.uniform(0, 8) * rng.normal(size=crop.shape).astype(np.float32)


def clutter(rng: Random, crop: Floats) -> Floats:
    """Draw lines, ticks, boxes, dots, arcs, curves: graphics that are not strings."""
    image = Image.fromarray(crop.clip(0, 255).astype(np.uint8))
    brush = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 8))):
        a, b, c, d = (int(n) for n in rng.integers(0, SIDE, 4))
        ink, wide = int(rng.choice([255, 0, rng.integers(256)])), int(rng.integers(1, 4))
        kind = int(rng.integers(7))
        box = (min(a, c), min(b, d), max(a, c) + 1, max(b, d) + 1)
        if kind == 0:
            brush.line((a, b, c, d), ink, wide)
        elif kind == 1:
            brush.rectangle(box, None, ink, wide)
        elif kind == 2:
            brush.arc(box, int(rng.integers(360)), int(rng.integers(360)), ink, wide)
        elif kind == 3:
            step, long = int(rng.integers(3, 30)), int(rng.integers(1, 10))
            for place in range(b, SIDE, step):
                if rng.random() < 0.5:
                    brush.line((a, place, a + long, place), ink, wide)
                else:
                    brush.line((a, place, a + long // 2, place), ink, wide)
        elif kind == 4:
            for _ in range(int(rng.integers(1, 30))):
                u, v = (int(n) for n in rng.integers(0, SIDE, 2))
                size = int(rng.integers(1, 7))
                brush.ellipse((u, v, u + size, v + size), ink)
        elif kind == 5:
            heights = ndimage.gaussian_filter(rng.normal(size=SIDE), rng.uniform(0.5, 6))
            heights = b + 20 * heights / (np.abs(heights).max() + 1e-6)
            brush.line([(i, float(h)) for i, h in enumerate(heights)], ink, wide)
        else:
            size = int(rng.integers(3, 10))
            brush.line((a - size, b, a + size, b), ink, wide)
            brush.line((a, b - size, a, b + size), ink, wide)
    return np.asarray(image, np.float32)
