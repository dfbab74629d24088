"""Messages between host and worker: a JSON text and raw bytes, each with its length."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

_HEAD = struct.Struct("<II")
MAX_TEXT = 256 * 2**20
"""Longest JSON text taken from a worker."""


def write_message(stream: IO[bytes], text: dict[str, Any], data: bytes = b"") -> None:
    """Send one message."""
    packed = json.dumps(text).encode("ascii")
    stream.write(_HEAD.pack(len(packed), len(data)))
    stream.write(packed)
    stream.write(data)
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Receive one message; None when the other side has gone."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    text_length, data_length = _HEAD.unpack(head)
    if text_length > MAX_TEXT:
        return None
    packed, data = stream.read(text_length), stream.read(data_length)
    if len(packed) < text_length or len(data) < data_length:
        return None
    text = json.loads(packed)
    return (text, data) if isinstance(text, dict) else None
