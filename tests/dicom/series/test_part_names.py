"""What tells series of one name apart."""

from __future__ import annotations

from collections import Counter

import pytest

from napari_medscan.dicom import load

from ...corpus.oracle import case_names, case_path
from ...studies import write_series

ONE = {"SeriesInstanceUID": "1.2.3.77", "SeriesNumber": 5, "SeriesDescription": "Scan"}
KERNELS = ["kernel B30f", "kernel LUNG"]
HEADS = {"CT": "CT 5 · Scan", "MR": "MR 5 · Scan"}


def write_two(folder, first, second, **common):
    """Write two series of one name, or a series of two meanings."""
    for series, changes in enumerate((first, second), 1):
        write_series(folder, 2, series=series, **{**ONE, **common, **changes})


def parts(folder, modality="MR"):
    """Return what follows modality, number and description in the names of all series."""
    names = [stack.name for stack in load(folder).stacks]
    assert all(name.startswith(HEADS[modality]) for name in names)
    return sorted(name.removeprefix(HEADS[modality]).removeprefix(" · ") for name in names)


def types(*values):
    return {"ImageType": ["ORIGINAL", "PRIMARY", *values]}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (types("M", "ND"), types("P", "ND"), ["magnitude", "phase"]),
        (types("M_FFE", "M"), types("P_PCA", "P"), ["magnitude FFE", "phase PCA"]),
        (types("OTHER", "WATER"), types("OTHER", "FAT"), ["fat", "water"]),
        (types("OTHER", "IN_PHASE"), types("OTHER", "OPP_PHASE"), ["in phase", "opposed phase"]),
        (types("ADC"), types("DIFFUSION"), ["ADC", "diffusion"]),
        (types("M", "SUB"), types("M"), ["", "subtraction"]),
        (types("BIPLANE A"), types("BIPLANE B"), ["plane A", "plane B"]),
        (
            {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
            {
                "ImageOrientationPatient": [1, 0, 0, 0, 0, -1],
                "ImagePositionPatient": lambda i: [0, 2 * i, 0],
            },
            ["axial", "coronal"],
        ),
        ({"KVP": 80}, {"KVP": 140}, ["140 kV", "80 kV"]),
        ({"ConvolutionKernel": "B30f"}, {"ConvolutionKernel": "LUNG"}, KERNELS),
        ({"ContrastBolusAgent": "Iomeprol"}, {}, ["contrast", "no contrast"]),
        (
            {"ImageLaterality": "R"},
            {"ImageLaterality": "L", "SeriesInstanceUID": "1.2.3.78"},
            ["left", "right"],
        ),
        (
            {"CorrectedImage": ["DECY", "ATTN"]},
            {"CorrectedImage": ["DECY"]},
            ["attenuation-corrected", "not attenuation-corrected"],
        ),
    ],
)
def test_name_two_meanings_of_one_series_says_which(tmp_path, first, second, expected):
    write_two(tmp_path, first, second, Modality="MR")
    assert parts(tmp_path) == expected


def test_name_of_one_series_has_no_part(tmp_path):
    write_series(tmp_path, 2, **{**ONE, **types("M"), "Modality": "MR"})
    (stack,) = load(tmp_path).stacks
    assert (stack.name, stack.part) == ("MR 5 · Scan", "")


def test_name_series_of_two_studies_have_no_part(tmp_path):
    write_two(tmp_path, types("M"), {**types("P"), "StudyInstanceUID": "1.2.3.8"}, Modality="MR")
    assert parts(tmp_path) == ["", ""]


def test_name_series_alike_in_all_are_counted(tmp_path):
    write_two(tmp_path, {}, {"SeriesInstanceUID": "1.2.3.78"})
    assert parts(tmp_path, "CT") == ["1 of 2", "2 of 2"]


@pytest.mark.parametrize(
    "attribute", ["ImageType", "ConvolutionKernel", "ContrastBolusAgent", "ContrastBolusAgentPhase"]
)
def test_name_texts_of_no_vocabulary_are_not_in_it(tmp_path, attribute):
    """A file could have anybody's name there."""

    def value(text):
        return ["ORIGINAL", "PRIMARY", f"M_{text}", text] if attribute == "ImageType" else text

    write_two(tmp_path, {attribute: value("ALICE")}, {attribute: value("BOB")}, Modality="MR")
    assert parts(tmp_path) == ["1 of 2", "2 of 2"]


@pytest.mark.usefixtures("index_folder")
def test_name_from_the_index_is_the_same(tmp_path):
    write_two(tmp_path / "disc", types("M"), types("P"), Modality="MR")
    first, again = (parts(tmp_path / "disc") for _ in range(2))
    assert first == again == ["magnitude", "phase"]


@pytest.mark.skipif(not case_names(), reason="NOT TESTED: there is no corpus (MEDSCAN_CORPUS)")
@pytest.mark.parametrize("case", ["dicomdir-tree-pydicom", "rt-phantom-study", "sc-rgb-variants"])
def test_name_is_that_of_one_series_in_a_study(case):
    stacks = load(case_path(case)).stacks
    names = Counter((s.header.patient, s.header.study, s.name) for s in stacks)
    assert set(names.values()) == {1}
