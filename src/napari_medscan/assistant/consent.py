"""Seeing comes before sending: a preview of all there is to send, and consent to exactly that."""

from __future__ import annotations

import threading

from .allowed import check_allowed
from .errors import ConsentError
from .providers import Retention, retention_at, warnings_about
from .requests import Question


class Preview:
    """All that a question would send, to be shown to the user.

    Parameters
    ----------
    question : Question
        What would be sent.

    Raises
    ------
    OffListError
        When the host is off the institution's list: there is nothing to preview.
    """

    def __init__(self, question: Question) -> None:
        check_allowed(question.endpoint)
        self.question = question
        self._shown = False

    @property
    def jpeg(self) -> bytes:
        """The very bytes of the picture."""
        return self.question.jpeg

    @property
    def picture_bytes(self) -> int:
        """The size of the picture."""
        return len(self.question.jpeg)

    @property
    def picture_sha256(self) -> str:
        """Its SHA-256, as hexadecimal digits."""
        return self.question.picture_sha256

    @property
    def request_bytes(self) -> int:
        """The size of the request's body, with the picture as base64."""
        return len(self.question.body)

    @property
    def host(self) -> str:
        """Who would get it."""
        return self.question.endpoint.shown

    @property
    def destination(self) -> str:
        """Where it would go, and by what way."""
        endpoint = self.question.endpoint
        if self.question.through_proxy and not endpoint.is_loopback:
            return f"{endpoint.address} (through the system proxy, if one is set)"
        return endpoint.address

    @property
    def text(self) -> str:
        """All words that would go with the picture, earlier turns included."""
        return self.question.text

    @property
    def retention(self) -> Retention:
        """What whoever is at the address states that it keeps."""
        return retention_at(self.question.endpoint, self.question.provider)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to consider before sending."""
        return warnings_about(self.question.provider, self.question.endpoint, self.question.model)

    @property
    def shows_history(self) -> str:
        """A sentence about earlier turns, empty when there are none."""
        turns = len(self.question.history)
        if not turns:
            return ""
        earlier = "question and its answer" if turns == 1 else f"{turns} questions and answers"
        return f"The image and the previous {earlier} are sent again with this question."

    def mark_shown(self) -> None:
        """Say that the user has this preview before them; call it when it is painted."""
        self._shown = True

    def consent(self) -> Consent:
        """Return the consent to this, when the user presses Send.

        Raises
        ------
        ConsentError
            When the preview has not been shown.
        """
        if not self._shown:
            raise ConsentError("Review the preview before sending.")
        return Consent(self.question.digest)


class Consent:
    """The user's consent to one request, for one time.

    Parameters
    ----------
    digest : str
        `Question.digest` of what was seen.
    """

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._spent = False
        self._lock = threading.Lock()

    def spend(self, question: Question) -> None:
        """Use the consent up for a question.

        Raises
        ------
        ConsentError
            When it was for something else, or used before.
        """
        if question.digest != self._digest:
            raise ConsentError(
                "The image, text, model or service changed after the preview. Review the new "
                "preview and send again."
            )
        with self._lock:
            if self._spent:
                raise ConsentError("Already sent. Press Send to send it again.")
            self._spent = True
