"""The services an image can go to, the ones on this computer first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from napari_medscan.assistant.hosts import Endpoint, parse


class Protocol(StrEnum):
    """How a service is spoken to."""

    CHAT = "OpenAI chat completions"
    MESSAGES = "Anthropic messages"


@dataclass(frozen=True, slots=True)
class Provider:
    """A service, or a kind of service.

    Parameters
    ----------
    id : str
        What settings remember.
    name : str
        What the user reads.
    protocol : Protocol
        How it is spoken to.
    base_url : str
        Its usual address, empty when the user must write it.
    retention : str
        What it states that it keeps, at its own address: its words, quoted with source and date,
        never a promise of ours; empty when that is not known here.
    key_variable : str
        The environment variable with its key, empty when there is none.
    needs_key : bool
        Whether it answers only to a key.
    key_header : str
        The header that takes the key; "authorization" takes it as a bearer's.
    no_storage : mapping
        What the body says to ask for no storage, where the protocol can.
    """

    id: str
    name: str
    protocol: Protocol
    base_url: str
    retention: str = ""
    key_variable: str = ""
    needs_key: bool = True
    key_header: str = "authorization"
    no_storage: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def is_at(self, endpoint: Endpoint) -> bool:
        """Whether an address is its own, and not another's whom its name was chosen for."""
        return bool(self.base_url) and parse(self.base_url).origin == endpoint.origin

    @property
    def short_name(self) -> str:
        """Its name without where it is."""
        return self.name.rpartition(": ")[2]


def _local(id_: str, name: str, port: int) -> Provider:
    name = f"On this computer: {name}"
    url = f"http://127.0.0.1:{port}/v1"
    return Provider(id_, name, Protocol.CHAT, url, needs_key=False)


PROVIDERS: tuple[Provider, ...] = (
    _local("ollama", "Ollama", 11434),
    _local("lm-studio", "LM Studio", 1234),
    _local("llama.cpp", "llama.cpp", 8080),
    _local("vllm", "vLLM", 8000),
    Provider(
        "openai",
        "OpenAI",
        Protocol.CHAT,
        "https://api.openai.com/v1",
        "“By default, abuse monitoring logs are generated for all API feature usage and retained "
        "for up to 30 days, unless longer retention is required by law, or is reasonably necessary "
        "to protect our services or any third party from harm.” "
        "(developers.openai.com/api/docs/guides/your-data, undated, retrieved 23 November 2026). "
        "The request asks not to be stored (store: false); this does not turn off these logs.",
        key_variable="OPENAI_API_KEY",
        no_storage={"store": False},
    ),
    Provider(
        "anthropic",
        "Anthropic",
        Protocol.MESSAGES,
        "https://api.anthropic.com/v1",
        "“For Anthropic API users, we automatically delete inputs and outputs on our backend "
        "within 30 days of receipt or generation, except when you and we have agreed otherwise "
        "(e.g. zero data retention agreement), if we need to retain them for longer to enforce our "
        "Usage Policy (UP), or comply with the law.” "
        "(privacy.anthropic.com/en/articles/7996866, undated, retrieved 23 November 2026). "
        "The protocol has no option to refuse storage.",
        key_variable="ANTHROPIC_API_KEY",
        key_header="x-api-key",
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        Protocol.CHAT,
        "https://openrouter.ai/api/v1",
        "“Zero Data Retention (ZDR) means that a provider will not store your data for any period "
        "of time.” "
        "(openrouter.ai/docs/guides/features/zdr, undated, retrieved 23 November 2026). "
        "The request allows only such providers (zdr: true, data_collection: deny). OpenRouter "
        "forwards the image to them.",
        key_variable="OPENROUTER_API_KEY",
        no_storage={"provider": {"zdr": True, "data_collection": "deny"}},
    ),
    Provider(
        "azure",
        "Azure OpenAI",
        Protocol.CHAT,
        "",
        key_header="api-key",
        no_storage={"store": False},
    ),
    Provider("compatible", "Other service (OpenAI protocol)", Protocol.CHAT, "", needs_key=False),
    Provider(
        "compatible-messages",
        "Other service (Anthropic protocol)",
        Protocol.MESSAGES,
        "",
        needs_key=False,
        key_header="x-api-key",
    ),
)


def provider(id_: str) -> Provider:
    """Return a provider by what settings remember, the first one if there is none such."""
    return next((p for p in PROVIDERS if p.id == id_), PROVIDERS[0])


_HERE = (
    "The image goes to a program on this computer. What that program keeps or forwards depends on "
    "its settings."
)
_UNKNOWN = "It is not known what this service keeps. Ask its operator."


def retention_at(endpoint: Endpoint, chosen: Provider) -> str:
    """Return what is known of what an address keeps: a provider speaks for its own alone."""
    if endpoint.is_loopback:
        return _HERE
    owner = _owner(endpoint)
    if owner is not None:
        return owner.retention
    is_named = chosen.base_url and chosen.needs_key
    return f"This is not an address of {chosen.name}. {_UNKNOWN}" if is_named else _UNKNOWN


def no_storage_at(endpoint: Endpoint, chosen: Provider) -> Mapping[str, Any]:
    """Return what a body says to ask for no storage at an address.

    Whose address it is knows best; a gateway is asked as the one that it was chosen to stand for.
    """
    return (_owner(endpoint) or chosen).no_storage


def _owner(endpoint: Endpoint) -> Provider | None:
    return next((provider for provider in PROVIDERS if provider.is_at(endpoint)), None)


_CLOUD_NAME = re.compile(r"(?:^|[-:/])cloud$", re.IGNORECASE)
_GEMINI = re.compile(r"gemini|googleapis\.com$", re.IGNORECASE)


def warnings_about(provider: Provider, endpoint: Endpoint, model: str) -> tuple[str, ...]:
    """Return what to consider before an image goes to a model of a service."""
    said = []
    if endpoint.is_loopback and _CLOUD_NAME.search(model):
        said.append(
            "This model runs in the cloud, judging by its name. The program on this computer "
            "would forward the image over the internet."
        )
    if not endpoint.is_loopback and not provider.needs_key and provider.base_url:
        said.append(f"{endpoint.shown} is not this computer.")
    if _GEMINI.search(model) or _GEMINI.search(endpoint.host):
        said.append(
            "Google's terms for Gemini: “You may not use the Services in clinical practice, to "
            "provide medical advice” (Gemini API Additional Terms of Service, effective "
            "20 May 2025). Google keeps prompts for 55 days, unless your organization has other "
            "terms."
        )
    return tuple(said)
