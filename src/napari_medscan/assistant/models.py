"""What models take: profiles of those that take a series, and which names are no vision models.

Names are all that a list of models gives, so all of this is judged by names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.storage import config_file, read_json

KEY_IMAGES = 8
"""Images of one question that any model is given, and the most for an address elsewhere."""
_MOST = 200
"""Images of one question, whatever a profile says."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model takes.

    Parameters
    ----------
    name : str
        How names of the model begin, in lower case, behind a publisher ("google/").
    images : int
        Images of one question.
    longest : int
        Pixels along the longer side at which it looks at an image.
    """

    name: str
    images: int
    longest: int


PROFILES = (
    # Its model card: volumes of CT and MR, up to 85 slices, 896 × 896 pixels each.
    Profile("medgemma1.5", 85, 896),
    Profile("medgemma-1.5", 85, 896),
    Profile("medgemma", KEY_IMAGES, 896),
    Profile("gemma3", KEY_IMAGES, 896),
    Profile("qwen2.5vl", KEY_IMAGES, 1120),
    Profile("qwen3-vl", KEY_IMAGES, 1120),
)
"""Local models; what is reported of them, not what was tested here."""


def profile_of(model: str) -> Profile | None:
    """Return what is known of a model, the user's own profiles first."""
    bare = model.lower().rpartition("/")[2]
    known = (*_own(config_file("models.json")), *PROFILES)
    return next((profile for profile in known if bare.startswith(profile.name)), None)


def most_images(endpoint: Endpoint, model: str) -> int:
    """Return how many images one question may have: beyond this computer, never many."""
    profile = profile_of(model) if endpoint.is_loopback else None
    return KEY_IMAGES if profile is None else max(1, min(profile.images, _MOST))


_BLIND = re.compile(
    r"embed|rerank|whisper|tts|speech|audio|moderation|dall-e|realtime|transcri"
    r"|coder|codellama|starcoder|(^|[/-])(bge|e5|nomic|mxbai|all-minilm|babbage|davinci)"
)
_VISION = re.compile(
    r"vision|vl\b|-vl|vl:|llava|gemma-?[34]|medgemma|pixtral|moondream|minicpm-v|bakllava|gpt-4o"
    r"|gpt-4\.1|gpt-5|claude|gemini|llama-?4|mistral-small-?3|granite.*vision|internvl|ovis|-4v|omni"
)
_TEXT_ONLY = re.compile(
    r"^(llama-?[23](\.[123])?|llama3\.[13]|mistral|mixtral|phi-?[34](?!.*vision)|qwen-?[23](?!.*vl)"
    r"|deepseek|gpt-oss|gpt-3|gemma-?[12]?(?=[:-]|$)|tinyllama|smollm2?|command-r|falcon|vicuna)"
)


def sorted_models(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return models as a list offers them, vision models first, and why one takes no images."""
    kinds = [(_kind(name), name) for name in names]
    return [(name, _REASONS.get(kind, "")) for kind, name in sorted(kinds)]


_REASONS = {2: "text only", 3: "not a chat model"}


def _kind(name: str) -> int:
    """Return 0 for a vision model, 1 for an unknown one, 2 for text only, 3 for no chat at all."""
    bare = name.lower().rpartition("/")[2]
    if _BLIND.search(name.lower()):
        return 3
    if _VISION.search(bare) or profile_of(name) is not None:
        return 0
    return 2 if _TEXT_ONLY.search(bare) else 1


def _own(path: Path) -> tuple[Profile, ...]:
    """Return the profiles in a file; those that are no profiles are passed over."""
    listed = read_json(path)
    kinds = {"name": str, "images": int, "longest": int}
    return tuple(
        Profile(entry["name"].lower(), entry["images"], entry["longest"])
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict)
        and all(isinstance(entry.get(key), kind) for key, kind in kinds.items())
    )
