"""Whole-slide images: levels, tiles full and sparse, optical paths, focal planes, hostile files."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.headers import tile_places
from napari_medscan.dicom.objects.slide import MAY_NAME, NO_SPACING
from napari_medscan.frames import FrameCache

from ..making import item, write
from .slides import ORIGIN, SPACING, cut, picture, slide, swapped_profile

TILE = 16
LARGE = picture(70, 100)
SMALL = LARGE[::2, ::2]


def _write(path, image, encoding="explicit", **changes):
    return write(path, slide(image.shape[:2], cut(image, TILE), **changes), encoding)


@pytest.fixture
def open_slides(tmp_path):
    def open_slides(*images, **common):
        """Write images, each a dict of the arguments of `slide`, and return what they make."""
        for number, own in enumerate(images):
            arguments = {**common, **own}
            encoding = arguments.pop("encoding", "explicit")
            image = arguments.pop("image", LARGE)
            tiles = arguments.pop("tiles", None)
            tiles = cut(image, TILE) if tiles is None else tiles
            data = slide(arguments.pop("size", image.shape[:2]), tiles, **arguments)
            data.SOPInstanceUID = f"1.2.3.8.{number + 1}"
            write(tmp_path / f"{number}.dcm", data, encoding)
        report = load(tmp_path)
        assert not report.unreadable
        assert not report.stacks
        return report.objects

    return open_slides


@pytest.mark.parametrize("encoding", ["explicit", "implicit", "big", "deflated"])
@pytest.mark.parametrize("sparse", [False, True])
def test_slide_levels_are_one_pyramid(open_slides, encoding, sparse):
    small = {"image": SMALL, "zoom": 2}
    (found,) = open_slides(small, {}, sparse=sparse, encoding=encoding)
    assert found.name == "SM 8 · Liver biopsy"
    assert found.summary == "100 × 70 pixels, 2 levels"
    large, smaller = found.pyramid()
    assert np.array_equal(large, LARGE)
    assert np.array_equal(smaller, SMALL)


def test_slide_lies_in_millimeters_along_its_own_axes(open_slides):
    (found,) = open_slides({})
    geometry = found.geometry
    # Rows run along -y and columns along -x of the slide.
    assert geometry.scale[1:] == (SPACING, SPACING)
    assert geometry.translate[1:] == (-ORIGIN[0], -ORIGIN[1])
    assert geometry.is_calibrated


def test_slide_without_pixel_measures_takes_spacing_from_the_imaged_volume(open_slides):
    shared = [item(OpticalPathIdentificationSequence=[item(OpticalPathIdentifier="1")])]
    volume = {"ImagedVolumeHeight": 7.0, "ImagedVolumeWidth": 20.0}
    (found,) = open_slides({"SharedFunctionalGroupsSequence": shared, **volume})
    assert found.geometry.scale[1:] == pytest.approx((0.1, 0.2))
    assert NO_SPACING not in found.warnings


def test_slide_of_unknown_size_says_so(open_slides):
    shared = {"SharedFunctionalGroupsSequence": [item()]}
    (found,) = open_slides({**shared, "ImagedVolumeHeight": None, "ImagedVolumeWidth": 0.0})
    assert NO_SPACING in found.warnings
    assert found.geometry.scale == (1.0, 1.0, 1.0)


def test_slide_sparse_tiles_lie_where_they_say_and_the_rest_has_the_background(open_slides):
    tiles = [(5, 40, picture(TILE, TILE, seed=1)), (60, 90, picture(TILE, TILE, seed=2))]
    lab = {"RecommendedAbsentPixelCIELabValue": [65535 // 2, 32896, 32896]}
    (found,) = open_slides({"tiles": tiles, "sparse": True, **lab})
    expected = np.full_like(LARGE, 119)
    expected[5:21, 40:56] = tiles[0][2]
    expected[60:70, 90:100] = tiles[1][2][:10, :10]
    (level,) = found.pyramid()
    assert np.array_equal(level, expected)
    assert found.missing_tiles() == 0


def test_slide_sparse_places_are_those_of_a_full_parse(open_slides, monkeypatch):
    def own(number):
        paths = [item(OpticalPathIdentifier="ab"[number % 2])]
        return {"OpticalPathIdentificationSequence": paths}

    image = cut(LARGE[..., 0], TILE)
    (found,) = open_slides({"tiles": image + image, "sparse": True, "paths": "ab", "own": own})
    quick = tile_places.read_places(found.header)
    monkeypatch.setattr(tile_places._Search, "run", lambda *_: None)
    full = tile_places.read_places.__wrapped__(found.header)
    for name in ("tops", "lefts", "planes", "paths"):
        assert np.array_equal(getattr(quick, name), getattr(full, name)), name
    assert set(quick.paths) == {0, 1}


def test_slide_full_optical_paths_and_focal_planes_follow_each_other(open_slides):
    images = [picture(20, 30, gray=True, seed=seed) for seed in range(6)]
    tiles = [tile for image in images for tile in cut(image, TILE)]
    (found,) = open_slides(
        {"tiles": tiles, "size": (20, 30), "paths": ("r", "g", "b")},
        TotalPixelMatrixFocalPlanes=2,
        DistanceBetweenFocalPlanes=4.0,
    )
    assert [path.name for path in found.paths] == ["Path r", "Path g", "Path b"]
    assert found.geometry.scale[0] == pytest.approx(0.004)
    for number in range(3):
        (level,) = found.pyramid(number)
        assert np.array_equal(level, np.stack(images[2 * number : 2 * number + 2]))


def test_slide_sparse_focal_planes_are_tiles_at_one_place(open_slides):
    """Heights alone make no planes: scanners focus on each tile."""

    def own(number):
        place = item(
            ZOffsetInSlideCoordinateSystem=number * 1.5,
            ColumnPositionInTotalImagePixelMatrix=number % 12 % 4 * 8 + 1,
            RowPositionInTotalImagePixelMatrix=number % 12 // 4 * 8 + 1,
        )
        return {"PlanePositionSlideSequence": [place]}

    images = [picture(24, 32, seed=seed) for seed in (1, 2)]
    one, two = (cut(image, 8) for image in images)
    common = {"size": (24, 32), "sparse": True, "own": own}
    (single,) = open_slides({"tiles": one, **common})
    assert np.array_equal(single.pyramid()[0], images[0])
    (double,) = open_slides({"tiles": one + two, **common})
    assert np.array_equal(double.pyramid()[0], np.stack(images))


def test_slide_optical_paths_in_files_of_their_own_are_one_slide(open_slides):
    images = [picture(20, 30, gray=True, seed=seed) for seed in range(2)]
    (found,) = open_slides(
        *({"image": image, "paths": (path,)} for image, path in zip(images, "ab", strict=True))
    )
    assert len(found.paths) == 2
    assert [np.array_equal(found.pyramid(n)[0], images[n]) for n in (0, 1)] == [True, True]


def test_slide_concatenation_is_one_image(open_slides):
    tiles = cut(LARGE, TILE)
    parts = [
        {
            "tiles": tiles[first:last],
            "ConcatenationUID": "1.2.9",
            "InConcatenationNumber": number,
            "InConcatenationTotalNumber": 2,
            "ConcatenationFrameOffsetNumber": first,
        }
        for number, (first, last) in enumerate(((0, 20), (20, len(tiles))), 1)
    ]
    (found,) = open_slides(*reversed(parts))
    assert np.array_equal(found.pyramid()[0], LARGE)


def test_slide_label_and_overview_are_images_of_their_own(open_slides):
    name = {"SeriesDescription": "Liver biopsy"}
    found = open_slides({}, {"flavor": "OVERVIEW"}, {"flavor": "LABEL"}, **name)
    assert [each.role for each in found] == ["slide", "overview", "label"]
    main, overview, label = found
    assert (main.is_shown_at_once, overview.is_shown_at_once, label.is_shown_at_once) == (
        True,
        True,
        False,
    )
    assert label.name == "SM 8 · label"
    assert MAY_NAME in label.warnings
    assert MAY_NAME not in main.warnings


def test_slide_overview_with_the_label_in_it_is_not_opened_by_itself(open_slides):
    found = open_slides({}, {"flavor": "OVERVIEW", "SpecimenLabelInImage": "YES"})
    assert [each.is_shown_at_once for each in found] == [True, False]


def test_slide_images_of_one_size_or_of_another_area_are_slides_of_their_own(open_slides):
    other = picture(70, 100, seed=5)
    wide = picture(20, 80, seed=6)
    found = open_slides({}, {"image": other}, {"image": wide, "flavor": "THUMBNAIL"})
    assert [each.summary for each in found] == ["100 × 70 pixels"] * 2 + ["80 × 20 pixels"]
    assert np.array_equal(found[1].pyramid()[0], other)


def test_slide_levels_that_the_files_lack_are_means(open_slides, monkeypatch):
    monkeypatch.setattr("napari_medscan.dicom.objects.tile_pyramid._SMALLEST", 20)
    (found,) = open_slides({})
    large, small, smallest = found.pyramid()
    assert [level.shape[:2] for level in (small, smallest)] == [(18, 25), (5, 7)]
    assert np.abs(small[2, 3] - LARGE[8:12, 12:16].mean((0, 1))).max() <= 0.5
    assert np.array_equal(large, LARGE)


def test_slide_that_lacks_tiles_counts_them(open_slides):
    (found,) = open_slides({"tiles": cut(LARGE, TILE)[:-3]})
    assert found.missing_tiles() == 3
    (level,) = found.pyramid()
    assert (level.display[64:, 90:] == 255).all()
    assert np.array_equal(level.display[:64], LARGE[:64])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"size": (4_000_000, 4_000_000)}, "far larger than a slide"),
        ({"size": (4_000_000, 3)}, ""),
        (
            {"DimensionOrganizationType": "TILED_SPARSE", "tiles": cut(LARGE, TILE)[:9]},
            "its tiles have no positions",
        ),
        ({"sparse": True, "own": lambda _: {"PlanePositionSlideSequence": []}}, "no positions"),
    ],
)
def test_slide_hostile_places_are_refused_in_words_or_read(open_slides, changes, why):
    (found,) = open_slides(changes)
    if why:
        with pytest.raises(UnreadableError, match=why):
            found.pyramid()
    else:
        assert found.pyramid()[-1].size < 1e6


@pytest.mark.parametrize("extent", [0, 2**32 - 1, 10**9])
def test_slide_without_a_valid_matrix_is_a_series_of_tiles(tmp_path, extent):
    _write(tmp_path / "a.dcm", LARGE, TotalPixelMatrixColumns=extent)
    report = load(tmp_path)
    assert not report.objects
    assert [stack.array.shape for stack in report.stacks] == [(35, 1, TILE, TILE, 3)]


def test_slide_tile_positions_outside_of_the_matrix_draw_nothing(open_slides):
    def own(number):
        place = item(
            ColumnPositionInTotalImagePixelMatrix=-(2**31) + number,
            RowPositionInTotalImagePixelMatrix=2**31 - 1,
        )
        return {"PlanePositionSlideSequence": [place]}

    (found,) = open_slides({"sparse": True, "own": own})
    assert (np.asarray(found.pyramid()[0]) == 255).all()


def test_slide_truncated_file_draws_the_tiles_that_are_there(tmp_path):
    path = _write(tmp_path / "a.dcm", LARGE)
    path.write_bytes(path.read_bytes()[: -10 * TILE * TILE * 3])
    (found,) = load(tmp_path).objects
    assert any("Number of Frames" in note or "truncated" in note for note in found.warnings)
    assert np.array_equal(found.pyramid()[0].display[:48], LARGE[:48])


def test_slide_compressed_tiles_are_those_of_the_image(tmp_path):
    path = _write(tmp_path / "r.dcm", LARGE)
    data = pydicom.dcmread(path)
    data.compress(RLELossless, generate_instance_uid=False)
    data.save_as(path)
    (found,) = load(tmp_path).objects
    assert np.array_equal(found.pyramid()[0], LARGE)


@pytest.mark.usefixtures("index_folder")
def test_slide_is_shown_at_once_again_from_the_index(tmp_path, monkeypatch):
    _write(tmp_path / "a.dcm", LARGE)
    first = load(tmp_path)
    monkeypatch.setattr("napari_medscan.dicom.loading.read_headers", None)
    (found,) = load(tmp_path).objects
    assert found.summary == first.objects[0].summary
    assert np.array_equal(found.pyramid()[0], LARGE)


@pytest.mark.parametrize("place", ["optical path", "file"])
def test_slide_colors_become_srgb_by_the_profile_on_request(tmp_path, place):
    data = slide(LARGE.shape[:2], cut(LARGE, TILE))
    owner = data if place == "file" else data.OpticalPathSequence[0]
    owner.add_new("ICCProfile", "OB", swapped_profile())
    write(tmp_path / "a.dcm", data)
    (found,) = load(tmp_path).objects
    assert found.summary.endswith(", ICC profile")
    (stored,) = found.pyramid(cache=FrameCache(1 << 20))
    assert np.array_equal(stored, LARGE)
    (converted,) = found.pyramid(cache=FrameCache(1 << 20), to_srgb=True)
    assert np.abs(np.asarray(converted).astype(int) - LARGE[..., ::-1]).max() <= 1


def test_slide_without_a_profile_keeps_its_colors(tmp_path):
    write(tmp_path / "a.dcm", slide(LARGE.shape[:2], cut(LARGE, TILE)))
    (found,) = load(tmp_path).objects
    assert not found.has_color_profile
    (level,) = found.pyramid(cache=FrameCache(1 << 20), to_srgb=True)
    assert np.array_equal(level, LARGE)


def test_slide_with_a_damaged_profile_says_so(tmp_path):
    data = slide(LARGE.shape[:2], cut(LARGE, TILE))
    data.add_new("ICCProfile", "OB", swapped_profile()[:200])
    write(tmp_path / "a.dcm", data)
    (found,) = load(tmp_path).objects
    with pytest.raises(UnreadableError, match="its ICC profile is damaged"):
        found.pyramid(to_srgb=True)
