"""An answer as a note to keep, when the user asks for it."""

from __future__ import annotations

from .conversation import Exchange, State

NOT_FOR_DIAGNOSIS = "Written by a language model. Not for diagnosis."


def markdown(exchange: Exchange) -> str:
    """Return an answer as Markdown, beside nothing but what it is about.

    The question stays out: it may hold what the user knows about the patient.

    Parameters
    ----------
    exchange : Exchange
        The answer; one that is not whole is marked so.
    """
    about = [
        f"- image: SHA-256 `{exchange.sha256}`",
        f"- model: {exchange.model.replace('`', '')} ({exchange.host})",
        f"- asked: {exchange.asked:%Y-%m-%d %H:%M} UTC",
    ]
    if exchange.state is not State.DONE:
        about.append("- the answer is incomplete")
    return "\n".join([f"**{NOT_FOR_DIAGNOSIS}**", "", *about, "", exchange.said.strip(), ""])
