"""Mammograms hang back to back, however they are stored, and say side and view in their names."""

from __future__ import annotations

import itertools

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.orientation import letters
from napari_medscan.napari_.directions import screen_directions
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.view import bring_into_view

from ..dicom.making import ct, item, write

OPPOSITE = dict(zip("APLRHF", "PARLFH", strict=True))
NO_PLACE = dict.fromkeys(
    ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "RescaleSlope",
     "RescaleIntercept", "PixelSpacing")
)  # fmt: skip
CODES = {"CC": "399162004", "MLO": "R-10226"}


def mammogram(side, view, orientation=("P", "L"), **changes):
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2",
        "Modality": "MG",
        "SeriesDescription": "Screening",
        "ImageLaterality": side,
        "PatientOrientation": list(orientation),
        "ViewCodeSequence": [item(CodeValue=CODES[view], CodingSchemeDesignator="SCT")],
    }
    return ct(**{**NO_PLACE, **attributes, **changes})


def stored(right, down):
    """Yield the eight ways in which an image can be stored that leads to these letters."""
    for flip, turn, swap in itertools.product((False, True), repeat=3):
        row = OPPOSITE[right] if flip else right
        column = OPPOSITE[down] if turn else down
        yield (column, row) if swap else (row, column)


@pytest.mark.parametrize(
    ("side", "view", "right", "down"),
    [("R", "CC", "P", "L"), ("L", "CC", "A", "R"), ("R", "MLO", "P", "F"), ("L", "MLO", "A", "F")],
)
def test_mammogram_hangs_with_its_chest_wall_inside(tmp_path, model, side, view, right, down):
    for number, orientation in enumerate(stored(right, down)):
        write(tmp_path / f"{number}.dcm", mammogram(side, view, orientation, InstanceNumber=number))
        (stack,) = load(tmp_path / f"{number}.dcm").stacks
        assert stack.name == f"MG 3 · Screening · {side} {view}"
        layer = model.add_layer(image_layer(stack))
        # As another series was looked at before.
        model.dims.order = ((0, 1, 2), (1, 0, 2), (2, 0, 1))[number % 3]
        bring_into_view(model, layer)
        found = [letters(direction) for direction in screen_directions(model, layer)]
        assert found == [right, down.replace("F", "I")], orientation
        model.layers.clear()
        (tmp_path / f"{number}.dcm").unlink()


@pytest.mark.parametrize(
    "changes",
    [
        {"ImageLaterality": None},
        {"ImageLaterality": "B"},
        {"PatientOrientation": None},
        {"PatientOrientation": ["L", "F"]},
    ],
)
def test_mammogram_of_unknown_side_or_orientation_stays_as_it_was(tmp_path, model, changes):
    write(tmp_path / "a.dcm", mammogram("R", "CC", **changes))
    layer = model.add_layer(image_layer(load(tmp_path).stacks[0]))
    bring_into_view(model, layer)
    assert tuple(model.dims.order) == (0, 1, 2)


def test_tomosynthesis_of_the_left_breast_hangs_the_same(tmp_path, model):
    """Its slices have a place in the patient, and its side is in a functional group."""
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])],
        PixelMeasuresSequence=[item(PixelSpacing=[0.1, 0.1], SliceThickness=1)],
        FrameAnatomySequence=[item(FrameLaterality="L")],
    )
    frames = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[float(x), 0.0, 0.0])])
        for x in range(3)
    ]
    data = mammogram(
        "L", "MLO", SOPClassUID="1.2.840.10008.5.1.4.1.1.13.1.3", NumberOfFrames=3,
        PixelData=bytes(144), SharedFunctionalGroupsSequence=[shared], ImageLaterality=None,
        PerFrameFunctionalGroupsSequence=frames, PatientOrientation=None,
        FrameOfReferenceUID="1.2.3.3",
    )  # fmt: skip
    write(tmp_path / "a.dcm", data)
    (stack,) = load(tmp_path).stacks
    assert stack.name == "MG 3 · Screening · L MLO"
    assert stack.axes == "zyx"
    assert stack.array.shape[0] == 3
    layer = model.add_layer(image_layer(stack))
    bring_into_view(model, layer)
    found = [letters(direction) for direction in screen_directions(model, layer)]
    assert found == ["A", "I"]


@pytest.mark.parametrize(
    ("modality", "changes", "name"),
    [
        ("DX", {"ImageLaterality": "R", "ViewPosition": "PA"}, "DX 3 · Hand · R PA"),
        ("DX", {"Laterality": "L", "ViewPosition": "ROE JANE"}, "DX 3 · Hand · L"),
        ("DX", {"SeriesDescription": "Hand R", "ImageLaterality": "R"}, "DX 3 · Hand R"),
        ("DX", {"SeriesDescription": "RAW", "ImageLaterality": "R"}, "DX 3 · RAW · R"),
        ("MG", {"SeriesDescription": "R-CC", "ImageLaterality": "R", "ViewPosition": "CC"},
         "MG 3 · R-CC"),
        ("MG", {"SeriesDescription": "LMLO", "ImageLaterality": "L", "ViewPosition": "MLO"},
         "MG 3 · LMLO"),
        ("OP", {"ImageLaterality": "R"}, "OP 3 · Hand · OD"),
        ("OP", {"ImageLaterality": "L"}, "OP 3 · Hand · OS"),
        ("US", {"ImageLaterality": "L"}, "US 3 · Hand"),
    ],
)  # fmt: skip
def test_name_says_side_and_view_once(tmp_path, modality, changes, name):
    attributes = {"SeriesDescription": "Hand", **changes}
    write(tmp_path / "a.dcm", ct(**{**NO_PLACE, "Modality": modality, **attributes}))
    assert load(tmp_path).stacks[0].name == name
