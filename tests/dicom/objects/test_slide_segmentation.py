"""Segmentations of slides: the labels that highdicom wrote, at their place on the slide."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import Slide, SlideSegmentation, load
from napari_medscan.dicom.objects import slide_segmentation, tile_pyramid
from napari_medscan.frames import FrameCache

from .slide_labels import SHAPE, labels, slide_seg, write_source
from .slides import ORIGIN, SPACING

pytest.importorskip("highdicom")
FULL, SPARSE = "TILED_FULL", "TILED_SPARSE"


def opened(folder):
    """Return the slide and the segmentation of a folder."""
    report = load(folder, cache=FrameCache(1 << 20))
    assert report.stacks == ()
    assert not report.unreadable
    return report.objects


def pixels_of(found, cache_size=1 << 20):
    """Return the largest level of each set of segments."""
    cache = FrameCache(cache_size)
    return [np.asarray(found.pyramid(numbers, cache)[0]) for numbers in found.label_sets()]


@pytest.mark.parametrize("tiling", [FULL, SPARSE])
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_slide_segmentation_has_the_labels_that_highdicom_wrote(tmp_path, kind, tiling):
    source = write_source(tmp_path / "slide.dcm")
    slide_seg(source, labels(), kind, tiling).save_as(tmp_path / "seg.dcm")
    slide, found = opened(tmp_path)
    assert (type(slide), type(found)) == (Slide, SlideSegmentation)
    (drawn,) = pixels_of(found)
    assert np.array_equal(drawn, labels())
    assert found.geometry == slide.geometry
    assert found.geometry.translate == pytest.approx((0, -ORIGIN[0], -ORIGIN[1]))
    assert [segment.label for segment in found.segments] == ["Tumor", "Stroma"]
    assert found.summary == "2 segments, 96 × 64 pixels"


def test_slide_segmentation_of_a_smaller_level_covers_the_same_place(tmp_path):
    write_source(tmp_path / "slide.dcm")
    smaller = write_source(tmp_path / "level.dcm", zoom=4)
    slide_seg(smaller, labels(4), "BINARY", SPARSE, tile_size=None).save_as(tmp_path / "seg.dcm")
    slide, found = opened(tmp_path)
    assert len(slide.levels) == 2
    (drawn,) = pixels_of(found)
    assert np.array_equal(drawn, labels(4))
    assert found.geometry.scale[1:] == pytest.approx((4 * SPACING, 4 * SPACING))
    assert found.geometry.translate == slide.geometry.translate


def test_slide_segmentation_levels_of_one_series_are_one_pyramid(tmp_path):
    for zoom in (1, 4):
        source = write_source(tmp_path / f"slide{zoom}.dcm", zoom=zoom)
        slide_seg(source, labels(zoom), "BINARY", FULL).save_as(tmp_path / f"seg{zoom}.dcm")
    _, found = opened(tmp_path)
    large, small = found.pyramid((1, 2), FrameCache(1 << 20))
    assert np.array_equal(large, labels())
    assert np.array_equal(small, labels(4))


@pytest.mark.parametrize("tiling", [FULL, SPARSE])
def test_slide_segments_that_overlap_are_sets_of_their_own(tmp_path, tiling):
    source = write_source(tmp_path / "slide.dcm")
    stacked = np.stack([labels() == 1, labels() > 0], axis=-1)[None]
    slide_seg(source, stacked, "BINARY", tiling).save_as(tmp_path / "seg.dcm")
    _, found = opened(tmp_path)
    assert found.label_sets() == ((1,), (2,))
    first, second = pixels_of(found)
    assert np.array_equal(first, labels() == 1)
    assert np.array_equal(second, 2 * (labels() > 0))


def test_slide_segment_without_a_tile_is_listed_as_empty(tmp_path):
    source = write_source(tmp_path / "slide.dcm")
    only = np.where(labels() == 1, 1, 0).astype(np.uint8)
    slide_seg(source, only, "BINARY", SPARSE).save_as(tmp_path / "seg.dcm")
    _, found = opened(tmp_path)
    assert found.empty_segments() == {2}
    assert [segment.name for segment in found.segments] == ["Tumor", "Stroma"]


def test_slide_fractions_are_an_image_for_each_segment(tmp_path):
    source = write_source(tmp_path / "slide.dcm")
    fractions = np.stack([(labels() == 1) * 0.5, (labels() == 2) * 1.0], axis=-1)[None]
    written = slide_seg(source, fractions, "FRACTIONAL", FULL, max_fractional_value=200)
    written.save_as(tmp_path / "seg.dcm")
    found = next(each for each in opened(tmp_path) if each.header.modality == "SEG")
    assert [path.name for path in found.paths] == ["Tumor", "Stroma"]
    for number in range(2):
        level = np.asarray(found.pyramid(number, FrameCache(1 << 20))[0])
        assert level.dtype == np.float32
        assert np.allclose(level, fractions[0, ..., number])


def test_slide_segmentation_reads_only_the_tiles_in_view(tmp_path, monkeypatch):
    source = write_source(tmp_path / "slide.dcm")
    slide_seg(source, labels(), "LABELMAP", FULL).save_as(tmp_path / "seg.dcm")
    _, found = opened(tmp_path)
    read, original = [], slide_segmentation.read_stored
    monkeypatch.setattr(
        slide_segmentation, "read_stored", lambda *args: read.append(args[1]) or original(*args)
    )
    (level,) = found.pyramid((1, 2), FrameCache(1 << 20))
    assert read == []
    assert np.array_equal(level[21:30, 25:40], labels()[21:30, 25:40])
    assert read == [5]


def test_slide_labels_of_smaller_levels_keep_what_is_small(tmp_path, monkeypatch):
    """A mean of labels would be another label, and one pixel of 16 would vanish."""
    monkeypatch.setattr(tile_pyramid, "_SMALLEST", 30)
    source = write_source(tmp_path / "slide.dcm")
    dots = np.zeros(SHAPE, np.uint8)
    dots[10, 10] = dots[50, 51] = 1
    slide_seg(source, dots, "BINARY", SPARSE).save_as(tmp_path / "seg.dcm")
    _, found = opened(tmp_path)
    _, small = found.pyramid((1, 2), FrameCache(1 << 20))
    assert small.shape == (16, 24)
    assert np.argwhere(np.asarray(small)).tolist() == [[2, 2], [12, 12]]
