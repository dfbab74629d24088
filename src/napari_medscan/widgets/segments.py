"""Segments: what each label of a Labels layer is, and saving it as a DICOM segmentation."""

from __future__ import annotations

import napari.viewer
from magicgui.widgets import LineEdit, Widget
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCompleter

from napari_medscan.dicom import Segmentation
from napari_medscan.dicom.objects.property_types import PropertyType, property_types
from napari_medscan.dicom.objects.segments import Segment
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.objects.labels_saving import ask_and_save
from napari_medscan.napari_.objects.new_labels import new_labels
from napari_medscan.napari_.objects.segment_features import (
    coded,
    describe,
    painted,
    rows_of,
    segment_of,
)
from napari_medscan.napari_.objects.shown_object import layers_of, object_of
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.widgets.dock import DockContainer
from napari_medscan.widgets.panel.form import (
    Choice,
    button,
    choice,
    form,
    note,
    offer,
    put,
    row,
    stretch,
)

NO_TYPE = "Not specified"
_ALGORITHMS = {"Manual": "manual", "Semiautomatic": "semiautomatic", "Automatic": "automatic"}
_HINT = (
    "Draw with napari's tools. The file is a new series of the same patient, and identifies the "
    "patient as the images do."
)
_FOLLOWED = Change.SERIES | Change.VIEW | Change.OTHER


class SegmentsDock(DockContainer):
    """Names and types of the labels of a layer, and a button that saves them.

    It follows the active Labels layer and its selected label. Everything is written into the
    features of the layer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer that it follows.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self._layer: Labels | None = None
        self._painted: set[int] = set()
        self.layer = choice("layer", "Labels on a series", self._layers, self._on_layer)
        self.segment = choice("segment", "Label to describe", self._values, self._on_segment)
        self.segment_name = LineEdit(name="segment_name", tooltip="Segment Label")
        self.type = _searchable(
            choice("type", "Type some letters to search", self._types, self._on_type)
        )
        self.algorithm = choice("algorithm", "How it was drawn", [*_ALGORITHMS], self._on_algorithm)
        self.description = LineEdit(name="description", tooltip="Series Description of the file")
        self.segment_name.changed.connect(guarded(self._on_name))
        self.append(
            form(
                ("Layer", self.layer),
                ("Label", self.segment),
                ("Name", self.segment_name),
                ("Type", self.type),
                ("Drawn", self.algorithm),
                ("Series", self.description),
            )
        )
        new = button("new", "New labels", "Empty labels on the current series", self._new)
        self.save = button("save", "Save…", "Save as DICOM segmentation", self._save)
        self.append(row(stretch(new), stretch(self.save)))
        self.append(note("hint", _HINT))
        self.native.layout().addStretch()
        subscription = watch(self._viewer, self.refresh, _FOLLOWED)
        self.on_release(subscription.release)
        self.refresh()

    def refresh(self) -> None:
        """Show the active Labels layer, or the one shown before, and its selected label."""
        active = self._viewer.layers.selection.active
        layers = self._layers()
        if not isinstance(active, Labels) and self._layer in layers:
            active = self._layer
        offer(self.layer, active)
        self._follow(self.layer.value)

    def _follow(self, layer: Labels | None) -> None:
        if layer is not self._layer:
            self._layer = layer
            self._painted = painted(layer) if layer is not None else set()
            put(self.description, _description_of(layer))
        if layer is not None and layer.selected_label:
            self._painted.add(int(layer.selected_label))
        offer(self.segment, None if layer is None else int(layer.selected_label))
        self._show()

    def _show(self) -> None:
        """Show what is known of the label."""
        segment = self._known()
        for widget in (self.segment, self.segment_name, self.type, self.algorithm, self.save):
            widget.enabled = segment is not None
        self.save.enabled = self.description.enabled = self._layer is not None
        put(self.segment_name, segment.label if segment is not None else "")
        offer(self.type, segment.type.meaning or NO_TYPE if segment is not None else NO_TYPE)
        drawn = segment.algorithm.capitalize() if segment is not None else ""
        put(self.algorithm, drawn if drawn in _ALGORITHMS else "Manual")

    def _known(self) -> Segment | None:
        """Return the segment that is described."""
        layer, value = self._layer, self.segment.value
        if layer is None or not value:
            return None
        return segment_of(layer, value)

    def _layers(self, _widget: Widget | None = None) -> list[Labels]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Labels)]

    def _values(self, _widget: Widget) -> list[tuple[str, int]]:
        if self._layer is None:
            return []
        rows = rows_of(self._layer)
        values = sorted(value for value in {*rows, *self._painted} if value > 0)
        return [
            (
                " · ".join(filter(None, (str(value), str(rows.get(value, {}).get("name", ""))))),
                value,
            )
            for value in values
        ]

    def _types(self, _widget: Widget) -> list[str]:
        segment = self._known()
        own = segment.type.meaning if segment is not None else ""
        names = [each for each in _types_by_name() if each != own]
        return [NO_TYPE, *([own] if own else []), *names]

    def _on_layer(self, layer: Labels | None) -> None:
        if layer is not None:
            self._viewer.layers.selection.active = layer
        self._follow(layer)

    def _on_segment(self, value: int | None) -> None:
        if self._layer is not None and value:
            self._layer.selected_label = value
        self._show()

    def _on_name(self, name: str) -> None:
        self._describe({"name": name})
        offer(self.segment, self.segment.value)

    def _on_type(self, name: str) -> None:
        kind = _types_by_name().get(name)
        if kind is not None:
            self._describe({**coded("type", kind.type), **coded("category", kind.category)})
        elif name == NO_TYPE:
            empty = Segment(1)
            self._describe({**coded("type", empty.type), **coded("category", empty.category)})

    def _on_algorithm(self, name: str) -> None:
        self._describe({"algorithm": _ALGORITHMS[name]})

    def _describe(self, changes: dict[str, str]) -> None:
        if self._layer is not None and self.segment.value:
            describe(self._layer, self.segment.value, changes)

    def _new(self) -> None:
        new_labels(self._viewer)
        self.refresh()

    def _save(self) -> None:
        layer = self._layer
        if layer is None:
            return
        shown = object_of(layer)
        if shown is not None and isinstance(shown.source, Segmentation):
            # All layers of one file: segments that overlap are apart here.
            layers = layers_of(self._viewer, shown.source)
        else:
            layers = [each for each in self._viewer.layers if each in self._viewer.layers.selection]
        labels = [each for each in layers if isinstance(each, Labels)]
        ask_and_save(labels if layer in labels else [layer], self.description.value)


def _types_by_name() -> dict[str, PropertyType]:
    return {each.name: each for each in property_types()}


def _searchable(box: Choice) -> Choice:
    """Let the choices of a box be searched by any part of their text."""
    native = box.native
    native.setEditable(True)
    native.setInsertPolicy(native.InsertPolicy.NoInsert)
    completer = native.completer()
    completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    # What was typed and is no choice does not stay.
    native.lineEdit().editingFinished.connect(
        guarded(lambda: native.setEditText(native.itemText(native.currentIndex())))
    )
    return box


def _description_of(layer: Labels | None) -> str:
    shown = object_of(layer)
    if shown is not None and shown.source is not None:
        return shown.source.header.description
    return "" if layer is None else "Segmentation"
