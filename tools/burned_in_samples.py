"""Samples to train with: crops of text-free pictures, some with strings drawn on them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from burned_in_drawing import Gray, fonts, tile
from burned_in_pictures import CORPUS, TRAINING, clean, sampled, volume
from burned_in_shapes import SIDE, Floats, Random, clutter, synthetic
from napari_medscan.dicom import load
from napari_medscan.privacy.burned_in.looks import deblurred, enlarged
from napari_medscan.privacy.burned_in.network import STRIDE
from napari_medscan.privacy.burned_in.tilted import turned

SMALLEST, LARGEST, HUGEST = 5.5, 46, 90
"""Sizes in pixels: those to be found at this resolution, and those left to a coarser one."""
LEAST = 24
"""Pixels: the side of a picture that is cropped."""
SIGNS = list(".,:;/-^_()+*#%=<>&'?!°")
LETTERS = {
    "Latin": list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÄÖÜäöüßéèñçåøł"),
    "Cyrillic": [chr(code) for code in range(0x410, 0x450)],
}
"""Of the scripts that have few of them."""
KANA = [chr(code) for code in (*range(0x3042, 0x3093), *range(0x30A2, 0x30F3))]
WRITTEN = 0.72
"""The share of samples that show strings."""
ANGLES = (0.46, 0.08, 0.08, 0.04, 0.13, 0.21)
"""The share of strings that are level, on either side, on their head, tilted little or at will."""
STACKED, BLURRED, SHARPENED = 0.07, 0.4, 0.9
"""The share of strings whose letters stand below each other, and that are blurred: of all, and
of those that are seen deblurred."""
BLURS, BLUR = (0.6, 4.2), (7, 16)
"""Pixels: the standard deviation of a blur, and times: how much higher the string is. What is less
than the first of them cannot be read."""
FAINTEST = 8
"""Gray levels that are left of the contrast of a string that can be read."""


@dataclass(frozen=True)
class Look:
    """How a crop is seen: so many times enlarged, turned by some degrees, or deblurred."""

    times: int = 1
    angle: int = 0
    deblur: bool = False


LOOKS = {
    Look(): 0.6,
    Look(times=2): 0.09,
    Look(times=3): 0.12,
    Look(angle=30): 0.04,
    Look(angle=45): 0.04,
    Look(angle=60): 0.04,
    Look(deblur=True): 0.07,
}
"""The share of samples that are seen so, as the check looks again."""
SCRIPTS = {"Latin": 0.43, "Cyrillic": 0.12, "Japanese": 0.13, "Chinese": 0.16, "Korean": 0.16}


def string(rng: Random, script: str) -> str:
    """Return letters, digits and signs as headers mix them."""
    wordy = script in LETTERS
    words = []
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        kind = rng.random()
        if kind < 0.25:
            word = "".join(rng.choice(list("0123456789"), int(rng.integers(2, 9))))
            if rng.random() < 0.5:
                place = int(rng.integers(1, len(word)))
                word = word[:place] + str(rng.choice(SIGNS)) + word[place:]
        else:
            length = int(rng.integers(2, 9 if wordy else 6))
            word = "".join(letter(rng, script) for _ in range(length))
            if wordy:
                word = (word.upper(), word.lower(), word.capitalize())[int(rng.integers(3))]
            if kind > 0.85:
                word += str(rng.choice(SIGNS))
        words.append(word)
    return " ".join(words)


def letter(rng: Random, script: str) -> str:
    """Return a letter; of scripts with thousands, more often one that is much used."""
    if script in LETTERS:
        return LETTERS[script][int(rng.integers(len(LETTERS[script])))]
    if script == "Korean":
        last = int(rng.integers(28)) if rng.random() < 0.5 else 0
        return chr(0xAC00 + 28 * int(rng.integers(19 * 21)) + last)
    if script == "Japanese" and rng.random() < 0.5:
        return KANA[int(rng.integers(len(KANA)))]
    if script == "Chinese" and rng.random() < 0.3:
        return chr(int(rng.integers(0x4E00, 0x9F00)))
    # The first level of either standard: what a newspaper needs.
    row, cell = int(rng.integers(0xB0, 0xCF)), int(rng.integers(0xA1, 0xFF))
    return bytes((row, cell)).decode("gb2312" if script == "Chinese" else "euc_jp")


def pictures(extra: Path | None) -> list[Floats]:
    """Return text-free pictures and volumes: of the training cases, and of a folder."""
    found: list[Floats] = []
    for name in TRAINING:
        for stack in load(CORPUS / "cases" / name).stacks[:3]:
            solid = volume(stack)
            if solid is not None and min(solid.shape) >= LEAST:
                found.append(solid)
            # A tiny picture would be taken for a letter, and rightly.
            seen = [p for p in sampled(stack)[::2] if min(p.shape[:2]) >= LEAST]  # type: ignore[union-attr]
            found += [p.mean(axis=2) if p.ndim == 3 else p for p in seen]
    for case in clean(training=True):
        found.append(np.stack(case.frames).astype(np.float32))
    for path in sorted(extra.glob("*.np[yz]")) if extra else []:
        found.append(np.load(path, allow_pickle=False).astype(np.float32))
    return [np.nan_to_num(picture.astype(np.float32)) for picture in found]


def background(rng: Random, all_pictures: list[Floats]) -> Gray:
    """Return a crop without text, at times as a second look is given it."""
    crop = crop_without_text(rng, all_pictures)
    nothing = np.zeros_like(crop)
    return _seen(rng, _look(rng), crop, nothing, nothing)[0]


def _look(rng: Random) -> Look:
    return list(LOOKS)[int(rng.choice(len(LOOKS), p=list(LOOKS.values())))]


def crop_without_text(rng: Random, all_pictures: list[Floats]) -> Floats:
    """Return a crop without text, from 0 to 255."""
    kind = rng.random()
    if kind < 0.12:
        crop = np.full((SIDE, SIDE), float(rng.choice([0, 0, 255, rng.integers(256)])), np.float32)
        if rng.random() < 0.5:
            crop += rng.normal(0, rng.uniform(1, 8), crop.shape)
    elif kind < 0.42:
        crop = synthetic(rng)
    else:
        crop = _of(rng, all_pictures)
    if rng.random() < 0.25:
        crop = clutter(rng, crop)
    if rng.random() < 0.1:
        crop = ndimage.gaussian_filter(crop, rng.uniform(0.5, 3))
    return crop.clip(0, 255).astype(np.float32)


def _of(rng: Random, all_pictures: list[Floats]) -> Floats:
    picture = all_pictures[int(rng.integers(len(all_pictures)))]
    if picture.ndim == 3:
        axis = int(rng.integers(3))
        if rng.random() < 0.3:
            # As a projection, and as what stays of a stack.
            start, step = (int(rng.integers(1, n)) for n in (picture.shape[axis], 6))
            part = picture.take(range(start, picture.shape[axis], step)[:17], axis)
            kind = rng.random()
            whole = np.mean if kind < 0.6 else np.max if kind < 0.85 else np.min
            picture = whole(part, axis=axis)
        else:
            picture = picture.take(int(rng.integers(picture.shape[axis])), axis)
    scale = float(rng.choice([1, 1, rng.uniform(0.15, 1), rng.uniform(1, 4)]))
    side = max(8, round(SIDE / scale))
    shape = picture.shape
    top = int(rng.integers(-16, max(shape[0] - side + 16, -15)))
    left = int(rng.integers(-16, max(shape[1] - side + 16, -15)))
    part = picture[max(top, 0) : top + side, max(left, 0) : left + side]
    low, high = _window(rng, picture, part)
    crop = np.full((side, side), picture.min(), np.float32)
    crop[
        max(-top, 0) : max(-top, 0) + part.shape[0], max(-left, 0) : max(-left, 0) + part.shape[1]
    ] = part
    if scale != 1:
        order = int(rng.integers(2)) if scale > 1 else 1
        if scale < 1:
            crop = ndimage.gaussian_filter(crop, 0.4 / scale)
        crop = ndimage.zoom(crop, SIDE / side, order=order, mode="nearest", grid_mode=True)
    crop = (crop - low) * (255 / max(high - low, 1e-6))
    crop = np.rot90(crop, int(rng.integers(4)))
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    if rng.random() < 0.12:
        crop = 255 - crop.clip(0, 255)
    return crop[:SIDE, :SIDE]


def _window(rng: Random, picture: Floats, part: Floats) -> tuple[float, float]:
    """Return contrast limits: of the picture, of the crop, or narrow."""
    kind = rng.random()
    if kind < 0.4 or not part.size:
        low, high = np.percentile(picture[::3, ::3], (1, 99.5))
    elif kind < 0.6:
        low, high = np.percentile(part, (2, 98))
    else:
        low, high = np.sort(rng.choice(picture[::3, ::3].ravel(), 2))
    return float(low), float(max(high, low + 1e-3 * (float(np.ptp(picture)) or 1)))


def sample(rng: Random, all_pictures: list[Floats]) -> tuple[Gray, Gray]:
    """Make one sample.

    Returns
    -------
    crop : ndarray of uint8, shape (SIDE, SIDE)
    target : ndarray of uint8, shape (SIDE / STRIDE, SIDE / STRIDE)
        0 is no text, 1 text, 2 counts for neither.
    """
    half = rng.random() < 0.2
    look = _look(rng)
    crop = crop_without_text(rng, all_pictures)
    known, unsure = np.zeros_like(crop), np.zeros_like(crop)
    if rng.random() < WRITTEN:
        for _ in range(int(rng.integers(1, 6))):
            _write(rng, crop, known, unsure, look)
    if half:
        # As a larger picture that was reduced, like those of the coarser passes.
        crop = ndimage.gaussian_filter(crop, rng.uniform(0.3, 0.7))
    if rng.random() < 0.25:
        crop = compressed(rng, crop)
    seen, known, unsure = _seen(rng, look, crop, known, unsure)
    cells = (SIDE // STRIDE, STRIDE, SIDE // STRIDE, STRIDE)
    share = known.reshape(cells).mean(axis=(1, 3))
    target = np.where(share >= 0.5, 1, np.where(share > 0.05, 2, 0))
    target = np.where((unsure.reshape(cells).max(axis=(1, 3)) > 0) & (target == 0), 2, target)
    return seen, target.astype(np.uint8)


def _seen(
    rng: Random, look: Look, crop: Floats, known: Floats, unsure: Floats
) -> tuple[Gray, Floats, Floats]:
    """Return a crop, and where text is or may be, as a look sees them."""
    gray = crop.round().clip(0, 255).astype(np.uint8)
    if look.times > 1:
        part = _close(rng, known, look.times)
        known, unsure = (
            kind[part].repeat(look.times, 0).repeat(look.times, 1) for kind in (known, unsure)
        )
        return enlarged(gray[part], look.times), known, unsure
    if look.angle:
        middle = (SIDE // 2, SIDE // 2)
        known, unsure = (
            (turned((255 * kind).astype(np.uint8), middle, look.angle, middle) > 127).astype(
                np.float32
            )
            for kind in (known, unsure)
        )
        return turned(gray, middle, look.angle, middle), known, unsure
    return deblurred(gray) if look.deblur else gray, known, unsure


def _close(rng: Random, known: Floats, times: int) -> tuple[slice, slice]:
    """Choose what a second look would be given: around a string, if there is one."""
    side = SIDE // times
    places = np.argwhere(known)
    if len(places) and rng.random() < 0.8:
        middle = places[int(rng.integers(len(places)))]
    else:
        middle = rng.integers(SIDE, size=2)
    top, left = (int(np.clip(n - side // 2, 0, SIDE - side)) for n in middle)
    return slice(top, top + side), slice(left, left + side)


def compressed(rng: Random, crop: Floats) -> Floats:
    """Return what a JPEG of any usual quality holds of a crop."""
    data = io.BytesIO()
    Image.fromarray(crop.clip(0, 255).astype(np.uint8)).save(
        data, "JPEG", quality=int(rng.integers(50, 96))
    )
    return np.asarray(Image.open(data), np.float32)


def _write(rng: Random, crop: Floats, known: Floats, unsure: Floats, look: Look) -> None:
    """Write one string where there is none, to be seen in some way; say where."""
    script = str(rng.choice(list(SCRIPTS), p=list(SCRIPTS.values())))
    available = fonts(training=True)[script]
    path = available[int(rng.integers(len(available)))]
    large = rng.random() < 0.06
    span = (LARGEST, HUGEST) if large else (SMALLEST, LARGEST)
    times = look.times
    low, high = np.log(max(span[0] / times, SMALLEST)), np.log(span[1] / times)
    size = round(float(np.exp(low + (high - low) * rng.random() ** 1.7)))
    blur = 0.0
    if rng.random() < (SHARPENED if look.deblur else BLURRED) and not large:
        blur = float(rng.uniform(*BLURS)) / times
        size = round(blur * float(np.exp(rng.uniform(*np.log(BLUR)))))
        size = min(max(size, ceil(SMALLEST)), LARGEST // times)
        blur = min(blur, size / BLUR[0])
    slight, any_ = int(rng.integers(-12, 13)), int(rng.integers(-180, 180))
    ink, field = tile(
        string(rng, script),
        path,
        size,
        soft=bool(rng.random() < 0.5),
        angle=look.angle + int(rng.choice([0, 90, 270, 180, slight, any_], p=ANGLES)),
        factor=int(rng.choice([1, 1, 1, 2])) if size >= 12 and not blur else 1,
        stacked=bool(rng.random() < STACKED),
        blur=blur,
    )
    ink, field = ink[:SIDE, :SIDE], field[:SIDE, :SIDE]
    high, wide = ink.shape
    if high < 4 or wide < 4 or ink.max() < 0.2:
        return
    top, left = (int(rng.integers(0, SIDE - n + 1)) for n in (high, wide))
    where = np.s_[top : top + high, left : left + wide]
    if known[where].any() or unsure[where].any():
        return
    crop[where], faint = styled(rng, crop[where], ink, field)
    (unsure if large or faint else known)[where] += field > 0.5


def styled(rng: Random, under: Floats, ink: Floats, field: Floats) -> tuple[Floats, bool]:
    """Return a part of a picture with a string over it, and whether it cannot be read."""
    noise = float(np.abs(under - ndimage.uniform_filter(under, 5)).mean())
    contrast = float(
        rng.choice([255, np.exp(rng.uniform(np.log(20), np.log(255)))], p=[0.25, 0.75])
    )
    value, style = _style(rng, under, ink, field, contrast)
    left = contrast * float(ink.max())
    return value, (left < 2 * noise and style == 0) or left < FAINTEST


def _style(
    rng: Random, under: Floats, ink: Floats, field: Floats, contrast: float
) -> tuple[Floats, int]:
    """Return a part of a picture with a string over it: plain, outlined, shadowed or boxed."""
    style = int(rng.choice([0, 0, 0, 1, 1, 2, 3, 3]))
    base = float(np.median(under))
    up = rng.random() < 0.7
    value = base + contrast if up else base - contrast
    if not -20 <= value <= 275:
        value = base - contrast if up else base + contrast
    value = min(max(value, 0.0), 255.0)
    if style == 1:
        edge = ndimage.grey_dilation(ink, size=(3, 3))
        around = float(rng.choice([0, 0, 255, base, 255 - value]))
        if abs(around - value) < min(contrast, 40):
            around = 0.0 if value > 128 else 255.0
        under = under * (1 - edge) + around * edge
    elif style == 2:
        shadow = np.roll(ink, (1, 1), (0, 1))
        under = under * (1 - shadow)
    elif style == 3:
        box = float(rng.choice([0, base, 255, rng.integers(256)]))
        value = box + contrast if box + contrast <= 275 else box - contrast
        value = min(max(value, 0.0), 255.0)
        under = under * (1 - field) + box * field
    return (under * (1 - ink) + value * ink).astype(np.float32), style
