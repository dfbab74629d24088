"""Attributes that tell images at one position apart, or what their values mean."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.headers.read_many import read_headers

from ..making import ct, write


def dimensions(path):
    (frame,) = read_header(str(path), "a").frames
    return dict(frame.dimensions)


@pytest.mark.parametrize(
    ("keyword", "written", "read"),
    [
        ("AcquisitionDate", "20200101", "20200101"),
        ("AcquisitionDateTime", "20200101120000.5", "20200101120000.5"),
        ("AcquisitionTime", "120000.5", "120000.5"),
        ("ContentDate", "20200101", "20200101"),
        ("ContentTime", "120000", "120000"),
        ("AcquisitionNumber", 4, 4),
        ("TemporalPositionIdentifier", 2, 2),
        ("TemporalPositionIndex", 2, 2),
        ("EchoTime", "2.5", 2.5),
        ("EchoNumbers", 2, 2),
        ("InversionTime", "150", 150.0),
        ("FlipAngle", "15", 15.0),
        ("RepetitionTime", "2000", 2000.0),
        ("TriggerTime", "40.5", 40.5),
        ("FrameReferenceTime", "3000", 3000.0),
        ("NominalPercentageOfCardiacPhase", 75.0, 75.0),
        ("NominalPercentageOfRespiratoryPhase", 75.0, 75.0),
        ("NominalRespiratoryTriggerDelayTime", 300.0, 300.0),
        ("ScanOptions", ["PFP", "FS"], ("PFP", "FS")),
        ("ScanningSequence", ["SE", "IR"], ("SE", "IR")),
        ("ImageIndex", 7, 7),
        ("SequenceVariant", ["SP", "MTC"], ("SP", "MTC")),
        ("ReceiveCoilName", "HEA;HEP", "HEA;HEP"),
        ("MagnetizationTransfer", "OFF_RESONANCE", "OFF_RESONANCE"),
        ("SpectrallySelectedSuppression", "FAT", "FAT"),
        ("CorrectedImage", ["DECY", "ATTN"], ("DECY", "ATTN")),
        ("SequenceName", "ep_b1000#2", "ep_b1000#2"),
        ("KVP", "120", 120.0),
        ("ConvolutionKernel", ["Br36", "3"], ("Br36", "3")),
        # A backslash at the end adds no value, one in between does.
        ("ConvolutionKernel", ["Br36", "", "3", "", ""], ("Br36", "", "3")),
        ("ContrastBolusAgent", "agent", "agent"),
        ("ContrastBolusAgentPhase", "ARTERIAL", "ARTERIAL"),
        ("ComplexImageComponent", "PHASE", "PHASE"),
        ("MonoenergeticEnergyEquivalent", 70.0, 70.0),
        ("ImageType", ["ORIGINAL", "PRIMARY", "M"], ("ORIGINAL", "PRIMARY", "M")),
    ],
)
def test_attribute_of_the_top_level_is_read(tmp_path, keyword, written, read):
    path = write(tmp_path / "a", ct(**{keyword: written}))
    assert dimensions(path)[keyword] == read
    assert keyword not in dimensions(write(tmp_path / "b", ct(**{keyword: None})))


@pytest.mark.parametrize("keyword", ["AcquisitionTime", "EchoTime", "ContrastBolusAgent", "KVP"])
def test_empty_attribute_is_no_value(tmp_path, keyword):
    assert keyword not in dimensions(write(tmp_path / "a", ct(**{keyword: ""})))


def item(**values):
    data = Dataset()
    for keyword, value in values.items():
        setattr(data, keyword, Sequence([value]) if isinstance(value, Dataset) else value)
    return data


@pytest.mark.parametrize(
    ("group", "values", "found"),
    [
        (
            "FrameContentSequence",
            {"FrameAcquisitionDateTime": "20200101120000", "FrameAcquisitionNumber": 3},
            {"AcquisitionDateTime": "20200101120000", "AcquisitionNumber": 3},
        ),
        ("FrameContentSequence", {"StackID": "1"}, {"StackID": "1"}),
        (
            "FrameContentSequence",
            {"DimensionIndexValues": [1, 2]},
            {"DimensionIndexValues": (1, 2)},
        ),
        (
            "MRImageFrameTypeSequence",
            {"FrameType": ["ORIGINAL", "PRIMARY", "P"], "ComplexImageComponent": "PHASE"},
            {"ImageType": ("ORIGINAL", "PRIMARY", "P"), "ComplexImageComponent": "PHASE"},
        ),
        ("MREchoSequence", {"EffectiveEchoTime": 4.5}, {"EchoTime": 4.5}),
        ("MRModifierSequence", {"InversionTimes": [300.0]}, {"InversionTime": 300.0}),
        (
            "MRModifierSequence",
            {"MagnetizationTransfer": "NONE", "SpectrallySelectedSuppression": "FAT"},
            {"MagnetizationTransfer": "NONE", "SpectrallySelectedSuppression": "FAT"},
        ),
        ("MRArterialSpinLabelingSequence", {"ASLContext": "LABEL"}, {"ASLContext": "LABEL"}),
        ("MRReceiveCoilSequence", {"ReceiveCoilName": "H1"}, {"ReceiveCoilName": "H1"}),
        ("FrameAnatomySequence", {"FrameLaterality": "L"}, {"FrameLaterality": "L"}),
        (
            "RespiratorySynchronizationSequence",
            {
                "NominalPercentageOfRespiratoryPhase": 50.0,
                "NominalRespiratoryTriggerDelayTime": 900.0,
            },
            {
                "NominalPercentageOfRespiratoryPhase": 50.0,
                "NominalRespiratoryTriggerDelayTime": 900.0,
            },
        ),
        ("MRTimingAndRelatedParametersSequence", {"FlipAngle": "9"}, {"FlipAngle": 9.0}),
        (
            "CardiacSynchronizationSequence",
            {"NominalCardiacTriggerDelayTime": 40.0, "NominalPercentageOfCardiacPhase": 50.0},
            {"TriggerTime": 40.0, "NominalPercentageOfCardiacPhase": 50.0},
        ),
        (
            "TemporalPositionSequence",
            {"TemporalPositionTimeOffset": 2.5},
            {"TemporalPositionTimeOffset": 2.5},
        ),
        ("CTXRayDetailsSequence", {"KVP": "80"}, {"KVP": 80.0}),
        (
            "CTReconstructionSequence",
            {"ConvolutionKernel": "B30f"},
            {"ConvolutionKernel": ("B30f",)},
        ),
        ("PixelMeasuresSequence", {"SliceThickness": "2"}, {"SliceThickness": 2.0}),
        (
            "UnassignedPerFrameConvertedAttributesSequence",
            {"TriggerTime": "40", "EchoTime": "2.5", "DiffusionBValue": 50.0},
            {"TriggerTime": 40.0, "EchoTime": 2.5, "DiffusionBValue": 50.0},
        ),
        (
            "UnassignedSharedConvertedAttributesSequence",
            {"AcquisitionTime": "120000"},
            {"AcquisitionTime": "120000"},
        ),
        (
            "MultienergyCTProcessingSequence",
            {"MonoenergeticEnergyEquivalent": 40.0},
            {"MonoenergeticEnergyEquivalent": 40.0},
        ),
    ],
)
@pytest.mark.parametrize(
    "of", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_attribute_of_a_functional_group_is_read(tmp_path, of, group, values, found):
    path = write(tmp_path / "a", ct(**{of: Sequence([item(**{group: item(**values)})])}))
    assert dimensions(path).items() >= found.items()


@pytest.mark.parametrize(
    ("group", "creator", "element", "vr", "value"),
    [
        (0x0043, "GEMS_PARM_01", 0x2F, "SS", 1),
        (0x2005, "Philips MR Imaging DD 001", 0x11, "CS", "P"),
        (0x2001, "Philips Imaging DD 001", 0x08, "IS", 4),
        (0x2005, "Philips MR Imaging DD 005", 0x29, "CS", "LABEL"),
        (0x0051, "SIEMENS MR HEADER", 0x0F, "LO", "HEA;HEP"),
        (0x7005, "TOSHIBA_MEC_CT3", 0x04, "SH", "30%"),
        (0x7005, "TOSHIBA_MEC_CT3", 0x05, "SH", "300ms"),
    ],
)
def test_private_dimensions_are_read_wherever_their_block_is(
    tmp_path, group, creator, element, vr, value
):
    data = ct()
    data.add_new(group << 16 | 0x12, "LO", creator)
    data.add_new(group << 16 | 0x1200 | element, vr, value)
    names = {0x08: "PhaseNumber", 0x29: "ASLContext", 0x0F: "ReceiveCoilName"}
    names |= dict.fromkeys((0x04, 0x05), "PrivateCardiacPhase")
    name = names.get(element, "PrivateImageType")
    assert dimensions(write(tmp_path / "a", data))[name] == value


def test_files_of_one_series_have_their_own_attributes(tmp_path):
    """All but the first are read by what they have in common with it."""
    for number in range(4):
        facts = {
            "AcquisitionDate": f"2020010{number + 1}",
            "AcquisitionTime": f"12000{number}",
            "ContentTime": f"13000{number}",
            "EchoTime": f"{number}.5",
            "InversionTime": f"{number}00",
            "FlipAngle": str(number + 5),
            "SequenceName": f"b{number}",
        }
        write(tmp_path / f"{number}", ct(SOPInstanceUID=f"1.2.{number}", **facts))
    for number, header in enumerate(read_headers(list(walk([tmp_path]))).images):
        (frame,) = header.frames
        assert (
            frame.dimensions.items()
            >= {
                "AcquisitionDate": f"2020010{number + 1}",
                "AcquisitionTime": f"12000{number}",
                "ContentTime": f"13000{number}",
                "EchoTime": number + 0.5,
                "InversionTime": number * 100.0,
                "FlipAngle": number + 5.0,
                "SequenceName": f"b{number}",
            }.items()
        )
