"""Our decoding by Specific Character Set against pydicom's, and where it is better."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydicom.charset import CODES_TO_ENCODINGS, decode_bytes, python_encoding
from pydicom.valuerep import TEXT_VR_DELIMS

from napari_medscan.dicom.elements.character_sets import decode_text

CHINESE = {"ISO 2022 IR 58", "ISO 2022 58"}
ESCAPES = tuple(CODES_TO_ENCODINGS)
terms = st.lists(st.sampled_from(list(python_encoding)), min_size=1, max_size=3, unique=True)
pieces = st.sampled_from([*ESCAPES, b"\x1b", b"\t", b"\r\n", b"^"]) | st.binary(max_size=6)


@given(st.lists(pieces, max_size=6).map(b"".join), terms)
def test_decode_text_of_any_bytes_equals_pydicom(data, character_sets):
    assume(b"\x1b$)A" not in data or CHINESE.isdisjoint(character_sets))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encodings = [python_encoding[term] for term in character_sets]
        assert decode_text(data, character_sets) == decode_bytes(data, encodings, TEXT_VR_DELIMS)


@pytest.mark.parametrize("term", sorted(python_encoding))
def test_decode_text_of_every_byte_equals_pydicom(term):
    for first in set(range(256)) - {0x1B}:
        data = bytes((first, 0x41, first, 0xA1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = decode_bytes(data, [python_encoding[term]], TEXT_VR_DELIMS)
        assert decode_text(data, (term,)) == expected


@pytest.mark.parametrize("term", sorted(CHINESE))
def test_decode_text_of_the_chinese_example_has_no_escape_sequences(term):
    """PS3.5 K.2; pydicom leaves them in the text."""
    data = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="
    assert decode_text(data, ("", term)) == "Zhang^XiaoDong=张^小东="


@pytest.mark.parametrize("term", ["ISO-IR 144", "ISO_IR_144", "iso_ir 144", "ISO 2022-IR 144"])
def test_decode_text_by_a_term_that_is_punctuated_otherwise(term):
    assert decode_text("Голова".encode("iso8859_5"), (term,)) == "Голова"
    assert decode_text("12 €".encode("iso8859_15"), ("ISO_IR 203",)) == "12 €"


def test_decode_text_after_a_line_break_is_in_the_first_character_set():
    data = b"\x1b-F\xf9\xf8\r\n\xc1"
    assert decode_text(data, ("ISO 2022 IR 100", "ISO 2022 IR 126")) == "ωψ\r\nÁ"


def test_decode_text_by_an_undeclared_escape_sequence_leaves_it_in_the_text():
    assert decode_text(b"\x1b-F\xf9", ("ISO 2022 IR 100",)) == "\x1b-Fù"
    assert decode_text(b"\x1b-F\xf9", ("ISO 2022 IR 100", "ISO 2022 IR 126")) == "ω"


def test_decode_of_names_imports_no_pydicom():
    """It takes longer than reading the headers of a disc."""
    code = (
        "import sys\n"
        "from napari_medscan.dicom.elements.text import decode\n"
        "assert decode(b'M\\xfcller', ('ISO_IR 100',)) == 'Müller'\n"
        "assert decode(b'\\x1b$B;3ED\\x1b(B', ('', 'ISO 2022 IR 87')) == '山田'\n"
        "assert 'pydicom' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True)
