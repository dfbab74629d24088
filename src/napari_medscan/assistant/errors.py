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
    ├── RedirectedError             it named another address; nothing went there
    ├── KeyRefusedError             401, 403
    ├── ModelError                  no such model, or one that takes no pictures
    ├── TooLargeError               413
    ├── RateLimitedError            429; `again_at` says when
    ├── ProviderDownError           5xx
    ├── RefusedError                any other refusal, also by the model
    ├── AnswerError                 what came back is no answer of this protocol
    │   └── TooLongError            it does not end
    ├── IncompleteError             it stopped in the middle
    └── AuditError                  what was sent is written down and cannot be read

No text holds a key, a prompt, a picture or an answer. `detail` is what the server said, made
harmless and short, without the key.
"""

from __future__ import annotations

from typing import ClassVar

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

    outcome: ClassVar[str] = "failed"

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


class RedirectedError(AssistantError):
    """The server named another address, which was not followed."""

    outcome = "redirected"


class KeyRefusedError(AssistantError):
    """The key is wrong, has expired, or may not do this."""

    outcome = "key refused"


class ModelError(AssistantError):
    """There is no such model, or it takes no pictures."""

    outcome = "model refused"


class TooLargeError(AssistantError):
    """The server takes no picture of this size."""

    outcome = "too large"


class RateLimitedError(AssistantError):
    """Too much was sent for now."""

    outcome = "rate-limited"

    def __init__(self, text: str, detail: str = "", again_at: float | None = None) -> None:
        super().__init__(text, detail)
        self.again_at = again_at


class ProviderDownError(RateLimitedError):
    """The server has a fault of its own, or too much to do."""

    outcome = "provider down"


class RefusedError(AssistantError):
    """The server or the model refuses to answer."""

    outcome = "refused"


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
