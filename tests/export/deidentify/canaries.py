"""A file in which every attribute names somebody, and all of them can be told apart."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pydicom.config
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset

from ...dicom.headers.mosaics import csa, protocol
from ...dicom.making import ct

REFUSED = {"ContentSequence", "EncapsulatedDocument", "DirectoryRecordSequence"}
"""What makes a file one that cannot be de-identified at all."""
OF_THE_IMAGE = {
    "SOPClassUID",
    "SpecificCharacterSet",
    "Modality",
    "ImageType",
    "BurnedInAnnotation",
    "ConversionType",
    "DateOfSecondaryCapture",
    "RecognizableVisualFeatures",
    *(element.keyword for element in ct()),
}
DEEP = {"SourceImageSequence": 4, "PerFrameFunctionalGroupsSequence": 4, "CodeSequence": 1}
"""How deep sequences are nested, each item with all kinds of elements; others have a name."""
TEXTS = ("AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
BYTES = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
PRIVATE_VRS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "OB", "PN", "SH", "ST", "UI")


CANARY = re.compile(rb"Cnry\d{5}q|1\.2\.999\.\d{5}")


class Canaries:
    """Makes canaries and remembers where each went: bytes to look for, and the place."""

    def __init__(self):
        self.places = {}

    def text(self, place):
        return self._kept(f"Cnry{len(self.places):05d}q", place)

    def uid(self, place):
        return self._kept(f"1.2.999.{70000 + len(self.places)}", place)

    def _kept(self, canary, place):
        self.places[canary.encode()] = place
        return canary

    def survivors(self, data):
        """Return the places of the canaries that are in some bytes."""
        return {self.places[found] for found in CANARY.findall(data)}

    def value(self, vr, place):
        """Return a canary as a value of a VR; None where there is none that can name somebody."""
        if vr in (*TEXTS, "CS"):
            return self.text(place)[:16]
        if vr == "AS":
            return "099Y"
        if vr == "UI":
            return self.uid(place)
        if vr in BYTES:
            return self.text(place).encode().ljust(16)
        return None


def canary_file(canaries):
    """Return a CT image with every attribute of the dictionary, sequences with a full item."""
    data = ct()
    with pydicom.config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _fill(data, canaries)
        _add_private(data, canaries, "")
        data.add_new(0x60003000, "OW", canaries.text("overlay").encode().ljust(16))
        data.add_new(0x60000022, "LO", canaries.text("overlay description"))
        data.add_new(0x50003000, "OB", canaries.text("curve").encode().ljust(16))
        data.add_new(0x00280009, "LO", canaries.text("wrong VR"))
        data.add_new(0x00089ABC, "LO", canaries.text("unknown attribute"))
        data.add_new(0xFFFCFFFC, "OB", canaries.text("trailing padding").encode().ljust(16))
    return data


def _fill(data, canaries):
    for tag, (vrs, *_) in sorted(DicomDictionary.items()):
        keyword = keyword_for_tag(tag)
        if tag >> 16 < 0x0008 or tag >> 16 >= 0xFFFC or keyword in REFUSED | OF_THE_IMAGE:
            continue
        vr = vrs.split(" or ")[-1]
        place = keyword
        if vr == "SQ":
            data.add_new(tag, "SQ", [_item(canaries, f"{place}/", DEEP.get(keyword, 0))])
        elif (value := canaries.value(vr, place)) is not None:
            data.add_new(tag, vr, value)


def _item(canaries, path, deeper):
    item = Dataset()
    item.PatientName = canaries.text(f"{path}PatientName")
    if deeper:
        item.StudyDescription = canaries.text(f"{path}StudyDescription")
        item.TextValue = canaries.text(f"{path}TextValue")
        item.ReferencedSOPInstanceUID = canaries.uid(f"{path}ReferencedSOPInstanceUID")
        _add_private(item, canaries, path)
        item.ReferencedInstanceSequence = [_item(canaries, f"{path}deeper/", deeper - 1)]
    return item


def _add_private(data, canaries, path):
    block = data.private_block(0x0011, canaries.text(f"{path}creator"), create=True)
    for number, vr in enumerate(PRIVATE_VRS):
        value = canaries.value(vr, f"{path}private {vr}")
        if value is not None:
            block.add_new(number, vr, value)
    fields = {
        "SliceNormalVector": ("0.0", "-0.6", "0.8"),
        "B_value": (canaries.text(f"{path}CSA b-value"),),
        "PatientName": (canaries.text(f"{path}CSA field"),),
    }
    name = canaries.text(f"{path}protocol").encode()
    text = protocol(3, [(1, 2, 3)] * 3).replace(b"ep2d_bold", name)
    headers = data.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    for number, header in ((0x10, csa(fields)), (0x20, text)):
        whole = header + canaries.text(f"{path}end of a CSA header").encode()
        headers.add_new(number, "OB", whole + bytes(len(whole) % 2))
    siemens = data.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    siemens.add_new(0x0C, "IS", "1000")
    # Safe by its place, but what it holds is no number.
    siemens.add_new(0x0E, "UN", canaries.text(f"{path}gradient")[:9].encode().ljust(12))
    siemens.add_new(0x0D, "CS", canaries.text(f"{path}directionality"))


def pixels(data):
    return np.frombuffer(data.PixelData, "<u2")
