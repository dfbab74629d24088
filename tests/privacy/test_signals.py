"""What headers say of text in the image, of faces, and of ultrasound regions."""

from __future__ import annotations

import numpy as np
import pydicom.config
import pytest
from pydicom.dataset import Dataset

from napari_medscan.dicom import load
from napari_medscan.phantoms import write_us_heart
from napari_medscan.privacy.signals import Signals, kept_pixels, read_signals

from ..dicom.making import RGB_IMAGE, ct, write


def signals(tmp_path, **changes):
    with pydicom.config.disable_value_validation():
        path = write(tmp_path / "a.dcm", ct(**changes))
    (stack,) = load(path).stacks
    return read_signals(stack.header)


def test_a_plain_ct_is_not_suspected(tmp_path):
    assert signals(tmp_path, BodyPartExamined="CHEST") == Signals(body_part="CHEST")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"BurnedInAnnotation": "YES"}, "Burned In"),
        ({"BurnedInAnnotation": "yes "}, "Burned In"),
        ({"Modality": "US"}, "US"),
        ({"Modality": "XA"}, "XA"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "screenshot"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "SAVE_STATE"]}, "screenshot"),
        ({"SecondaryCaptureDeviceManufacturer": "Canary"}, "another device"),
        ({"DateOfSecondaryCapture": "20200101"}, "another device"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, "another device"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "another device"),
        ({"Modality": "SM"}, "SM"),
        ({"ConversionType": "DF"}, "film"),
    ],
)
def test_each_signal_is_a_reason_to_look(tmp_path, changes, word):
    assert [r for r in signals(tmp_path, **changes).text if word in r]


def test_class_of_visible_light_is_no_secondary_capture(tmp_path):
    found = signals(tmp_path, SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.4", Modality="XC")
    assert [reason.split()[0] for reason in found.text] == ["XC"]


@pytest.mark.parametrize("face", [{}, {"BodyPartExamined": "HEAD CANARY"}])
def test_no_reason_quotes_a_value(tmp_path, face):
    values = {
        "ImageType": ["CANARY", "SECONDARY CANARY", "SCREEN CANARY"],
        "SecondaryCaptureDeviceID": "CANARY",
        "SecondaryCaptureDeviceManufacturer": "CANARY",
        "ConversionType": "CANARY",
        "BurnedInAnnotation": "YES",
        "RecognizableVisualFeatures": "NO" if face else "YES",
    }
    found = signals(tmp_path, **values, **face)
    assert len(found.text) == 4
    assert found.face
    assert "CANARY" not in f"{found.text} {found.face}"


def test_a_denial_counts_where_nothing_else_speaks_against_it(tmp_path):
    assert not signals(tmp_path, Modality="US", BurnedInAnnotation="NO").text
    assert signals(tmp_path, ImageType=["DERIVED", "SECONDARY"], BurnedInAnnotation="NO").text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"BodyPartExamined": "HEAD"}, "head"),
        ({"BodyPartExamined": "BRAIN"}, "head"),
        ({"BodyPartExamined": "HEADNECK"}, "head"),
        ({"RecognizableVisualFeatures": "YES"}, "recognizable"),
        ({"Modality": "XC"}, "photograph"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4"}, "photograph"),
    ],
)
def test_what_may_show_a_face_says_so(tmp_path, changes, word):
    assert word in signals(tmp_path, **changes).face


@pytest.mark.parametrize("modality", ["SC", "OT"])
def test_a_copy_in_color_may_be_a_photograph(tmp_path, modality):
    color = {
        "Modality": modality,
        **RGB_IMAGE,
        "PixelData": bytes(72),
    }
    assert "in color" in signals(tmp_path, **color).face
    copy = {**color, "Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}
    assert "in color" in signals(tmp_path, **copy).face
    assert not signals(tmp_path, **color, BodyPartExamined="FOOT").face
    assert not signals(tmp_path, Modality=modality).face


def test_a_file_that_is_gone_is_suspected_of_everything(tmp_path):
    path = write(tmp_path / "a.dcm", ct())
    (stack,) = load(path).stacks
    path.unlink()
    found = read_signals(stack.header)
    assert found.text
    assert found.face


def test_regions_of_an_ultrasound(tmp_path):
    write_us_heart(tmp_path, frames=1)
    (stack,) = load(tmp_path).stacks
    found = read_signals(stack.header)
    assert found.regions == ((30, 50, 440, 586),)
    kept = kept_pixels(found, (480, 640))
    assert kept.sum() == (440 - 30 + 1) * (586 - 50 + 1)
    assert not kept[:30].any()
    assert kept[30, 50]
    assert kept[440, 586]


def test_regions_that_make_no_sense_are_none(tmp_path):
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 10, 10
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 5, 20
    found = signals(tmp_path, Modality="US", SequenceOfUltrasoundRegions=[region])
    assert found.regions == ()
    assert kept_pixels(found, (4, 4)) is None


def test_regions_outside_of_the_frame_keep_nothing():
    assert not np.any(kept_pixels(Signals(regions=((9, 9, 12, 12),)), (4, 4)))
