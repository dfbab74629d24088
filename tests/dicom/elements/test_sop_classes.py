"""What holds no picture is told by name; images of any class are let through."""

from __future__ import annotations

import pytest
from pydicom._uid_dict import UID_dictionary

from napari_medscan.dicom.elements.sop_classes import kind_of

STORAGE = {uid: entry[0] for uid, entry in UID_dictionary.items() if entry[0].endswith("Storage")}


def test_no_image_class_of_the_standard_is_refused():
    images = {uid: name for uid, name in STORAGE.items() if "Image Storage" in name}
    assert len(images) > 50
    assert {name: kind_of(uid) for uid, name in images.items() if kind_of(uid)} == {}


@pytest.mark.parametrize("word", ["SR Storage", "Waveform Storage", "Presentation State Storage"])
def test_reports_waveforms_and_presentation_states_are_recognised(word):
    found = {uid: name for uid, name in STORAGE.items() if name.endswith(word)}
    assert found
    assert [name for uid, name in found.items() if not kind_of(uid)] == []


@pytest.mark.parametrize("uid", ["", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4"])
def test_anything_else_may_be_an_image(uid):
    assert kind_of(uid) == ""
