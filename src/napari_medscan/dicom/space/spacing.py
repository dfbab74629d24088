"""Distances within the image plane, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.kinds import Kind
from napari_medscan.dicom.space.tolerances import SAME_NUMBER, STEADY_SPACING

Spacing = tuple[float, float]

WANTED_SPACING = want(Tag.PixelSpacing, Tag.SliceThickness, Tag.SpacingBetweenSlices)
WANTED_IMAGE_SPACING: Wanted = want(
    WANTED_SPACING,
    Tag.EstimatedRadiographicMagnificationFactor,
    Tag.DistanceSourceToDetector,
    Tag.DistanceSourceToPatient,
    Tag.ImagePlanePixelSpacing,
    Tag.ImagerPixelSpacing,
    Tag.NominalScannedPixelSpacing,
    Tag.PixelAspectRatio,
    Tag.PixelSpacingCalibrationType,
    {
        Tag.SequenceOfUltrasoundRegions: want(
            Tag.RegionSpatialFormat,
            Tag.PhysicalUnitsXDirection,
            Tag.PhysicalUnitsYDirection,
            Tag.PhysicalDeltaX,
            Tag.PhysicalDeltaY,
        )
    },
)
WANTED_GROUP_SPACING: Wanted = {
    Tag.PixelMeasuresSequence: WANTED_SPACING,
    # PS3.3 C.8.19.6: angiography and fluoroscopy.
    Tag.FramePixelDataPropertiesSequence: want(Tag.ImagerPixelSpacing),
    Tag.ProjectionPixelCalibrationSequence: want(Tag.ObjectPixelSpacingInCenterOfBeam),
    Tag.XRayGeometrySequence: want(Tag.DistanceSourceToDetector, Tag.DistanceSourceToIsocenter),
}
MOST_SPACINGS = 16
"""Spacings of one clip that others are compared with."""
_SPACING_MACROS = (
    Tag.PixelMeasuresSequence,
    Tag.ProjectionPixelCalibrationSequence,
    Tag.FramePixelDataPropertiesSequence,
    Tag.XRayGeometrySequence,
)
_CENTIMETERS = 3  # PS3.3 C.8.5.5.1.15, Physical Units
_SPATIAL_2D = 1  # PS3.3 C.8.5.5.1.1, Region Spatial Format
_OVER_TIME = (2, 3)  # M-mode and spectral Doppler
AT_IMAGE_PLANE = "Distances are at the RT image plane"
AT_ISOCENTER = "Distances are at the isocenter plane"
ON_FILM = "Distances refer to the digitized film"
AT_DETECTOR = "Distances are at the detector plane (not corrected for magnification)"

IN_2D = "Distances are those of the 2-D image, not of M-mode or Doppler traces"


def read_spacing(data_set: DataSet, kind: Kind) -> tuple[Spacing | None, str]:
    """Return (row spacing, column spacing) in mm and a note on its origin.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    kind : Kind
        Of the file.

    Returns
    -------
    spacing : tuple of float or None
        Of all frames that give none of their own; None when the file does not say.
    note : str
        '' for Pixel Spacing; otherwise what the user should know. If frames give their own spacing,
        that of the first.

    Notes
    -----
    PS3.3 10.7.1.3 (Pixel Spacing, calibration), C.8.11.4 (Imager Pixel
    Spacing and magnification), C.8.5.5 (US region calibration).
    """
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    first = data_set.item(Tag.PerFrameFunctionalGroupsSequence)
    spacing, note = group_spacing(shared, shared)
    if spacing is None:
        spacing, note = _image_spacing(data_set, kind)
    own, own_note = group_spacing(first, shared)
    return spacing, note if own is None else own_note


def _image_spacing(data_set: DataSet, kind: Kind) -> tuple[Spacing | None, str]:
    """Return the same of the top level of a file.

    Regions of ultrasound go first: Pixel Spacing is not among its attributes (PS3.3 A.6). That of
    other images which equals the spacing of detector or film is no calibration (PS3.3 10.7.1.1).
    """
    regions = _ultrasound_spacing(data_set)
    if regions is not None:
        formats = (
            region.integer(Tag.RegionSpatialFormat)
            for region in data_set.items(Tag.SequenceOfUltrasoundRegions)
        )
        return regions, IN_2D if any(each in _OVER_TIME for each in formats) else ""
    own = valid_spacing(data_set.exactly(2, Tag.PixelSpacing))
    spacing = valid_spacing(data_set.exactly(2, Tag.ImagerPixelSpacing))
    film = valid_spacing(data_set.exactly(2, Tag.NominalScannedPixelSpacing))
    if own is not None:
        of_detector = kind.is_projection and spacing is not None and _is_same(own, spacing)
        is_as_scanned = of_detector or (film is not None and _is_same(own, film))
        if data_set.has_value(Tag.PixelSpacingCalibrationType) or not is_as_scanned:
            return own, ""
        spacing = spacing if of_detector else None
    if spacing is not None and kind.is_projection:
        magnification = data_set.number(Tag.EstimatedRadiographicMagnificationFactor)
        if magnification is not None and 1e-3 < magnification < 1e3:
            return (spacing[0] / magnification, spacing[1] / magnification), ""
        # PS3.3 C.8.7.5: that of angiography is the distance to the isocenter, of others to the
        # patient's skin or the table.
        to_isocenter = Tag.DistanceSourceToPatient if kind.has_isocenter else None
        return _at_isocenter(spacing, data_set, to_isocenter)
    plane = valid_spacing(data_set.exactly(2, Tag.ImagePlanePixelSpacing))
    if plane is not None:
        return plane, AT_IMAGE_PLANE
    if spacing is not None:
        return spacing, ""
    return film, ON_FILM if film else ""


def group_spacing(group: DataSet, shared: DataSet) -> tuple[Spacing | None, str]:
    """Return the in-plane spacing that the functional groups of a frame give, and a note.

    Parameters
    ----------
    group : DataSet
        Functional groups of the frame, or those that all frames share.
    shared : DataSet
        Those that all frames share.

    Returns
    -------
    spacing : tuple of float or None
        None when no macro of `group` itself gives any.
    note : str
        As of `read_spacing`.

    Notes
    -----
    PS3.3 C.7.6.16.2.1 (Pixel Measures); for angiography and fluoroscopy C.8.19.6.9 (Object Pixel
    Spacing in Center of Beam, calibrated) and C.8.19.6.3 (Imager Pixel Spacing, which the distances
    of C.8.19.6.14 bring to the isocenter).
    """
    if not any(tag in group for tag in _SPACING_MACROS):
        return None, ""

    def macro(tag: Tag) -> DataSet:
        return group.item(tag) if tag in group else shared.item(tag)

    measures = macro(Tag.PixelMeasuresSequence)
    calibration = macro(Tag.ProjectionPixelCalibrationSequence)
    spacing = valid_spacing(measures.exactly(2, Tag.PixelSpacing)) or valid_spacing(
        calibration.exactly(2, Tag.ObjectPixelSpacingInCenterOfBeam)
    )
    if spacing is not None:
        return spacing, ""
    properties = macro(Tag.FramePixelDataPropertiesSequence)
    spacing = valid_spacing(properties.exactly(2, Tag.ImagerPixelSpacing))
    if spacing is None:
        return None, ""
    return _at_isocenter(spacing, macro(Tag.XRayGeometrySequence), Tag.DistanceSourceToIsocenter)


def _at_isocenter(
    spacing: Spacing, geometry: DataSet, to_isocenter: Tag | None
) -> tuple[Spacing, str]:
    """Return the spacing at the isocenter of one at the detector, itself if they do not tell."""
    near = geometry.number(to_isocenter) if to_isocenter is not None else None
    far = geometry.number(Tag.DistanceSourceToDetector)
    if not near or not far or not 1 <= far / near < 1e3:
        return spacing, AT_DETECTOR
    return (spacing[0] * near / far, spacing[1] * near / far), AT_ISOCENTER


def valid_spacing(values: tuple[float, ...]) -> Spacing | None:
    """Return two positive, plausible distances, or None."""
    if len(values) != 2 or not all(1e-6 < value < 1e4 for value in values):
        return None
    return values[0], values[1]


def steady_spacings(spacings: Sequence[Spacing | None]) -> list[Spacing | None]:
    """Return the spacing of every frame of a clip, equal where frames differ by a percent at most.

    The distances that angiography works it out from are measured anew for each frame; a clip whose
    spacing changed by more is two clips.
    """
    steady: list[Spacing] = []
    known: dict[Spacing, Spacing] = {}
    for spacing in dict.fromkeys(spacings):
        if spacing is not None:
            known[spacing] = next((s for s in steady if _is_steady(spacing, s)), spacing)
            if known[spacing] is spacing and len(steady) < MOST_SPACINGS:
                steady.append(spacing)
    return [None if spacing is None else known[spacing] for spacing in spacings]


def _is_same(one: Spacing, other: Spacing) -> bool:
    return all(abs(a - b) <= SAME_NUMBER * b for a, b in zip(one, other, strict=True))


def _is_steady(one: Spacing, other: Spacing) -> bool:
    return all(abs(a - b) <= STEADY_SPACING * b for a, b in zip(one, other, strict=True))


def read_aspect(data_set: DataSet) -> float:
    """Return pixel height over width (PS3.3 C.7.6.3.1.7), 1 when not given."""
    return valid_aspect(data_set) or 1.0


def valid_aspect(data_set: DataSet) -> float | None:
    """Return pixel height over width, None if there is no plausible one."""
    ratio = data_set.exactly(2, Tag.PixelAspectRatio)
    if not ratio or not all(1e-6 < value < 1e6 for value in ratio):
        return None
    return ratio[0] / ratio[1]


def _ultrasound_spacing(data_set: DataSet) -> Spacing | None:
    """Return the spacing of the calibrated 2-D regions when all of them agree."""
    found = set()
    for region in data_set.items(Tag.SequenceOfUltrasoundRegions):
        units = (
            region.integer(Tag.PhysicalUnitsXDirection),
            region.integer(Tag.PhysicalUnitsYDirection),
        )
        if region.integer(Tag.RegionSpatialFormat) != _SPATIAL_2D or units != (_CENTIMETERS,) * 2:
            continue
        dx, dy = region.number(Tag.PhysicalDeltaX), region.number(Tag.PhysicalDeltaY)
        if dx and dy:
            found.add((round(abs(dy) * 10, 6), round(abs(dx) * 10, 6)))
    return valid_spacing(found.pop()) if len(found) == 1 else None
