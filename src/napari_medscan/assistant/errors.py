"""What can go wrong between "Send" and the answer, as one tree.

::

    AssistantError
    ├── NotSentError
    │   ├── AddressError
    │   ├── ConsentError
    │   └── MissingKeyError
    ├── NoConnectionError
    │   └── CertificateError
    ├── TimedOutError
    ├── RefusedError
    ├── AnswerError
    ├── IncompleteError
    └── AuditError

No text holds a key, a prompt, an image or an answer.
"""

from __future__ import annotations

from napari_medscan.dicom.errors import MedscanError


class AssistantError(MedscanError):
    """Root of what the assistant raises and hands on.

    Parameters
    ----------
    text : str
        What is wrong and what to do, for the user.
    detail : str
        What the server said, made harmless and short, without the key.
    outcome : str, optional
        The word for it in the audit; that of the class by default.
    again_at : float, optional
        The earliest time (seconds since the epoch) to send again, when the server names one.
    """

    outcome = "failed"

    def __init__(
        self, text: str, detail: str = "", outcome: str = "", again_at: float | None = None
    ) -> None:
        super().__init__(text)
        self.detail, self.again_at = detail, again_at
        self.outcome = outcome or self.outcome


class NotSentError(AssistantError):
    """It was refused on this computer; no connection was made."""

    outcome = "not sent"


class AddressError(NotSentError):
    """Images must not go to this address: by the rules for all, or the institution's list."""


class ConsentError(NotSentError):
    """What would be sent is not what the user saw and confirmed."""


class MissingKeyError(NotSentError):
    """The service asks for a key, and none is known for it."""


class NoConnectionError(AssistantError):
    """The server cannot be reached."""

    outcome = "no connection"


class CertificateError(NoConnectionError):
    """The server could not prove that it is the one named."""

    outcome = "bad certificate"


class TimedOutError(AssistantError):
    """The server was silent for too long."""

    outcome = "timed out"


class RefusedError(AssistantError):
    """The server or the model refuses to answer."""

    outcome = "refused"


class AnswerError(AssistantError):
    """What came back is no answer in this protocol, or one without an end."""

    outcome = "no answer"


class IncompleteError(AssistantError):
    """The answer stopped before its end; what came is shown as incomplete."""

    outcome = "incomplete"


class AuditError(AssistantError):
    """The records of what was sent are there and cannot be read."""
