"""What becomes of attributes, against tables E.1-1 and E.3.10-1 of PS3.15."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag, tag_for_keyword

from napari_medscan.dicom.tags.confidentiality import BASIC, REFERENCES
from napari_medscan.export.deidentify import Profile, deidentify
from napari_medscan.export.deidentify.rules import Action, action_of

from ...dicom.making import ct, write
from .test_run import one, read

BARE = Profile(dates=False, characteristics=False, private=False)


def action(tag, profile=BARE):
    return action_of(tag, dictionary_VR(tag), keyword_for_tag(tag), profile)


def test_every_row_of_the_table_has_an_action_that_its_code_allows():
    allowed = {
        "X": {Action.REMOVE},
        "Z": {Action.EMPTY, Action.PSEUDONYM},
        "D": {Action.DUMMY, Action.PSEUDONYM, Action.MAP_UID},
        "U": {Action.MAP_UID},
        "U*": {Action.KEEP},
    }
    wrong = {
        keyword_for_tag(tag): code
        for tag, code in BASIC.items()
        # Lower groups are no part of images.
        if dictionary_has_tag(tag)
        and tag >= 0x00080000
        and action(tag) not in set.union(*(allowed[one] for one in code.split("/")))
    }
    assert wrong == {}


def test_what_some_object_must_have_has_a_value_or_a_dummy():
    """PS3.15 E.1: "unless D is required to maintain IOD conformance"."""
    removed = {
        keyword_for_tag(tag)
        for tag, code in BASIC.items()
        if code.endswith("D") and action(tag) is Action.REMOVE
    }
    assert removed == {
        "InstanceCreationDate",
        "InstanceCreationTime",
        "SeriesDate",
        "SeriesTime",
        "AcquisitionDateTime",
    }


def test_sequences_that_need_an_item_are_removed_rather_than_emptied():
    """PS3.3 C.7.2.1 and C.7.6.14: one is type 3, the other type 2."""
    assert action(tag_for_keyword("ReferencedStudySequence")) is Action.REMOVE
    assert action(tag_for_keyword("AcquisitionContextSequence")) is Action.EMPTY


def test_labels_that_an_object_must_have_are_dummies(tmp_path):
    assert one(tmp_path, ContentLabel="Aldo's, 2nd").ContentLabel == "REMOVED"


def test_references_stay_with_new_uids():
    assert {tag for tag, code in BASIC.items() if code == REFERENCES} == {0x00081140, 0x00082112}


@pytest.mark.parametrize(
    ("keyword", "option"),
    [
        ("StationName", "device"),
        ("LensSerialNumber", "device"),
        ("PerformedStationNameCodeSequence", "device"),
        ("InstitutionName", "institution"),
        ("InstitutionCodeSequence", "institution"),
        ("PatientWeight", "characteristics"),
        ("EthnicGroup", "characteristics"),
        ("SmokingStatus", "characteristics"),
    ],
)
def test_options_retain_what_the_table_says(keyword, option):
    tag = tag_for_keyword(keyword)
    assert action(tag) is not Action.KEEP
    retaining = Profile(**{"dates": False, "characteristics": False, option: True})
    assert action(tag, retaining) is Action.KEEP


@pytest.mark.parametrize("keyword", ["ReasonForVisit", "BeamDescription", "AcquisitionComments"])
def test_descriptors_are_cleaned(keyword):
    assert action(tag_for_keyword(keyword), Profile(descriptors=True)) is Action.CLEAN


def test_a_dummy_takes_the_place_of_a_value_alone(tmp_path):
    data = one(
        tmp_path, BARE, ProtocolName="Ward of Aldo", ContrastBolusAgent="", ContentDate="20240229"
    )
    assert (data.ProtocolName, data.ContrastBolusAgent) == ("REMOVED", "")
    assert data.ContentDate == "19000101"


@pytest.mark.parametrize(
    ("creator", "group", "element", "vr", "value", "kept"),
    [
        ("ELSCINT1", 0x00E1, 0x50, "DS", "1.5", True),
        ("ELSCINT1", 0x01E1, 0x50, "DS", "1.5", False),
        ("Philips MR Imaging DD 001", 0x2005, 0x0E, "FL", 0.25, True),
        ("GEIIS PACS", 0x0903, 0x10, "US", 1, True),
        ("NQHeader", 0x0099, 0x21, "FL", 1400.0, True),
        ("GEMS_PARM_01", 0x0043, 0x27, "SH", "0.984:1", True),
        ("GEMS_PARM_01", 0x0043, 0x27, "SH", "Rossi", False),
        ("GEMS_ACQU_01", 0x0019, 0x9E, "LO", "efgre3d", False),
    ],
)
def test_safe_private_numbers_are_those_of_the_table(
    tmp_path, creator, group, element, vr, value, kept
):
    data = ct()
    data.private_block(group, creator, create=True).add_new(element, vr, value)
    write(tmp_path / "in" / "a.dcm", data)
    deidentify(tmp_path / "in", tmp_path / "out")
    (after,) = read(tmp_path / "out")
    assert ((group, element | 0x1000) in after) == kept
