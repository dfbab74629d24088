"""Files that this plugin keeps for its user: where they are, and how they are written."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

import platformdirs

_KEY_BYTES = 32


def config_file(name: str) -> Path:
    """Return a file of the user's configuration folder, which need not exist."""
    return platformdirs.user_config_path("napari-medscan", appauthor=False) / name


@cache
def secret_key() -> bytes:
    """Return 32 random bytes of this user, kept in a file that nobody else can read.

    Where they cannot be kept, they are others in every process.
    """
    path = config_file("names.key")
    with contextlib.suppress(OSError):
        found = path.read_bytes()
        if len(found) == _KEY_BYTES:
            return found
    made = secrets.token_bytes(_KEY_BYTES)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path, durable=True) as file:
            file.write(made)
        # Another process may have written its own meanwhile: the last one counts for all.
        return path.read_bytes()
    return made


def read_json(path: Path, most: int = 2**18) -> object:
    """Return what a file of this plugin holds; None if there is none, or it is no JSON.

    Parameters
    ----------
    path : Path
        The file, which anybody may have written.
    most : int
        Bytes that are read; a longer file is no JSON then.
    """
    try:
        with path.open("rb") as file:
            return json.loads(file.read(most))
    except (OSError, ValueError, RecursionError):
        return None


def write_json(path: Path, content: object, *, durable: bool = False) -> None:
    """Write a file of this plugin, whose folder is made; raises and takes as `replacing`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path, durable=durable) as file:
        file.write(json.dumps(content, indent=1).encode("ascii"))


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
