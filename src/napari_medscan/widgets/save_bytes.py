"""Writing to a file that the user names."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.storage import replacing


def save_bytes(parent: QWidget, what: str, data: bytes, name: str) -> None:
    """Ask where, write these bytes there whatever is shown by then, and confirm it.

    Parameters
    ----------
    parent : QWidget
        What the window that asks belongs to.
    what : str
        What they are, for the user.
    data : bytes
        What to write.
    name : str
        The name that is suggested, with its suffix.
    """
    path = ask_where_to_save(parent, f"Save {what}", name, f"*{Path(name).suffix}")
    if path is None:
        return
    try:
        with replacing(path) as file:
            file.write(data)
    except OSError:
        tell(f"Could not save the {what}.")
    else:
        tell(f"{what.capitalize()} saved.")
