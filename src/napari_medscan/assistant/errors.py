"""What can go wrong between "Send" and the answer, as one tree.

::

    AssistantError                  root; its text is for the user, and says what to do
    ├── NotSentError                refused on this computer: nothing was sent
    │   ├── AddressError            an address that pictures must not go to
    │   │   └── OffListError        a host that the institution's list does not hold
    │   ├── ConsentError            not what was previewed, or not previewed at all
    │   ├── PictureError            no JPEG, or too large a one
    │   ├── MissingKeyError         the service asks for a key and there is none
    │   └── BusyError               another answer is on its way
    ├── NoConnectionError           the server cannot be reached
    │   └── CertificateError        it cannot prove who it is
    ├── TimedOutError               it was reached, and was silent for too long
    ├── RefusedError                any other refusal, also by the model
    ├── AnswerError                 what came back is no answer of this protocol
    │   └── TooLongError            it does not end
    ├── IncompleteError             it stopped in the middle
    └── AuditError                  what was sent is written down and cannot be read

No text holds a key, a prompt, a picture or an answer. `detail` is what the server said, made
harmless and short, without the key.
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
        What the server said, already made harmless.

    Attributes
    ----------
    outcome : str
        The word for it in the audit.
    again_at : float or None
        The earliest time (seconds since the epoch) to send again, when the server names one.
    """

    outcome = "failed"

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail
        self.again_at: float | None = None


class NotSentError(AssistantError):
    """It was refused on this computer; no connection was made."""

    outcome = "not sent"


class AddressError(NotSentError):
    """Pictures must not go to this address."""


class OffListError(AddressError):
    """The institution's list of hosts does not hold this one."""


class ConsentError(NotSentError):
    """What would be sent is not what the user saw and confirmed."""


class PictureError(NotSentError):
    """The picture is no JPEG that can be sent."""


class MissingKeyError(NotSentError):
    """The service asks for a key, and none is known for it."""


class BusyError(NotSentError):
    """An answer is on its way; one picture is sent at a time."""


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
    """The server or the model refuses to answer.

    Parameters
    ----------
    text, detail : str
        As of `AssistantError`.
    outcome : str
        The word for it in the audit.
    again_at : float or None
        The earliest time to send again.
    """

    def __init__(
        self,
        text: str,
        detail: str = "",
        outcome: str = "refused",
        again_at: float | None = None,
    ) -> None:
        super().__init__(text, detail)
        self.outcome, self.again_at = outcome, again_at


class AnswerError(AssistantError):
    """What came back is no answer in this protocol."""

    outcome = "no answer"


class TooLongError(AnswerError):
    """The answer went beyond what is read."""

    outcome = "too long"


class IncompleteError(AssistantError):
    """The answer stopped before its end; what came is shown as incomplete."""

    outcome = "incomplete"


class AuditError(AssistantError):
    """The records of what was sent are there and cannot be read."""
