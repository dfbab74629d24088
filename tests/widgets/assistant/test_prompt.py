"""The form of the question."""

from __future__ import annotations

import pytest

from napari_medscan.assistant.prompts import TEMPLATES, Templates
from napari_medscan.widgets.assistant.prompt import PromptForm


@pytest.fixture
def form(qtbot, tmp_path):
    form = PromptForm(Templates(tmp_path / "prompts.json"))
    qtbot.addWidget(form.native)
    return form


def test_a_template_is_chosen_and_names_nothing_by_itself(form):
    form.template.value = "Quality check"
    assert form.current == TEMPLATES[3]
    assert not form.modality.value
    assert not form.body_part.value


def test_an_own_wording_is_kept_until_it_is_reset(form, told):  # noqa: ARG001
    form.text.value = "What is in this {subject}?"
    form.save.native.click()
    form.template.value = TEMPLATES[1].name
    form.template.value = TEMPLATES[0].name
    assert form.text.value == "What is in this image?"
    assert form.current.text == "What is in this {subject}?"
    form.reset.native.click()
    assert form.current == TEMPLATES[0]


def test_what_cannot_be_saved_is_told(form, tmp_path, told):
    (tmp_path / "prompts.json").mkdir()
    form.save.native.click()
    assert "Could not save" in told[-1].message


def test_ticks_count_only_where_the_question_has_a_place_for_them(form):
    form.text.value = "What is this?"
    assert not form.modality.enabled
    assert not form.body_part.enabled
    form.text.value = "What is wrong with this image?"
    assert form.modality.enabled
    assert form.body_part.enabled


def test_form_ticked_values_stand_in_the_question(form):
    changed = []
    form.text.value = "Describe this image and this image of the liver."
    form.name_image("CT", "CHEST")
    assert form.words == "Describe this image and this image of the liver."
    form.words_changed.connect(lambda: changed.append(True))
    form.modality.native.click()
    assert changed
    question = "Describe this CT image and this image of the liver."
    assert form.text.value == question
    assert form.words == question
    form.body_part.native.click()
    question = "Describe this CT image of the chest and this image of the liver."
    assert form.text.value == question
    changed.clear()
    form.name_image("MR", "CSPINE")
    assert form.words == form.text.value
    assert not changed
    assert form.text.value.startswith("Describe this MR image of the cervical spine and ")
    form.name_image("", "")
    assert form.text.value == "Describe this image and this image of the liver."


def test_form_saved_template_names_no_modality(form, told):  # noqa: ARG001
    form.modality.native.click()
    form.name_image("CT", "")
    assert "this CT image" in form.text.value
    form.save.native.click()
    form.modality.native.click()
    form.template.value = TEMPLATES[1].name
    form.template.value = TEMPLATES[0].name
    assert form.text.value == TEMPLATES[0].fill()
    assert form.current == TEMPLATES[0]


def test_form_words_of_the_users_own_stay_beside_a_tick(form):
    form.text.value = "What is the image?"
    form.modality.value = True
    form.name_image("CT", "")
    assert form.words == form.text.value == "What is the image?"


def test_what_is_pasted_is_plain_text(form):
    form.text.value = "<b>x</b>"
    assert form.text.value == "<b>x</b>"
    assert not form.text.native.acceptRichText()


def test_the_field_is_as_high_as_the_question_is_long(form, qtbot):
    form.native.resize(290, 700)
    form.native.show()
    bar = form.text.native.verticalScrollBar()
    for template in TEMPLATES:
        form.template.value = template.name
        qtbot.waitUntil(lambda: bar.maximum() == 0, timeout=60_000)
    form.text.value = "Short?"
    short = form.text.native.height()
    form.text.value = "Long. " * 500
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=60_000)
    assert short < form.text.native.height() < 300


def test_the_answer_is_asked_for_in_a_language(form):
    form.text.value = "What is this?"
    assert form.words == "What is this?"
    form.language.value = "Deutsch"
    assert form.words == "What is this?\nAnswer in German."
    # It is no part of the template.
    assert form.current.text == "What is this?"
    form.text.value = "  "
    assert form.words == ""
