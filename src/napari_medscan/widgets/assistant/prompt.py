"""The question: a template, in the user's own words, and the language of the answer."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from magicgui.widgets import CheckBox, PushButton, TextEdit
from psygnal import Signal
from qtpy.QtCore import QSizeF

from napari_medscan.assistant.prompts import (
    LANGUAGES,
    MAX_TEXT,
    SUBJECT,
    TEMPLATES,
    Template,
    Templates,
    in_language,
    subject,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.panel.form import Choice, Page, button, check, choice, form, quiet, row

_LEAST, _MOST = 3, 12
"""Lines of the question's field."""
_INCLUDE = "Taken from the file, as in “this CT image of the chest”. The question shows the words."


class _PlainText(TextEdit):
    """A field for plain text; magicgui's own takes a text with marks for HTML."""

    @property
    def value(self) -> str:
        """The text."""
        return str(self.native.toPlainText())

    @value.setter
    def value(self, text: str) -> None:
        self.native.setPlainText(text)


class PromptForm(Page):
    """The question, starting from one of the templates.

    The field always shows the words themselves: "this CT image of the chest", not a variable.

    Attributes
    ----------
    words_changed : Signal
        Emitted when the words of the question change.
    """

    template: Choice
    save: PushButton
    reset: PushButton
    text: _PlainText
    modality: CheckBox
    body_part: CheckBox
    language: Choice

    words_changed = Signal()

    def __init__(self, templates: Templates) -> None:
        super().__init__(margin=0)
        self._templates = templates
        names = [template.name for template in TEMPLATES]
        # Plain text in a QTextEdit, which napari's themes draw as a field to write in.
        text = _PlainText(name="text")
        field = text.native
        field.setAcceptRichText(False)
        field.setTabChangesFocus(True)
        field.setPlaceholderText("What do you want to know about this image?")
        document = field.document()
        lines = None if document is None else document.documentLayout()
        if lines is not None:
            # They are broken later than the text is set.
            lines.documentSizeChanged.connect(guarded(self._fit))
        save = "Save this wording as the template, on this computer"
        language = choice("language", "Language of the answer", [*LANGUAGES], self._on_words)
        self.extend(
            [
                row(
                    choice("template", "Template for the question", names, self._show_template),
                    button("save", "Save", save, self._on_save),
                    button("reset", "Reset", "Restore the original wording", self._on_reset),
                ),
                text,
                row(
                    check("modality", "Include modality", _INCLUDE, self._on_words),
                    check("body_part", "Include body part", _INCLUDE, self._on_words),
                ),
                form(("Answer in", language)),
            ]
        )
        field.textChanged.connect(guarded(self._on_text))
        self._coded_modality = self._coded_part = ""
        self._subject = subject()
        self._show_template()

    @property
    def current(self) -> Template:
        """The question in the field, with `SUBJECT` where it names the image."""
        # "this image of the liver" is the user's own phrase and stays as it is.
        named = rf"\bthis {re.escape(self._subject)}\b(?! of the )"
        text = re.sub(named, f"this {SUBJECT}", self.text.value)
        return replace(self._template, text=text)

    @property
    def words(self) -> str:
        """The question as it would be sent; '' when there is none."""
        return in_language(self.current.fill(*self._ticked).strip(), self.language.value)

    def name_image(self, modality: str, body_part: str) -> None:
        """Take the coded values of another image; empty while they are unknown.

        Only what is ticked becomes part of the question.
        """
        self._coded_modality, self._coded_part = modality, body_part
        self._name_subject()

    def ask_on(self) -> None:
        """Empty the field for a further question."""
        self.text.native.setPlaceholderText("Ask more about this image")
        self.text.value = ""

    def begin(self) -> None:
        """Start from the template again, unless there are words."""
        self.text.native.setPlaceholderText("What do you want to know about this image?")
        if not self.text.value.strip():
            self._show_template()

    @property
    def _template(self) -> Template:
        return next(t for t in TEMPLATES if t.name == self.template.value)

    @property
    def _ticked(self) -> tuple[str, str]:
        return (
            self._coded_modality if self.modality.value else "",
            self._coded_part if self.body_part.value else "",
        )

    def _name_subject(self) -> None:
        """Write what is ticked into the question, unless the user wrote something else there."""
        template, name = self.current, subject(*self._ticked)
        if name == self._subject:
            return
        self._subject = name
        if SUBJECT in template.text:
            # It is still the same question: nobody has to be told that the text changed.
            with quiet(self.text):
                self.text.value = template.fill(*self._ticked)

    def _on_words(self, _chosen: object) -> None:
        self._name_subject()
        self.words_changed.emit()

    def _show_template(self, _name: str = "") -> None:
        chosen = self._template.id
        template = next(t for t in self._templates.all() if t.id == chosen)
        self.text.value = template.fill(*self._ticked)

    def _fit(self, size: QSizeF) -> None:
        """Make the field as high as the question is long."""
        field = self.text.native
        viewport = field.viewport()
        line = field.fontMetrics().lineSpacing()
        lines = min(max(math.ceil(size.height()), _LEAST * line), _MOST * line)
        height = lines + field.height() - viewport.height()
        if height != field.minimumHeight():
            field.setFixedHeight(height)

    def _on_text(self) -> None:
        has_subject = SUBJECT in self.current.text
        # The ticks have no other place in the question.
        self.modality.enabled = self.body_part.enabled = has_subject
        self.save.enabled = 0 < len(self.text.value) <= MAX_TEXT
        self.words_changed.emit()

    def _on_save(self) -> None:
        try:
            self._templates.save(self.current.id, self.current.text)
        except OSError:
            tell("Could not save the template.")
        else:
            tell("Template saved.")

    def _on_reset(self) -> None:
        try:
            self._templates.reset(self._template.id)
        except OSError:
            tell("Could not reset the template.")
        self.text.value = self._template.fill(*self._ticked)
