"""What a header has between, before and after the values that differ between files.

Whole runs of elements between two values of varying length are compared at once,
which takes a few microseconds where a walk from element to element takes sixty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple


class Field(NamedTuple):
    """A value that may differ, and what stands between the one before and it.

    Parameters
    ----------
    before : bytes
        All bytes from the end of the field before to this one's length.
    width : int
        Bytes of its length, 2 or 4.
    length : int
        Its length in the file that the template was learned from.
    data : bytes
        Its value in that file.
    tag : int
        The element, 0 when scanning does not read its value.
    vr : bytes
        How to read it.
    """

    before: bytes
    width: int
    length: int
    data: bytes
    tag: int = 0
    vr: bytes = b""

    @property
    def whole(self) -> bytes:
        """All bytes from the end of the field before to the end of this one."""
        return self.before + self.length.to_bytes(self.width, "little") + self.data


class Run(NamedTuple):
    """Fields whose length does not vary, and the one of varying length after them.

    Parameters
    ----------
    length : int
        Bytes up to the length of `last`.
    parts : callable
        Takes out of these bytes what stands between the fields' values.
    expected : tuple of bytes
        What it must give.
    read : tuple of (Field, int, int)
        Fields whose value is wanted, and where it starts and stops.
    last : Field or None
        None at the end of the header.
    """

    length: int
    parts: Callable[[bytes], tuple[bytes, ...]]
    expected: tuple[bytes, ...]
    read: tuple[tuple[Field, int, int], ...]
    last: Field | None


def split_into_runs(
    fields: Sequence[Field], values: set[int], lengths: set[int], after: bytes
) -> tuple[Run, ...]:
    """Return the runs between the fields of varying length.

    What has never differed is compared along with what stands around it: the fewer parts, the
    faster.

    Parameters
    ----------
    fields : sequence of Field
        All of a template.
    values, lengths : set of int
        Numbers of those whose value differs between files; of those whose length does.
    after : bytes
        What stands between the last of them and the pixels.
    """
    runs: list[Run] = []
    same_length: list[Field] = []
    before = b""
    for number, field in enumerate(fields):
        if number not in values:
            before += field.whole
            continue
        open_field = field._replace(before=before + field.before)
        before = b""
        if number in lengths:
            runs.append(_run(same_length, open_field.before, open_field))
            same_length = []
        else:
            same_length.append(open_field)
    return *runs, _run(same_length, before + after, None)


def _run(fields: Sequence[Field], before: bytes, last: Field | None) -> Run:
    # With one slice alone, itemgetter would give no tuple.
    slices, expected, read, position = [slice(0)], [b""], [], 0
    for field in fields:
        fixed = field.before + field.length.to_bytes(field.width, "little")
        slices.append(slice(position, position := position + len(fixed)))
        expected.append(fixed)
        if field.tag:
            read.append((field, position, position + field.length))
        position += field.length
    slices.append(slice(position, position := position + len(before)))
    expected.append(before)
    return Run(position, itemgetter(*slices), tuple(expected), tuple(read), last)
