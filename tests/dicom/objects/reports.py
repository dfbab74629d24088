"""Structured reports and documents, written for the tests of objects."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from ..making import ct, item

NO_IMAGE = (
    "FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope",
    "PixelData",
)  # fmt: skip


def code(meaning: str, value: str = "1", scheme: str = "99T") -> list[Dataset]:
    """Return a code sequence of one item."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def content(kind: str, name: str = "", *children: Dataset, **values: Any) -> Dataset:
    """Return a content item; one without a name has no concept name."""
    named = {"ConceptNameCodeSequence": code(name)} if name else {}
    below = {"ContentSequence": list(children)} if children else {}
    return item(ValueType=kind, RelationshipType="CONTAINS", **named, **values, **below)


def number(name: str, value: str, unit: str) -> Dataset:
    """Return a measured number."""
    measured = item(NumericValue=value, MeasurementUnitsCodeSequence=code(unit, unit, "UCUM"))
    return content("NUM", name, MeasuredValueSequence=[measured])


def report(*children: Dataset, **changes: Any) -> Dataset:
    """Return a Comprehensive SR (PS3.3 A.35.3)."""
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
        "SOPInstanceUID": "1.2.3.6.1",
        "SeriesInstanceUID": "1.2.3.6",
        "SeriesNumber": 6,
        "SeriesDescription": "Findings",
        "Modality": "SR",
        "ValueType": "CONTAINER",
        "ConceptNameCodeSequence": code("Imaging report"),
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
        "ContentSequence": list(children),
    }
    return ct(**{**dict.fromkeys(NO_IMAGE), **attributes, **changes})


def pdf(data: bytes, **changes: Any) -> Dataset:
    """Return an Encapsulated PDF (PS3.3 A.45.1)."""
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1",
        "SOPInstanceUID": "1.2.3.5.1",
        "SeriesInstanceUID": "1.2.3.5",
        "SeriesNumber": 5,
        "SeriesDescription": "Letter",
        "Modality": "DOC",
        "MIMETypeOfEncapsulatedDocument": "application/pdf",
        "EncapsulatedDocument": data + b"\0" * (len(data) % 2),
    }
    return ct(**{**dict.fromkeys(NO_IMAGE), **attributes, **changes})


def selection(*instances: str, **changes: Any) -> Dataset:
    """Return a Key Object Selection (PS3.3 A.35.4) of images."""
    images = [
        content(
            "IMAGE",
            ReferencedSOPSequence=[item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID=uid)],
        )
        for uid in instances
    ]
    return report(*images, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.59", Modality="KO", **changes)
