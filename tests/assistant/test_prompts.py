"""Prompts say of the image what the user ticked, and keep the user's own words."""

from __future__ import annotations

import stat

import pytest

from napari_medscan.assistant.prompts import MAX_TEXT, SUBJECT, TEMPLATES, Templates


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_only_what_is_ticked_is_named(template):
    assert SUBJECT in template.text
    assert " this image" in template.fill()
    assert " this CT image" not in template.fill()
    assert " this CT image of the chest" in template.fill("CT", "CHEST")
    assert " this CT image" in template.fill("CT")


@pytest.mark.parametrize("value", ["DOE^JOHN", "MUELLER ANNA", "MUELLER", "12345678", "<b>"])
def test_what_is_no_defined_term_is_left_out(value):
    assert TEMPLATES[0].fill("CT", value) == TEMPLATES[0].fill("CT")
    assert TEMPLATES[0].fill(value, "CHEST") == TEMPLATES[0].fill("", "CHEST")


@pytest.mark.parametrize("value", ["CSPINE", "C SPINE", "c_spine"])
def test_a_defined_term_is_known_however_it_is_spaced(value):
    assert " this MR image of the cervical spine " in TEMPLATES[0].fill("MR", value)


@pytest.fixture
def templates(tmp_path):
    return Templates(tmp_path / "new" / "prompts.json")


def test_own_words_are_kept(templates):
    templates.save("caption", "Mine: {subject} {other}")
    again = {t.id: t for t in Templates(templates.path).all()}
    assert again["caption"].fill("MR") == "Mine: MR image {other}"
    assert again["describe"].text == TEMPLATES[0].text
    assert not stat.S_IMODE(templates.path.stat().st_mode) & 0o077
    templates.reset("caption")
    assert Templates(templates.path).all() == TEMPLATES


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"prompts":[]}', b'{"prompts":{"gone":"x","caption":1}}', b"\xff"]
)
def test_a_strange_file_changes_nothing(templates, content):
    templates.path.parent.mkdir()
    templates.path.write_bytes(content)
    assert templates.all() == TEMPLATES
    templates.save("caption", "x" * 2 * MAX_TEXT)
    assert max(len(t.text) for t in templates.all()) == MAX_TEXT
