"""Saving to a file that the user names."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_medscan.napari_.notify import tell


def save(parent: QWidget, what: str, data: bytes, name: str) -> None:
    """Ask where, write these bytes there whatever is shown by then, and say so.

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
    suffix = Path(name).suffix
    chosen, _ = QFileDialog.getSaveFileName(parent, f"Save {what}", name, f"*{suffix}")
    if not chosen:
        return
    path = Path(chosen)
    try:
        path.with_suffix(path.suffix or suffix).write_bytes(data)
    except OSError:
        tell(f"Could not save the {what}.")
    else:
        tell(f"{what.capitalize()} saved.")
