"""Writing rows as CSV or JSON, with what is masked on screen masked in the file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from napari_medscan.dicom.tags.tree import TagTree
from napari_medscan.storage import replacing

COLUMNS: Final = ("path", "tag", "vr", "keyword", "name", "private creator", "value")
_OTHER = "other value"

# What a spreadsheet takes for the beginning of a formula, and a plain number, which is none.
_FORMULA = re.compile(r"[\s\0]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\Z")


def export(path: Path, tree: TagTree, rows: Iterable[int], *, shown: bool) -> None:
    """Write rows to a file, replacing it only when all of them are written.

    Parameters
    ----------
    path : Path
        JSON when it ends in ".json", otherwise CSV (UTF-8 with a mark, as spreadsheets want).
    tree : TagTree
        The data set, or two compared: then with a second column of values.
    rows : iterable of int
        Which rows; items are left out, they are in the paths.
    shown : bool
        Whether identifying values are written or masked.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    as_json = path.suffix.lower() == ".json"
    encoding = "utf-8" if as_json else "utf-8-sig"
    with replacing(path) as raw:
        file = TextIOWrapper(raw, encoding=encoding, newline="", errors="replace")
        (_write_json if as_json else _write_csv)(file, tree, _records(tree, rows, shown=shown))
        # What it has buffered must not be lost, nor the file be closed with it.
        file.detach()


def tabulated(tree: TagTree, row: int, *, shown: bool) -> str:
    """Return one row for the clipboard, its columns separated by tabs."""
    record = next(_records(tree, [row], shown=shown), (tree.path(row), tree.name(row)))
    return "\t".join(safe_cell(" ".join(cell.split())) for cell in record)


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before one.

    Control characters other than line ends are taken out. Plain numbers stay numbers.
    """
    kept = "".join(c for c in text if c.isprintable() or c in "\t\r\n")
    dangerous = _FORMULA.match(kept) and not _NUMBER.match(kept)
    return f"'{kept}" if dangerous else kept


def _records(tree: TagTree, rows: Iterable[int], *, shown: bool) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if tree.is_item(row):
            continue
        label = tree.what(row)
        record = (
            *(tree.path(row), label.tag_text, label.vr, label.keyword, label.name, label.creator),
            tree.text(row, shown=shown),
        )
        yield (
            record
            if tree.others is None
            else (
                *record,
                tree.text(row, shown=shown, other=True),
            )
        )


def _columns(tree: TagTree) -> tuple[str, ...]:
    return COLUMNS if tree.others is None else (*COLUMNS, _OTHER)


def _write_csv(file: TextIO, tree: TagTree, records: Iterator[tuple[str, ...]]) -> None:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(_columns(tree))
    writer.writerows([safe_cell(cell) for cell in record] for record in records)


def _write_json(file: TextIO, tree: TagTree, records: Iterator[tuple[str, ...]]) -> None:
    columns = _columns(tree)
    file.write("[")
    for number, record in enumerate(records):
        file.write(",\n" if number else "\n")
        json.dump(dict(zip(columns, record, strict=True)), file, ensure_ascii=False)
    file.write("\n]\n")
