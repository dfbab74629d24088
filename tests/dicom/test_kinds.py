"""What holds no image is told by name; images of any class are let through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydicom._uid_dict import UID_dictionary

from napari_medscan.dicom.kinds import PARAMETRIC_MAP, SEGMENTATION, kind_of

SOURCE = Path(__file__).parents[2] / "src" / "napari_medscan"

STORAGE = {uid: entry[0] for uid, entry in UID_dictionary.items() if entry[0].endswith("Storage")}


def test_no_image_class_of_the_standard_is_refused():
    images = {uid: name for uid, name in STORAGE.items() if "Image Storage" in name}
    assert len(images) > 50
    assert {name: kind_of(uid).name for uid, name in images.items() if kind_of(uid).name} == {}


@pytest.mark.parametrize("word", ["SR Storage", "Waveform Storage", "Presentation State Storage"])
def test_reports_waveforms_and_presentation_states_are_recognized(word):
    found = {uid: name for uid, name in STORAGE.items() if name.endswith(word)}
    assert found
    assert [name for uid, name in found.items() if not kind_of(uid).name] == []


@pytest.mark.parametrize("uid", ["", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4"])
def test_anything_else_may_be_an_image(uid):
    assert kind_of(uid).name == ""


def test_kind_of_a_class_completes_what_the_modality_says():
    parametric_map = kind_of(PARAMETRIC_MAP, "MR")
    assert parametric_map.omits_empty_planes
    assert parametric_map.is_cross_section
    assert not kind_of("", "MR").omits_empty_planes


def test_kind_of_a_segmentation_without_modality_measures_segments():
    assert kind_of(SEGMENTATION).measures == "segments"
    assert kind_of("", "SEG").measures == "segments"


def test_modules_of_dicom_compare_modality_or_class_only_in_kinds():
    """A second place for such a question would answer it differently, sooner or later."""
    comparison = re.compile(r"\b(?:modality|sop_class)\b (?:[!=]=|in|not in) ")
    modules = (SOURCE / "dicom").rglob("*.py")
    found = {m.name for m in modules if comparison.search(m.read_text(encoding="utf-8"))}
    # Words for people, and maps of which the description alone tells.
    assert found <= {"studies.py", "presets.py"}
