"""Which images are tiled sheets, UIH grids, and stacks of volumes in one file each."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom.headers.parse_header import read_header

from ..building import stacks_of
from ..making import ct, item, write
from .mosaics import csa, grid, mosaic

SIX = [(1.0, 2.0, 4.0 * i) for i in range(6)]
PIXELS = np.arange(24, dtype="<u2")


@pytest.fixture
def header(tmp_path):
    def of(data, name="a"):
        return read_header(str(write(tmp_path / name, data)), name)

    return of


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
def test_a_uih_grid_unfolds_row_by_row_to_the_positions_in_its_table(tmp_path, encoding):
    # Three tiles in a row, two in a column.
    path = write(tmp_path / "a", grid(SIX, PixelData=PIXELS.tobytes()), encoding)
    found = read_header(str(path), "a")
    assert found.tile_shape == (2, 2)
    assert [frame.tile for frame in found.frames] == [
        (0, 0),
        (0, 2),
        (0, 4),
        (2, 0),
        (2, 2),
        (2, 4),
    ]
    assert [frame.position for frame in found.frames] == SIX
    (stack,) = stacks_of([found])
    assert stack.axes == "zyx"
    expected = PIXELS.reshape(2, 2, 3, 2).transpose(0, 2, 1, 3).reshape(6, 2, 2)
    np.testing.assert_array_equal(stack.array[...], expected.astype(int) - 1024)
    assert not stack.warnings


@pytest.mark.parametrize(
    "positions", [[], [*SIX[:5], None], [*SIX[:5], (float("nan"), 0, 0)]], ids=str
)
def test_without_a_position_for_each_tile_there_is_none(header, positions):
    if positions and positions[-1] is not None:
        positions[-1] = (1e9, 0, 0)
    found = header(grid(positions, count=6))
    assert [frame.position for frame in found.frames] == [None] * 6
    assert "No slice positions" in found.notes[0]


def test_sheets_that_cannot_be_divided_follow_each_other_in_time(header):
    sheets = [header(grid(InstanceNumber=i, SOPInstanceUID=f"1.2.{i}"), str(i)) for i in range(3)]
    (stack,) = stacks_of(sheets)
    assert stack.axes == "tzyx"
    assert stack.array.shape == (3, 1, 4, 6)
    assert "Marked as a UIH grid without a valid slice count: shown unsplit" in stack.warnings


@pytest.mark.parametrize("spacing", [200, 20])
def test_mosaics_that_cannot_be_divided_lie_nowhere_if_no_slice_is_so_wide(header, spacing):
    found = header(mosaic(PixelSpacing=[spacing, spacing]))
    position = None if 6 * spacing > 600 else (-9, -4, 7)
    assert [frame.position for frame in found.frames] == [position]
    assert found.notes == ("Marked as a Siemens mosaic without a valid slice count: shown unsplit",)


def test_volumes_without_a_place_follow_each_other_in_time(header):
    counted = csa({"NumberOfImagesInMosaic": ("4",)})
    files = [
        header(
            mosaic(
                counted,
                InstanceNumber=number,
                ImagePositionPatient=None,
                SOPInstanceUID=f"1.2.{number}",
                PixelData=(PIXELS + 100 * number).tobytes(),
            ),
            f"{number}",
        )
        for number in (2, 1, 3)
    ]
    (stack,) = stacks_of(files)
    assert stack.axes == "tzyx"
    assert stack.array.shape == (3, 4, 2, 3)
    values = np.asarray(stack.array[...]) + 1024
    assert [set(volume.ravel().astype(int) // 100) for volume in values] == [{1}, {2}, {3}]
    assert "No slice positions: slices are in the order of the tiles" in stack.warnings


def groups(count):
    plane = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 2 * i])]) for i in range(count)
    ]
    return {
        "PerFrameFunctionalGroupsSequence": plane,
        "SharedFunctionalGroupsSequence": [item()],
    }


@pytest.mark.parametrize("kind", ["MOSAIC", "VFRAME"])
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("enhanced", [True, False])
def test_frames_that_are_slices_already_are_no_sheets(header, kind, count, enhanced):
    if not enhanced and count == 1:
        return
    data = ct(
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY", "M", "ND", kind],
        NumberOfFrames=count,
        PixelData=bytes(48 * count),
        **(groups(count) if enhanced else {}),
    )
    found = header(data)
    assert found.tile_shape is None
    assert not found.notes
    if enhanced:
        assert [frame.position[2] for frame in found.frames] == [2 * i for i in range(count)]


def test_frames_that_are_sheets_say_so(header):
    data = ct(
        ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"],
        NumberOfFrames=2,
        PixelData=bytes(96),
        PixelSpacing=[200, 200],
        **groups(2),
    )
    found = header(data)
    assert [frame.position for frame in found.frames] == [None, None]
    assert "shown unsplit" in found.notes[0]


@pytest.mark.parametrize("count", [1, 4, 5])
def test_a_count_that_leaves_tiles_wider_than_a_slice_is_wrong(header, count):
    """Six columns of 250 mm are no slice, and neither are three; five tiles do not divide it."""
    counted = csa({"NumberOfImagesInMosaic": (str(count),)})
    found = header(mosaic(counted, PixelSpacing=[250, 250]))
    assert len(found.frames) == 1
    assert found.tile_shape is None
    assert "valid slice count" in found.notes[0]
    narrow = header(mosaic(counted, PixelSpacing=[50, 50]))
    assert (narrow.tile_shape is None) == (count == 5)


@pytest.mark.parametrize("image_type", [None, ["DERIVED", "PRIMARY"]])
def test_what_is_too_wide_for_a_slice_is_a_sheet_if_its_private_header_says_so(header, image_type):
    def shapes(spacing, *count):
        fields = csa({"NumberOfImagesInMosaic": count})
        found = header(mosaic(fields, ImageType=image_type, PixelSpacing=[spacing] * 2))
        return len(found.frames), found.shape

    assert shapes(150, "4") == (4, (2, 3))
    # Six columns of 90 mm can be a slice, and nothing says that they are more.
    assert shapes(90, "4") == (1, (4, 6))
    assert shapes(150) == (1, (4, 6))
