"""Attributes of place that are present and cannot be read.

They are never replaced in silence by what stands elsewhere in the file.
"""

from __future__ import annotations

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.intensity.window import has_unreadable_window
from napari_medscan.dicom.space.spacing import Spacing, valid_spacing
from napari_medscan.dicom.space.vectors import Vector

POSITION = "Image position is unreadable"
ORIENTATION = "Image orientation is unreadable"
SPACING = "Pixel spacing is unreadable"
WINDOW = "Window center or width is unreadable: the window is ignored"
PLACES = {
    Tag.ImagePositionPatient: POSITION,
    Tag.ImageOrientationPatient: ORIENTATION,
    Tag.PixelSpacing: SPACING,
}
OFFSETS = "Grid frame offsets are unreadable"
STEP = "Spacing between slices is unreadable"
THICKNESS = "Slice thickness is unreadable"
_OTHER_SPACINGS = (
    Tag.ImagerPixelSpacing,
    Tag.ImagePlanePixelSpacing,
    Tag.NominalScannedPixelSpacing,
)


def find_problems(
    data_set: DataSet,
    position: Vector | None,
    orientation: tuple[float, ...] | None,
    spacing: Spacing | None,
) -> tuple[str, ...]:
    """Return what of the top level of a file is present and unreadable.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    position, orientation, spacing : tuple of float or None
        What was made of it.
    """
    problems = []
    detector = data_set.item(Tag.DetectorInformationSequence)
    for tag, count, value in (
        (Tag.ImagePositionPatient, 3, position),
        (Tag.ImageOrientationPatient, 6, orientation),
    ):
        if value is None and (data_set.has_value(tag) or detector.is_unreadable(tag, count)):
            problems.append(PLACES[tag])
    if data_set.has_value(Tag.PixelSpacing):
        if valid_spacing(data_set.exactly(2, Tag.PixelSpacing)) is None:
            problems.append(SPACING)
    elif spacing is None and any(map(data_set.has_value, _OTHER_SPACINGS)):
        problems.append(SPACING)
    if data_set.has_value(Tag.GridFrameOffsetVector) and not data_set.numbers(
        Tag.GridFrameOffsetVector
    ):
        problems.append(OFFSETS)
    if position is None:
        problems += step_problem(data_set)
    if has_unreadable_window(data_set):
        problems.append(WINDOW)
    return tuple(problems)


def step_problem(data_set: DataSet) -> tuple[str, ...]:
    """Return what makes the distance of slices without positions unreadable, if anything does."""
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    measures = shared.item(Tag.PixelMeasuresSequence)
    if data_set.is_unreadable(Tag.SpacingBetweenSlices) or measures.is_unreadable(
        Tag.SpacingBetweenSlices
    ):
        return (STEP,)
    if data_set.has_value(Tag.SpacingBetweenSlices) or measures.has_value(Tag.SpacingBetweenSlices):
        return ()
    return (THICKNESS,) if data_set.is_unreadable(Tag.SliceThickness) else ()
