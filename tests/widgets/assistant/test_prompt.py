"""The form of the question."""

from __future__ import annotations

import pytest

from napari_medscan.assistant.prompts import TEMPLATES, Templates
from napari_medscan.widgets.assistant.prompt import PromptForm


@pytest.fixture
def form(qtbot, tmp_path):
    form = PromptForm(Templates(tmp_path / "prompts.json"))
    qtbot.addWidget(form)
    return form


def test_a_template_is_chosen_and_names_nothing_by_itself(form):
    form.choice.setCurrentText("Quality check")
    assert form.template == TEMPLATES[3]
    assert not form.modality.isChecked()
    assert not form.body_part.isChecked()


def test_an_own_wording_is_kept_until_it_is_reset(form, qtbot, told):  # noqa: ARG001
    form.text.setPlainText("What is in this {subject}?")
    form.save.click()
    form.choice.setCurrentIndex(1)
    form.choice.setCurrentIndex(0)
    assert form.text.toPlainText() == "What is in this image?"
    assert form.template.text == "What is in this {subject}?"
    form.reset.click()
    assert form.template == TEMPLATES[0]


def test_what_cannot_be_saved_is_told(form, tmp_path, told):
    (tmp_path / "prompts.json").mkdir()
    form.save.click()
    assert "Could not save" in told[-1].message


def test_ticks_count_only_where_the_question_has_a_place_for_them(form):
    form.text.setPlainText("What is this?")
    assert not form.modality.isEnabled()
    assert not form.body_part.isEnabled()
    form.text.setPlainText("What is wrong with this image?")
    assert form.modality.isEnabled()
    assert form.body_part.isEnabled()


def test_form_ticked_values_stand_in_the_question(form, qtbot):
    form.text.setPlainText("Describe this image and this image of the liver.")
    assert form.words("CT", "CHEST") == "Describe this image and this image of the liver."
    with qtbot.waitSignal(form.changed):
        form.modality.click()
    question = "Describe this CT image and this image of the liver."
    assert form.text.toPlainText() == question
    assert form.words("CT", "CHEST") == question
    form.body_part.click()
    question = "Describe this CT image of the chest and this image of the liver."
    assert form.text.toPlainText() == question
    with qtbot.assertNotEmitted(form.changed):
        assert form.words("MR", "CSPINE") == form.text.toPlainText()
    assert form.text.toPlainText().startswith("Describe this MR image of the cervical spine and ")
    form.name_image("", "")
    assert form.text.toPlainText() == "Describe this image and this image of the liver."


def test_form_saved_template_names_no_modality(form, told):  # noqa: ARG001
    form.modality.click()
    form.words("CT", "")
    assert "this CT image" in form.text.toPlainText()
    form.save.click()
    form.modality.click()
    form.choice.setCurrentIndex(1)
    form.choice.setCurrentIndex(0)
    assert form.text.toPlainText() == TEMPLATES[0].fill()
    assert form.template == TEMPLATES[0]


def test_form_words_of_the_users_own_stay_beside_a_tick(form):
    form.text.setPlainText("What is the image?")
    form.modality.setChecked(True)
    assert form.words("CT", "") == form.text.toPlainText() == "What is the image?"


def test_what_is_pasted_is_plain_text(form):
    form.text.setPlainText("<b>x</b>")
    assert form.text.toPlainText() == "<b>x</b>"
    assert not form.text.acceptRichText()


def test_the_field_is_as_high_as_the_question_is_long(form, qtbot):
    form.resize(290, 500)
    form.show()
    bar = form.text.verticalScrollBar()
    for number in range(form.choice.count()):
        form.choice.setCurrentIndex(number)
        qtbot.waitUntil(lambda: bar.maximum() == 0)
    form.text.setPlainText("Short?")
    short = form.text.height()
    form.text.setPlainText("Long. " * 500)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert short < form.text.height() < 300
