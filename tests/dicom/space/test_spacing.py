"""Distances in the image plane: which attribute says them, and how far they are to be trusted."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.kinds import kind_of
from napari_medscan.dicom.space.spacing import (
    AT_DETECTOR,
    AT_IMAGE_PLANE,
    AT_ISOCENTER,
    IN_2D,
    ON_FILM,
    read_aspect,
    read_spacing,
    steady_spacings,
)

from ..making import ct, item, write


@pytest.fixture
def spacing(tmp_path):
    def of(modality="CT", /, **changes):
        changes.setdefault("PixelSpacing", None)
        path = write(tmp_path / "a", ct(**changes))
        return read_spacing(part10.scan_file(path, WANTED).data_set, kind_of("", modality))

    return of


def region(dx=0.02, dy=0.03, *, units=(3, 3), kind=1):
    return item(
        RegionSpatialFormat=kind,
        PhysicalUnitsXDirection=units[0],
        PhysicalUnitsYDirection=units[1],
        PhysicalDeltaX=dx,
        PhysicalDeltaY=dy,
    )


def test_pixel_spacing_is_row_spacing_then_column_spacing(spacing):
    assert spacing(PixelSpacing=[0.5, 0.75]) == ((0.5, 0.75), "")


@pytest.mark.parametrize("bad", [[0, 1], [-1, 1], [1], [1, 1, 1], [1e-9, 1], [1e5, 1]])
def test_impossible_spacing_is_no_spacing(spacing, bad):
    assert spacing(PixelSpacing=bad) == (None, "")


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "XA", "RF"])
def test_projections_are_measured_at_the_detector(spacing, modality):
    assert spacing(modality, ImagerPixelSpacing=[0.2, 0.1]) == ((0.2, 0.1), AT_DETECTOR)


def test_a_calibration_goes_first(spacing):
    found = spacing("DX", PixelSpacing=[0.15, 0.15], ImagerPixelSpacing=[0.2, 0.2])
    assert found == ((0.15, 0.15), "")


@pytest.mark.parametrize("modality", ["CR", "DX", "MG"])
def test_pixel_spacing_of_the_detector_is_no_calibration(spacing, modality):
    """PS3.3 10.7.1.1: without calibration, both attributes are the same."""
    both = {"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]}
    assert spacing(modality, **both) == ((0.2, 0.1), AT_DETECTOR)
    magnified = {**both, "EstimatedRadiographicMagnificationFactor": 2}
    assert spacing(modality, **magnified) == ((0.1, 0.05), "")
    calibrated = {**both, "PixelSpacingCalibrationType": "FIDUCIAL"}
    assert spacing(modality, **calibrated) == ((0.2, 0.1), "")


def test_pixel_spacing_of_a_film_is_no_calibration(spacing):
    both = {"PixelSpacing": [0.2, 0.2], "NominalScannedPixelSpacing": [0.2, 0.2]}
    assert spacing("OT", **both) == ((0.2, 0.2), ON_FILM)
    different = {**both, "NominalScannedPixelSpacing": [0.3, 0.3]}
    assert spacing("CR", **different) == ((0.2, 0.2), "")


def test_magnification_is_taken_out(spacing):
    found = spacing("MG", ImagerPixelSpacing=[0.2, 0.1], EstimatedRadiographicMagnificationFactor=2)
    assert found == ((0.1, 0.05), "")


@pytest.mark.parametrize("factor", ["0", "-1", "1e-300", "1e300"])
def test_an_impossible_magnification_is_not(spacing, factor):
    found = spacing(
        "MG", ImagerPixelSpacing=[0.2, 0.1], EstimatedRadiographicMagnificationFactor=factor
    )
    assert found == ((0.2, 0.1), AT_DETECTOR)


@pytest.mark.parametrize(
    ("modality", "distances", "expected"),
    [
        ("XA", {"DistanceSourceToDetector": 1000, "DistanceSourceToPatient": 750}, AT_ISOCENTER),
        ("XA", {"DistanceSourceToDetector": 750, "DistanceSourceToPatient": 1000}, AT_DETECTOR),
        ("XA", {"DistanceSourceToPatient": 750}, AT_DETECTOR),
        # That of a radiograph is the distance to the skin or the table.
        ("DX", {"DistanceSourceToDetector": 1000, "DistanceSourceToPatient": 750}, AT_DETECTOR),
    ],
)
def test_angiography_of_known_distances_is_measured_at_the_isocenter(
    spacing, modality, distances, expected
):
    size = (0.3, 0.15) if expected == AT_ISOCENTER else (0.4, 0.2)
    found = spacing(modality, ImagerPixelSpacing=[0.4, 0.2], **distances)
    assert found == (pytest.approx(size), expected)


def test_treatment_beams_and_scanned_films_say_so(spacing):
    assert spacing("RTIMAGE", ImagePlanePixelSpacing=[0.4, 0.4]) == ((0.4, 0.4), AT_IMAGE_PLANE)
    found, note = spacing("OT", NominalScannedPixelSpacing=[0.1, 0.1])
    assert found == (0.1, 0.1)
    assert "film" in note


def test_ultrasound_regions_are_in_centimeters(spacing):
    found, note = spacing("US", SequenceOfUltrasoundRegions=[region(0.02, -0.03)])
    assert found == pytest.approx((0.3, 0.2))
    assert note == ""


def test_ultrasound_regions_must_agree(spacing):
    assert spacing("US", SequenceOfUltrasoundRegions=[region(), region()])[0] is not None
    assert spacing("US", SequenceOfUltrasoundRegions=[region(), region(0.04)])[0] is None


@pytest.mark.parametrize(("kind", "is_over_time"), [(1, False), (2, True), (3, True), (4, False)])
def test_ultrasound_beside_traces_over_time_says_where_distances_hold(spacing, kind, is_over_time):
    """A line along a Doppler strip is a time; a strip of the ECG is measured by nobody."""
    trace = region(1, 1, kind=kind, units=(4, 7))
    found = spacing("US", SequenceOfUltrasoundRegions=[region(0.02, -0.03), trace])
    assert found == (pytest.approx((0.3, 0.2)), IN_2D if is_over_time else "")


def test_ultrasound_regions_go_before_pixel_spacing(spacing):
    found, _ = spacing("US", SequenceOfUltrasoundRegions=[region(0.02, -0.03)], PixelSpacing=[9, 9])
    assert found == pytest.approx((0.3, 0.2))
    regions = [region(), region(0.04)]
    found, _ = spacing("US", SequenceOfUltrasoundRegions=regions, PixelSpacing=[9, 9])
    assert found == (9, 9)


@pytest.mark.parametrize(
    "other",
    [
        region(1, 1, units=(4, 7)),  # time and velocity of a Doppler strip
        region(1, 1, kind=3),
        region(0, 0),
        region(float("nan"), float("inf")),
    ],
)
def test_regions_that_are_no_image_do_not_count(spacing, other):
    assert spacing("US", SequenceOfUltrasoundRegions=[other])[0] is None
    found = spacing("US", SequenceOfUltrasoundRegions=[other, region()])[0]
    assert found == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize(
    ("ratio", "aspect"),
    [([4, 3], 4 / 3), ([0, 1], 1), ([-1, 1], 1), ([1], 1), ([1, 2147483647], 1), (None, 1)],
)
def test_pixel_aspect_ratio(tmp_path, ratio, aspect):
    path = write(tmp_path / "a", ct(PixelAspectRatio=ratio))
    assert read_aspect(part10.scan_file(path, WANTED).data_set) == aspect


# --- functional groups of angiography (PS3.3 C.8.19.6)

AT_DETECTOR_MACRO = {"FramePixelDataPropertiesSequence": [item(ImagerPixelSpacing=[0.4, 0.2])]}
CALIBRATED = {
    "ProjectionPixelCalibrationSequence": [item(ObjectPixelSpacingInCenterOfBeam=[0.25, 0.125])]
}
MEASURED = {"PixelMeasuresSequence": [item(PixelSpacing=[0.5, 0.75])]}


def x_ray_geometry(detector=1000, isocenter=500.0):
    geometry = item(DistanceSourceToDetector=detector, DistanceSourceToIsocenter=isocenter)
    return {"XRayGeometrySequence": [geometry]}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("macros", "expected"),
    [
        (AT_DETECTOR_MACRO, ((0.4, 0.2), AT_DETECTOR)),
        ({**AT_DETECTOR_MACRO, **x_ray_geometry()}, ((0.2, 0.1), AT_ISOCENTER)),
        ({**AT_DETECTOR_MACRO, **x_ray_geometry(400)}, ((0.4, 0.2), AT_DETECTOR)),
        ({**AT_DETECTOR_MACRO, **x_ray_geometry(isocenter=0.0)}, ((0.4, 0.2), AT_DETECTOR)),
        ({**AT_DETECTOR_MACRO, **CALIBRATED, **x_ray_geometry()}, ((0.25, 0.125), "")),
        ({**AT_DETECTOR_MACRO, **MEASURED}, ((0.5, 0.75), "")),
        (x_ray_geometry(), (None, "")),
    ],
)
def test_enhanced_angiography_has_macros_of_its_own(spacing, macros, expected, shared):
    groups = "Shared" if shared else "PerFrame"
    found = spacing("XA", **{f"{groups}FunctionalGroupsSequence": [item(**macros)]})
    # What one frame says holds for that frame, and the note for all.
    assert found == (pytest.approx(expected[0]) if shared and expected[0] else None, expected[1])


def test_the_note_is_that_of_the_first_frame(spacing):
    found = spacing(
        "XA",
        SharedFunctionalGroupsSequence=[item(**AT_DETECTOR_MACRO)],
        PerFrameFunctionalGroupsSequence=[item(**x_ray_geometry())],
    )
    assert found == ((0.4, 0.2), AT_ISOCENTER)


def test_a_macro_goes_before_the_spacing_at_the_detector_of_the_top_level(spacing):
    found = spacing(
        "MG", ImagerPixelSpacing=[1, 1], SharedFunctionalGroupsSequence=[item(**MEASURED)]
    )
    assert found == ((0.5, 0.75), "")


def test_spacing_of_a_clip_is_steady_but_where_it_really_changes():
    found = steady_spacings([(0.2, 0.2), (0.2005, 0.2), (0.1, 0.1), None, (0.2, 0.199)])
    assert found == [(0.2, 0.2), (0.2, 0.2), (0.1, 0.1), None, (0.2, 0.2)]
