"""Answers, read from what a server sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import aclosing

from napari_medscan.dicom.elements.text import defuse

from .errors import AnswerError
from .streaming import Answer
from .transport import Response

MAX_MODELS = 2000


async def read_answer(response: Response, answer: Answer, on_text: Callable[[str], None]) -> None:
    """Take an answer apart as it comes, in one piece or many.

    Parameters
    ----------
    response : Response
        Where it comes from.
    answer : Answer
        What was understood so far.
    on_text : callable
        Takes each piece of its text.

    Raises
    ------
    AssistantError
        When it is not whole, or none.
    """
    if response.content_type == "text/event-stream":
        await _read_stream(response, answer, on_text)
    else:
        text = answer.whole(await response.whole())
        if text:
            on_text(text)
    answer.check_end()


async def _read_stream(response: Response, answer: Answer, on_text: Callable[[str], None]) -> None:
    async with aclosing(response.events()) as events:
        async for data in events:
            text = answer.event(data)
            if text:
                on_text(text)
            if answer.ended:
                # The end was said: what the connection does now changes nothing.
                return


def models_in(data: bytes) -> tuple[str, ...]:
    """Return the names in a list of models, of both protocols.

    Raises
    ------
    AnswerError
        When it is no such list.
    """
    try:
        listed = json.loads(data)["data"]
        names = [str(model["id"]) for model in listed[:MAX_MODELS]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise AnswerError("The service cannot list its models. Enter the model name.") from None
    return tuple(dict.fromkeys(name[:200] for name in names if name == defuse(name)))
