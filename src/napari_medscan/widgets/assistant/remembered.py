"""The service that was chosen last, for the next session; never a key."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.storage import config_file, replacing

_MAX_BYTES = 2**16
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom the user asked last.

    Parameters
    ----------
    provider : str
        `Provider.id`.
    address : str
        Its base address.
    model : str
        The model's name.
    """

    provider: str = ""
    address: str = ""
    model: str = ""


def choice_file() -> Path:
    """Return the file; it need not exist."""
    return config_file("assistant.json")


def read_choice() -> Chosen:
    """Return what was chosen last; nothing, where the file does not say so."""
    try:
        with choice_file().open("rb") as file:
            said = json.loads(file.read(_MAX_BYTES))
        values = {name: defuse(str(said[name]))[:_MAX_TEXT] for name in asdict(Chosen())}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return Chosen()
    return Chosen(**values)


def write_choice(choice: Chosen) -> None:
    """Remember a choice.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    path = choice_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(json.dumps(asdict(choice), indent=1).encode())
