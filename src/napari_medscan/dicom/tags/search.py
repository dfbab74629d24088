"""Finding rows by tag, keyword, name and value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_medscan.dicom.elements.element_head import ITEM
from napari_medscan.dicom.tags.tree import Label, TagTree

_CHECK_EVERY = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search leaves of a tree.

    Parameters
    ----------
    visible : bytearray
        For every row whether it stays: it matches, something nested in it does, or it is nested
        in a sequence that does.
    matches : list of int
        Rows that match by themselves.
    """

    visible: bytearray
    matches: list[int]


def find(
    tree: TagTree,
    query: str,
    *,
    shown: bool = False,
    only: Callable[[int], bool] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Found:
    """Return the rows that hold a text in their tag, keyword, name or value.

    Parameters
    ----------
    tree : TagTree
        Where to look.
    query : str
        Upper and lower case count the same; a tag with or without its comma and parentheses. All
        rows match an empty one.
    shown : bool
        Whether identifying values are shown: what is masked is not found.
    only : callable, optional
        Whether a row counts at all.
    stop : callable
        Asked now and then; when it says so the search ends with what it has.
    """
    text = query.strip().casefold()
    digits = text.strip("()").replace(",", "").replace(" ", "")
    labels = [
        text in f"{label.keyword}\n{label.name}\n{label.creator}".casefold()
        or text in label.tag_text.casefold()
        or bool(digits and label.tag != ITEM and f"{label.tag:08x}".startswith(digits))
        for label in (Label(*row) for row in tree.labels)
    ]
    items = [label[0] == ITEM for label in tree.labels]
    meanings = {uid for uid, name in tree.meanings.items() if text in name.casefold()}
    matches = []
    columns = (tree.values, tree.others) if tree.others is not None else (tree.values,)
    for row, label in enumerate(tree.label):
        if row % _CHECK_EVERY == 0 and stop():
            break
        if items[label] or (only is not None and not only(row)):
            continue
        matching = labels[label]
        if not matching and (shown or not tree.masked[row]):
            values = [column[row] for column in columns]
            matching = any(v and (text in v.casefold() or v in meanings) for v in values)
        if matching:
            matches.append(row)
    return Found(_with_relatives(tree, matches, follow=only is None), matches)


def _with_relatives(tree: TagTree, matches: list[int], *, follow: bool) -> bytearray:
    """Mark rows, what they are nested in and, if asked to, what is nested in them."""
    visible = bytearray(len(tree))
    for row in matches:
        end = tree.ends[row]
        if follow and end > row + 1:
            visible[row:end] = b"\1" * (end - row)
        at = row
        while at >= 0 and (at == row or not visible[at]):
            visible[at] = 1
            at = tree.parents[at]
    return visible
