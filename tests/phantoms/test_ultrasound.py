"""The echocardiogram phantom: a calibrated cine with text burned in outside its region."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import load
from napari_medscan.phantoms import write_us_heart


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("us")
    write_us_heart(folder, frames=6)
    return folder


@pytest.fixture(scope="module")
def cine(folder):
    return pydicom.dcmread(folder / "IM000001.dcm")


def test_it_opens_as_a_calibrated_cine(folder):
    (stack,) = load(folder).stacks
    assert stack.array.shape == (6, 1, 480, 640)
    assert stack.geometry.spacing[1:] == (0.4, 0.4)
    assert stack.header.frame_duration == 40
    assert not stack.warnings


def test_all_echoes_lie_within_the_region_and_all_text_without(cine):
    (region,) = cine.SequenceOfUltrasoundRegions
    inside = np.zeros((480, 640), bool)
    inside[
        region.RegionLocationMinY0 : region.RegionLocationMaxY1 + 1,
        region.RegionLocationMinX0 : region.RegionLocationMaxX1 + 1,
    ] = True
    frames = cine.pixel_array
    moving = frames.std(axis=0) > 0
    text = (frames == 235).all(axis=0)
    assert cine.BurnedInAnnotation == "YES"
    assert moving.any()
    assert not moving[~inside].any()
    assert text.sum() > 500
    assert not text[inside].any()


def test_ventricles_shrink_while_atria_fill(cine):
    first, squeezed = (cine.pixel_array[n] for n in (0, 1))

    def blood(frame, rows):
        return int((frame[rows, 240:400] < 20).sum())

    ventricles, atria = slice(125, 240), slice(270, 365)
    assert blood(squeezed, ventricles) < blood(first, ventricles)
    assert blood(squeezed, atria) > blood(first, atria)


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    write_us_heart(tmp_path / "again", frames=6)
    write_us_heart(tmp_path / "other", frames=6, seed=8)
    first, again, other = (
        (path / "IM000001.dcm").read_bytes()
        for path in (folder, tmp_path / "again", tmp_path / "other")
    )
    assert first == again
    assert first != other
