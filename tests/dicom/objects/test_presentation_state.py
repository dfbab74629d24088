"""Presentation states draw on their own slices, at the places that the standard gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels.processing import apply_modality_lut, apply_presentation_lut, apply_voi_lut

from napari_medscan.dicom import PresentationState, load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.dicom.objects.catalogue import Catalogue
from napari_medscan.dicom.objects.display_area import DisplayTurn
from napari_medscan.dicom.objects.drawn_graphics import DrawnPoint, DrawnShape, DrawnText, dashes
from napari_medscan.dicom.objects.presentation_state import MOST_POINTS

from ...corpus.oracle import case_path
from ..making import ct, item, write
from .labeled import COLUMNS, DEPTH, ROWS, write_ct
from .overlaid import add_overlay
from .stated import annotation, blending, graphic, refer, state, text

PIXEL = COLUMNS / 768
"""Of the screen, in those of an image that fills it."""
ALL = refer(*(f"1.2.3.3.{z}" for z in range(DEPTH)))


def opened(folder, data, encoding="explicit"):
    """Return a state, and what it draws on the only series."""
    write_ct(folder)
    write(folder / "pr.dcm", data, encoding)
    report = load(folder)
    assert not report.skipped
    (found,) = (each for each in report.objects if isinstance(each, PresentationState))
    (drawn,) = found.draw(report.stacks)
    return found, drawn


def drawn_at(found, kind=DrawnShape):
    return [(*each.place, each.drawn) for each in found.drawn if isinstance(each.drawn, kind)]


def test_state_is_listed_with_its_label_and_images(tmp_path):
    data = state(ALL, ContentDescription="Suspicious for Roe", PatientName="Roe^Jane")
    write_ct(tmp_path, PatientName="Roe^Jane")
    write(tmp_path / "pr.dcm", data)
    (found,) = load(tmp_path).objects
    assert found.name == "PR 8 · Suspicious for"
    assert found.summary == "5 images"
    assert found.referenced_series == ("1.2.3.3",)
    assert found.is_overlay
    assert not found.is_shown_at_once


def test_state_draws_on_the_slices_that_an_annotation_names_and_no_others(tmp_path):
    line = graphic("POLYLINE", [0, 0, 4, 2])
    some = annotation(line, images=refer("1.2.3.3.1", "1.2.3.3.3"))
    _, found = opened(tmp_path, state(ALL, GraphicAnnotationSequence=[some]))
    assert found.slices == tuple(range(DEPTH))
    assert [place for place, _ in drawn_at(found)] == [1, 3]
    # The corner of the first pixel is 0, 0 in the file; its center is 0, 0 in the array.
    assert drawn_at(found)[0][1].points.tolist() == [[-0.5, -0.5], [1.5, 3.5]]


def test_state_for_some_images_draws_on_these_alone(tmp_path):
    everywhere = annotation(graphic("POINT", [1, 1]))
    data = state(refer("1.2.3.3.2"), GraphicAnnotationSequence=[everywhere])
    _, found = opened(tmp_path, data)
    assert drawn_at(found, DrawnPoint) == [(2, DrawnPoint((0.5, 0.5), (1, 1, 0, 1)))]


def test_state_for_frames_draws_on_these_alone(tmp_path):
    data = ct(
        SeriesInstanceUID="1.2.3.3", SOPInstanceUID="1.2.3.3.0", Modality="US",
        NumberOfFrames=5, PixelData=bytes(240), ImagePositionPatient=None,
    )  # fmt: skip
    write(tmp_path / "us.dcm", data)
    mark = annotation(graphic("POINT", [1, 1]))
    references = refer("1.2.3.3.0", frames=[2, 4])
    write(tmp_path / "pr.dcm", state(references, GraphicAnnotationSequence=[mark]))
    report = load(tmp_path)
    (found,) = report.objects[0].draw(report.stacks)
    assert [place[0] for place in sorted(each.place for each in found.drawn)] == [1, 3]


@pytest.mark.parametrize(
    ("kind", "points", "box"),
    [
        ("CIRCLE", [5, 4, 8, 8], [(-1.5, -0.5), (8.5, 9.5)]),
        ("ELLIPSE", [1, 4, 9, 4, 5, 2, 5, 6], [(1.5, 0.5), (5.5, 8.5)]),
    ],
)
def test_state_circle_and_ellipse_fill_their_box(tmp_path, kind, points, box):
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(graphic(kind, points))])
    _, found = opened(tmp_path, data)
    ((_, shape),) = drawn_at(found)
    assert shape.kind == "ellipse"
    assert np.allclose([shape.points.min(axis=0), shape.points.max(axis=0)], box)


def test_state_curve_runs_through_its_points(tmp_path):
    points = [0, 0, 4, 8, 8, 0, 11, 7]
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(graphic("INTERPOLATED", points))])
    _, found = opened(tmp_path, data)
    ((_, shape),) = drawn_at(found)
    assert len(shape.points) == 3 * 8 + 1
    expected = np.reshape(points, (-1, 2))[:, ::-1] - 0.5
    assert np.allclose(shape.points[::8], expected)


@given(
    rotation=st.sampled_from([0, 90, 180, 270]),
    flip=st.booleans(),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    data=st.data(),
)
def test_display_turn_finds_the_pixel_that_numpy_puts_there(rotation, flip, shape, data):
    """The image is turned by numpy: rotated clockwise, then flipped (PS3.3 C.10.6)."""
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    turned = np.rot90(numbers, -rotation // 90)
    turned = turned[:, ::-1] if flip else turned
    row = data.draw(st.integers(0, turned.shape[0] - 1))
    column = data.draw(st.integers(0, turned.shape[1] - 1))
    at = np.array([[(column + 0.5) / turned.shape[1], (row + 0.5) / turned.shape[0]]])
    ((across, down),) = DisplayTurn(rotation, flip).to_image(at)
    found = numbers[int(down * shape[0]), int(across * shape[1])]
    assert found == turned[row, column]


def test_state_display_units_are_parts_of_the_displayed_area(tmp_path):
    area = item(
        DisplayedAreaTopLeftHandCorner=[3, 2], DisplayedAreaBottomRightHandCorner=[10, 5],
        PresentationSizeMode="SCALE TO FIT", ReferencedImageSequence=refer("1.2.3.3.1"),
    )  # fmt: skip
    mark = annotation(graphic("POINT", [0.5, 0.25], "DISPLAY"))
    data = state(ALL[:2], GraphicAnnotationSequence=[mark], DisplayedAreaSelectionSequence=[area])
    _, found = opened(tmp_path, data)
    (whole, part) = (each for _, each in drawn_at(found, DrawnPoint))
    assert whole.place == (ROWS / 4 - 0.5, COLUMNS / 2 - 0.5)
    assert part.place == (1 + 4 / 4 - 0.5, 2 + 8 / 2 - 0.5)
    assert list(found.areas) == [1]


def test_state_text_has_its_lines_and_points_to_its_anchor(tmp_path):
    note = text(
        "See\r\nhere <b>", BoundingBoxAnnotationUnits="PIXEL", AnchorPointAnnotationUnits="PIXEL",
        BoundingBoxTopLeftHandCorner=[1.0, 2.0], BoundingBoxBottomRightHandCorner=[4.0, 3.0],
        AnchorPoint=[6.5, 7.5], AnchorPointVisibility="Y",
    )  # fmt: skip
    alone = text("A", AnchorPoint=[2.5, 1.5], AnchorPointAnnotationUnits="PIXEL")
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(note, alone)])
    _, found = opened(tmp_path, data)
    texts = [each for _, each in drawn_at(found, DrawnText)]
    assert [each.text for each in texts] == ["See\nhere ‹b>", "A"]
    assert [each.place for each in texts] == [(1.5, 0.5), (1, 2)]
    ((_, line),) = drawn_at(found)
    assert line.points.tolist() == [[2.5, 3.5], [7, 6]]


def test_state_layers_have_an_order_and_colors(tmp_path):
    red = [34885, 53485, 50171]
    white = {"GraphicLayerRecommendedDisplayGrayscaleValue": 65535}
    layers = [
        item(GraphicLayer="TOP", GraphicLayerOrder=2, **white),
        item(
            GraphicLayer="LOW", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayCIELabValue=red
        ),
    ]
    own = graphic("POINT", [3, 3], LineStyleSequence=[item(PatternOnColorCIELabValue=red)])
    parts = [
        annotation(graphic("POINT", [1, 1]), own, layer="TOP"),
        annotation(graphic("POINT", [2, 2]), layer="LOW"),
        annotation(graphic("POINT", [4, 4]), layer="ABSENT"),
    ]
    data = state(ALL[:1], GraphicLayerSequence=layers, GraphicAnnotationSequence=parts)
    _, found = opened(tmp_path, data)
    points = [(each.layer, each.drawn) for each in found.drawn]
    assert [name for name, _ in points] == ["ABSENT", "LOW", "TOP", "TOP"]
    colors = [point.color for _, point in points]
    assert colors[0] == (1, 1, 0, 1)
    assert colors[2] == (1, 1, 1, 1)
    assert np.allclose(colors[1], (1, 0, 0, 1), atol=0.05)
    assert colors[3] == colors[1]


LINE = {"PatternOnColorCIELabValue": [65535, 32896, 32896], "PatternOnOpacity": 0.5}
DASHED = {"LineDashingStyle": "DASHED", "LinePattern": 0x0000FFFF, "LineThickness": 2.0}


def styled(folder, *graphics, **changes):
    """Return what a state with some graphics draws on the first slice, and the state."""
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(*graphics)], **changes)
    found, drawn = opened(folder, data)
    return [each for _, each in drawn_at(drawn)], found


def test_state_lines_have_their_own_color_opacity_and_thickness(tmp_path):
    plain, thick = (
        graphic("POLYLINE", [1, 1, 9, 1], LineStyleSequence=[item(**LINE, LineThickness=width)])
        for width in (-1.0, 3.0)
    )
    (first, second), found = styled(tmp_path, plain, thick)
    assert np.allclose(first.line, (1, 1, 1, 0.5), atol=0.02)
    # However small the image is, a line of three pixels of the screen has three of 768.
    assert (first.width, second.width) == (PIXEL, 3 * PIXEL)
    assert not found.warnings


def test_state_dashes_are_lines_and_gaps_are_open_or_have_their_own_color(tmp_path):
    ends = [0, 1, 64 * PIXEL, 1]
    white = {"PatternOffColorCIELabValue": [65535, 32896, 32896]}
    off = graphic("POLYLINE", ends, LineStyleSequence=[item(**LINE, **DASHED)])
    seen = graphic(
        "POLYLINE", ends, LineStyleSequence=[item(**LINE, **DASHED, **white, PatternOffOpacity=1.0)]
    )
    parts, _ = styled(tmp_path, off, seen)
    spans = [tuple(((each.points[:, 1] + 0.5) / PIXEL).round(3).tolist()) for each in parts]
    assert spans[:2] == [(0, 16), (32, 48)]
    assert spans[2:] == [(0, 16), (16, 32), (32, 48), (48, 64)]
    assert [each.line[3] for each in parts[2:]] == [0.5, 1, 0.5, 1]
    assert {each.width for each in parts} == {2 * PIXEL}


def test_state_fills_with_its_own_color_and_with_the_mean_of_a_pattern(tmp_path):
    half = bytes([0xAA]) * 128
    styles = [
        {"PatternOnOpacity": 0.25, "FillMode": "SOLID"},
        {"FillMode": "STIPPELED", "FillPattern": half, "ShadowStyle": "NORMAL"},
    ]
    dashed = {"LineStyleSequence": [item(**LINE, **DASHED)]}
    circles = [
        graphic("CIRCLE", [5, 5, 9, 5], GraphicFilled="Y", FillStyleSequence=[item(**style)])
        for style in styles
    ]
    circles.append(graphic("CIRCLE", [5, 5, 9, 5], GraphicFilled="Y", **dashed))
    (first, second, third, *pieces), found = styled(tmp_path, *circles)
    assert first.fill == (1, 1, 0, 0.25)
    assert second.fill == (1, 1, 0, 0.5)
    assert (third.line[3], third.fill) == (0, (1, 1, 0, 1))
    assert pieces
    assert all(each.kind == "path" for each in pieces)
    assert found.warnings == ("Not drawn: shadows, fill patterns",)


@given(
    points=st.lists(st.tuples(*[st.integers(0, 50)] * 2), min_size=2, max_size=6),
    pattern=st.lists(st.booleans(), min_size=1, max_size=32),
    pixel=st.floats(0.1, 9),
)
def test_dashes_and_gaps_are_the_line_in_the_order_of_the_pattern(points, pattern, pixel):
    line = np.array(points, float)
    pieces = list(dashes(line, pattern, pixel))
    lengths = [np.hypot(*np.diff(piece, axis=0).T).sum() for piece, _ in pieces]
    assert np.isclose(sum(lengths), np.hypot(*np.diff(line, axis=0).T).sum())
    assert all(np.allclose(a[-1], b[0]) for (a, _), (b, _) in pairwise(pieces))
    kinds = [is_on for _, is_on in pieces]
    assert all(one != other for one, other in pairwise(kinds))
    assert not kinds or kinds[0] == pattern[0]


def test_state_text_lies_in_its_box_as_it_says(tmp_path):
    box = {
        "BoundingBoxAnnotationUnits": "PIXEL",
        "BoundingBoxTopLeftHandCorner": [1.0, 2.0],
        "BoundingBoxBottomRightHandCorner": [7.0, 4.0],
    }
    styles = [
        {"BoundingBoxTextHorizontalJustification": "RIGHT"},
        {"TextStyleSequence": [item(HorizontalAlignment="RIGHT", VerticalAlignment="BOTTOM")]},
        {"TextStyleSequence": [item(HorizontalAlignment="CENTER", Bold="Y")]},
    ]
    notes = [text("A", **box, **style) for style in styles]
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(*notes)])
    found, drawn = opened(tmp_path, data)
    texts = [each for _, each in drawn_at(drawn, DrawnText)]
    assert [each.place for each in texts] == [(1.5, 6.5), (3.5, 6.5), (2.5, 3.5)]
    assert [(each.across, each.down) for each in texts[:2]] == [
        ("right", "top"),
        ("right", "bottom"),
    ]
    assert found.warnings == ("Not drawn: bold, italic and underlined text",)


@pytest.mark.parametrize("number", [7, None])
def test_state_compound_graphics_are_drawn_by_the_simple_ones_that_stand_for_them(tmp_path, number):
    ruler = item(CompoundGraphicInstanceID=7, CompoundGraphicType="RULER")
    known = {} if number is None else {"CompoundGraphicInstanceID": number}
    part = annotation(graphic("POLYLINE", [1, 1, 4, 4], **known))
    part.CompoundGraphicSequence = [ruler]
    _, drawn = opened(tmp_path, state(ALL[:1], GraphicAnnotationSequence=[part]))
    assert drawn.content.left_out == (number is None)
    assert len(drawn.drawn) == 1


def test_state_that_blends_has_windows_opacity_and_colors_for_each_series(tmp_path):
    data = blending("1.2.3.3", "1.2.3.5", RelativeOpacity=0.25)
    write(write_ct(write_ct(tmp_path), number=5) / "pr.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    assert found.referenced_series == ("1.2.3.3", "1.2.3.5")
    assert (found.summary, found.warnings) == ("2 series", ())
    below, above = sorted(found.draw(report.stacks), key=lambda each: each.stack.series_number)
    assert (below.opacity, above.opacity) == (None, 0.25)
    assert (below.content.palette, len(above.content.palette.colors)) == (None, 3 * 256)
    assert len(below.slices) == len(above.slices) == DEPTH
    assert [(each.voi(0).center, each.voi(0).width) for each in (below, above)] == [
        (40, 400),
        (300, 200),
    ]
    assert found.windows_on(above.stack) == (above.voi(0),)
    catalogue = Catalogue()
    catalogue.add(report.stacks, report.objects)
    assert catalogue.home_of(found) is below.stack


def test_state_that_blends_without_an_opacity_draws_half_of_each(tmp_path):
    write(write_ct(tmp_path) / "pr.dcm", blending("1.2.3.9", "1.2.3.3", RelativeOpacity=None))
    report = load(tmp_path)
    ((above,),) = (each.draw(report.stacks) for each in report.objects)
    assert above.opacity == 0.5


@pytest.mark.parametrize("silent", [(0,), (1,), (0, 1)])
def test_state_that_blends_takes_the_order_from_one_of_its_series(tmp_path, silent):
    data = blending("1.2.3.3", "1.2.3.5", RelativeOpacity=0.25)
    for number in silent:
        del data.BlendingSequence[number].BlendingPosition
    write(write_ct(write_ct(tmp_path), number=5) / "pr.dcm", data)
    report = load(tmp_path)
    (found,) = report.objects
    drawn = sorted(found.draw(report.stacks), key=lambda each: each.stack.series_number)
    is_clear = len(silent) == 1
    assert [each.opacity for each in drawn] == [None, 0.25 if is_clear else None]
    note = "Not drawn: blending, as no series is said to be on top"
    assert found.warnings == (() if is_clear else (note,))


def test_state_colors_of_old_files_are_those_of_the_layer(tmp_path):
    layer = item(GraphicLayer="A", GraphicLayerRecommendedDisplayRGBValue=[65535, 0, 0])
    (line,), _ = styled(tmp_path, graphic("POLYLINE", [1, 1, 4, 4]), GraphicLayerSequence=[layer])
    assert line.line == (1, 0, 0, 1)


@pytest.mark.parametrize("kept", [ROWS * COLUMNS // 8, 4])
def test_state_whose_overlay_is_cut_off_draws_the_rest(tmp_path, kept):
    data = state(ALL, GraphicAnnotationSequence=[annotation(graphic("POINT", [1, 1]))])
    add_overlay(data, np.ones((ROWS, COLUMNS), bool))
    data.add_new(0x60001001, "CS", "A")
    data[0x60003000].value = data[0x60003000].value[:kept]
    _, found = opened(tmp_path, data)
    is_whole = kept > 4
    assert len(found.drawn) == DEPTH
    assert list(found.overlays) == [0x6000] * is_whole
    assert found.content.left_out == 1 - is_whole


def test_state_window_is_in_the_values_of_the_series(tmp_path):
    """The state gives windows for its own rescale, which replaces that of the image."""
    windows = [
        item(WindowCenter=40, WindowWidth=400, ReferencedImageSequence=refer("1.2.3.3.1")),
        item(WindowCenter=1064, WindowWidth=100, VOILUTFunction="LINEAR_EXACT"),
    ]
    same = state(ALL, SoftcopyVOILUTSequence=windows, RescaleSlope=1, RescaleIntercept=-1024)
    _, found = opened(tmp_path / "a", same)
    assert found.voi(1) == Window("Window 1", 40, 400)
    _, found = opened(tmp_path / "b", state(ALL, SoftcopyVOILUTSequence=windows))
    assert found.voi(0) == Window("Window 1", 40, 100, "LINEAR_EXACT")
    _, found = opened(tmp_path / "c", state(ALL))
    assert found.voi(0) is None


def test_state_tables_give_the_grays_of_pydicom():
    folder = case_path("pr-luts-with-image")
    report = load(folder)
    (found,) = report.objects[0].draw(report.stacks)
    voi = found.voi(0)
    data = pydicom.dcmread(folder / "prLUTs.dcm")
    pixels = pydicom.dcmread(folder / "imageForPrLUTs.dcm").pixel_array
    grays = apply_voi_lut(apply_modality_lut(pixels, data), data.SoftcopyVOILUTSequence[0])
    grays = apply_presentation_lut(grays, data)
    values = np.asarray(report.stacks[0].array)[0].astype(int)
    mine = np.frombuffer(voi.entries, np.uint16)[values - voi.first]
    assert np.allclose(mine / 65535, grays / grays.max())


def table(first, entries):
    found = item(LUTDescriptor=[len(entries), first, 16], LUTData=entries.astype("<u2").tobytes())
    found["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    found["LUTData"].VR = "OW"
    return found


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
@pytest.mark.parametrize("slope", [1, 2])
def test_state_lookup_table_starts_below_zero_where_values_do(tmp_path, encoding, slope):
    """PS3.3 C.11.1.1.1: 16 bits of a first value do not say by themselves that it is negative."""
    entries = np.arange(600) * 100
    voi = item(VOILUTSequence=[table(-900, entries)])
    data = state(ALL, RescaleSlope=slope, RescaleIntercept=-1000, SoftcopyVOILUTSequence=[voi])
    _, found = opened(tmp_path, data, encoding)
    stored = np.arange(400)
    expected = entries[np.clip(slope * stored - 1000 + 900, 0, 599)] / 65535
    assert grays(found, stored - 1024) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
def test_state_modality_table_starts_below_zero_where_stored_values_do(tmp_path, encoding):
    entries = np.arange(600) ** 2 // 10
    window = item(WindowCenter=20000, WindowWidth=30001)
    data = state(ALL, ModalityLUTSequence=[table(-300, entries)], SoftcopyVOILUTSequence=[window])
    write_ct(tmp_path, PixelRepresentation=1, RescaleIntercept=0)
    write(tmp_path / "pr.dcm", data, encoding)
    report = load(tmp_path)
    ((found,),) = (each.draw(report.stacks) for each in report.objects)
    stored = np.arange(-400, 400)
    values = entries[np.clip(stored + 300, 0, 599)]
    expected = np.clip((values - 4999.5) / 30000, 0, 1)
    assert grays(found, stored) == pytest.approx(expected, abs=1e-4)


def grays(found, values):
    low, high = found.voi(0).curve.limits
    return found.voi(0).curve.at((values - low) / (high - low))


def test_state_shutter_and_overlay_are_drawn_on_its_slices(tmp_path):
    plane = np.eye(ROWS, COLUMNS, dtype=bool)
    data = state(
        ALL[:2], ShutterShape=["RECTANGULAR", "BITMAP"], ShutterOverlayGroup=0x6000,
        ShutterLeftVerticalEdge=2, ShutterRightVerticalEdge=COLUMNS,
        ShutterUpperHorizontalEdge=1, ShutterLowerHorizontalEdge=ROWS,
    )  # fmt: skip
    add_overlay(data, plane)
    add_overlay(data, ~plane, group=0x6002)
    add_overlay(data, ~plane, group=0x6004)
    data.add_new((0x6002, 0x1001), "CS", "A")
    _, found = opened(tmp_path, data)
    closed = plane.copy()
    closed[:, 0] = True
    assert np.array_equal(found.closed, closed)
    assert list(found.overlays) == [0x6002]
    drawn = np.asarray(found.mask(found.closed))
    assert drawn.shape == (DEPTH, ROWS, COLUMNS)
    assert [bool(each.any()) for each in drawn] == [True, True, False, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"ReferencedSeriesSequence": None},
        {"ReferencedSeriesSequence": []},
        {"GraphicAnnotationSequence": []},
        {"GraphicAnnotationSequence": [annotation()]},
        {"SoftcopyVOILUTSequence": [item(WindowCenter=1)]},
        {"DisplayedAreaSelectionSequence": [item()]},
        {"ImageRotation": 45},
        {"GraphicLayerSequence": [item()]},
    ],
)
def test_state_that_lacks_something_draws_the_rest(tmp_path, changes):
    mark = annotation(graphic("POINT", [1, 1]), images=ALL[:1])
    attributes = {"GraphicAnnotationSequence": [mark], **changes}
    _, found = opened(tmp_path, state(ALL, **attributes))
    marks = [each.drawn.place for each in found.drawn]
    assert marks == ([] if "GraphicAnnotationSequence" in changes else [(0.5, 0.5)])


@pytest.mark.parametrize(
    "bad",
    [
        graphic("SPIRAL", [1, 1, 2, 2]),
        graphic("CIRCLE", [1, 1]),
        graphic("POLYLINE", [1, 1, 2]),
        graphic("POLYLINE", [1, float("nan"), 2, 2]),
        graphic("POLYLINE", [1, 1, 2, 2], "INCH"),
        text("", AnchorPoint=[1.0, 1.0], AnchorPointAnnotationUnits="PIXEL"),
        text("nowhere"),
    ],
)
def test_state_counts_annotations_that_are_not_complete(tmp_path, bad):
    good = graphic("POINT", [1, 1])
    data = state(ALL[:1], GraphicAnnotationSequence=[annotation(good, bad)])
    _, found = opened(tmp_path, data)
    assert len(found.drawn) == 1
    assert found.content.left_out == 1


def test_state_says_which_images_are_not_open(tmp_path):
    found, drawn = opened(tmp_path, state([*ALL[:1], *refer("1.2.99")]))
    assert drawn.slices == (0,)
    report = load(tmp_path)
    (note,) = found.notes_on(report.stacks)
    assert note == "1 of its 2 images is in none of the series that were found"
    assert not found.draw([])


@pytest.mark.parametrize("what", ["series", "blending"])
def test_state_of_a_whole_series_that_is_not_open_is_on_no_other(tmp_path, what):
    """PS3.3 C.11.11: a window without images is for all that the state is for."""
    windows = {"SoftcopyVOILUTSequence": [item(WindowCenter=40, WindowWidth=400)]}
    marks = {"GraphicAnnotationSequence": [annotation(graphic("POINT", [1, 1]))]}
    write_ct(tmp_path)
    for series, is_open in (("1.2.3.3", True), ("1.2.99", False)):
        data = state(series=series, **windows, **marks)
        if what == "blending":
            data = blending(series, "1.2.98", **marks)
        write(tmp_path / "pr.dcm", data)
        report = load(tmp_path)
        (stack,), (found,) = report.stacks, report.objects
        assert len(found.windows_on(stack)) == is_open
        assert [each.slices for each in found.draw([stack])] == [tuple(range(DEPTH))] * is_open
        absent = (what == "blending") + (not is_open)
        notes = found.notes_on([stack])
        assert len(notes) == bool(absent)
        assert not absent or notes[0].startswith(f"{absent} of its ")


def test_state_of_another_patient_is_not_drawn(tmp_path):
    write_ct(tmp_path, PatientID="other")
    write(tmp_path / "pr.dcm", state(ALL, PatientID="one"))
    report = load(tmp_path)
    assert not report.objects[0].draw(report.stacks)


@pytest.mark.parametrize("encoding", ["implicit", "explicit"])
@pytest.mark.filterwarnings("ignore:.*64 kByte")
def test_state_with_too_many_points_is_cut(tmp_path, encoding):
    """A value beyond 64 kB has the representation UN in explicit encodings."""
    long = graphic("POLYLINE", np.tile([0.0, 0.0, 5.0, 5.0], 5_000))
    parts = [annotation(long)] * (MOST_POINTS // 10_000 // DEPTH + 1)
    data = state(ALL, GraphicAnnotationSequence=parts)
    _, found = opened(tmp_path, data, encoding)
    assert found.is_cut
    assert len(found.drawn) == MOST_POINTS // 10_000
