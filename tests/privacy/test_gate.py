"""What has to be confirmed belongs to the bytes, whatever exit they take."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.privacy.errors import NotConfirmedError
from napari_medscan.privacy.gate import THIS_COMPUTER, Gate
from napari_medscan.privacy.sealed_image import Concern, Facts, seal
from napari_medscan.privacy.signals import Signals
from napari_medscan.privacy.text_check import Box, Outline, TextCheck

HOST, OTHER = "https://a.example:443", "https://b.example:443"
CASES = {
    Concern.TEXT: Facts(text=TextCheck((Outline(Box(1, 1, 4, 8), is_sure=False),))),
    Concern.HEADER: Facts(Signals(text=("Burned In Annotation is YES",))),
    Concern.FACE: Facts(Signals(face="is a photograph")),
}


def image(facts=None, shade=0):
    return seal(np.full((16, 16, 3), shade, np.uint8), facts or Facts())


def test_an_image_without_concerns_may_leave():
    Gate().check(image(), HOST)


@pytest.mark.parametrize("recipient", [HOST, THIS_COMPUTER])
@pytest.mark.parametrize("concern", CASES)
def test_no_exit_is_open_until_each_concern_is_confirmed(concern, recipient):
    gate, one = Gate(), image(CASES[concern])
    with pytest.raises(NotConfirmedError) as caught:
        gate.check(one, recipient)
    assert str(caught.value) == gate.missing(one, recipient)
    gate.confirm(one, recipient)
    gate.check(one, recipient)
    gate.withdraw(one, recipient)
    with pytest.raises(NotConfirmedError):
        gate.check(one, recipient)


def test_a_confirmation_is_for_these_bytes_and_this_host():
    gate, facts = Gate(), CASES[Concern.HEADER]
    gate.confirm(image(facts), HOST)
    gate.check(image(facts), HOST)
    for other, recipient in ((image(facts, 50), HOST), (image(facts), OTHER)):
        with pytest.raises(NotConfirmedError):
            gate.check(other, recipient)


def test_what_may_be_sent_may_be_saved_and_not_the_other_way_round():
    gate, one = Gate(), image(CASES[Concern.TEXT])
    gate.confirm(one, HOST)
    gate.check(one, THIS_COMPUTER)
    gate = Gate()
    gate.confirm(one, THIS_COMPUTER)
    with pytest.raises(NotConfirmedError):
        gate.check(one, HOST)


def test_the_same_bytes_from_a_more_suspicious_file_are_asked_about_again():
    gate = Gate()
    gate.confirm(image(CASES[Concern.FACE]), HOST, {Concern.FACE})
    gate.check(image(CASES[Concern.FACE]), HOST)
    with pytest.raises(NotConfirmedError):
        gate.check(image(CASES[Concern.HEADER]), HOST)


@pytest.mark.parametrize(
    ("concern", "at_full_size", "enough"),
    [
        (Concern.TEXT, False, False),
        (Concern.TEXT, True, True),
        (Concern.HEADER, False, False),
        (Concern.HEADER, True, True),
        (Concern.FACE, False, True),
    ],
)
def test_text_is_confirmed_after_a_look_at_full_size(concern, at_full_size, enough):
    gate, one = Gate(), image(CASES[concern])
    assert not gate.may_confirm(one)
    gate.see(one, full_size=at_full_size)
    assert gate.is_seen(one)
    assert gate.may_confirm(one) is enough
    gate.see(one)
    assert gate.may_confirm(one) is enough, "a look is not taken back by another"
