"""Files that define real world values for images in other files."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load

from ..making import ct, item, write
from .labeled import COLUMNS, DEPTH, ROWS, position
from .mapped import coded, quantity
from .stated import refer

VALUES = np.arange(DEPTH * ROWS * COLUMNS, dtype=np.uint16).reshape(DEPTH, ROWS, COLUMNS)
ABSENT = dict.fromkeys(
    ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
     "SamplesPerPixel", "PhotometricInterpretation", "PixelSpacing", "PixelData",
     "ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept")
)  # fmt: skip


def write_images(folder, *, number=3, **changes):
    """Write a series of MR images of `VALUES`, in no unit."""
    folder.mkdir(parents=True, exist_ok=True)
    for z, plane in enumerate(VALUES):
        own = {
            "SOPInstanceUID": f"1.2.3.{number}.{z}",
            "SeriesInstanceUID": f"1.2.3.{number}",
            "Modality": "MR",
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
            "ImagePositionPatient": list(position(z)),
            "Rows": ROWS,
            "Columns": COLUMNS,
            "RescaleSlope": None,
            "RescaleIntercept": None,
            "WindowCenter": "100",
            "WindowWidth": "200",
            "PixelData": plane.tobytes(),
        }
        write(folder / f"{number}-{z}.dcm", ct(**{**own, **changes}))
    return folder


def mapping(slope=0.5, intercept=10.0, unit="um2/s", **changes):
    return item(
        LUTLabel="ADC", LUTExplanation="Diffusion",
        RealWorldValueFirstValueMapped=0, RealWorldValueLastValueMapped=4095,
        RealWorldValueSlope=slope, RealWorldValueIntercept=intercept,
        MeasurementUnitsCodeSequence=coded("unit", unit, "UCUM"),
        QuantityDefinitionSequence=[quantity("Apparent Diffusion Coefficient")], **changes,
    )  # fmt: skip


def value_mapping(*groups, **changes):
    """Return a Real World Value Mapping object of (references, mappings)."""
    return ct(**{
        **ABSENT,
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.67",
        "SOPInstanceUID": "1.2.3.67.1",
        "SeriesInstanceUID": "1.2.3.67",
        "SeriesNumber": 67,
        "Modality": "RWV",
        "ReferencedImageRealWorldValueMappingSequence": [
            item(ReferencedImageSequence=images, RealWorldValueMappingSequence=list(mappings))
            for images, mappings in groups
        ],
        **changes,
    })  # fmt: skip


ALL = refer(*(f"1.2.3.3.{z}" for z in range(DEPTH)))


def opened(folder):
    report = load(folder)
    (stack,) = report.stacks
    return report, stack


# Whichever comes first by its name.
@pytest.mark.parametrize("name", ["0.dcm", "z.dcm"])
def test_value_mapping_gives_values_unit_quantity_and_windows(tmp_path, name):
    write(write_images(tmp_path) / name, value_mapping((ALL, [mapping()])))
    report, stack = opened(tmp_path)
    assert np.allclose(np.asarray(stack.array), VALUES * 0.5 + 10)
    assert stack.unit == "um2/s"
    assert stack.real_world_mappings[0].quantity == "Apparent Diffusion Coefficient"
    window = stack.header.frames[0].windows[0]
    # As of stored values, from 0 to 199 (PS3.3 C.11.2.1.2.1).
    assert (window.center, window.width) == (59.75, 99.5)
    (source,) = report.objects
    assert source.summary == f"real world values: {DEPTH} images in um2/s"
    assert report.skipped == {}


@pytest.mark.usefixtures("index_folder")
def test_value_mapping_is_applied_again_when_the_folder_is_opened_again(tmp_path):
    write(write_images(tmp_path) / "map.dcm", value_mapping((ALL, [mapping()])))
    for _ in range(2):
        assert opened(tmp_path)[1].unit == "um2/s"


def test_values_that_the_image_defines_itself_stay(tmp_path):
    own = {"RescaleSlope": "2", "RescaleIntercept": "0", "RescaleType": "US"}
    write(write_images(tmp_path, **own) / "map.dcm", value_mapping((ALL, [mapping()])))
    _, stack = opened(tmp_path)
    assert np.allclose(np.asarray(stack.array), VALUES * 2)
    write_images(tmp_path, RealWorldValueMappingSequence=[mapping(3.0, 0.0, "ms")])
    _, stack = opened(tmp_path)
    assert stack.unit == "ms"


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientID": "another"},
        {"ReferencedImageRealWorldValueMappingSequence": []},
        {"ReferencedImageRealWorldValueMappingSequence": None},
    ],
)
def test_value_mapping_of_another_patient_or_of_nothing_changes_nothing(tmp_path, changes):
    data = value_mapping((ALL, [mapping()]), **changes)
    write(write_images(tmp_path, PatientID="one") / "map.dcm", data)
    _, stack = opened(tmp_path)
    assert np.array_equal(np.asarray(stack.array), VALUES)
    assert stack.unit is None


def test_value_mapping_of_some_frames(tmp_path):
    frames = [
        item(PlanePositionSequence=[item(ImagePositionPatient=list(position(z)))])
        for z in range(DEPTH)
    ]
    image = ct(
        SOPInstanceUID="1.2.3.3.0", SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1", Modality="MR",
        NumberOfFrames=DEPTH, Rows=ROWS, Columns=COLUMNS, RescaleSlope=None,
        RescaleIntercept=None, ImagePositionPatient=None, PixelData=VALUES.tobytes(),
        PerFrameFunctionalGroupsSequence=frames,
    )  # fmt: skip
    write(tmp_path / "image.dcm", image)
    groups = [(refer("1.2.3.3.0", frames=[n]), [mapping(n, 0.0)]) for n in range(1, DEPTH + 1)]
    write(tmp_path / "map.dcm", value_mapping(*groups))
    _, stack = opened(tmp_path)
    expected = VALUES * np.arange(1.0, DEPTH + 1)[:, None, None]
    assert np.allclose(np.asarray(stack.array), expected)


def test_value_mapping_without_its_images_is_listed(tmp_path):
    write(tmp_path / "map.dcm", value_mapping((ALL, [mapping()])))
    report = load(tmp_path)
    assert report.summary() == "No images found: 1 real world value mapping."
    (source,) = report.objects
    assert source.notes_on([]) == ()
    _, stack = opened(write_images(tmp_path / "images"))
    assert "together with its images" in source.notes_on([stack])[0]
