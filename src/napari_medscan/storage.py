"""Files that this plugin keeps for its user: where they are, and how they are written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def config_file(name: str) -> Path:
    """Return a file of the user's configuration folder, which need not exist."""
    import platformdirs

    return platformdirs.user_config_path("napari-medscan", appauthor=False) / name


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Write a file as a whole or not at all, for the eyes of the user only.

    Parameters
    ----------
    path : Path
        The file; its folder exists.
    durable : bool
        Wait until the disk has it: for what cannot be made again.

    Yields
    ------
    file
        Takes the content, and becomes the file when all went well.

    Raises
    ------
    OSError
        When it cannot be written; what was there stays.
    """
    # Made by mkstemp: for nobody but the user (0600).
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".medscan-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
