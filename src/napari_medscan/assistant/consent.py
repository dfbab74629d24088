"""Seeing comes before sending: consent to exactly what was previewed, for one time."""

from __future__ import annotations

import threading

from napari_medscan.assistant.errors import ConsentError
from napari_medscan.assistant.requests import Question
from napari_medscan.privacy.gate import Gate


class Consent:
    """The user's consent to the request with one `Question.digest`, for one time."""

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._spent = False
        self._lock = threading.Lock()

    def spend(self, question: Question) -> None:
        """Use the consent up; raises ConsentError if it is for another question, or used up."""
        if question.digest != self._digest:
            raise ConsentError(
                "The image, text, model or service changed after the preview. Review the new "
                "preview and send again."
            )
        with self._lock:
            if self._spent:
                raise ConsentError("Already sent. Press Send to send it again.")
            self._spent = True


def missing(question: Question, gate: Gate) -> str:
    """Return what the user has to do before a question may be sent, '' when nothing."""
    count = len(question.images)
    unseen = sum(not gate.is_seen(image) for image in question.images)
    if unseen:
        rest = f"View the images before sending: {unseen} of {count} left."
        return "Scroll until the whole image is visible." if count == 1 else rest
    recipient = question.endpoint.origin
    return next(filter(None, (gate.missing(image, recipient) for image in question.images)), "")


def consent_to(question: Question, gate: Gate) -> Consent:
    """Return the consent to a question that is before the user's eyes, who pressed Send.

    Raises ConsentError when an image was not seen, or something about it was not confirmed.
    """
    found = missing(question, gate)
    if found:
        raise ConsentError(found)
    return Consent(question.digest)
