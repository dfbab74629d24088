"""What the features of a Labels layer say of its labels, and changing it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from napari.layers import Labels

from napari_medscan.dicom.objects.segments import Code, Segment
from napari_medscan.frames import EditableArray

_CODE: Final = re.compile(r"(?P<value>.+) \((?P<scheme>.+)\)")

_TEXTS: Final = (
    "name", "type", "category", "type_code", "category_code", "algorithm", "algorithm_name",
    "tracking_id", "tracking_uid",
)  # fmt: skip
"""Columns that hold text; "index" holds the label."""


def segment_row(segment: Segment) -> dict[str, int | str]:
    """Return the row of a segment in the features of its layer."""
    return {
        "index": segment.value,
        "name": segment.name,
        **coded("type", segment.type),
        **coded("category", segment.category),
        "algorithm": segment.algorithm.lower(),
        "algorithm_name": segment.algorithm_name,
        "tracking_id": segment.tracking_id,
        "tracking_uid": segment.tracking_uid,
    }


def coded(column: str, code: Code) -> dict[str, str]:
    """Return the columns of a code: its meaning, and "value (scheme)"."""
    text = f"{code.value} ({code.scheme})" if code.value and code.scheme else code.value
    return {column: code.meaning, f"{column}_code": text}


def rows_of(layer: Labels) -> dict[int, dict[str, Any]]:
    """Return the rows of the features by label: as napari, without "index" by their order."""
    rows = layer.features.to_dict("records")
    return {int(row.get("index", number)): row for number, row in enumerate(rows)}


def segments_of(layer: Labels) -> list[Segment]:
    """Return what the features of a layer say of its labels, by value; painted ones as well."""
    rows = rows_of(layer)
    values = sorted(value for value in {*rows, *painted(layer)} if value > 0)
    return [_segment(layer, value, rows.get(value, {})) for value in values]


def segment_of(layer: Labels, value: int) -> Segment:
    """Return what the features of a layer say of one label."""
    return _segment(layer, value, rows_of(layer).get(value, {}))


def painted(layer: Labels) -> set[int]:
    """Return the labels that were drawn in memory; those that are only in a file are not sought."""
    data = layer.data
    if isinstance(data, EditableArray):
        slices: Any = (data[number] for number in data.edited_slices)
    elif isinstance(data, np.ndarray):
        slices = data.reshape(-1, *data.shape[-2:])
    else:
        return set()
    found = {int(value) for plane in slices if plane.any() for value in np.unique(plane)}
    return found - {0}


def describe(layer: Labels, value: int, changes: Mapping[str, str]) -> None:
    """Change what the features say of a label; napari shows it in its status bar.

    Parameters
    ----------
    layer : Labels
        Its features are replaced; other columns and rows stay.
    value : int
        The label, which need not have a row yet.
    changes : mapping of str to str
        New values by column.
    """
    rows = rows_of(layer)
    row = rows.setdefault(value, {})
    row |= changes
    columns = dict.fromkeys(["index", *layer.features.columns, *changes])
    defaults = {
        name: "" if name in _TEXTS or name not in layer.features else layer.features[name].iloc[0]
        for name in columns
    }
    layer.features = {
        name: [
            key if name == "index" else rows[key].get(name, defaults[name]) for key in sorted(rows)
        ]
        for name in columns
    }


def _segment(layer: Labels, value: int, row: Mapping[str, Any]) -> Segment:
    # napari does not annotate it.
    color = layer.get_color(value)  # type: ignore[no-untyped-call]
    red, green, blue = (1.0, 1.0, 1.0) if color is None else map(float, color[:3])
    return Segment(
        value,
        label=_text(row, "name"),
        category=_code(row, "category"),
        type=_code(row, "type"),
        algorithm=_text(row, "algorithm").upper(),
        algorithm_name=_text(row, "algorithm_name"),
        tracking_id=_text(row, "tracking_id"),
        tracking_uid=_text(row, "tracking_uid"),
        color=(red, green, blue),
        has_own_color=True,
    )


def _code(row: Mapping[str, Any], name: str) -> Code:
    """Return a code, as `coded` writes it: the meaning, and "value (scheme)"."""
    match = _CODE.fullmatch(_text(row, f"{name}_code"))
    return Code(match["value"], match["scheme"], _text(row, name)) if match else Code()


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name, "")
    return found if isinstance(found, str) else ""
