"""The question: a template, in the user's own words."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from qtpy.QtCore import QSizeF, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.assistant.prompts import (
    MAX_TEXT,
    SUBJECT,
    TEMPLATES,
    Template,
    Templates,
    subject,
)
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.assistant.fields import narrow

_LEAST, _MOST = 4, 12
"""Lines of the question's field."""


class PromptForm(QWidget):
    """The question, starting from one of the templates.

    The field always shows the words themselves: "this CT image of the chest", not a variable.

    Attributes
    ----------
    changed : Signal
        Emitted when the words of the question change.
    """

    changed = Signal()

    def __init__(self, templates: Templates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._templates = templates
        self.choice = QComboBox()
        self.choice.setToolTip("Template for the question")
        self.choice.addItems([template.name for template in TEMPLATES])
        self.save = QPushButton("Save")
        self.save.setToolTip("Save this wording as the template, on this computer")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Restore the original wording")
        # Plain text in a QTextEdit, which napari's themes draw as a field to write in.
        self.text = QTextEdit()
        self.text.setAcceptRichText(False)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("What do you want to know about this image?")
        document = self.text.document()
        lines = None if document is None else document.documentLayout()
        if lines is not None:
            # They are broken later than the text is set.
            lines.documentSizeChanged.connect(self._fit)
        self.modality = QCheckBox("Include modality")
        self.body_part = QCheckBox("Include body part")
        row = QHBoxLayout()
        row.addWidget(narrow(self.choice), 1)
        row.addWidget(self.save)
        row.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        for part in (self.text, self.modality, self.body_part):
            layout.addWidget(part)
        self.choice.currentIndexChanged.connect(self._show_template)
        self.save.clicked.connect(self._on_save)
        self.reset.clicked.connect(self._on_reset)
        self.text.textChanged.connect(self._on_text)
        for tick in (self.modality, self.body_part):
            tick.setToolTip(
                "Taken from the file, as in “this CT image of the chest”. Preview shows the words."
            )
            tick.toggled.connect(self._on_tick)
        self._modality = self._body_part = ""
        self._subject = subject()
        self._show_template()

    @property
    def template(self) -> Template:
        """The question in the field, with `SUBJECT` where it names the image."""
        # "this image of the liver" is the user's own phrase and stays as it is.
        named = rf"\bthis {re.escape(self._subject)}\b(?! of the )"
        text = re.sub(named, f"this {SUBJECT}", self.text.toPlainText())
        return replace(TEMPLATES[self.choice.currentIndex()], text=text)

    def words(self, modality: str, body_part: str) -> str:
        """Return the question about an image, and show it in the field.

        Parameters
        ----------
        modality, body_part : str
            Coded values of the file; only what is ticked becomes part of the question.
        """
        self.name_image(modality, body_part)
        return self.template.fill(*self._ticked).strip()

    def name_image(self, modality: str, body_part: str) -> None:
        """Take modality and body part of another image; empty while they are unknown."""
        self._modality, self._body_part = modality, body_part
        self._name_subject()

    @property
    def _ticked(self) -> tuple[str, str]:
        return (
            self._modality if self.modality.isChecked() else "",
            self._body_part if self.body_part.isChecked() else "",
        )

    def _name_subject(self) -> None:
        """Write what is ticked into the question, unless the user wrote something else there."""
        template, name = self.template, subject(*self._ticked)
        if name == self._subject:
            return
        self._subject = name
        if SUBJECT not in template.text:
            return
        # It is still the same question: nobody has to be told that the text changed.
        blocked = self.text.blockSignals(True)
        self.text.setPlainText(template.fill(*self._ticked))
        self.text.blockSignals(blocked)

    def _on_tick(self) -> None:
        self._name_subject()
        self.changed.emit()

    def _show_template(self) -> None:
        template = self._templates.all()[self.choice.currentIndex()]
        self.text.setPlainText(template.fill(*self._ticked))

    def _fit(self, size: QSizeF) -> None:
        """Make the field as high as the question is long."""
        viewport = self.text.viewport()
        if viewport is None:
            return
        line = self.text.fontMetrics().lineSpacing()
        lines = min(max(math.ceil(size.height()), _LEAST * line), _MOST * line)
        height = lines + self.text.height() - viewport.height()
        if height != self.text.minimumHeight():
            self.text.setFixedHeight(height)

    def _on_text(self) -> None:
        has_subject = SUBJECT in self.template.text
        # The ticks have no other place in the question.
        self.modality.setEnabled(has_subject)
        self.body_part.setEnabled(has_subject)
        self.save.setEnabled(0 < len(self.text.toPlainText()) <= MAX_TEXT)
        self.changed.emit()

    def _on_save(self) -> None:
        try:
            self._templates.save(self.template.id, self.template.text)
        except OSError:
            tell("Could not save the template.")
        else:
            tell("Template saved.")

    def _on_reset(self) -> None:
        try:
            self._templates.reset(self.template.id)
        except OSError:
            tell("Could not reset the template.")
        template = TEMPLATES[self.choice.currentIndex()]
        self.text.setPlainText(template.fill(*self._ticked))
