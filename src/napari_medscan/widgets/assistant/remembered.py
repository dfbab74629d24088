"""The service that was chosen last, for the next session; never a key."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.storage import config_file, read_json, write_json

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
    said = read_json(choice_file())
    names = asdict(Chosen())
    if not isinstance(said, dict) or not names.keys() <= said.keys():
        return Chosen()
    return Chosen(**{name: defuse(str(said[name]))[:_MAX_TEXT] for name in names})


def write_choice(choice: Chosen) -> None:
    """Remember a choice.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    write_json(choice_file(), asdict(choice))
