"""Exports that claim to be without identity write nothing that the gate would not let out."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from napari_medscan.dicom import load
from napari_medscan.export import ExportError, save_png
from napari_medscan.export.deidentify import Profile, deidentify

from ..dicom.making import item
from ..studies import write_series

SIDE = 128
REGION = item(RegionLocationMinX0=0, RegionLocationMinY0=40,
              RegionLocationMaxX1=SIDE - 1, RegionLocationMaxY1=SIDE - 1)  # fmt: skip


def gray(text=""):
    """Return an image of a disc, with text above it."""
    image = Image.new("I;16", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 50, 90, 110), fill=1200)
    draw.text((6, 8), text, fill=2000, font_size=18)
    return np.asarray(image, "<u2").tobytes()


ALIKE = {"Rows": SIDE, "Columns": SIDE, "WindowCenter": 0, "WindowWidth": 2000}
PLAIN = {**ALIKE, "PixelData": gray()}
CASES = {
    "text in the pixels": ({**ALIKE, "PixelData": gray("ANNA MEYER")}, "seems to contain text"),
    "header": ({**PLAIN, "BurnedInAnnotation": "YES"}, "may contain text"),
    "head": ({**PLAIN, "BodyPartExamined": "HEAD"}, "face may be recognizable"),
    "photograph": ({**PLAIN, "Modality": "XC", "BurnedInAnnotation": "NO"}, "is a photograph"),
}


def png(folder, out, *, pixels_checked=False):
    (stack,) = load(folder).stacks
    return [file.read_bytes() for file in save_png(stack, out, pixels_checked=pixels_checked).files]


def dicom(folder, out, *, pixels_checked=False):
    outcomes = deidentify(folder, out, Profile(pixels_checked=pixels_checked))
    if any(outcome.status != "written" for outcome in outcomes):
        raise ExportError(outcomes[0].reason)
    return [outcome.target.read_bytes() for outcome in outcomes]


@pytest.mark.parametrize("export", [png, dicom])
@pytest.mark.parametrize("case", CASES)
def test_export_is_refused_until_a_person_has_checked_the_images(tmp_path, case, export):
    attributes, reason = CASES[case]
    write_series(tmp_path / "plain", 2, **PLAIN)
    assert len(export(tmp_path / "plain", tmp_path / "a")) == 2
    write_series(tmp_path / "in", 2, **attributes)
    with pytest.raises(ExportError, match=reason) as caught:
        export(tmp_path / "in", tmp_path / "b")
    assert "ANNA" not in str(caught.value)
    assert not list((tmp_path / "b").rglob("*.[pd][nc][gm]"))
    assert len(export(tmp_path / "in", tmp_path / "c", pixels_checked=True)) == 2


def test_png_is_black_outside_the_regions_of_an_ultrasound(tmp_path):
    """PS3.3 C.8.5.5; text there is gone, so that it need not be checked."""
    made = {"Modality": "US", "BurnedInAnnotation": "NO", "SequenceOfUltrasoundRegions": [REGION]}
    write_series(tmp_path / "in", 2, **{**CASES["text in the pixels"][0], **made})
    (stack,) = load(tmp_path / "in").stacks
    image = np.asarray(Image.open(save_png(stack, tmp_path / "out").files[0]))
    assert image.shape == (SIDE, SIDE)
    assert image[:40].max() == 0
    assert image[40:].max() > 0


def test_dicom_is_checked_outside_the_regions_of_an_ultrasound_too(tmp_path):
    made = {"Modality": "US", "BurnedInAnnotation": "NO", "SequenceOfUltrasoundRegions": [REGION]}
    write_series(tmp_path / "plain", 1, **{**PLAIN, **made})
    assert len(dicom(tmp_path / "plain", tmp_path / "a")) == 1
    write_series(tmp_path / "in", 1, **{**CASES["text in the pixels"][0], **made})
    with pytest.raises(ExportError, match="seems to contain text"):
        dicom(tmp_path / "in", tmp_path / "b")
