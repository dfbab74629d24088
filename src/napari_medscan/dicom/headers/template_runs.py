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
    whole : bytes
        All bytes from the end of the field before to the end of this one.
    width : int
        Bytes of its length, 2 or 4.
    length : int
        Its length in the file that the template was learned from.
    tag : int
        The element, 0 when scanning does not read its value.
    vr : bytes
        How to read it.
    """

    whole: bytes
    width: int
    length: int
    tag: int = 0
    vr: bytes = b""

    @property
    def before(self) -> bytes:
        """All bytes from the end of the field before to this one's length."""
        return self.whole[: len(self.whole) - self.length - self.width]

    @property
    def data(self) -> bytes:
        """Its value in the file that the template was learned from."""
        return self.whole[len(self.whole) - self.length :]


def find_differences(
    head: bytes, fields: Sequence[Field], values: set[int], lengths: set[int]
) -> int | None:
    """Return where the last field of a header ends, None when more than fields differ.

    Parameters
    ----------
    head : bytes
        The first bytes of the file.
    fields : sequence of Field
        All of a template.
    values, lengths : set of int
        Take the numbers of those whose value is another; of those whose length is.
    """
    position = 0
    for number, (whole, width, length, _, _) in enumerate(fields):
        if head.startswith(whole, position):
            position += len(whole)
            continue
        same = len(whole) - length - width
        if not head.startswith(whole[:same], position):
            return None
        value_at = position + same + width
        found = int.from_bytes(head[position + same : value_at], "little")
        position = value_at + found
        if found != length:
            lengths.add(number)
        if head[value_at:position] != whole[same + width :]:
            values.add(number)
    return position


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
    values : callable
        Takes the fields' values out of them.
    tags : tuple of int
        The element of each value; 0 when it is not wanted.
    last : tuple of (int, int) or None
        Bytes of the length of a value of varying length, and its element. None at the end of the
        header.
    """

    length: int
    parts: Callable[[bytes], tuple[bytes, ...]]
    expected: tuple[bytes, ...]
    values: Callable[[bytes], tuple[bytes, ...]]
    tags: tuple[int, ...]
    last: tuple[int, int] | None

    @property
    def all_tags(self) -> tuple[int, ...]:
        """The element of each value, that of varying length included."""
        return self.tags if self.last is None else (*self.tags, self.last[1])


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
    same_length: list[tuple[Field, bytes]] = []
    before: list[bytes] = []
    for number, field in enumerate(fields):
        if number not in values:
            before.append(field.whole)
            continue
        fixed = b"".join((*before, field.before))
        before = []
        if number in lengths:
            runs.append(_run(same_length, fixed, (field.width, field.tag)))
            same_length = []
        else:
            same_length.append((field, fixed))
    return *runs, _run(same_length, b"".join((*before, after)), None)


def _run(fields: Sequence[tuple[Field, bytes]], before: bytes, last: tuple[int, int] | None) -> Run:
    # With one slice alone, itemgetter would give no tuple.
    empty = slice(0)
    between, expected, position = [empty], [b""], 0
    values, tags = [empty, empty], [0, 0]
    for field, fixed in fields:
        through_length = fixed + field.length.to_bytes(field.width, "little")
        between.append(slice(position, position := position + len(through_length)))
        expected.append(through_length)
        if field.tag:
            values.append(slice(position, position + field.length))
            tags.append(field.tag)
        position += field.length
    between.append(slice(position, position := position + len(before)))
    expected.append(before)
    parts, taken = itemgetter(*between), itemgetter(*values)
    return Run(position, parts, tuple(expected), taken, tuple(tags), last)
