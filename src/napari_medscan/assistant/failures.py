"""What a server refuses, and what the network does, in sentences for the user."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from napari_medscan.dicom.elements.text import defuse

from . import errors
from .errors import AssistantError, RefusedError

MAX_WAIT = 24 * 3600
MAX_DETAIL = 300
_PICTURES = ("image", "vision", "multimodal", "multi-modal", "picture")


def refused(
    status: int, kind: str, message: str, headers: Mapping[str, str], host: str
) -> RefusedError:
    """Return the error for an HTTP status that is no answer.

    Parameters
    ----------
    status : int
        As it came; 0 for an error within an answer, which its kind tells.
    kind, message : str
        What the server says, from `streaming.error_in`; the key is taken out already.
    headers : mapping
        Of the response, in lower case.
    host : str
        Who answered.
    """
    status = status or _status_of(kind)
    about = f"{kind} {message}".lower()
    again_at = retry_time(headers.get("retry-after", "")) if _may_pass(status) else None
    word, text = _reason(status, about, host, _when(again_at))
    return RefusedError(text, defuse(message)[:MAX_DETAIL], word, again_at)


def _may_pass(status: int) -> bool:
    return status == 429 or status >= 500


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
    elif status in (400, 415, 422) and any(word in about for word in _PICTURES):
        word, text = "model refused", "This model does not accept this image."
        text += " Choose a model with image input."
    elif status == 408:
        word, text = "timed out", f"{host} timed out waiting for the image. Send again."
    else:
        word, text = "refused", f"{host} refused the request ({status})."
    return word, text


def _status_of(kind: str) -> int:
    """Return the HTTP status that an error's kind would have had."""
    known = {
        "rate_limit": 429,
        "overloaded": 529,
        "authentication": 401,
        "permission": 403,
        "not_found": 404,
        "too_large": 413,
        "invalid_request": 400,
    }
    return next((status for word, status in known.items() if word in kind), 500)


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


def _when(again_at: float | None) -> str:
    if again_at is None:
        return "later"
    # A local time: the user's own clock is where it is read.
    return f"after {clock(again_at)}"


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
