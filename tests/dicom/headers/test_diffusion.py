"""b-values and gradient directions, by the standard and by makers."""

from __future__ import annotations

import struct
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom import load
from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.headers.diffusion import PRIVATE_DIFFUSION, read_diffusion
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.frames import FrameCache

from ..making import ct, item, write
from .mosaics import csa, mosaic

DIRECTION = (0.5, -0.5, 0.7071)
SIEMENS = 0x0019, "SIEMENS MR HEADER"
GE_VALUE, GE_DIRECTION = (0x0043, "GEMS_PARM_01"), (0x0019, "GEMS_ACQU_01")
PHILIPS, PHILIPS_MR = (0x2001, "Philips Imaging DD 001"), (0x2005, "Philips MR Imaging DD 001")
UIH = 0x0065, "Image Private Header"


PHILIPS_NUMBERS = 0x2005, "Philips MR Imaging DD 005"


def add(data, creator, element, vr, value):
    try:
        block = data.private_block(*creator)
    except KeyError:
        block = data.private_block(*creator, create=True)
    block.add_new(element, vr, value)


def siemens(data, b_value, direction):
    add(data, SIEMENS, 0x0C, "IS", str(b_value))
    if direction:
        add(data, SIEMENS, 0x0E, "FD", list(direction))


def ge(data, b_value, direction):
    add(data, GE_VALUE, 0x39, "IS", [b_value + 10**9, 8, 0, 0])
    for element, value in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        add(data, GE_DIRECTION, element, "DS", str(value))


def philips(data, b_value, direction):
    add(data, PHILIPS, 0x03, "FL", float(b_value))
    for element, value in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        add(data, PHILIPS_MR, element, "FL", value)


def uih(data, b_value, direction):
    add(data, UIH, 0x09, "FD", float(b_value))
    add(data, UIH, 0x37, "FD", list(direction))


def standard(data, b_value, direction):
    data.DiffusionBValue = float(b_value)
    data.DiffusionGradientOrientation = list(direction)


def standard_sequence(data, b_value, direction):
    data.DiffusionBValue = float(b_value)
    data.DiffusionGradientDirectionSequence = [item(DiffusionGradientOrientation=list(direction))]


MAKERS = [siemens, ge, philips, uih, standard, standard_sequence]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
@pytest.mark.parametrize("place", ["top", "frame", "macro"])
def test_every_maker_has_a_b_value_and_a_direction(tmp_path, maker, encoding, place):
    data = ct(Modality="MR")
    target = data if place == "top" else item()
    maker(target, 700, DIRECTION)
    if place == "frame":
        data.PerFrameFunctionalGroupsSequence = [target]
    elif place == "macro":
        data.PerFrameFunctionalGroupsSequence = [item(MRDiffusionSequence=[target])]
    (frame,) = read_header(str(write(tmp_path / "a", data, encoding)), "a").frames
    if place == "frame" and maker in (standard, standard_sequence):
        # The standard's belong into the macro.
        assert "DiffusionBValue" not in frame.dimensions
        return
    assert frame.dimensions["DiffusionBValue"] == 700
    b_value, direction = frame.dimensions["DiffusionGradient"]
    assert b_value == 700
    assert direction == pytest.approx(DIRECTION)


@pytest.mark.parametrize(
    ("creator", "element", "vr", "value"),
    [
        ((0x0019, "ACME"), 0x0C, "IS", "1000"),
        ((0x2001, "ACME"), 0x03, "FL", 800.0),
        ((0x0043, "ACME"), 0x39, "IS", [600]),
        ((0x0019, "GEMS_ACQU_01"), 0x0C, "IS", "1000"),
    ],
)
def test_other_creators_have_none(tmp_path, creator, element, vr, value):
    data = ct(Modality="MR")
    add(data, creator, element, vr, value)
    (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
    assert not {"DiffusionBValue", "DiffusionGradient"} & frame.dimensions.keys()


def test_user_data_of_ge_are_no_direction_without_a_b_value(tmp_path):
    data = ct(Modality="MR")
    for element in (0xBB, 0xBC, 0xBD):
        add(data, GE_DIRECTION, element, "DS", "0.5")
    (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
    assert "DiffusionGradient" not in frame.dimensions


def test_the_standard_b_value_goes_first(tmp_path):
    data = ct(Modality="MR", DiffusionBValue=5.0)
    siemens(data, 1000, DIRECTION)
    (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
    assert frame.dimensions["DiffusionBValue"] == 5.0
    assert frame.dimensions["DiffusionGradient"] == (5.0, DIRECTION)


@given(st.data())
def test_whatever_stands_there_nothing_breaks(data):
    drawn = data.draw(
        st.dictionaries(st.sampled_from(sorted(PRIVATE_DIFFUSION)), st.binary(max_size=24))
    )
    found = read_diffusion(
        DataSet({tag: Element(PRIVATE_DIFFUSION[tag], value) for tag, value in drawn.items()})
    )
    hash(tuple(found.items()))
    assert set(found) <= {"DiffusionBValue", "DiffusionGradient"}


@pytest.mark.parametrize("maker", MAKERS)
def test_directions_of_one_b_value_are_volumes_of_their_own(tmp_path, maker):
    """Instance numbers are no help: they are the same in all files."""
    weightings = [(0, (0.0, 0.0, 0.0)), *((1000, tuple(v)) for v in np.eye(3))]
    for volume, (b_value, direction) in enumerate(weightings):
        for place in range(3):
            data = ct(
                Modality="MR",
                InstanceNumber=1,
                SOPInstanceUID=f"1.2.{volume}.{place}",
                ImagePositionPatient=[0, 0, 2 * place],
                PixelData=struct.pack("<H", 1024 + 100 * volume + place) * 24,
            )
            maker(data, b_value, direction)
            # Names in another order than volumes and places.
            write(tmp_path / f"{(7 * (3 * volume + place)) % 12:02d}", data)
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    assert stack.array.shape == (4, 3, 4, 6)
    values = np.asarray(stack.array[...])[..., 0, 0]
    assert {tuple(row // 100) for row in values} == {(v, v, v) for v in range(4)}
    assert all((row % 100).tolist() == [0, 1, 2] for row in values)


@pytest.mark.parametrize("maker", MAKERS)
def test_files_that_are_alike_have_directions_of_their_own(tmp_path, maker):
    reader, found = HeaderReader(), []
    for number, (b_value, axis) in enumerate(product((500, 900), range(3))):
        data = ct(Modality="MR", InstanceNumber=number)
        maker(data, b_value, tuple(np.eye(3)[axis]))
        path = write(tmp_path / f"{number}", data)
        header = reader.read(str(path), path.name)
        assert header.frames == read_header(str(path), path.name).frames
        found.append(header.frames[0].dimensions["DiffusionGradient"])
    assert len(set(found)) == 6


def test_sequence_names_of_siemens_tell_b_values_where_private_elements_are_gone(tmp_path):
    reader = HeaderReader()
    names = ["*ep_b0", "*ep_b500#1", "*ep_b500#2", "ep_b1000t", "*epfid2d1_64", "*ep_b", "*fl3d1"]
    expected = [(0, ()), (500, (1,)), (500, (2,)), (1000, ()), None, None, None]
    # From one that has a b-value to one that has none, and back.
    for number, place in enumerate((0, 1, 2, 4, 3, 5, 6, 1, 0)):
        data = ct(Modality="MR", InstanceNumber=number, SequenceName=names[place])
        path = write(tmp_path / f"{number}", data)
        (frame,) = read_header(str(path), path.name).frames
        assert frame.dimensions.get("DiffusionGradient") == expected[place]
        assert reader.read(str(path), path.name).frames == (frame,)


def test_image_comments_of_canon_give_directions_beside_b_values(tmp_path):
    reader = HeaderReader()
    comments = ["b=0(0,0,0)", "b=700(0.5,-0.5,0.7071)", "b=700(0.1.2,0,0)", "b = 700", "contrast"]
    expected = [(0, (0, 0, 0)), (700, DIRECTION), None, None, None]
    for number, place in enumerate((0, 1, 2, 4, 3, 1, 0)):
        data = ct(Modality="MR", InstanceNumber=number, ImageComments=comments[place])
        path = write(tmp_path / f"{number}", data)
        (frame,) = read_header(str(path), path.name).frames
        assert frame.dimensions.get("DiffusionGradient") == expected[place]
        assert reader.read(str(path), path.name).frames == (frame,)
    data = ct(Modality="MR", DiffusionBValue=700.0, ImageComments=comments[1])
    (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
    assert frame.dimensions["DiffusionGradient"] == (700, DIRECTION)


def test_numbers_of_philips_tell_directions_apart_that_are_not_there(tmp_path):
    for number, direction in ((2, ()), (3, ()), (3, DIRECTION)):
        data = ct(Modality="MR", DiffusionBValue=800.0)
        add(data, PHILIPS_NUMBERS, 0x13, "IS", number)
        if direction:
            data.DiffusionGradientOrientation = list(direction)
        (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
        assert frame.dimensions["DiffusionGradient"] == (800, direction or (number,))


def test_sequence_name_does_not_count_beside_a_private_b_value(tmp_path):
    data = ct(Modality="MR", SequenceName="*ep_b700#3")
    siemens(data, 1000, DIRECTION)
    (frame,) = read_header(str(write(tmp_path / "a", data)), "a").frames
    assert frame.dimensions["DiffusionGradient"] == (1000, DIRECTION)


def test_the_csa_header_orders_what_nothing_else_does(tmp_path):
    known = [("0", ()), ("500", ("1", "0", "0")), ("500", ("0", "1", "0"))]
    names = iter("hdbkac")
    for z, (b_value, direction) in product(range(2), known):
        fields = {"B_value": (b_value,), "DiffusionGradientDirection": direction}
        place = {"ImagePositionPatient": [0, 0, z], "InstanceNumber": None}
        data = mosaic(csa(fields), ImageType=["ORIGINAL", "PRIMARY", "M"], **place)
        data.SOPInstanceUID = f"1.2.{z}.{known.index((b_value, direction))}"
        write(tmp_path / next(names), data)
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    assert stack.dimension == "DiffusionGradient"
    assert stack.axis_values.values.tolist() == [0, 500, 500]
    assert not stack.warnings


VELOCITIES = {
    "Siemens": [{"SequenceName": name} for name in ("fl3d1_v150in", "fl3d1_v150ap")],
    "GE": [3, 4],
    "Philips": [[0.0, 0.0, 150.0], [0.0, 150.0, 0.0]],
}


def flow(maker, value, **changes):
    data = ct(Modality="MR", **(value if maker == "Siemens" else {}), **changes)
    if maker == "GE":
        add(data, GE_VALUE, 0x30, "SS", value)
    elif maker == "Philips":
        add(data, PHILIPS, 0x1A, "FL", value)
    return data


@pytest.mark.parametrize("maker", VELOCITIES)
def test_velocities_in_two_directions_are_two_series_of_times(tmp_path, maker):
    """They would be one axis on which the direction changes from image to image."""
    images = product(range(3), range(3), VELOCITIES[maker])
    for number, (z, t, value) in enumerate(images, 1):
        facts = {"InstanceNumber": number, "TriggerTime": 30 * t, "SOPInstanceUID": f"1.{number}"}
        data = flow(maker, value, ImagePositionPatient=[0, 0, 2 * z], **facts)
        write(tmp_path / f"{number}", data)
    for stack in load(tmp_path).stacks:
        assert (stack.array.shape[:2], stack.dimension) == ((3, 3), "TriggerTime")
        assert stack.warnings == ()
    assert len(load(tmp_path).stacks) == 2


@pytest.mark.parametrize(
    ("maker", "value"),
    [("Siemens", {"SequenceName": "fl3d_v1"}), ("GE", 0), ("Philips", [0.0] * 3)],
)
def test_no_velocity_is_no_direction(tmp_path, maker, value):
    (frame,) = read_header(str(write(tmp_path / "a", flow(maker, value))), "a").frames
    assert "PrivateVelocity" not in frame.dimensions
