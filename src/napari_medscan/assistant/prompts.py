"""Templates of questions, which name modality and body part only when the user wants it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from napari_medscan.privacy.coded_terms import body_part_named, modality_named
from napari_medscan.storage import config_file, read_json, write_json

MAX_TEXT = 8000
"""Longest template, in characters."""
SUBJECT = "{subject}"


@dataclass(frozen=True, slots=True)
class Template:
    """A question to start from.

    Parameters
    ----------
    id : str
        What the user's own wording is stored under.
    name : str
        What the user reads.
    text : str
        The wording; `SUBJECT` in it stands for the image.
    """

    id: str
    name: str
    text: str

    def fill(self, modality: str = "", body_part: str = "") -> str:
        """Return the prompt, about the image that `subject` names."""
        return self.text.replace(SUBJECT, subject(modality, body_part))


def subject(modality: str = "", body_part: str = "") -> str:
    """Return what a question calls the image: "CT image of the chest".

    Parameters
    ----------
    modality, body_part : str
        Such as "CT" and "CHEST"; only what the user ticked. A value that is not a defined term is
        left out, because a file can contain anything there.
    """
    image = " ".join(filter(None, (modality_named(modality), "image")))
    part = body_part_named(body_part)
    return f"{image} of the {part}" if part else image


TEMPLATES: tuple[Template, ...] = (
    Template(
        "describe",
        "Describe",
        "Describe this {subject} for a reader who knows radiology: plane and orientation as far as "
        "the image shows them, the anatomy in view, and what stands out. Say what you are unsure "
        "of, and what cannot be seen in a single image. Give no diagnosis.",
    ),
    Template(
        "compare",
        "Compare with prior",
        "A prior image showed this finding: [describe it, without names, dates or numbers].\n"
        "Look at this {subject}. Say whether the finding can be seen, and what differs from the "
        "description. Say if one image does not suffice. Give no diagnosis.",
    ),
    Template(
        "caption",
        "Teaching caption",
        "Write a caption of at most 60 words for this {subject}, for a teaching file: plane, "
        "anatomy, and the one thing a student should look at. No patient, no diagnosis that the "
        "image alone does not show.",
    ),
    Template(
        "quality",
        "Quality check",
        "Judge the technical quality of this {subject}: positioning and coverage, motion, noise, "
        "contrast, artifacts, and whether the grayscale window hides something. Give the location "
        "of each. Say nothing about disease.",
    ),
    Template(
        "teaching",
        "Radiology teaching",
        "Teach a resident with this {subject}: name plane and technique, go through the anatomy "
        "in the order in which it should be read, then ask three questions about it, each with "
        "its answer. Give no diagnosis that the image alone does not show.",
    ),
    Template(
        "structured",
        "Structured (table)",
        "Describe this {subject} as one JSON object and nothing else, with these keys: "
        '"modality", "plane", "anatomy" (a list), "observations" (a list of objects with '
        '"location", "description" and "certainty"), "quality" and "limitations". Give no '
        "diagnosis.",
    ),
)

LANGUAGES = {
    "As the question": "",
    "English": "English",
    "Deutsch": "German",
    "Español": "Spanish",
    "Français": "French",
    "Italiano": "Italian",
    "Nederlands": "Dutch",
    "Polski": "Polish",
    "Português": "Portuguese",
    "Türkçe": "Turkish",
    "Українська": "Ukrainian",
    "العربية": "Arabic",
    "हिन्दी": "Hindi",
    "中文": "Chinese",
    "日本語": "Japanese",
    "한국어": "Korean",
}
"""Languages of answers as a person chooses them, and as a question names them."""


def in_language(prompt: str, language: str) -> str:
    """Return a question that asks for an answer in one of `LANGUAGES`."""
    name = LANGUAGES[language]
    return f"{prompt}\nAnswer in {name}." if prompt and name else prompt


class Templates:
    """The templates, in the user's own wording where there is one.

    Parameters
    ----------
    path : Path, optional
        The file of own wordings, in the user's configuration by default.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_file("prompts.json")

    def all(self) -> tuple[Template, ...]:
        """Return the templates."""
        own = self._read()
        return tuple(replace(t, text=own.get(t.id, t.text)) for t in TEMPLATES)

    def save(self, id_: str, text: str) -> None:
        """Keep a wording of the user's own; raises OSError when it cannot be saved."""
        self._write({**self._read(), id_: text[:MAX_TEXT]})

    def reset(self, id_: str) -> None:
        """Go back to the wording that the template came with; raises as `save` does."""
        self._write({key: text for key, text in self._read().items() if key != id_})

    def _read(self) -> dict[str, str]:
        found = read_json(self.path)
        if not isinstance(found, dict) or not isinstance(found.get("prompts"), dict):
            return {}
        known = {template.id for template in TEMPLATES}
        prompts = found["prompts"].items()
        return {k: t[:MAX_TEXT] for k, t in prompts if k in known and isinstance(t, str)}

    def _write(self, own: dict[str, str]) -> None:
        write_json(self.path, {"version": 1, "prompts": own}, durable=True)
