"""Units of the values shown."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.intensity.units import unit_of
from napari_medscan.dicom.kinds import kind_of

from ..making import ct, item, write


def enhanced(group: str, kind: str) -> dict[str, object]:
    return {group: [item(PixelValueTransformationSequence=[item(RescaleType=kind)])]}


SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
WORD_CAPTURE = {
    "SOPClassUID": f"{SECONDARY_CAPTURE}.3",
    "RescaleSlope": None,
    "RescaleIntercept": None,
}


@pytest.mark.parametrize(
    ("modality", "changes", "unit"),
    [
        ("CT", {"SOPClassUID": SECONDARY_CAPTURE}, "HU"),
        ("CT", WORD_CAPTURE, None),
        ("CT", WORD_CAPTURE | enhanced("SharedFunctionalGroupsSequence", ""), "HU"),
        ("CT", WORD_CAPTURE | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.1"}, "HU"),
        ("CT", {}, "HU"),
        ("CT", {"RescaleType": "HU"}, "HU"),
        ("CT", {"RescaleType": "US", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, "HU"),
        ("CT", {"RescaleType": "US", "ImageType": ["DERIVED", "SECONDARY"]}, None),
        ("CT", {"RescaleType": "US", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, None),
        ("CT", {"RescaleType": "Z_EFF"}, "effective Z"),
        ("CT", {"RescaleType": "odd"}, None),
        ("CT", {"RescaleType": "MGML"}, "mg/ml"),
        ("CT", {"RescaleType": "mg/ml"}, "mg/ml"),
        ("CT", {"RescaleType": "hu"}, "HU"),
        ("CT", {"RescaleType": "Hounsfield Units"}, "HU"),
        ("CT", enhanced("SharedFunctionalGroupsSequence", "ED"), "10^23 e/ml"),
        ("CT", enhanced("PerFrameFunctionalGroupsSequence", "PCT"), "%"),
        ("MR", {}, None),
        ("MR", {"RescaleType": "US"}, None),
        ("PT", {"Units": "BQML"}, "Bq/ml"),
        ("PT", {"Units": "GML"}, "SUVbw"),
        ("PT", {"Units": "GML", "SUVType": "LBM"}, "SUVlbm"),
        ("PT", {"Units": "GML", "SUVType": "LBMJAMES128"}, "SUVlbm"),
        ("PT", {"Units": "GML", "SUVType": "IBW"}, "SUVibw"),
        ("PT", {"Units": "GML", "SUVType": "ODD"}, "g/ml"),
        ("PT", {"Units": "ODD"}, None),
        ("RTDOSE", {"DoseUnits": "GY"}, "Gy"),
        ("RTDOSE", {"DoseUnits": "RELATIVE"}, "relative dose"),
        ("RTDOSE", {}, None),
    ],
)
def test_unit(tmp_path, modality, changes, unit):
    data_set = part10.scan_file(write(tmp_path / "a", ct(**changes)), WANTED).data_set
    assert unit_of(data_set, kind_of(data_set.text(Tag.SOPClassUID), modality)) == unit
