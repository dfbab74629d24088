"""What a server refuses, and what the network does, in sentences for the user."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from napari_medscan.assistant import errors
from napari_medscan.assistant.errors import AssistantError, RefusedError
from napari_medscan.assistant.keys import Key
from napari_medscan.dicom.elements.text import defuse

MAX_WAIT = 24 * 3600
MAX_DETAIL = 300
_IMAGE_WORDS = ("image", "vision", "multimodal", "multi-modal", "picture")


class ServerSaidError(AssistantError):
    """An error that the server tells of, as it came; `refused` gives it its sentence.

    Parameters
    ----------
    data : bytes
        What the server said, which may hold the key.
    status : int
        Of HTTP; 0 when it is told within an answer.
    """

    def __init__(self, data: bytes, status: int = 0) -> None:
        super().__init__("The server reported an error.")
        self.status = status
        self.kind, self.message = error_in(data)


def error_in(data: bytes) -> tuple[str, str]:
    """Return the kind and the message of a server's error, each empty when it has none."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return "", ""
    # "error" is OpenAI's and Anthropic's, "detail" FastAPI's (vLLM), "message" a proxy's.
    error = said.get("error", said) if isinstance(said, dict) else None
    if isinstance(error, str):
        return "", error
    if not isinstance(error, dict):
        return "", ""
    texts = {name: text for name, text in error.items() if isinstance(text, str)}
    kind = f"{texts.get('type', '')} {texts.get('code', '')}".strip()
    return kind, texts.get("message") or texts.get("detail", "")


def refused(
    said: ServerSaidError, headers: Mapping[str, str], host: str, key: Key | None
) -> RefusedError:
    """Return the error for an HTTP status that is no answer.

    Parameters
    ----------
    said : ServerSaidError
        As it came.
    headers : mapping
        Of the response, in lower case.
    host : str
        Who answered.
    key : Key or None
        What must not be in the message.
    """
    told = (status for part, status in _STATUS_OF.items() if part in said.kind)
    status = said.status or next(told, 500)
    about = f"{said.kind} {said.message}".lower()
    may_pass = status == 429 or status >= 500
    again_at = retry_time(headers.get("retry-after", "")) if may_pass else None
    word, text = _reason(status, about, host, f"after {clock(again_at)}" if again_at else "later")
    # Before it is cut short and made harmless, which would leave a part of the key.
    detail = key.removed_from(said.message) if key else said.message
    return RefusedError(text, defuse(detail)[:MAX_DETAIL], word, again_at)


def _reason(status: int, about: str, host: str, when: str) -> tuple[str, str]:
    """Return the word of the audit for a refusal, and the sentence for the user."""
    if status == 429:
        word, text = "rate-limited", f"{host}: rate limit reached. Send again {when}."
    elif status >= 500:
        word, text = "provider down", f"{host} is overloaded or has an error. Send again {when}."
    elif 300 <= status < 400:
        word, text = "redirected", f"{host} redirects to another address. Nothing was sent there."
        text += " Check the address."
    elif status in (401, 403):
        word, text = "key refused", f"{host} rejected the key."
        text += " Check that it is complete, valid and has permission."
    elif status == 404 or "model_not_found" in about:
        word, text = "model refused", f"{host} does not offer this model."
        text += " Choose one from its list."
    elif status == 413 or "too_large" in about:
        word, text = "too large", f"The image is too large for {host}. Reduce its size or crop it."
    elif status in (400, 415, 422) and any(word in about for word in _IMAGE_WORDS):
        word, text = "model refused", "This model does not accept this image."
        text += " Choose a model with image input."
    elif status == 408:
        word, text = "timed out", f"{host} timed out waiting for the image. Send again."
    else:
        word, text = "refused", f"{host} refused the request ({status})."
    return word, text


_STATUS_OF = {
    "rate_limit": 429,
    "overloaded": 529,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "too_large": 413,
    "invalid_request": 400,
}
"""The HTTP status that an error told within an answer would have had, by a part of its kind."""


def retry_time(value: str) -> float | None:
    """Return the time that Retry-After (RFC 9110 section 10.2.3) names, within a day."""
    value = value.strip()
    now = time.time()
    try:
        wait = (
            float(value) if value[:1].isdigit() else parsedate_to_datetime(value).timestamp() - now
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return now + min(max(wait, 0.0), MAX_WAIT)


def clock(moment: float) -> str:
    """Return a time of day on this computer's clock, with the day when it is another than today."""
    then = datetime.fromtimestamp(moment).astimezone()
    is_today = then.date() == datetime.now().astimezone().date()
    return f"{then:%H:%M:%S}" if is_today else f"{then:%H:%M on %d %B}"


def unreachable(error: Exception, host: str, *, is_local: bool) -> AssistantError:
    """Return the error for what went wrong with the connection itself."""
    causes = _causes(error)
    if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
        return errors.CertificateError(
            f"The certificate of {host} is not valid. Nothing was sent. Check the address, or "
            "ask your administrator."
        )
    if any(isinstance(c, ssl.SSLError) for c in causes):
        return errors.NoConnectionError(f"TLS connection to {host} failed. Check the address.")
    if is_local:
        return errors.NoConnectionError(
            f"No server is running at {host}. Start it (Ollama, LM Studio, llama.cpp, vLLM) and "
            "check the port."
        )
    return errors.NoConnectionError(
        f"Cannot reach {host}. Check the network and the address. Behind a proxy, turn on “Use "
        "the system proxy”."
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
