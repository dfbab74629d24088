"""Two data sets side by side."""

from __future__ import annotations

from napari_medscan.dicom.elements.element_head import ITEM
from napari_medscan.dicom.tags.tree import LabelRow, TagTree


def compare(one: TagTree, other: TagTree) -> TagTree:
    """Return a tree with the rows of two, elements matched by tag and items by number.

    Parameters
    ----------
    one, other : TagTree
        As they were read.

    Returns
    -------
    TagTree
        With `others`, and `differs` set where values differ or one of the two has no such row,
        and on whatever that is nested in. Checksums tell shortened values apart.
    """
    both = TagTree(
        meanings={**other.meanings, **one.meanings},
        others=[],
        complete=one.complete and other.complete,
    )
    merged = _Merged(both)
    mine, theirs = merged.relabeled(one), merged.relabeled(other)
    i = j = 0
    while i < len(one) or j < len(other):
        order = _order(one, i, other, j)
        if order <= 0:
            merged.take(one, i, mine[one.label[i]])
        else:
            merged.take(other, j, theirs[other.label[j]])
        same = order == 0 and one.values[i] == other.values[j] and one.checks[i] == other.checks[j]
        both.values.append(one.values[i] if order <= 0 else None)
        merged.others.append(other.values[j] if order >= 0 else None)
        # A sequence of another number of items differs, but items are only numbered.
        both.differs.append(not same or (one.lengths[i] != other.lengths[j]))
        i += order <= 0
        j += order >= 0
    both.link()
    for row in range(len(both) - 1, -1, -1):
        parent = both.parents[row]
        if both.differs[row] and parent >= 0:
            both.differs[parent] = 1
    return both


class _Merged:
    """The tree being made."""

    def __init__(self, tree: TagTree) -> None:
        self.tree = tree
        self.others: list[str | None] = []
        tree.others = self.others
        self._known: dict[LabelRow, int] = {}

    def relabeled(self, tree: TagTree) -> list[int]:
        """Return what the labels of another tree are called in this one."""
        numbers = []
        for label in tree.labels:
            if label not in self._known:
                self._known[label] = len(self.tree.labels)
                self.tree.labels.append(label)
            numbers.append(self._known[label])
        return numbers

    def take(self, tree: TagTree, row: int, label: int) -> None:
        """Append a row of another tree, but for its value."""
        self.tree.depths.append(tree.depths[row])
        self.tree.label.append(label)
        self.tree.lengths.append(tree.lengths[row])
        self.tree.checks.append(tree.checks[row])


def _order(one: TagTree, i: int, other: TagTree, j: int) -> int:
    """Tell which of two rows comes first: negative for that of `one`; 0 when they match.

    The deeper one is nested in what was taken last, and the other is not.
    """
    if j >= len(other):
        return -1
    if i >= len(one):
        return 1
    if one.depths[i] != other.depths[j]:
        return other.depths[j] - one.depths[i]
    mine, theirs = one.what(i).tag, other.what(j).tag
    if mine == theirs == ITEM:
        return one.lengths[i] - other.lengths[j]
    return mine - theirs
