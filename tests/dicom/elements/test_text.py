"""Text made fit to be shown: decoded, defused, and without the patient."""

from __future__ import annotations

import codecs
import warnings

import pytest

from napari_medscan.dicom.elements.text import MAX_NAME, clean, decode, defuse


# The examples of PS3.5 annexes H to K, as they stand in a file.
@pytest.mark.parametrize(
    ("data", "charsets", "text"),
    [
        (b"Chest", (), "Chest"),
        (b"K\xf6rper ", ("ISO_IR 100",), "Körper"),
        (b"\xcb\xee\xea\xf2\xe5\xe2", ("ISO_IR 144",), "Ыюъђхт"),
        ("Голова".encode("iso8859_5"), ("ISO_IR 144",), "Голова"),
        ("胸部".encode(), ("ISO_IR 192",), "胸部"),
        ("胸部".encode("gb18030"), ("GB18030",), "胸部"),
        (b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", ("ISO_IR 13",), "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        (
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            ("", "ISO 2022 IR 87"),
            "Yamada^Tarou=山田^太郎",
        ),
        (b"\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf", ("", "ISO 2022 IR 149"), "김희중"),
        ("胸部".encode(), (), "胸部"),
        ("胸部".encode(), ("no such term",), "胸部"),
    ],
)
def test_decodes_by_specific_character_set(data, charsets, text):
    assert decode(data, charsets) == text


@pytest.mark.parametrize("charsets", [(), ("ISO_IR 192",), ("ISO_IR 13",), ("ISO 2022 IR 87",)])
@pytest.mark.parametrize("data", [b"\xff\xfe\x81", b"\x1b$B\xff", b"\x1b", b"a\x1b$)Cb\xff"])
def test_bytes_that_do_not_decode_neither_raise_nor_warn(data, charsets):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert isinstance(decode(data, charsets), str)
    assert not seen


@pytest.mark.parametrize(
    "codec", ["hex", "zlib", "rot13", "idna", "unicode_escape", "raw_unicode_escape", "bz2"]
)
def test_only_character_sets_of_the_standard_reach_pythons_codecs(codec, monkeypatch):
    asked: list[str] = []
    real = codecs.lookup
    monkeypatch.setattr(codecs, "lookup", lambda name: asked.append(name) or real(name))
    assert decode(b"\\u003cimg\xc3\xa9", (codec,)) == "\\u003cimgé"
    assert codec not in asked


def test_rich_text_is_defused():
    assert defuse('<img src="file:///dev/zero">') == '‹img src="file:///dev/zero">'
    assert "<" not in clean("a<b<<c")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\u202c", "ab"),
        ("a\u2066b\u2069", "ab"),
        ("a\u200bb", "ab"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("\ud800a", "a"),
        ("\ufeffa\ue000", "a"),
        ("  a   b  ", "a b"),
    ],
)
def test_control_and_direction_characters_go(text, shown):
    assert defuse(text) == shown


@pytest.mark.parametrize(
    ("text", "identifiers", "shown"),
    [
        ("Chest of Jane DOE", ("Doe^Jane",), "Chest of"),
        ("CT_DOE_JANE_abdomen", ("Doe^Jane",), "CT_ _ _abdomen"),
        ("chestJANEabdomen", ("Doe^Jane",), "chest abdomen"),
        ("AB123 head", ("", "AB123"), "head"),
        ("head 19700102", ("", "", "19700102"), "head"),
        ("head 123456", (), "head"),
        ("T1 3D 1.5mm 12345", (), "T1 3D 1.5mm 12345"),
        ("Jo al chest", ("Jo^Al",), "Jo al chest"),
        ("山田 胸部 太郎", ("Yamada^Tarou=山田^太郎",), "胸部"),
        ("王 胸部", ("Wang^XiaoDong=王^小東",), "胸部"),
        ("Müller Kopf", ("Müller^Eva",), "Kopf"),
        ("Mu\u0308ller Kopf", ("M\u00fcller^Eva",), "Kopf"),
        ("(.*) chest", ("(.*)",), "(.*) chest"),
    ],
)
def test_what_names_the_patient_is_taken_out(text, identifiers, shown):
    assert clean(text, identifiers) == shown


def test_descriptions_are_cut_to_length():
    assert len(clean("word " * 100)) <= MAX_NAME
    assert clean("word " * 100).endswith("…")
    assert clean("x" * MAX_NAME) == "x" * MAX_NAME


def test_an_id_that_begins_with_the_name_goes_whole():
    assert clean("SMITH1234 chest", ("SMITH^JO", "SMITH1234")) == "chest"


@pytest.mark.parametrize(
    ("written", "terms", "text"),
    [
        ("utf_8", ("ISO_IR 100",), "Schädel"),
        ("utf_8", ("",), "Грудь"),
        ("latin_1", ("ISO_IR 192",), "Schädel"),
        ("latin_1", ("ISO8859-1",), "Schädel"),
        ("iso8859_2", ("ISO 8859/2",), "Łódź"),
        ("utf_8", ("UTF-8",), "頭部"),
        ("euc_kr", ("", "ISO 2022 IR 149"), "머리"),
        ("gb2312", ("ISO 2022 IR 6", "ISO 2022 IR 58"), "头部"),
        ("latin_1", ("ISO_IR 100",), "Schädel"),
        ("tis_620", ("ISO_IR 166",), "รถ"),
    ],
)
def test_text_in_another_character_set_than_is_declared_is_read_if_certain(written, terms, text):
    assert decode(text.encode(written), terms) == text


def test_utf_8_that_is_cut_within_a_character_stays_utf_8():
    assert decode("Schädel ä".encode()[:-1], ("ISO_IR 192",)) == "Schädel \ufffd"
