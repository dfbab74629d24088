"""Strings to be measured: what they say, how they are drawn, and where they are.

`usual` strings are level or nearly so, or on their side, and gray. The others of `KINDS`
are what devices and people draw less often, and what a check that expects the usual misses.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from burned_in_drawing import fonts, tile
from burned_in_pictures import Picture

TEXTS = {
    "Latin": ("DOE^JANE", "ID 4711-0815", "12.03.1961 F", "St. Mary Hospital", "L", "Im: 12/96"),
    "Cyrillic": ("Иванова Мария", "Больница №7", "ПЕТРОВ И.И."),
    "Japanese": ("山田 太郎", "やまだ たろう", "東京病院"),
    "Chinese": ("王小东", "人民医院", "姓名 李四"),
    "Korean": ("홍길동", "서울 병원"),
}
SIZES = (6, 8, 10, 12, 16, 24, 40)
CONTRASTS = (30, 60, 120, 255)
ANGLES = (0, 0, 0, 0, 90, 5)
STYLES = ("plain", "plain", "outlined", "boxed")
DROWNED = 2.0
"""Times the noise around it: a string with less contrast, once blurred, is hard to read."""
LEGIBLE = 8
"""Times: a string is so much larger than the standard deviation of what blurs it."""
HUES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 0))
LUMINANCE = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601."""
ALL, USUAL, ONE_LETTER = "all strings", "usual", "one letter, no string"
Random = np.random.Generator
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class String:
    """One string, and how it is to be drawn.

    Attributes
    ----------
    kind : str
        Of `KINDS`.
    text, script : str
    path : str
        The file of the font.
    size : int
        In pixels.
    contrast : int
        In gray levels; of no meaning if `hue` is given.
    angle : int
        Degrees, counterclockwise.
    style : str
        "plain", "outlined" in black, or "boxed": on black, or on a color.
    soft : bool
        Whether edges are antialiased.
    factor : int
        A whole number that small print is blown up by.
    stacked : bool
        Whether each letter stands below the one before it.
    blur : int
        Standard deviation in pixels.
    quality : int
        Of the JPEG that the whole image goes through, or 0.
    hue, box_hue : tuple of int, or None
        Colors of letters and box, drawn with the luminance of what is around the letters.
    """

    kind: str
    text: str
    script: str
    path: str
    size: int
    contrast: int
    angle: int
    style: str
    soft: bool
    factor: int
    stacked: bool = False
    blur: int = 0
    quality: int = 0
    hue: tuple[int, int, int] | None = None
    box_hue: tuple[int, int, int] | None = None


@dataclass
class Drawn:
    """One string in an image: what it is called in the table, and where it is."""

    kind: str
    names: list[str]
    top: int
    left: int
    field: NDArray[np.bool_] = field(repr=False)


def usual(rng: Random) -> String:
    """Choose a string as most are."""
    script = str(rng.choice(list(fonts(training=False))))
    size = int(rng.choice(SIZES))
    soft = bool(rng.random() < 0.5)
    return String(
        USUAL,
        str(rng.choice(TEXTS[script])),
        script,
        str(rng.choice(fonts(training=False)[script])),
        size,
        int(rng.choice(CONTRASTS)),
        int(rng.choice(ANGLES)),
        str(rng.choice(STYLES)),
        soft,
        2 if not soft and size >= 16 and rng.random() < 0.5 else 1,
    )


def _tilted(rng: Random, string: String, angle: int) -> String:
    return replace(string, angle=int(rng.choice([angle, -angle])))


def _blurred(rng: Random, string: String, blur: int) -> String:
    sizes = [size for size in SIZES if size >= LEGIBLE * blur]
    return replace(string, blur=blur, size=int(rng.choice(sizes)), factor=1, angle=0)


def _colored(rng: Random, string: String, *, boxed: bool) -> String:
    one, two = (tuple(HUES[index]) for index in rng.permutation(len(HUES))[:2])
    style = "boxed" if boxed else "plain"
    return replace(string, style=style, hue=one, box_hue=two if boxed else None, angle=0)


KINDS: dict[str, Callable[[Random, String], String]] = {
    USUAL: lambda _, string: string,
    "tilted 15°": lambda rng, string: _tilted(rng, string, 15),
    "tilted 30°": lambda rng, string: _tilted(rng, string, 30),
    "tilted 45°": lambda rng, string: _tilted(rng, string, 45),
    "tilted 60°": lambda rng, string: _tilted(rng, string, 60),
    "on its head": lambda _, string: replace(string, angle=180),
    "blurred, sigma 1 px": lambda rng, string: _blurred(rng, string, 1),
    "blurred, sigma 2 px": lambda rng, string: _blurred(rng, string, 2),
    "blurred, sigma 3 px": lambda rng, string: _blurred(rng, string, 3),
    "stacked letters": lambda _, string: replace(string, stacked=True, angle=0),
    "color on color": lambda rng, string: _colored(rng, string, boxed=True),
    "color on image": lambda rng, string: _colored(rng, string, boxed=False),
    "JPEG, quality 50": lambda _, string: replace(string, quality=50),
}
"""How each kind differs from the usual. Both of color are of equal luminance."""


def of_kind(rng: Random, kind: str) -> String:
    """Choose a string of a kind that has more than one letter, unless the usual has not."""
    string = usual(rng)
    while kind != USUAL and len(string.text) == 1:
        string = usual(rng)
    return replace(KINDS[kind](rng, string), kind=kind)


def draw(
    pictures: list[Picture], string: String, rng: Random
) -> tuple[list[Picture], Drawn] | None:
    """Draw a string at one place into all images of a series; None if it is too large."""
    alpha, around = tile(
        string.text,
        string.path,
        string.size,
        soft=string.soft,
        angle=string.angle,
        factor=string.factor,
        stacked=string.stacked,
        blur=string.blur,
    )
    rows, columns = pictures[0].shape[:2]
    high, wide = alpha.shape
    if high > rows - 8 or wide > columns - 8:
        return None
    y = int(rng.choice([4, rows - high - 4, rng.integers(4, rows - high - 3)]))
    x = int(rng.choice([4, columns - wide - 4, rng.integers(4, columns - wide - 3)]))
    where = np.s_[y : y + high, x : x + wide]
    under = pictures[0][where].astype(float)
    median = float(np.median(under))
    edge = ndimage.grey_dilation(alpha, size=(3, 3))
    back = {"plain": 0 * alpha, "outlined": edge, "boxed": around}[string.style]
    if string.hue is None:
        level = 0.0 if string.style == "boxed" else median
        value: float | NDArray[np.float64] = min(255.0, level + string.contrast)
        if value - level < 0.8 * string.contrast and string.contrast < 255:
            value = max(0.0, level - string.contrast)
        contrast, box = abs(float(value) - level), 0.0
    else:
        value, box = _of_equal_luminance(string, median, rng)
        contrast = float(np.abs(value - (box if string.box_hue else median)).max())
        pictures = [_rgb(picture) for picture in pictures]
    out = []
    for picture in pictures:
        copy = picture.astype(float)
        over, ink = (part[..., None] if copy.ndim == 3 else part for part in (back, alpha))
        copy[where] = (copy[where] * (1 - over) + box * over) * (1 - ink) + value * ink
        out.append(_compressed(copy.round().clip(0, 255).astype(np.uint8), string.quality))
    if string.blur:
        contrast *= float(alpha.max())
    gray = under.mean(axis=2) if under.ndim == 3 else under
    noise = float(np.abs(gray - ndimage.uniform_filter(gray, 5)).mean())
    drowned = string.style == "plain" and contrast < DROWNED * noise
    return out, Drawn(string.kind, _names(string, drowned=drowned), y, x, around > 0.5)


def _names(string: String, *, drowned: bool) -> list[str]:
    """Return the rows of the table that a string counts in."""
    if len(string.text) == 1:
        return [ONE_LETTER]
    if drowned:
        return ["drowned in noise"]
    names = [ALL, string.kind]
    if string.kind == USUAL:
        names = [ALL, string.script, string.style, f"{string.size:2} px"]
        names += [f"contrast {string.contrast:3}", f"angle {string.angle:2}°"]
        plain = string.style == "plain" and string.script == "Latin"
        if plain and string.size >= 8 and string.contrast >= 60:
            names.append("plain Latin ≥ 8 px, contrast ≥ 60")
    return names


def _of_equal_luminance(
    string: String, luminance: float, rng: Random
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the colors of letters and box, both of one luminance that is not too dark."""
    hue, box = (np.array(one or (1, 1, 1), float) for one in (string.hue, string.box_hue))
    brightest = 255 * min(float(hue @ LUMINANCE), float(box @ LUMINANCE))
    if string.box_hue:
        level = brightest * rng.uniform(0.5, 1)
    else:
        level = min(max(luminance, 20.0), brightest)
    return hue * (level / (hue @ LUMINANCE)), box * (level / (box @ LUMINANCE))


def _rgb(picture: Picture) -> Picture:
    """Return an image with three channels."""
    if picture.ndim == 3:
        return picture
    return np.repeat(picture[..., np.newaxis], 3, axis=2)


def _compressed(picture: Picture, quality: int) -> Picture:
    """Return what a JPEG of a quality holds of an image; as it is for a quality of 0."""
    if not quality:
        return picture
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data))
