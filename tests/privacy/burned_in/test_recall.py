"""How much is found, and how often anatomy is taken for text: floors and a ceiling.

`tools/burned_in_bench.py` measures more; here is what must not get worse.
"""

from pathlib import Path

import napari_resources
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from napari_medscan import phantoms
from napari_medscan.dicom import load
from napari_medscan.privacy.burned_in import Level, find_text

from ...corpus.oracle import case_path, corpus_dir
from .test_burned_in import share_found, tissue

LATIN = ("DOE^JANE", "ID 4711-0815", "12.03.1961 F", "St. Mary Hospital")
JAPANESE = ("山田 太郎", "やまだ たろう")
HELD_OUT = (
    "ct-dupe-positions",
    "mr-axial-oblique-ge20",
    "mr-overlay-siemens",
    "mr-sag-mprage192",
    "pet-slices",
    "seg-liver-ct3",
)
"""None of them trained the network (tools/burned_in_pictures.py)."""
SHOW_TEXT = (
    "lut-modality-voi",
    "mg-8bit",
    "sc-rgb-variants",
    "us-palette",
    "us-palette-rle-10frames",
    "us-rgb",
    "us-ybr422-30frames",
)
needs_corpus = pytest.mark.skipif(
    not corpus_dir().is_dir(), reason="NOT TESTED: the corpus is not here"
)


def font(text, size):
    """Return Pillow's own font, or napari's for Japanese: neither trained the network."""
    if text in LATIN:
        return ImageFont.load_default(size)
    folder = Path(napari_resources.__file__).parent
    return ImageFont.truetype(str(next(folder.rglob("MPLUS1p-Regular.ttf"))), size)


def share_covered(text, size, contrast, angle, seed):
    """Draw a string over tissue or black; return the share of it that boxes cover."""
    picture = tissue(seed, (200, 200)) if seed % 2 else np.zeros((200, 200), np.uint8)
    loaded = font(text, size)
    left, top, right, bottom = loaded.getbbox(text)
    tile = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(tile).text((-left, -top), text, 255, loaded)
    ink = np.asarray(tile.rotate(angle, expand=True)) / 255
    ink = ink[:190, :190]
    high, wide = ink.shape
    rng = np.random.default_rng(seed)
    y, x = (int(rng.integers(2, 199 - length)) for length in (high, wide))
    return share_found(picture, ink, (y, x), contrast)


def test_plain_latin_of_8_pixels_and_more_is_found():
    asked = [
        (text, size, contrast, 0)
        for size in (8, 10, 12, 16, 20, 28)
        for contrast in (60, 120, 255)
        for text in LATIN[:3]
    ]
    shares = [share_covered(*one, seed) for seed, one in enumerate(asked)]
    assert np.mean(np.array(shares) >= 0.5) >= 0.95


def test_most_strings_are_found_small_faint_turned_and_japanese_ones_too():
    rng = np.random.default_rng(0)
    asked = [
        (text, int(size), int(contrast), int(angle))
        for text in (*LATIN, *JAPANESE)
        for size, contrast, angle in zip(
            rng.choice([6, 8, 10, 12, 16, 24, 40], 10),
            rng.choice([30, 60, 120, 255], 10),
            rng.choice([0, 0, 90, 5], 10),
            strict=True,
        )
    ]
    shares = [share_covered(*one, seed) for seed, one in enumerate(asked)]
    assert np.mean(np.array(shares) >= 0.5) >= 0.9


def pictures(case):
    """Return some pictures of each stack of a case, in a wide and in a narrow window."""
    for stack in load(case_path(case)).stacks[:2]:
        array = stack.array
        lead = array.shape[: array.ndim - (3 if stack.is_rgb else 2)]
        count = int(np.prod(lead))
        chosen = np.unique(np.linspace(0, count - 1, 5).round().astype(int))
        frames = np.stack([array[np.unravel_index(i, lead)] if lead else array for i in chosen])
        if stack.is_rgb or frames.dtype == np.uint8:
            yield from (np.asarray(frame) for frame in frames)
            continue
        for window in ((1, 99.5), (20, 80)):
            low, high = np.nanpercentile(frames, window)
            yield from ((frames - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)


def test_clean_shapes_are_no_text(tmp_path):
    phantoms.write_ct_chest(tmp_path / "ct")
    phantoms.write_mr_brain_oblique(tmp_path / "mr")
    phantoms.write_pet_ct(tmp_path / "pet")
    levels = []
    for stack in load(tmp_path).stacks:
        values = np.asarray(stack.array)[:: len(stack.array) // 7].astype(float)
        wide = tuple(np.percentile(values, (1, 99.5)))
        presets = ((-160, 240), (-1350, 150), (-450, 1050))
        for low, high in presets if stack.modality == "CT" else (wide,):
            shown = ((values - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
            levels += [find_text(picture, ocr=False).level for picture in shown]
    assert len(levels) >= 50
    assert not any(level is not None for level in levels)


def test_between_its_words_an_echocardiogram_has_no_text(tmp_path):
    phantoms.write_us_heart(tmp_path, frames=6)
    (stack,) = load(tmp_path).stacks
    pictures = np.asarray(stack.array).reshape(6, *stack.array.shape[2:])[:, 40:440]
    assert find_text(pictures[3], list(pictures), ocr=False).boxes == ()


@needs_corpus
def test_anatomy_that_the_network_never_saw_is_no_text():
    levels = [find_text(p, ocr=False).level for case in HELD_OUT for p in pictures(case)]
    assert len(levels) >= 40
    assert np.mean([level is Level.FOUND for level in levels]) <= 0.02
    assert np.mean([level is not None for level in levels]) <= 0.05


@needs_corpus
@pytest.mark.parametrize("case", SHOW_TEXT)
def test_text_in_a_real_picture_is_found(case):
    picture = next(pictures(case))
    assert find_text(picture, ocr=False).level is Level.FOUND
