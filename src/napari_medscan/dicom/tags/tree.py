"""The rows of a data set as the host keeps them: columns, in the order of the tags.

Nothing here parses DICOM. Rows come from a worker that has read an untrusted file, so their shape
is checked before any use.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from napari_medscan.counted import counted
from napari_medscan.dicom.elements.element_head import ITEM
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.tags.identifiers import MASK, hides_contents, identifies
from napari_medscan.dicom.tags.places import PER_FRAME, SHARED, place

_DEEPEST: Final = 200
_LONGEST: Final = 8192


LabelRow = tuple[int, str, str, str, str]


class Label(NamedTuple):
    """What rows of one attribute have in common."""

    tag: int
    vr: str
    keyword: str
    name: str
    creator: str

    @property
    def tag_text(self) -> str:
        """The tag as the standard writes it, '' for items."""
        return "" if self.tag == ITEM else f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"

    @property
    def identifies(self) -> bool:
        """Whether its values are masked."""
        return identifies(self.tag, self.vr, self.keyword)

    @property
    def hides_contents(self) -> bool:
        """Whether what is nested in it is masked as well."""
        return self.vr == "SQ" and hides_contents(self.tag, self.keyword)


@dataclass(slots=True)
class TagTree:
    """The data set of one file, or two compared.

    Row `i` with all that is nested in it are the rows from `i` up to `ends[i]`.

    Parameters
    ----------
    labels : list of tuple
        What rows refer to, as `Label` has it. Plain tuples: the garbage collector, which stops
        the window while it works, does not follow those.
    meanings : dict
        Names of UIDs.
    depths, label, lengths, checks : array of int
        Of every row: depth of nesting, with items as a level; index into `labels`; bytes of the
        value, items of the sequence or number of the item; a checksum of a shortened value.
    values : list of str or None
        Their texts. None, in a comparison, where the first file has no such row.
    others : list of str or None, optional
        Texts of the file compared with.
    complete : bool
        False when the file has more elements than could be sent.
    elements : int
        How many rows are elements, not items.
    parents, ends : array of int
        Row that a row is nested in, -1 for none; end of what is nested in it.
    masked, differs : bytearray
        Whether a value identifies; whether a value, or one nested in it, differs from the other
        file's.
    """

    labels: list[LabelRow] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    depths: array[int] = field(default_factory=lambda: array("H"))
    label: array[int] = field(default_factory=lambda: array("I"))
    lengths: array[int] = field(default_factory=lambda: array("q"))
    checks: array[int] = field(default_factory=lambda: array("I"))
    values: list[str | None] = field(default_factory=list)
    others: list[str | None] | None = None
    complete: bool = True
    elements: int = 0
    parents: array[int] = field(default_factory=lambda: array("i"))
    ends: array[int] = field(default_factory=lambda: array("i"))
    masked: bytearray = field(default_factory=bytearray)
    differs: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        """Return the number of rows, items included."""
        return len(self.values)

    def link(self) -> None:
        """Find parents, ends and what is masked, once all columns are there.

        Raises
        ------
        ValueError
            When the depths make no tree, or a label is missing.
        """
        count = len(self)
        self.parents = array("i", bytes(4 * count))
        self.ends = array("i", bytes(4 * count))
        self.masked = bytearray(count)
        identifies = [Label(*label).identifies for label in self.labels]
        hides = [Label(*label).hides_contents for label in self.labels]
        items = [label[0] == ITEM for label in self.labels]
        above: list[int] = []
        hidden: list[bool] = []
        for row, (depth, label) in enumerate(zip(self.depths, self.label, strict=True)):
            if depth > len(above):
                raise ValueError("a row without a parent")
            while len(above) > depth:
                self.ends[above.pop()] = row
                hidden.pop()
            within = hidden[-1] if hidden else False
            self.parents[row] = above[-1] if above else -1
            if items[label]:
                if not above:
                    raise ValueError("an item without a sequence")
                # Items come in order: the last one tells how many there are.
                self.lengths[above[-1]] = self.lengths[row] + 1
            else:
                self.elements += 1
            self.masked[row] = within or identifies[label]
            above.append(row)
            hidden.append(within or hides[label])
        for row in above:
            self.ends[row] = count

    def children(self, row: int) -> Iterator[int]:
        """Yield the rows nested in a row, of the next level only; -1 is the data set itself."""
        at, end = row + 1, len(self) if row < 0 else self.ends[row]
        while at < end:
            yield at
            at = self.ends[at]

    def has_children(self, row: int) -> bool:
        """Whether anything is nested in a row."""
        return self.ends[row] > row + 1

    def what(self, row: int) -> Label:
        """Return tag, VR and name of a row."""
        return Label(*self.labels[self.label[row]])

    def is_item(self, row: int) -> bool:
        """Whether a row is an item of a sequence rather than an element."""
        return self.what(row).tag == ITEM

    def name(self, row: int) -> str:
        """Return the name of the attribute, or which item it is."""
        label = self.what(row)
        return f"Item {self.lengths[row] + 1}" if label.tag == ITEM else label.name

    def text(self, row: int, *, shown: bool, other: bool = False) -> str:
        """Return the value as it is shown, copied and exported.

        Parameters
        ----------
        row : int
            Which row.
        shown : bool
            Whether identifying values are.
        other : bool
            Of the file compared with.
        """
        values = self.others if other and self.others is not None else self.values
        value = values[row]
        if not value:
            return ""
        return MASK if self.masked[row] and not shown else value

    def meaning(self, row: int) -> str:
        """Return the name of a UID of the standard, the number of items of a sequence, or ''."""
        label = self.what(row)
        if label.vr == "UI":
            return self.meanings.get(self.values[row] or "", "")
        if label.vr == "SQ" and not self.values[row]:
            return counted(self.lengths[row], "item")
        return ""

    def steps(self, row: int) -> list[tuple[int, int]]:
        """Return tags, and numbers of items, from the data set down to a row."""
        path = []
        while row >= 0:
            tag = self.what(row).tag
            path.append((tag, self.lengths[row] if tag == ITEM else 0))
            row = self.parents[row]
        return path[::-1]

    def path(self, row: int) -> str:
        """Return where a row stands, as pydicom would be asked for it.

        Examples
        --------
        ``ReferencedSeriesSequence[0].SeriesInstanceUID``, ``[0x0009, 0x1001].value``
        """
        parts: list[str] = []
        group = 0
        while row >= 0:
            label = self.what(row)
            group = label.tag >> 16
            if label.tag == ITEM:
                parts.append(f"[{self.lengths[row]}]")
            elif label.keyword:
                parts.append(f".{label.keyword}")
            else:
                parts.append(f"[0x{group:04X}, 0x{label.tag & 0xFFFF:04X}].value")
            row = self.parents[row]
        path = "".join(reversed(parts))
        return f"file_meta{path}" if group == 2 else path.removeprefix(".")

    def places(self) -> list[str]:
        """Return the place of every row, the same in all files of a series."""
        found: list[str] = []
        tags = [label[0] for label in self.labels]
        for row, (label, parent) in enumerate(zip(self.label, self.parents, strict=True)):
            above = found[parent] if parent >= 0 else ""
            found.append(place(above, tags[label], self.lengths[row]))
        return found

    def frame(self, number: int) -> list[int]:
        """Return the rows that a frame of a multi-frame file says of itself.

        Parameters
        ----------
        number : int
            Of the frame, from 0.

        Returns
        -------
        list of int
            Its item of the per-frame functional groups and the item of the shared ones; empty in
            other files.
        """
        tags = {PER_FRAME: number, SHARED: 0}
        found = []
        for row in self.children(-1):
            wanted = tags.get(self.what(row).tag)
            if wanted is not None:
                found += [i for i in self.children(row) if self.lengths[i] == wanted][:1]
        return found[::-1]


def read_rows(lines: Iterable[bytes], *, complete: bool = True) -> TagTree:
    """Make a tree of what a worker sent, having checked that it is what it should be.

    Parameters
    ----------
    lines : iterable of bytes
        JSON texts of a block of rows each.
    complete : bool
        Whether those are all rows of the file.

    Raises
    ------
    UnreadableError
        When it is anything else than rows that make a tree.
    """
    tree = TagTree(complete=complete)
    try:
        for line in lines:
            if line:
                _append(tree, json.loads(line))
        tree.link()
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError):
        raise UnreadableError("the data set cannot be read") from None
    return tree


def _append(tree: TagTree, block: dict[str, Any]) -> None:
    for tag, *texts in block["labels"]:
        vr, keyword, name, creator = _texts(texts, 4)
        tree.labels.append((_number(tag), vr, keyword, name, creator))
    meanings = block["meanings"]
    tree.meanings.update(zip(_texts(list(meanings)), _texts(list(meanings.values())), strict=True))
    texts = _texts(block["values"])
    count = len(texts)
    for column in ("depths", "label", "lengths", "checks"):
        if len(block[column]) != count:
            raise ValueError("columns of different length")
        getattr(tree, column).extend(block[column])
    if max(block["depths"], default=0) > _DEEPEST:
        raise ValueError("nested too deeply")
    tree.values.extend(texts)


def _texts(values: Sequence[object], count: int | None = None) -> list[str]:
    if count is not None and len(values) != count:
        raise ValueError("different number of values")
    texts = [value for value in values if isinstance(value, str) and len(value) <= _LONGEST]
    if len(texts) != len(values):
        raise ValueError("not text")
    return texts


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= 0xFFFFFFFF:
        raise ValueError("not a tag")
    return value
