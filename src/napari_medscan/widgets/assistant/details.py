"""All that goes with the images: where to, how large, which words, and what is kept there."""

from __future__ import annotations

from napari_medscan.assistant.providers import retention_at, warnings_about
from napari_medscan.assistant.requests import Question
from napari_medscan.widgets.panel.form import Page, holder
from napari_medscan.widgets.texts import Heading, PlainLabel, PlainView

_MOST_HASHES = 8


class Details(Page):
    """Shows everything that one Send would send, besides the images themselves."""

    def __init__(self) -> None:
        super().__init__(margin=0)
        self.question: Question | None = None
        self.warnings, self.retention = PlainLabel(), PlainLabel()
        self.facts, self.words = PlainView(most=14), PlainView(most=30)
        self.extend(
            [
                holder(self.warnings),
                holder(Heading("What is sent, and where to")),
                holder(self.facts),
                holder(Heading("Text sent with the image")),
                holder(self.words),
                holder(Heading("What the provider keeps")),
                holder(self.retention),
            ]
        )
        self.show_question(None)

    def show_question(self, question: Question | None) -> None:
        """Show what would be sent; nothing without a question."""
        self.question = question
        self.visible = question is not None
        if question is None:
            return
        warned = warnings_about(question.provider, question.endpoint, question.model)
        self.warnings.say("\n".join(warned))
        self.facts.say(_facts(question))
        self.words.say(question.text)
        self.retention.say(retention_at(question.endpoint, question.provider))


def _facts(question: Question) -> str:
    images = question.images
    lines = [f"To: {question.destination}", f"Model: {question.model}"]
    if len(images) == 1:
        lines += [f"Image: {images[0].description}", f"SHA-256: {question.sha256}"]
    else:
        size = sum(len(image.data) for image in images) / 1e6
        lines.append(f"Images: {len(images)}, {size:,.1f} MB")
        lines += [f"SHA-256: {image.sha256}" for image in images[:_MOST_HASHES]]
        if len(images) > _MOST_HASHES:
            lines.append("… (all are in the audit log)")
    lines.append(f"Request: {len(question.body) / 1000:,.0f} kB, no DICOM metadata")
    return "\n".join(filter(None, (*lines, question.repeats)))
