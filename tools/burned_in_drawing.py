"""Strings drawn as devices draw them, for training and for measuring.

Fonts are looked for in the folders of MEDSCAN_FONTS (a path list) and of the
system; those that measure are never trained with. Those named here are in the
PyPI packages mplfonts, trdg, manimgx-fonts-cjk, japanize-matplotlib,
koreanize-matplotlib, arcade and napari-resources, and in Debian's fonts-nanum,
fonts-unfonts-core, fonts-baekmuk, fonts-ipafont-gothic, fonts-ipafont-mincho,
fonts-motoya-l-cedar, fonts-arphic-gbsn00lp, -ukai and -uming, fonts-wqy-microhei.
"""

from __future__ import annotations

import os
from functools import cache
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

FOLDERS = [*os.environ.get("MEDSCAN_FONTS", "").split(os.pathsep), "/usr/share/fonts"]
MEASURING = {
    "Latin": ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "Kenney_Pixel.ttf"),
    "Cyrillic": ("DejaVuSans.ttf", "DejaVuSansMono.ttf"),
    "Japanese": ("MPLUS1p-Regular.ttf",),
    "Chinese": ("NotoSerifCJKsc-Regular.otf",),
    "Korean": ("SourceHanMonoSC-Regular.otf",),
}
TRAINING = {
    "Japanese": (
        "ipaexg.ttf",
        "ipag.ttf",
        "ipam.ttf",
        "ipagp.ttf",
        "ipamp.ttf",
        "MTLc3m.ttf",
        "NotoSansCJKsc-Regular.otf",
    ),
    "Chinese": (
        "SimHei.ttf",
        "NotoSansCJKsc-Regular.otf",
        "gbsn00lp.ttf",
        "ukai.ttc",
        "uming.ttc",
        "wqy-microhei.ttc",
    ),
    "Korean": (
        *("NanumGothic.ttf", "NanumGothicBold.ttf", "NanumGothicLight.ttf", "NanumMyeongjo.ttf"),
        *("NanumBarunGothic.ttf", "NanumGothicCoding.ttf", "NanumSquareRoundR.ttf"),
        *("UnBatang.ttf", "UnDotum.ttf", "UnDotumBold.ttf", "UnGraphic.ttf", "UnDinaru.ttf"),
        *("UnGungseo.ttf", "batang.ttf", "gulim.ttf", "dotum.ttf", "hline.ttf"),
    ),
}
"""Of the scripts that few fonts have; Latin and Cyrillic take all that do not measure."""
PROBES = {
    "Latin": "A8g",
    "Cyrillic": "ЖЯд",
    "Japanese": "やカ",
    "Chinese": "院东",
    "Korean": "홍길",
}
Gray = NDArray[np.uint8]


@cache
def files() -> dict[str, str]:
    """Return the path of each font file by its name."""
    found: dict[str, str] = {}
    for folder in filter(None, FOLDERS):
        for path in sorted(Path(folder).rglob("*.[ot]t[fc]")):
            found.setdefault(path.name, str(path))
    return found


@cache
def fonts(*, training: bool) -> dict[str, tuple[str, ...]]:
    """Return the font files of each script that this computer has."""
    held = {name for names in MEASURING.values() for name in names}
    listed = {name for names in TRAINING.values() for name in names} | held
    chosen = {}
    for script in MEASURING:
        names = (TRAINING if training else MEASURING).get(script)
        if names is None:
            names = tuple(
                name
                for name in sorted(files())
                if name not in listed
                and not name.startswith(
                    ("DejaVu", "Vera", "Kenney_Pixel", "MPLUS", "VL-", "wqy", "STIXSiz", "cm")
                )
            )
        usable = tuple(files()[n] for n in names if n in files() and _has(files()[n], script))
        if usable:
            chosen[script] = usable
    return chosen


def _has(path: str, script: str) -> bool:
    """Tell whether a font draws a script: its glyphs differ from that of no character."""
    try:
        loaded = ImageFont.truetype(path, 16)
        missing = bytes(loaded.getmask("\U0010fffe"))
        drawn = [bytes(loaded.getmask(character)) for character in PROBES[script]]
    except (OSError, ValueError):
        return False
    return all(any(glyph) and glyph != missing for glyph in drawn) and len(set(drawn)) == len(drawn)


@cache
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a font, loaded once."""
    return ImageFont.truetype(path, size)


def tile(  # noqa: PLR0913 - each is one property of a string
    text: str,
    path: str,
    size: int,
    *,
    soft: bool,
    angle: int = 0,
    factor: int = 1,
    stacked: bool = False,
    blur: float = 0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw a string.

    Parameters
    ----------
    text, path, size
        The string, the file of its font, and the size in pixels.
    soft : bool
        Whether its edges are antialiased.
    angle : int
        Degrees, counterclockwise.
    factor : int
        A whole number that small print is blown up by, pixel by pixel.
    stacked : bool
        Whether each letter stands below the one before it.
    blur : float
        Standard deviation, in pixels, of a Gaussian that the string is blurred with.

    Returns
    -------
    ink, field : ndarray, of the same shape
        From 0 to 1: how much is the string's, and the rectangle that it stands in.
    """
    loaded = font(path, max(size // factor, 5))
    lines = "\n".join(text.replace(" ", "")) if stacked else text
    space = {"spacing": max(size // factor // 8, 1), "align": "center"} if stacked else {}
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox(
        (0, 0), lines, loaded, **space
    )
    margin = 2 + ceil(2 * blur)
    shape = (max(ceil(right - left), 1) + 2 * margin, max(ceil(bottom - top), 1) + 2 * margin)
    image = Image.new("L", shape)
    brush = ImageDraw.Draw(image)
    brush.fontmode = "L" if soft else "1"
    brush.text((margin - left, margin - top), lines, fill=255, font=loaded, **space)
    around = Image.new("L", shape)
    edge = (margin, margin, shape[0] - margin - 1, shape[1] - margin - 1)
    ImageDraw.Draw(around).rectangle(edge, fill=255)
    drawn = []
    for part in (image, around):
        scaled = part.resize((shape[0] * factor, shape[1] * factor), Image.Resampling.NEAREST)
        way = Image.Resampling.BILINEAR if soft and angle % 90 else Image.Resampling.NEAREST
        turned = scaled.rotate(angle, expand=True, resample=way)
        drawn.append(np.asarray(turned, np.float32) / 255)
    ink = gaussian_filter(drawn[0], blur, mode="constant") if blur else drawn[0]
    return ink, drawn[1]
