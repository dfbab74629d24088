"""Messages between host and worker: a JSON text with its length.

What is large, the data to work on and the array that comes back, is passed in shared memory.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

_HEAD = struct.Struct("<I")
MAX_TEXT = 256 * 2**20
"""Longest JSON text taken from a worker."""
CORRUPT, TIMED_OUT = "corrupt data", "timed out"
"""Why a request failed when the function that was called gives no reason of its own."""


def write_message(stream: IO[bytes], text: dict[str, Any]) -> None:
    """Send one message."""
    packed = json.dumps(text).encode("ascii")
    stream.write(_HEAD.pack(len(packed)) + packed)
    stream.flush()


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """Receive one message; None when the other side has gone."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (length,) = _HEAD.unpack(head)
    if length > MAX_TEXT:
        return None
    packed = stream.read(length)
    if len(packed) < length:
        return None
    text = json.loads(packed)
    return text if isinstance(text, dict) else None
