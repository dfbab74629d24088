"""What is asked: a template, in the user's words."""

from __future__ import annotations

import math
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

from napari_medscan.assistant.prompts import MAX_TEXT, SUBJECT, TEMPLATES, Template, Templates
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.assistant.fields import narrow
from napari_medscan.widgets.assistant.texts import PlainLabel

_LEAST, _MOST = 4, 12
"""Lines of the question's field."""


class PromptForm(QWidget):
    """The question, from one of the templates on.

    Attributes
    ----------
    changed : Signal
        When what would be asked is another.
    """

    changed = Signal()

    def __init__(self, templates: Templates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._templates = templates
        self.choice = QComboBox()
        self.choice.setToolTip("Where the question begins from")
        self.choice.addItems([template.name for template in TEMPLATES])
        self.save = QPushButton("Save")
        self.save.setToolTip("Keep this wording for the template, on this computer")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Go back to the wording that the template came with")
        # Plain text in a QTextEdit, which napari's themes draw as a field to write in.
        self.text = QTextEdit()
        self.text.setAcceptRichText(False)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("What do you want to know about the picture?")
        document = self.text.document()
        lines = None if document is None else document.documentLayout()
        if lines is not None:
            # They are broken later than the text is set.
            lines.documentSizeChanged.connect(self._fit)
        self.modality = QCheckBox("Name the modality")
        self.body_part = QCheckBox("Name the body part")
        self.hint = PlainLabel()
        row = QHBoxLayout()
        row.addWidget(narrow(self.choice), 1)
        row.addWidget(self.save)
        row.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        for part in (self.text, self.hint, self.modality, self.body_part):
            layout.addWidget(part)
        self.choice.currentIndexChanged.connect(self._show_template)
        self.save.clicked.connect(self._on_save)
        self.reset.clicked.connect(self._on_reset)
        self.text.textChanged.connect(self._on_text)
        for tick in (self.modality, self.body_part):
            tick.setToolTip(f"In place of {SUBJECT}, as the file codes it; seen in the preview")
            tick.toggled.connect(self.changed)
        self._show_template()

    @property
    def template(self) -> Template:
        """The question as it stands, not yet filled."""
        return replace(TEMPLATES[self.choice.currentIndex()], text=self.text.toPlainText())

    def words(self, modality: str, body_part: str) -> str:
        """Return what would be asked of a picture, naming no more of it than is ticked."""
        return self.template.fill(
            modality if self.modality.isChecked() else "",
            body_part if self.body_part.isChecked() else "",
        ).strip()

    def _show_template(self) -> None:
        self.text.setPlainText(self._templates.all()[self.choice.currentIndex()].text)

    def _fit(self, size: QSizeF) -> None:
        """Let the field be as high as the question is long."""
        viewport = self.text.viewport()
        if viewport is None:
            return
        line = self.text.fontMetrics().lineSpacing()
        lines = min(max(math.ceil(size.height()), _LEAST * line), _MOST * line)
        height = lines + self.text.height() - viewport.height()
        if height != self.text.minimumHeight():
            self.text.setFixedHeight(height)

    def _on_text(self) -> None:
        has_subject = SUBJECT in self.text.toPlainText()
        self.hint.say(
            f"{SUBJECT} becomes “image”, with what is ticked here before it." if has_subject else ""
        )
        # What is ticked goes nowhere else.
        self.modality.setEnabled(has_subject)
        self.body_part.setEnabled(has_subject)
        self.save.setEnabled(0 < len(self.text.toPlainText()) <= MAX_TEXT)
        self.changed.emit()

    def _on_save(self) -> None:
        try:
            self._templates.save(self.template.id, self.template.text)
        except OSError:
            tell("The wording could not be saved.")
        else:
            tell("The wording was saved.")

    def _on_reset(self) -> None:
        try:
            self._templates.reset(self.template.id)
        except OSError:
            tell("The saved wording could not be removed.")
        self.text.setPlainText(TEMPLATES[self.choice.currentIndex()].text)
