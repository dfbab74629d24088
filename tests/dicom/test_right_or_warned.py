"""Values and places are what the file certainly says, or the user is warned: nothing else."""

from __future__ import annotations

import struct
from dataclasses import fields
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import load
from napari_medscan.dicom.elements.attribute_tags import Tag
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.series.completion import PLACED, RESCALED

from .making import element, file_of
from .odd_numbers import Written, written

VALUES = np.array([[0, 1, 1000], [2000, 4095, 65535]], "<u2")
AXIAL = b"1\\0\\0\\0\\1\\0 "
SPACING = b"0.5\\0.5 "
UNUSUAL = st.one_of(st.just(Written(b"", None)), written())


def ct(number: int, **values: bytes | None) -> bytes:
    """Return a CT slice of 2 x 3 pixels; the values of some attributes as they stand in it."""
    plain = {
        "ImageType": b"ORIGINAL\\PRIMARY\\AXIAL ",
        "SOPClassUID": b"1.2.840.10008.5.1.4.1.1.2\0",
        "SOPInstanceUID": f"1.2.3.{number:03}\0".encode(),
        "Modality": b"CT",
        "SeriesInstanceUID": b"1.2.3.2\0",
        "InstanceNumber": b"%03d " % number,
        "ImagePositionPatient": b"0\\0\\%03d" % number,
        "ImageOrientationPatient": AXIAL,
        "FrameOfReferenceUID": b"1.2.3.3\0",
        "SamplesPerPixel": struct.pack("<H", 1),
        "PhotometricInterpretation": b"MONOCHROME2 ",
        "Rows": struct.pack("<H", 2),
        "Columns": struct.pack("<H", 3),
        "PixelSpacing": SPACING,
        "BitsAllocated": struct.pack("<H", 16),
        "BitsStored": struct.pack("<H", 16),
        "HighBit": struct.pack("<H", 15),
        "PixelRepresentation": struct.pack("<H", 0),
        "WindowCenter": b"40",
        "WindowWidth": b"400 ",
        "RescaleIntercept": b"-1024 ",
        "RescaleSlope": b"1 ",
        "PixelData": VALUES.tobytes(),
    } | values
    elements = {Tag[name]: data for name, data in plain.items() if data is not None}
    return file_of(
        *(element(tag, vr_of(tag), even(data)) for tag, data in sorted(elements.items()))
    )


def even(data: bytes) -> bytes:
    return data + b" " * (len(data) % 2)


@cache
def vr_of(tag: int) -> str:
    from pydicom.datadict import dictionary_VR

    vr = dictionary_VR(tag)
    return {"OB or OW": "OW", "US or SS": "US"}.get(vr, vr)


@pytest.fixture
def opened(tmp_path):
    def opened(**values: bytes | None):
        (tmp_path / "a").write_bytes(ct(1, **values))
        (stack,) = load(tmp_path).stacks
        return stack

    return opened


def load_series(files: list[bytes]):
    """Load files of a folder of their own; return the stacks with the values of every slice."""
    with TemporaryDirectory() as folder:
        for number, data in enumerate(files):
            (Path(folder) / f"{number:03}").write_bytes(data)
        stacks = load(folder).stacks
        return [(stack, stack.read(errors="blank")) for stack in stacks]


# --- rescale


@given(slope=written(1, 99), intercept=written())
@settings(max_examples=150, deadline=None)
def test_values_are_what_the_rescale_certainly_says_or_stored_values_with_a_warning(
    slope: Written, intercept: Written
):
    data = ct(1, RescaleSlope=slope.data, RescaleIntercept=intercept.data)
    ((stack, values),) = load_series([data])
    if slope.meaning is None or intercept.meaning is None:
        assert values.tolist() == [VALUES.tolist()]
        assert stack.unit is None
        assert any("unreadable: values are stored values, not HU" in w for w in stack.warnings)
    else:
        exact = VALUES.astype(float) * slope.meaning + intercept.meaning
        assert (values[0] == exact.astype(values.dtype)).all()
        assert stack.unit == "HU"
        assert stack.warnings == ()


@given(st.lists(st.tuples(UNUSUAL, UNUSUAL), min_size=2, max_size=5))
@settings(max_examples=100, deadline=None)
def test_no_stack_mixes_rescaled_and_stored_values(rescales):
    """But for images that state no rescale, and take the one that all others state."""
    files = [
        ct(number, RescaleSlope=slope.data, RescaleIntercept=intercept.data)
        for number, (slope, intercept) in enumerate(rescales)
    ]
    seen = []
    for stack, values in load_series(files):
        for record, plane in zip(stack.slices, at_slices(stack, values), strict=True):
            seen.append(number := int(record.position[2]))
            slope, intercept = rescales[number]
            rescale = slope.meaning, intercept.meaning
            if not slope.data and not intercept.data and RESCALED in stack.warnings:
                numbers = {int(record.position[2]) for record in stack.slices}
                stated = (rescales[n] for n in numbers if any(each.data for each in rescales[n]))
                (rescale,) = {(slope.meaning, intercept.meaning) for slope, intercept in stated}
            # A slope alone is not enough for Hounsfield units; an intercept alone is.
            known = rescale[1] is not None and (rescale[0] is not None or not slope.data)
            assert stack.unit == ("HU" if known else None)
            exact = VALUES.astype(float)
            if known:
                exact = exact * (rescale[0] or 1) + rescale[1]
            assert (plane == exact.astype(plane.dtype)).all()
            assert known or any("stored values, not HU" in text for text in stack.warnings)
    assert sorted(seen) == list(range(len(files)))


def at_slices(stack, values):
    """Return the planes of the slices that there are."""
    return np.delete(values, list(stack.geometry.missing), axis=0)


# --- the same by any way of reading


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "RescaleSlope": UNUSUAL,
                "RescaleIntercept": UNUSUAL,
                "WindowCenter": UNUSUAL,
                "ImagePositionPatient": st.lists(written(unit="mm"), min_size=2, max_size=4).map(
                    lambda parts: Written(b"\\".join(part.data for part in parts), None)
                ),
            },
        ),
        min_size=2,
        max_size=6,
    )
)
@settings(max_examples=150, deadline=None)
def test_a_header_read_by_a_template_is_that_of_a_full_scan(files):
    reader = HeaderReader()
    with TemporaryDirectory() as folder:
        for number, odd in enumerate(files):
            path = Path(folder) / f"{number}"
            path.write_bytes(ct(number, **{name: value.data for name, value in odd.items()}))
            found, expected = reader.read(str(path), path.name), read_header(str(path), path.name)
            for field in fields(expected):
                name = field.name
                assert getattr(found, name) == getattr(expected, name), name


@pytest.mark.parametrize(
    ("written", "position"),
    [(b"1_0", None), (b"nan", None), (b"1e9", None), (b"0,5", (0, 0, 0.5)), (b"1.5", (0, 0, 1.5))],
)
def test_odd_positions_are_no_other_places_to_a_template(tmp_path, written, position):
    reader = HeaderReader()
    (tmp_path / "0").write_bytes(ct(0))
    (tmp_path / "1").write_bytes(ct(1, ImagePositionPatient=b"0\\0\\" + written))
    reader.read(str(tmp_path / "0"), "0")
    (frame,) = reader.read(str(tmp_path / "1"), "1").frames
    assert frame.position == position
    assert bool(frame.problems) == (position is None)


@pytest.mark.parametrize("missing", [True, False])
def test_files_without_a_usable_rescale_are_still_read_by_a_template(
    tmp_path, monkeypatch, missing
):
    from napari_medscan.dicom.headers import header_reader

    scans = []
    scan = header_reader.scan_source
    monkeypatch.setattr(header_reader, "scan_source", lambda *of: scans.append(of) or scan(*of))
    rescale = None if missing else b"junk"
    reader = HeaderReader()
    for number in range(20):
        path = tmp_path / f"{number}"
        path.write_bytes(ct(number, RescaleSlope=rescale, RescaleIntercept=rescale))
        assert reader.read(str(path), path.name).frames[0].transform.is_uncertain
    assert len(scans) == 1


# --- places


def test_a_position_that_is_unreadable_joins_the_others_by_number_or_not_at_all():
    files = [ct(number) for number in range(4)]
    (whole, _) = load_series([*files[:2], ct(2, ImagePositionPatient=b"0\\0\\x "), files[3]])[0]
    assert whole.warnings == ("Image position is unreadable", PLACED)
    # Without a number between theirs nothing says where it lies.
    files[2] = ct(2, ImagePositionPatient=b"0\\0\\x ", InstanceNumber=None)
    (volume, _), (lone, _) = sorted(load_series(files), key=lambda found: -len(found[0].slices))
    assert len(volume.slices) == 3
    assert volume.warnings == ("1 slice is missing (left blank)",)
    assert len(lone.slices) == 1
    assert "Image position is unreadable" in lone.warnings


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("ImagePositionPatient", b"-120,5\\10,25\\1,000", (-120.5, 10.25, 1.0)),
        ("ImagePositionPatient", b"0 mm\\1\\2\\", (0.0, 1.0, 2.0)),
        ("ImagePositionPatient", b"0\\0", "unreadable"),
        ("ImagePositionPatient", b"0\\0\\0\\0", "unreadable"),
        ("ImagePositionPatient", b"0\\0\\1e9", "invalid"),
        ("ImageOrientationPatient", b"1,0\\0,0\\0,0\\0,0\\1,0\\0,0", (1.0, 0, 0, 0, 1.0, 0)),
        ("ImageOrientationPatient", b"1\\0\\0", "unreadable"),
        ("ImageOrientationPatient", b"1\\0\\0\\1\\0\\0", "invalid"),
        ("PixelSpacing", b"0,488\\0,488", (0.488, 0.488)),
        ("PixelSpacing", b"0.5mm\\0.5mm", (0.5, 0.5)),
        ("PixelSpacing", b"0.5", "unreadable"),
        ("PixelSpacing", b"0.5\\0.5\\0.5", "unreadable"),
        ("PixelSpacing", b"0.5 cm\\0.5 cm", "unreadable"),
        ("PixelSpacing", b"0\\0 ", "invalid"),
    ],
)  # fmt: skip
def test_places_are_read_or_the_user_is_warned(opened, name, written, read):
    stack = opened(**{name: written})
    attribute, called = {
        "ImagePositionPatient": ("position", "Image position"),
        "ImageOrientationPatient": ("orientation", "Image orientation"),
        "PixelSpacing": ("spacing", "Pixel spacing"),
    }[name]
    warnings = [text for text in stack.warnings if text.startswith(called)]
    if isinstance(read, tuple):
        assert getattr(stack.slices[0], attribute) == read
        assert warnings == []
    else:
        assert getattr(stack.slices[0], attribute) is None
        assert warnings == [f"{called} is {read}"]


def test_no_other_spacing_takes_the_place_of_an_unreadable_one_in_silence(opened):
    stack = opened(PixelSpacing=b"0.5\\x ", NominalScannedPixelSpacing=b"2\\2 ")
    assert stack.slices[0].spacing == (2.0, 2.0)
    assert "Pixel spacing is unreadable" in stack.warnings


def test_a_calibration_that_is_unreadable_is_not_just_missing(opened):
    stack = opened(PixelSpacing=None, ImagerPixelSpacing=b"0.5\\x ", Modality=b"CR")
    assert "Pixel spacing is unreadable" in stack.warnings
    assert "No calibration: distances are in pixels, not mm" in stack.warnings


@pytest.mark.parametrize(
    ("written", "aspect", "warning"),
    [
        (b"4\\2 ", 2.0, None),
        (b"1,5\\1 ", 1.5, None),
        (b"4\\x ", 1.0, "Pixel aspect ratio is unreadable"),
        (b"0\\0 ", 1.0, "Pixel aspect ratio is invalid"),
    ],
)
def test_an_aspect_ratio_counts_where_there_is_no_spacing(opened, written, aspect, warning):
    stack = opened(PixelSpacing=None, PixelAspectRatio=written)
    assert stack.geometry.spacing[1] / stack.geometry.spacing[2] == aspect
    noted = [text for text in stack.warnings if "aspect" in text]
    assert noted == ([warning] if warning else [])
    assert not any("aspect" in text for text in opened(PixelAspectRatio=written).warnings)


@pytest.mark.parametrize(
    ("values", "step", "warning"),
    [
        ({"SpacingBetweenSlices": b"2,5 ", "SliceThickness": b"5 "}, 2.5, None),
        ({"SpacingBetweenSlices": b"x ", "SliceThickness": b"5 "}, 5.0,
         "Spacing between slices is unreadable"),
        ({"SliceThickness": b"5 furlong "}, 1.0, "Slice thickness is unreadable"),
        ({"SliceThickness": b"5 mm"}, 5.0, None),
    ],
)  # fmt: skip
def test_a_step_between_slices_without_positions(values, step, warning):
    files = [ct(number, ImagePositionPatient=None, **values) for number in range(3)]
    ((stack, _),) = load_series(files)
    assert stack.geometry.spacing[0] == step
    unreadable = [text for text in stack.warnings if "unreadable" in text]
    assert unreadable == ([warning] if warning else [])


def test_where_there_are_positions_no_step_is_missed():
    files = [ct(number, SpacingBetweenSlices=b"x ", SliceThickness=b"x ") for number in range(3)]
    ((stack, _),) = load_series(files)
    assert stack.warnings == ()


# --- windows and padding


def test_a_bad_window_only_loses_itself(opened):
    stack = opened(WindowCenter=b"40\\x\\50,5", WindowWidth=b"400\\100\\200 ")
    assert [(w.name, w.center, w.width) for w in stack.windows] == [
        ("Window 1", 40.0, 400.0),
        ("Window 3", 50.5, 200.0),
    ]
    assert stack.warnings == ("Window center or width is unreadable: the window is ignored",)


def test_windows_of_values_that_nobody_can_work_out_are_not_offered(opened):
    assert opened().windows
    assert not opened(RescaleSlope=b"junk").windows
    # Without a rescale they refer to stored values (PS3.3 C.11.2.1.2).
    assert opened(RescaleSlope=None, RescaleIntercept=None).windows


@pytest.mark.parametrize(("padding", "read"), [(b"\x30\xf8", 0xF830 - 1024), (b"\1\0\2\0", None)])
def test_padding(opened, padding, read):
    stack = opened(PixelPaddingValue=padding)
    assert stack.padding == (None if read is None else (read, read))
    unreadable = ("Pixel padding value is unreadable",)
    assert stack.warnings == (() if read is not None else unreadable)
