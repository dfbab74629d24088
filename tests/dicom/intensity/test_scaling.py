"""Which transform a file's values have, by what kind of file it is."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from napari_medscan.dicom import load
from napari_medscan.dicom.series.presets import modality_presets

from ..making import ct, item, write
from .test_real_world import mapping, table
from .test_suv import pet

STORED = np.arange(24, dtype="<u2").reshape(4, 6)
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MISSING = "Rescale slope and intercept are missing: values are stored values"
NO_RESCALE = {"RescaleSlope": None, "RescaleIntercept": None}


@pytest.fixture
def opened(tmp_path):
    def opened(data=None, **changes):
        write(tmp_path / "a", data or ct(PixelData=STORED.tobytes(), **changes))
        (stack,) = load(tmp_path).stacks
        return stack, np.asarray(stack.array)

    return opened


# --- CT


def test_ct_without_a_rescale_offers_no_presets_in_hounsfield_units(opened):
    stack, values = opened(**NO_RESCALE)
    assert (values[0] == STORED).all()
    assert stack.unit is None
    assert modality_presets(stack) == ()
    assert stack.warnings == (f"{MISSING}, not HU",)
    assert modality_presets(opened()[0])


@pytest.mark.parametrize(
    ("changes", "unit", "warns"),
    [
        ({"RescaleType": "HU"}, "HU", False),
        ({"RescaleType": "OD"}, "10^-3 OD", False),
        ({"RescaleType": "US"}, None, False),
        ({"RescaleType": "US", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, None, True),
        ({"SOPClassUID": SECONDARY_CAPTURE}, None, False),
        ({"SOPClassUID": SECONDARY_CAPTURE, "RescaleSlope": 1, "RescaleIntercept": 0}, "HU", False),
    ],
)
def test_the_rescale_type_is_respected_where_there_is_no_rescale(opened, changes, unit, warns):
    stack, _ = opened(**NO_RESCALE | changes)
    assert stack.unit == unit
    assert bool(stack.warnings) == warns


@pytest.mark.parametrize(("kind", "unit"), [("HU", "HU"), ("OD", "10^-3 OD"), (None, "HU")])
def test_a_modality_lut_says_what_its_values_are(opened, kind, unit):
    entries = np.arange(24, dtype="<u2") + 100
    lut = item(LUTDescriptor=[24, 0, 16], ModalityLUTType=kind)
    lut.add_new("LUTData", "OW", entries.tobytes())
    stack, values = opened(ModalityLUTSequence=[lut], **NO_RESCALE)
    assert (values[0] == STORED + 100).all()
    assert stack.unit == unit
    assert stack.warnings == ()


def test_colors_have_no_rescale_to_miss(opened):
    stack, _ = opened(
        **NO_RESCALE | {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "BitsStored": 8},
        PlanarConfiguration=0, BitsAllocated=8, HighBit=7, Rows=4, Columns=4,
    )  # fmt: skip
    assert stack.is_rgb
    assert stack.warnings == ()


# --- enhanced CT


def enhanced(*slopes, shared=None):
    """Return a file with a frame for each slope as it is written, None where it has none."""

    def rescale(slope):
        values = item(RescaleIntercept="-1024", RescaleType="HU")
        values.add_new("RescaleSlope", "LO", slope)
        return {"PixelValueTransformationSequence": [values]} if slope else {}

    return ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        NumberOfFrames=len(slopes),
        ImagePositionPatient=None,
        PixelData=STORED.tobytes() * len(slopes),
        SharedFunctionalGroupsSequence=[item(**rescale(shared))],
        PerFrameFunctionalGroupsSequence=[
            item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])], **rescale(slope))
            for z, slope in enumerate(slopes)
        ],
        **NO_RESCALE,
    )


def test_a_frame_whose_rescale_is_unreadable_is_a_stack_of_its_own(tmp_path):
    write(tmp_path / "a", enhanced("1", "0,5", "junk", "2"))
    volume, lone = sorted(load(tmp_path).stacks, key=lambda stack: -len(stack.slices))
    planes = np.delete(volume.read(errors="blank"), list(volume.geometry.missing), axis=0)
    exact = STORED.astype(float)
    assert (planes == [exact - 1024, exact / 2 - 1024, exact * 2 - 1024]).all()
    assert volume.unit == "HU"
    assert (np.asarray(lone.array)[0] == STORED).all()
    assert lone.unit is None
    assert "Rescale slope is unreadable: values are stored values, not HU" in lone.warnings


def test_a_frame_without_a_rescale_has_the_shared_one(tmp_path):
    write(tmp_path / "a", enhanced(None, "2", shared="3"))
    (stack,) = load(tmp_path).stacks
    exact = STORED.astype(int)
    assert (np.asarray(stack.array) == [exact * 3 - 1024, exact * 2 - 1024]).all()
    assert stack.unit == "HU"


def test_enhanced_ct_without_any_rescale_is_not_in_hounsfield_units(opened):
    stack, _ = opened(enhanced(None, None))
    assert stack.unit is None
    assert f"{MISSING}, not HU" in stack.warnings


def test_a_frame_whose_position_is_unreadable_does_not_take_that_of_another(tmp_path):
    data = enhanced("1", "1", "1")
    data.ImagePositionPatient = [0, 0, 50]
    place = data.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    place.pop("ImagePositionPatient")
    place.add_new("ImagePositionPatient", "LO", "0\\0\\x")
    write(tmp_path / "a", data)
    stacks = load(tmp_path).stacks
    places = [record.position for stack in stacks for record in stack.slices]
    assert sorted(places, key=str) == [(0, 0, 0), (0, 0, 2), None]
    noted = [stack for stack in stacks if "Image position is unreadable" in stack.warnings]
    assert [record.position for stack in noted for record in stack.slices] == [None]


# --- PET and dose


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (NO_RESCALE, f"{MISSING}, not Bq/ml"),
        ({"RescaleSlope": 0}, "Rescale slope is 0: values are stored values, not Bq/ml"),
    ],
)
def test_pet_without_a_rescale_is_neither_activity_nor_suv(opened, changes, note):
    good, _ = opened(pet())
    assert good.unit == "Bq/ml"
    assert good.suv is not None
    data = pet()
    for name, value in changes.items():
        if value is None and name in data:
            del data[name]
        elif value is not None:
            setattr(data, name, value)
    stack, _ = opened(data)
    assert stack.unit is None
    assert stack.suv is None
    assert note in stack.warnings
    assert "SUV not available: values are stored values" in stack.warnings
    assert modality_presets(stack) == ()


@pytest.mark.parametrize(
    ("scaling", "state"),
    [(None, "missing"), ("junk", "unreadable"), ("0", "invalid"), ("-1", "invalid")],
)
def test_dose_without_its_scaling_is_no_dose(opened, scaling, state):
    dose = {"Modality": "RTDOSE", "DoseUnits": "GY", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2"}
    data = ct(PixelData=STORED.tobytes(), **NO_RESCALE, **dose)
    data.add_new("DoseGridScaling", "DS", "0.25")
    stack, values = opened(data)
    assert (values[0] == STORED / 4).all()
    assert stack.unit == "Gy"
    del data.DoseGridScaling
    if scaling:
        data.add_new("DoseGridScaling", "LO", scaling)
    stack, values = opened(data)
    assert (values[0] == STORED).all()
    assert stack.unit is None
    assert f"Dose grid scaling is {state}: values are stored values, not Gy" in stack.warnings


# --- segmentations


def segmentation(**changes):
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4",
        "Modality": "SEG",
        "SegmentationType": "FRACTIONAL",
        "SegmentationFractionalType": "PROBABILITY",
        "MaximumFractionalValue": 200,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelData": bytes(range(177, 201)),
        **NO_RESCALE,
    }
    return ct(**attributes | changes)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [("PROBABILITY", "probability"), ("OCCUPANCY", "occupancy"), (None, "fraction")],
)
@pytest.mark.parametrize("most", [200, 255])
def test_fractions_run_from_0_to_1(opened, kind, unit, most):
    stack, values = opened(
        segmentation(SegmentationFractionalType=kind, MaximumFractionalValue=most)
    )
    assert values.dtype == np.float32
    assert (values.ravel() == (np.arange(177, 201) / most).astype("f4")).all()
    assert stack.unit == unit
    assert stack.warnings == ()


@pytest.mark.parametrize("kind", ["fraction", "mapping", "table"])
def test_compressed_values_are_scaled_alike(tmp_path, kind):
    data = {
        "fraction": segmentation(),
        "mapping": segmentation(
            Modality="NM", SegmentationType=None, RealWorldValueMappingSequence=[mapping()]
        ),
        "table": segmentation(
            Modality="NM",
            SegmentationType=None,
            RealWorldValueMappingSequence=[table(np.arange(20) / 7, first=180)],
        ),
    }[kind]
    path = write(tmp_path / "a" / "a", data)
    (native,) = load(tmp_path / "a").stacks
    expected = np.asarray(native.array)
    compressed = pydicom.dcmread(path)
    compressed.compress(RLELossless, generate_instance_uid=False)
    (tmp_path / "b").mkdir()
    compressed.save_as(tmp_path / "b" / "b")
    (stack,) = load(tmp_path / "b").stacks
    assert stack.is_compressed
    assert stack.array.dtype == np.float32
    assert np.array_equal(np.asarray(stack.array), expected, equal_nan=True)
    assert stack.unit == native.unit
    assert stack.unit


def test_every_fraction_is_the_quotient():
    for most in range(1, 256):
        stored = np.arange(most + 1)
        assert ((stored * (1 / most)).astype("f4") == (stored / most).astype("f4")).all()


@pytest.mark.parametrize(("most", "state"), [(None, "missing"), (0, "invalid")])
def test_fractions_of_what_is_not_known(opened, most, state):
    stack, values = opened(segmentation(MaximumFractionalValue=most))
    assert values.ravel().tolist() == list(range(177, 201))
    assert stack.unit is None
    note = f"Maximum fractional value is {state}: values are stored values"
    assert stack.warnings == (note,)


def test_binary_segmentations_stay_as_they_are(opened):
    data = segmentation(
        SegmentationType="BINARY", BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=b"\7\0\0\0"
    )
    stack, values = opened(data)
    assert values.ravel()[:4].tolist() == [1, 1, 1, 0]
    assert values.dtype == np.uint8
    assert stack.unit is None
